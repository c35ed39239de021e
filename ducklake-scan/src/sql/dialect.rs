//! DuckDB's dialect with time travel.

use std::any::TypeId;

use datafusion::sql::sqlparser::ast::{Expr, UnaryOperator};
use datafusion::sql::sqlparser::dialect::{Dialect, DuckDbDialect, Precedence};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::Token;

use super::duckdb::call;
use super::scalars::IN;
use super::text_match::MATCH;
use super::vectors::OPERATORS;

/// [`DuckDbDialect`] with `FROM t AT (VERSION => n)`, `x IN list`, and operators over vectors and texts, which it lacks.
#[derive(Debug)]
pub(super) struct LakeDialect;

/// The function that the operator behind the parser's place stands for, and of how many tokens it is made.
fn operator(parser: &Parser) -> Option<(&'static str, usize)> {
    let (text, tokens) = match parser.peek_token_ref().token {
        Token::Spaceship => ("<=>", 1),
        Token::AtAt => return Some((MATCH, 1)),
        Token::Lt => match parser.peek_nth_token_ref(1).token {
            Token::Arrow => ("<->", 2),
            Token::HashArrow => ("<#>", 2),
            _ => return None,
        },
        _ => return None,
    };
    let (_, function) = OPERATORS.iter().find(|(operator, _)| *operator == text)?;
    Some((function, tokens))
}

macro_rules! like_duckdb {
    ($($method:ident),* $(,)?) => {
        $(fn $method(&self) -> bool {
            DuckDbDialect.$method()
        })*
    };
}

impl Dialect for LakeDialect {
    fn dialect(&self) -> TypeId {
        TypeId::of::<DuckDbDialect>()
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        DuckDbDialect.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        DuckDbDialect.is_identifier_part(ch)
    }

    fn supports_table_versioning(&self) -> bool {
        true
    }

    // Operators that are not the standard's stand between arithmetic and comparisons.
    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        operator(parser).map(|_| Ok(self.prec_value(Precedence::Pipe)))
    }

    // Operators that are calls, and `x IN y` without parentheses: an element of a list, a part of a text.
    fn parse_infix(&self, parser: &mut Parser, expr: &Expr, precedence: u8) -> Option<Result<Expr, ParserError>> {
        if let Some((function, tokens)) = operator(parser) {
            for _ in 0..tokens {
                parser.next_token();
            }
            let right = parser.parse_subexpr(precedence);
            return Some(right.map(|right| call(function, vec![expr.clone(), right])));
        }
        let keyword = |token: &Token, wanted| matches!(token, Token::Word(word) if word.keyword == wanted);
        let first = parser.peek_token().token;
        let negated = keyword(&first, Keyword::NOT) && keyword(&parser.peek_nth_token(1).token, Keyword::IN);
        let words = 1 + usize::from(negated);
        let follows = parser.peek_nth_token(words).token;
        if !(negated || keyword(&first, Keyword::IN)) || follows == Token::LParen || keyword(&follows, Keyword::UNNEST)
        {
            return None;
        }
        for _ in 0..words {
            parser.next_token();
        }
        let whole = parser.parse_subexpr(self.prec_value(Precedence::Between));
        Some(whole.map(|whole| {
            let contained = call(IN, vec![whole, expr.clone()]);
            match negated {
                true => Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(contained) },
                false => contained,
            }
        }))
    }

    like_duckdb!(
        supports_trailing_commas,
        supports_filter_during_aggregation,
        supports_group_by_expr,
        supports_bitwise_shift_operators,
        supports_named_fn_args_with_eq_operator,
        supports_named_fn_args_with_assignment_operator,
        supports_dictionary_syntax,
        support_map_literal_syntax,
        supports_lambda_functions,
        allow_extract_single_quotes,
        supports_explain_with_utility_options,
        supports_array_typedef_with_brackets,
        supports_from_first_select,
        supports_order_by_all,
        supports_select_wildcard_exclude,
        supports_notnull_operator,
        supports_detach,
        supports_select_wildcard_replace,
        supports_comma_separated_trim,
    );
}

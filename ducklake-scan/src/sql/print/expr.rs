//! Expressions.

use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, CastKind, CeilFloorKind, DateTimeField, DictionaryField, DuplicateTreatment,
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgOperator, FunctionArguments, LambdaSyntax, ObjectName,
    ObjectNamePart, OneOrManyWithParens, Subscript, UnaryOperator, Value, WindowType,
};
use ducklake_format::changes::quoted_if_needed;

use super::query::{order_by, query};
use super::types::data_type;
use super::{ident, list, literal, name};

/// An expression as DuckDB stores it.
pub(crate) fn expression(expr: &Expr) -> Option<String> {
    Some(match expr {
        Expr::Identifier(i) => ident(i),
        Expr::CompoundIdentifier(parts) => parts.iter().map(ident).collect::<Vec<_>>().join("."),
        Expr::Value(v) => value(&v.value)?,
        Expr::Nested(inner) => expression(inner)?,
        Expr::BinaryOp { left, op, right } => binary(left, op, right)?,
        Expr::UnaryOp { op, expr } => unary(*op, expr)?,
        Expr::IsNull(inner) => format!("({} IS NULL)", expression(inner)?),
        Expr::IsNotNull(inner) => format!("({} IS NOT NULL)", expression(inner)?),
        Expr::IsTrue(inner) => truth(inner, "IS NOT DISTINCT FROM true")?,
        Expr::IsNotTrue(inner) => truth(inner, "IS DISTINCT FROM true")?,
        Expr::IsFalse(inner) => truth(inner, "IS NOT DISTINCT FROM false")?,
        Expr::IsNotFalse(inner) => truth(inner, "IS DISTINCT FROM false")?,
        Expr::IsDistinctFrom(a, b) => format!("({} IS DISTINCT FROM {})", expression(a)?, expression(b)?),
        Expr::IsNotDistinctFrom(a, b) => format!("({} IS NOT DISTINCT FROM {})", expression(a)?, expression(b)?),
        Expr::InList { expr, list: items, negated } => {
            let not = if *negated { "NOT " } else { "" };
            format!("({} {not}IN ({}))", expression(expr)?, list(items, expression)?)
        }
        Expr::InSubquery { expr, subquery, negated } => {
            let found = format!("({} = ANY({}))", expression(expr)?, query(subquery)?);
            if *negated { format!("(NOT {found})") } else { found }
        }
        Expr::Between { expr, negated, low, high } => {
            let between = format!("({} BETWEEN {} AND {})", expression(expr)?, expression(low)?, expression(high)?);
            if *negated { format!("(NOT {between})") } else { between }
        }
        Expr::Like { negated, any: false, expr, pattern, escape_char: None } => {
            let op = if *negated { "!~~" } else { "~~" };
            format!("({} {op} {})", expression(expr)?, expression(pattern)?)
        }
        Expr::ILike { negated, any: false, expr, pattern, escape_char: None } => {
            let op = if *negated { "!~~*" } else { "~~*" };
            format!("({} {op} {})", expression(expr)?, expression(pattern)?)
        }
        Expr::Cast { kind, expr, data_type: to, array: false, format: None } => {
            let word = if matches!(kind, CastKind::TryCast | CastKind::SafeCast) { "TRY_CAST" } else { "CAST" };
            format!("{word}({} AS {})", expression(expr)?, data_type(to)?)
        }
        Expr::TypedString(typed) => format!("CAST({} AS {})", value(&typed.value.value)?, data_type(&typed.data_type)?),
        Expr::Case { operand, conditions, else_result, .. } => {
            case(operand.as_deref(), conditions, else_result.as_deref())?
        }
        Expr::Function(call) => function(call)?,
        Expr::Exists { subquery, negated } => {
            let exists = format!("EXISTS({})", query(subquery)?);
            if *negated { format!("(NOT {exists})") } else { exists }
        }
        Expr::Subquery(subquery) => format!("({})", query(subquery)?),
        Expr::Tuple(items) => format!("main.\"row\"({})", list(items, expression)?),
        Expr::Array(array) => format!("main.list_value({})", list(&array.elem, expression)?),
        Expr::CompoundFieldAccess { root, access_chain } => access(root, access_chain)?,
        Expr::Dictionary(fields) => {
            let field = |f: &DictionaryField| Some(format!("{} := {}", ident(&f.key), expression(&f.value)?));
            format!("main.struct_pack({})", list(fields, field)?)
        }
        Expr::Extract { field, expr, .. } => {
            format!("main.date_part({}, {})", literal(&field.to_string().to_lowercase()), expression(expr)?)
        }
        Expr::Substring { expr, substring_from: Some(from), substring_for, special, shorthand } => {
            let function = match (special, shorthand) {
                (_, true) => "substr",
                (true, _) => "\"substring\"",
                (false, _) => "main.\"substring\"",
            };
            let args = [Some(expr), Some(from), substring_for.as_ref()];
            format!("{function}({})", list(args.into_iter().flatten(), |e| expression(e))?)
        }
        Expr::Trim { trim_where: None, trim_what: None, expr, trim_characters: None } => {
            format!("main.\"trim\"({})", expression(expr)?)
        }
        Expr::Position { expr, r#in } => format!("main.\"position\"({}, {})", expression(r#in)?, expression(expr)?),
        Expr::Ceil { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
            format!("ceil({})", expression(expr)?)
        }
        Expr::Floor { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
            format!("floor({})", expression(expr)?)
        }
        Expr::Lambda(lambda) => match (&lambda.params, &lambda.syntax) {
            (OneOrManyWithParens::One(one), LambdaSyntax::Arrow) => {
                format!("({} -> {})", ident(&one.name), expression(&lambda.body)?)
            }
            _ => return None,
        },
        _ => return None,
    })
}

fn value(value: &Value) -> Option<String> {
    Some(match value {
        Value::Number(text, false) => number(text)?,
        Value::SingleQuotedString(text) => literal(text),
        Value::Boolean(true) => "CAST('t' AS BOOLEAN)".to_string(),
        Value::Boolean(false) => "CAST('f' AS BOOLEAN)".to_string(),
        Value::Null => "NULL".to_string(),
        _ => return None,
    })
}

/// Digits, perhaps with a point among them.
fn number(text: &str) -> Option<String> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    (plain && !whole.is_empty() && !fraction.is_empty()).then(|| text.to_string())
}

fn truth(inner: &Expr, test: &str) -> Option<String> {
    Some(format!("(CAST({} AS BOOLEAN) {test})", expression(inner)?))
}

/// How tightly an operator binds, as far as DuckDB's grammar and the parser's agree.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Class {
    Logic,
    Comparison,
    Arithmetic,
    /// All others: their ranks differ.
    Other,
}

fn operator(op: &BinaryOperator) -> Option<(Class, &'static str)> {
    use BinaryOperator as B;
    Some(match op {
        B::And => (Class::Logic, "AND"),
        B::Or => (Class::Logic, "OR"),
        B::Eq => (Class::Comparison, "="),
        B::NotEq => (Class::Comparison, "!="),
        B::Lt => (Class::Comparison, "<"),
        B::LtEq => (Class::Comparison, "<="),
        B::Gt => (Class::Comparison, ">"),
        B::GtEq => (Class::Comparison, ">="),
        B::Plus => (Class::Arithmetic, "+"),
        B::Minus => (Class::Arithmetic, "-"),
        B::Multiply => (Class::Arithmetic, "*"),
        B::Divide => (Class::Arithmetic, "/"),
        B::Modulo => (Class::Arithmetic, "%"),
        B::DuckIntegerDivide => (Class::Other, "//"),
        B::StringConcat => (Class::Other, "||"),
        B::BitwiseAnd => (Class::Other, "&"),
        B::BitwiseOr => (Class::Other, "|"),
        B::PGBitwiseShiftLeft => (Class::Other, "<<"),
        B::PGBitwiseShiftRight => (Class::Other, ">>"),
        B::Arrow => (Class::Other, "->"),
        B::LongArrow => (Class::Other, "->>"),
        _ => return None,
    })
}

fn binary(left: &Expr, op: &BinaryOperator, right: &Expr) -> Option<String> {
    let (class, text) = operator(op)?;
    if class == Class::Logic {
        let mut parts = Vec::new();
        conjuncts(left, op, &mut parts)?;
        conjuncts(right, op, &mut parts)?;
        return Some(format!("({})", parts.join(&format!(" {text} "))));
    }
    let is_arrow = |op: &BinaryOperator| matches!(op, BinaryOperator::Arrow | BinaryOperator::LongArrow);
    // Without parentheses, an operator next to this one may belong together with other operands for DuckDB.
    let is_clear = |side: &Expr, is_left: bool| match side {
        Expr::BinaryOp { op: inner, .. } => match (class, operator(inner)) {
            (_, Some((Class::Other, _))) if is_arrow(inner) => false,
            (Class::Other, _) => is_left && inner == op && !is_arrow(op),
            (Class::Comparison, Some((Class::Arithmetic | Class::Other, _))) => true,
            (Class::Arithmetic, Some((Class::Arithmetic, _))) => true,
            _ => false,
        },
        Expr::UnaryOp { .. } => !matches!(op, BinaryOperator::Arrow | BinaryOperator::LongArrow),
        _ => true,
    };
    if !is_clear(left, true) || !is_clear(right, false) {
        return None;
    }
    Some(format!("({} {text} {})", expression(left)?, expression(right)?))
}

/// `a AND (b AND c)` is one conjunction.
fn conjuncts(side: &Expr, op: &BinaryOperator, parts: &mut Vec<String>) -> Option<()> {
    match side {
        Expr::Nested(inner) => conjuncts(inner, op, parts),
        Expr::BinaryOp { left, op: inner, right } if inner == op => {
            conjuncts(left, op, parts)?;
            conjuncts(right, op, parts)
        }
        other => {
            parts.push(expression(other)?);
            Some(())
        }
    }
}

fn unary(op: UnaryOperator, inner: &Expr) -> Option<String> {
    let bare = without_parentheses(inner);
    Some(match op {
        UnaryOperator::Not => match bare {
            Expr::BinaryOp { left, op, right } if negated(op).is_some() => binary(left, &negated(op)?, right)?,
            other => format!("(NOT {})", expression(other)?),
        },
        UnaryOperator::Minus => match bare {
            Expr::Value(v) => match &v.value {
                Value::Number(text, false) => format!("-{}", number(text)?),
                _ => return None,
            },
            // Folded.
            Expr::UnaryOp { expr, .. } if matches!(without_parentheses(expr), Expr::Value(_)) => return None,
            other => format!("-({})", expression(other)?),
        },
        UnaryOperator::Plus => format!("+({})", expression(bare)?),
        UnaryOperator::BitwiseNot => format!("~({})", expression(bare)?),
        _ => return None,
    })
}

fn without_parentheses(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => without_parentheses(inner),
        other => other,
    }
}

/// NOT of a comparison is another comparison.
fn negated(op: &BinaryOperator) -> Option<BinaryOperator> {
    Some(match op {
        BinaryOperator::Eq => BinaryOperator::NotEq,
        BinaryOperator::NotEq => BinaryOperator::Eq,
        BinaryOperator::Lt => BinaryOperator::GtEq,
        BinaryOperator::GtEq => BinaryOperator::Lt,
        BinaryOperator::Gt => BinaryOperator::LtEq,
        BinaryOperator::LtEq => BinaryOperator::Gt,
        _ => return None,
    })
}

fn case(operand: Option<&Expr>, conditions: &[CaseWhen], otherwise: Option<&Expr>) -> Option<String> {
    let mut text = "CASE ".to_string();
    for CaseWhen { condition, result } in conditions {
        let condition = match operand {
            Some(operand) => format!("({} = {})", expression(operand)?, expression(condition)?),
            None => expression(condition)?,
        };
        text.push_str(&format!(" WHEN ({condition}) THEN ({})", expression(result)?));
    }
    let otherwise = otherwise.map_or(Some("NULL".to_string()), expression)?;
    Some(format!("{text} ELSE {otherwise} END"))
}

fn access(root: &Expr, chain: &[AccessExpr]) -> Option<String> {
    if !matches!(root, Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Array(_) | Expr::Function(_)) {
        return None;
    }
    let mut text = expression(root)?;
    let bound = |bound: &Option<Expr>| bound.as_ref().map_or(Some(String::new()), expression);
    for access in chain {
        match access {
            AccessExpr::Subscript(Subscript::Index { index }) => text.push_str(&format!("[{}]", expression(index)?)),
            AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride: None }) => {
                text.push_str(&format!("[{}:{}]", bound(lower_bound)?, bound(upper_bound)?));
            }
            _ => return None,
        }
    }
    Some(text)
}

fn function(call: &Function) -> Option<String> {
    let plain = !call.uses_odbc_syntax
        && call.null_treatment.is_none()
        && call.within_group.is_empty()
        && call.parameters == FunctionArguments::None;
    let FunctionArguments::List(args) = &call.args else { return None };
    if !plain || !args.clauses.is_empty() {
        return None;
    }
    let mut name = function_name(call)?;
    let printed = match args.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)] | [] if name == "count" => {
            name = "count_star".to_string();
            String::new()
        }
        args => list(args, argument)?,
    };
    let special = call.over.is_none() && call.filter.is_none() && args.duplicate_treatment.is_none();
    match (name.as_str(), args.args.as_slice()) {
        ("\"coalesce\"" | "ifnull", _) if special => return Some(format!("COALESCE({printed})")),
        ("\"row\"", _) if special => return Some(format!("main.\"row\"({printed})")),
        ("\"if\"" | "iff", [condition, then, otherwise]) if special => {
            let (condition, then, otherwise) = (argument(condition)?, argument(then)?, argument(otherwise)?);
            return Some(format!("CASE  WHEN ({condition}) THEN ({then}) ELSE {otherwise} END"));
        }
        _ => {}
    }
    let distinct = if args.duplicate_treatment == Some(DuplicateTreatment::Distinct) { "DISTINCT " } else { "" };
    let mut text = format!("{name}({distinct}{printed})");
    if let Some(filter) = &call.filter {
        text.push_str(&format!(" FILTER (WHERE {})", expression(filter)?));
    }
    if let Some(over) = &call.over {
        text.push_str(&format!(" OVER ({})", window(over)?));
    }
    Some(text)
}

/// DuckDB's functions are lower-case, whatever the user wrote.
fn function_name(call: &Function) -> Option<String> {
    let Some((ObjectNamePart::Identifier(own), qualifiers)) = call.name.0.split_last() else { return None };
    let own = match own.quote_style {
        Some(_) => own.value.clone(),
        None => own.value.to_lowercase(),
    };
    let qualifiers = ObjectName(qualifiers.to_vec());
    let own = quoted_if_needed(&own);
    Some(if qualifiers.0.is_empty() { own } else { format!("{}.{own}", name(&qualifiers)?) })
}

fn argument(arg: &FunctionArg) -> Option<String> {
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => expression(expr),
        // `f(a = 1)` is a comparison to DuckDB.
        FunctionArg::Named {
            name,
            arg: FunctionArgExpr::Expr(expr),
            operator: FunctionArgOperator::Assignment | FunctionArgOperator::RightArrow,
        } => Some(format!("{} := {}", ident(name), expression(expr)?)),
        _ => None,
    }
}

fn window(over: &WindowType) -> Option<String> {
    let WindowType::WindowSpec(spec) = over else { return None };
    if spec.window_name.is_some() || spec.window_frame.is_some() {
        return None;
    }
    let mut parts = Vec::new();
    if !spec.partition_by.is_empty() {
        parts.push(format!("PARTITION BY {}", list(&spec.partition_by, expression)?));
    }
    if !spec.order_by.is_empty() {
        parts.push(format!("ORDER BY {}", list(&spec.order_by, order_by)?));
    }
    Some(parts.join(" "))
}

//! DuckDB's spellings of what DataFusion has under other names.

use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, CastKind, DataType, ExactNumberInfo, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentList, FunctionArguments, Ident, ObjectName, ObjectNamePart, OrderBy, OrderByExpr, OrderByKind,
    Query, SelectItem, SetExpr, Subscript, TimezoneInfo, Value,
};

use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::dialect::LakeDialect;
use super::intervals;
use super::text_cast::TEXT_CAST;
use super::vectors;

/// Rewrites one expression node in place.
pub(super) fn translate(expr: &mut Expr) {
    match expr {
        Expr::Cast { data_type, .. } => unquote(data_type),
        Expr::TypedString(typed) => unquote(&mut typed.data_type),
        Expr::CompoundFieldAccess { root, access_chain } => qualified_call(root, access_chain),
        _ => {}
    }
    match expr {
        // As DuckDB stores `x IN (SELECT …)`.
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => {
            if let Expr::Subquery(subquery) = right.as_ref() {
                let (expr_of, subquery) = (left.clone(), subquery.clone());
                *expr = Expr::InSubquery { expr: expr_of, subquery, negated: false };
            }
        }
        Expr::Function(function) => {
            if let Some(other) = translate_function(function) {
                *expr = other;
            }
        }
        // Times have microseconds, DataFusion's own have nanoseconds and do not compare with them.
        Expr::Cast { data_type: DataType::Time(None, zone), expr: inner, .. }
            if *zone != TimezoneInfo::WithTimeZone =>
        {
            *expr = microseconds((**inner).clone());
        }
        Expr::TypedString(typed) if matches!(&typed.data_type, DataType::Time(None, zone) if *zone != TimezoneInfo::WithTimeZone) =>
        {
            *expr = microseconds(Expr::Value(typed.value.clone()));
        }
        Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr: inner, data_type, format: None, .. }
            if is_text(data_type) =>
        {
            *expr = call(TEXT_CAST, vec![(**inner).clone()]);
        }
        Expr::Cast { data_type, .. } => translate_type(data_type),
        Expr::Interval(interval) => {
            if let Some(call) = intervals::computed(interval) {
                *expr = call;
            }
        }
        Expr::TypedString(typed) => translate_type(&mut typed.data_type),
        // A struct's field after an index: `l[1].k`.
        Expr::CompoundFieldAccess { access_chain, .. } => access_chain.iter_mut().for_each(|access| {
            if let AccessExpr::Dot(Expr::Identifier(field)) = access {
                *access = AccessExpr::Subscript(Subscript::Index { index: string(&field.value) });
            }
        }),
        _ => {}
    }
}

/// `ORDER BY ALL` over computed columns, which DataFusion takes over plain ones only.
pub(super) fn order_by_all(query: &mut Query) {
    let Some(OrderBy { kind: kind @ OrderByKind::All(_), .. }) = &mut query.order_by else { return };
    let OrderByKind::All(options) = &*kind else { return };
    let SetExpr::Select(select) = query.body.as_ref() else { return };
    let is_expression =
        |item: &SelectItem| matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. });
    if select.projection.is_empty() || !select.projection.iter().all(is_expression) {
        return;
    }
    let options = *options;
    let position = |i: usize| OrderByExpr { expr: number(i + 1), options, with_fill: None };
    *kind = OrderByKind::Expressions((0..select.projection.len()).map(position).collect());
}

/// `CAST(x AS "DATE")`, as DuckDB stores casts to types that have no word in its grammar.
fn unquote(data_type: &mut DataType) {
    let DataType::Custom(ObjectName(parts), arguments) = &*data_type else { return };
    let [ObjectNamePart::Identifier(Ident { value, quote_style: Some(_), .. })] = parts.as_slice() else { return };
    let parsed = Parser::new(&LakeDialect).with_recursion_limit(TYPE_DEPTH).try_with_sql(value);
    if let Ok(mut parser) = parsed
        && arguments.is_empty()
        && let Ok(plain) = parser.parse_data_type()
        && parser.peek_token() == Token::EOF
    {
        *data_type = plain;
    }
}

/// `main.list_value(1)[1]` is an element of what a function gives, not a field of `main`.
fn qualified_call(root: &mut Expr, access_chain: &mut Vec<AccessExpr>) {
    let is_schema = matches!(&*root, Expr::Identifier(i) if i.value.eq_ignore_ascii_case("main"));
    if is_schema
        && access_chain.len() > 1
        && let Some(AccessExpr::Dot(call @ Expr::Function(_))) = access_chain.first()
    {
        *root = call.clone();
        access_chain.remove(0);
    }
}

/// How deep a type in quotes may nest.
const TYPE_DEPTH: usize = 50;

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Varchar(None) | DataType::Text | DataType::String(None) => true,
        DataType::Custom(name, arguments) => {
            arguments.is_empty() && ["STRING", "BPCHAR"].iter().any(|n| name.to_string().eq_ignore_ascii_case(n))
        }
        _ => false,
    }
}

fn number(value: usize) -> Expr {
    Expr::Value(Value::Number(value.to_string(), false).with_empty_span())
}

pub(super) fn string(value: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(value.to_string()).with_empty_span())
}

/// A call of a function by position.
pub(super) fn call(name: &str, args: Vec<Expr>) -> Expr {
    let args = args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect();
    Expr::Function(Function {
        name: ObjectName(vec![ObjectNamePart::Identifier(Ident::new(name))]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: Vec::new() }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// `arrow_cast(value, 'Time64(Microsecond)')`.
fn microseconds(value: Expr) -> Expr {
    call("arrow_cast", vec![value, string("Time64(Microsecond)")])
}

/// Renames a function, or gives what stands for the call.
fn translate_function(function: &mut Function) -> Option<Expr> {
    let parts = &mut function.name.0;
    // Stored views name functions with the schema they live in.
    while parts.len() > 1
        && matches!(&parts[0], ObjectNamePart::Identifier(i) if ["main", "system", "pg_catalog"].contains(&i.value.to_lowercase().as_str()))
    {
        parts.remove(0);
    }
    // `text.upper()` is `upper(text)`.
    if let [ObjectNamePart::Identifier(subject), ObjectNamePart::Identifier(_)] = parts.as_slice()
        && let FunctionArguments::List(list) = &mut function.args
    {
        let subject = FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(subject.clone())));
        list.args.insert(0, subject);
        parts.remove(0);
    }
    let [ObjectNamePart::Identifier(name)] = parts.as_slice() else { return None };
    let lower = name.value.to_lowercase();
    vectors::with_literals(&lower, function);
    if let Some(other) = plain_args(function).and_then(|args| expression(&lower, args)) {
        return Some(other);
    }
    if lower == "struct_pack"
        && let Some(args) = struct_fields(function)
    {
        return Some(call("named_struct", args));
    }
    if lower == "count_star"
        && let FunctionArguments::List(list) = &mut function.args
        && list.args.is_empty()
    {
        list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Wildcard));
    }
    function.name = ObjectName(vec![ObjectNamePart::Identifier(Ident::new(renamed(&lower)?))]);
    None
}

/// The arguments of a call that has nothing but arguments by position.
fn plain_args(function: &Function) -> Option<Vec<Expr>> {
    let plain = function.filter.is_none() && function.over.is_none() && function.within_group.is_empty();
    let FunctionArguments::List(list) = &function.args else { return None };
    if !plain || !list.clauses.is_empty() || list.duplicate_treatment.is_some() {
        return None;
    }
    let arg = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    };
    list.args.iter().map(arg).collect()
}

/// `struct_pack(x := 1)` as names and values in turn.
fn struct_fields(function: &Function) -> Option<Vec<Expr>> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let mut args = Vec::with_capacity(list.args.len() * 2);
    for arg in &list.args {
        let FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. } = arg else { return None };
        args.extend([string(&name.value), value.clone()]);
    }
    Some(args)
}

/// Functions that make an interval of a number, as DuckDB stores `INTERVAL 3 DAY`.
fn interval_unit(name: &str) -> Option<&'static str> {
    Some(match name {
        "to_years" => " years",
        "to_months" => " months",
        "to_weeks" => " weeks",
        "to_days" => " days",
        "to_hours" => " hours",
        "to_minutes" => " minutes",
        "to_seconds" => " seconds",
        "to_milliseconds" => " milliseconds",
        "to_microseconds" => " microseconds",
        _ => return None,
    })
}

/// Functions that take a part of a date or time.
const PARTS: [&str; 16] = [
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "quarter",
    "week",
    "weekofyear",
    "dayofweek",
    "weekday",
    "dayofyear",
    "isodow",
    "epoch",
    "dayofmonth",
    "microsecond",
];

/// Whether a lower-cased name is one that is rewritten.
pub(super) fn is_translated(name: &str) -> bool {
    renamed(name).is_some()
        || PARTS.contains(&name)
        || interval_unit(name).is_some()
        || ["regexp_extract", "regexp_full_match", "strftime", "struct_pack", "timezone"].contains(&name)
}

/// Functions of the same arguments under another name.
fn renamed(name: &str) -> Option<&'static str> {
    Some(match name {
        "count_star" => "count",
        "list_value" | "array_value" | "list_pack" => "make_array",
        "list" => "array_agg",
        "any_value" | "arbitrary" | "first" => "first_value",
        "last" => "last_value",
        "len" => "length",
        "list_has" | "list_contains" => "array_has",
        "list_count" | "list_len" => "array_length",
        "string_split" | "str_split" | "split" => "string_to_array",
        "strlen" => "octet_length",
        "epoch_ms" => "to_timestamp_millis",
        "ifnull" => "coalesce",
        "prefix" => "starts_with",
        "suffix" => "ends_with",
        "regexp_matches" => "regexp_like",
        "row" => "struct",
        "gen_random_uuid" => "uuid",
        "group_concat" | "listagg" => "string_agg",
        "struct_extract" => "get_field",
        "unicode" | "ord" => "ascii",
        "ceiling" => "ceil",
        "pow" => "power",
        "stddev" => "stddev_samp",
        "variance" => "var_samp",
        "mean" => "avg",
        "quantile_cont" => "percentile_cont",
        "get_current_timestamp" | "transaction_timestamp" => "now",
        _ => return None,
    })
}

/// Calls that are written otherwise here.
fn expression(name: &str, mut args: Vec<Expr>) -> Option<Expr> {
    const PARTS: [&str; 16] = [
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "second",
        "quarter",
        "week",
        "weekofyear",
        "dayofweek",
        "weekday",
        "dayofyear",
        "isodow",
        "epoch",
        "dayofmonth",
        "microsecond",
    ];
    if PARTS.contains(&name) && args.len() == 1 {
        let part = match name {
            "weekofyear" => "week",
            "dayofweek" | "weekday" => "dow",
            "dayofyear" => "doy",
            "dayofmonth" => "day",
            other => other,
        };
        let value = args.remove(0);
        // A part is a BIGINT, but the epoch a DOUBLE.
        let part_of = call("date_part", vec![string(part), value]);
        return Some(if part == "epoch" { part_of } else { cast(part_of, DataType::BigInt(None)) });
    }
    if let (Some(unit), [count]) = (interval_unit(name), args.as_slice()) {
        let count = cast(count.clone(), DataType::Varchar(None));
        let text = call("concat", vec![count, string(unit)]);
        return Some(cast(text, DataType::Interval { fields: None, precision: None }));
    }
    match (name, args.len()) {
        // Extraction gives '' where nothing matches, and NULL only for NULL. The group around it all makes 0 a group.
        ("regexp_extract", 2 | 3) => {
            let group = match args.get(2) {
                None => 1,
                Some(Expr::Value(value)) => match &value.value {
                    Value::Number(text, _) => text.parse::<usize>().ok()?.checked_add(1)?,
                    _ => return None,
                },
                Some(_) => return None,
            };
            let (subject, pattern) = (args[0].clone(), args[1].clone());
            let pattern = call("concat", vec![string("("), pattern, string(")")]);
            let groups = call("regexp_match", vec![subject.clone(), pattern]);
            let found = call("coalesce", vec![call("array_element", vec![groups, number(group)]), string("")]);
            Some(case_null(subject, found))
        }
        ("strftime", 2) => Some(call("to_char", args)),
        ("regexp_full_match", 2) => {
            let pattern = call("concat", vec![string("^(?:"), args.remove(1), string(")$")]);
            Some(call("regexp_like", vec![args.remove(0), pattern]))
        }
        ("timezone", 2) => {
            let (time_zone, timestamp) = (Box::new(args.remove(0)), Box::new(args.remove(0)));
            Some(Expr::AtTimeZone { timestamp, time_zone })
        }
        _ => None,
    }
}

/// `CASE WHEN subject IS NULL THEN NULL ELSE value END`.
fn case_null(subject: Expr, value: Expr) -> Expr {
    use datafusion::sql::sqlparser::ast::CaseWhen;
    use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen { condition: Expr::IsNotNull(Box::new(subject)), result: value }],
        else_result: None,
    }
}

fn cast(expr: Expr, data_type: DataType) -> Expr {
    Expr::Cast { kind: CastKind::Cast, expr: Box::new(expr), data_type, array: false, format: None }
}

fn translate_type(data_type: &mut DataType) {
    let wide = |precision| DataType::Decimal(ExactNumberInfo::PrecisionAndScale(precision, 0));
    *data_type = match data_type {
        DataType::HugeInt => wide(38),
        DataType::UHugeInt => wide(39),
        DataType::UTinyInt => DataType::TinyIntUnsigned(None),
        DataType::USmallInt => DataType::SmallIntUnsigned(None),
        DataType::UBigInt => DataType::BigIntUnsigned(None),
        DataType::Blob(_) => DataType::Bytea,
        DataType::Uuid | DataType::JSON => DataType::Varchar(None),
        DataType::Custom(name, _) => match name.to_string().to_uppercase().as_str() {
            "UINTEGER" | "UINT32" => DataType::IntUnsigned(None),
            "TEXT" | "STRING" | "BPCHAR" => DataType::Varchar(None),
            _ => return,
        },
        _ => return,
    };
}

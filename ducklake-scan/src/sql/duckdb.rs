//! DuckDB's spellings of what DataFusion has under other names.

use datafusion::sql::sqlparser::ast::{
    DataType, ExactNumberInfo, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments,
    Ident, ObjectName, ObjectNamePart, TimezoneInfo, Value,
};

/// Rewrites one expression node in place.
pub(super) fn translate(expr: &mut Expr) {
    match expr {
        Expr::Function(function) => translate_function(function),
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
        Expr::Cast { data_type, .. } => translate_type(data_type),
        Expr::TypedString(typed) => translate_type(&mut typed.data_type),
        _ => {}
    }
}

/// `arrow_cast(value, 'Time64(Microsecond)')`.
fn microseconds(value: Expr) -> Expr {
    let argument = |expr| FunctionArg::Unnamed(FunctionArgExpr::Expr(expr));
    let wanted = Expr::Value(Value::SingleQuotedString("Time64(Microsecond)".to_string()).with_empty_span());
    Expr::Function(Function {
        name: ObjectName(vec![ObjectNamePart::Identifier(Ident::new("arrow_cast"))]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: vec![argument(value), argument(wanted)],
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

fn translate_function(function: &mut Function) {
    let parts = &mut function.name.0;
    // Stored views name functions with the schema they live in.
    while parts.len() > 1
        && matches!(&parts[0], ObjectNamePart::Identifier(i) if ["main", "system", "pg_catalog"].contains(&i.value.to_lowercase().as_str()))
    {
        parts.remove(0);
    }
    let [ObjectNamePart::Identifier(name)] = parts.as_slice() else { return };
    let known = match name.value.to_lowercase().as_str() {
        "count_star" => {
            if let FunctionArguments::List(list) = &mut function.args
                && list.args.is_empty()
            {
                list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Wildcard));
            }
            "count"
        }
        "list_value" | "array_value" => "make_array",
        "len" => "length",
        "list_has" | "list_contains" => "array_has",
        "string_split" | "str_split" => "string_to_array",
        "strlen" => "octet_length",
        "epoch_ms" => "to_timestamp_millis",
        "ifnull" => "coalesce",
        _ => return,
    };
    function.name = ObjectName(vec![ObjectNamePart::Identifier(Ident::new(known))]);
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

//! Which form of a macro a call means: by number and names of arguments first, then by their types as far as the
//! text shows them.

use datafusion::sql::sqlparser::ast::{DataType, Expr, UnaryOperator, Value};
use ducklake_catalog::MacroForm;
use ducklake_format::LakeType;
use ducklake_format::promotion::can_promote;

use super::load::{Form, Macro, Parameter};
use crate::error::{LakeError, Result};
use crate::lake::same_name;
use crate::sql::types::{quoted, sql_name};
use crate::sql::write::type_of_text;

/// An argument of a call with its name, if it is given one.
pub(super) type Argument = (Option<String>, Expr);

/// The form that takes these arguments.
///
/// # Errors
/// None does, it depends on types that are not known before the statement is planned, or the form cannot be used here.
pub(super) fn form<'a>(of: &'a Macro, args: &[Argument]) -> Result<&'a Form> {
    let form = fitting(of, args)?;
    match &form.problem {
        Some(problem) => Err(LakeError::not_supported(format!("macro '{}' ({problem})", of.name))),
        None => Ok(form),
    }
}

fn fitting<'a>(of: &'a Macro, args: &[Argument]) -> Result<&'a Form> {
    let mut fitting: Vec<(u32, &Form)> = of
        .forms
        .iter()
        .filter(|form| takes(form, args))
        .filter_map(|form| Some((distance(form, args)?, form)))
        .collect();
    fitting.sort_by_key(|(distance, _)| *distance);
    let usage = |message: String| LakeError::Usage { message, hint: Some(candidates(of)) };
    match fitting.as_slice() {
        [] => Err(usage(format!("macro '{}' does not take these arguments", of.name))),
        [(_, one)] => Ok(*one),
        [(first, one), (second, _), ..] => {
            if args.iter().any(|(_, value)| shown_type(value) == Shown::Hidden) && !same_types(&fitting) {
                return Err(LakeError::NotSupported {
                    what: format!("choosing among the forms of macro '{}' by the types of columns", of.name),
                    hint: Some("cast the arguments, as in m(a::INTEGER)".into()),
                });
            }
            if first == second {
                return Err(usage(format!("several forms of macro '{}' take these arguments", of.name)));
            }
            Ok(*one)
        }
    }
}

/// `forms are m(a), m(a INTEGER, b)`.
fn candidates(of: &Macro) -> String {
    let parameter = |p: &Parameter| {
        let ty = p.lake_type.as_ref().map(|t| format!(" {}", sql_name(t))).unwrap_or_default();
        let default = p.default.as_ref().map(|d| format!(" := {d}")).unwrap_or_default();
        format!("{}{ty}{default}", quoted(&p.name))
    };
    let form = |form: &Form| {
        format!("{}({})", quoted(&of.name), form.parameters.iter().map(parameter).collect::<Vec<_>>().join(", "))
    };
    format!("its forms are {}", of.forms.iter().map(form).collect::<Vec<_>>().join("; "))
}

/// Whether no parameter of these forms has a type.
fn same_types(forms: &[(u32, &Form)]) -> bool {
    forms.iter().all(|(_, form)| form.parameters.iter().all(|p| p.lake_type.is_none()))
}

/// Whether a form takes so many arguments, of these names.
fn takes(form: &Form, args: &[Argument]) -> bool {
    let known = |name: &String| form.parameters.iter().any(|p| same_name(&p.name, name));
    let positional = args.iter().filter(|(name, _)| name.is_none()).count();
    let named = |parameter: &Parameter| {
        args.iter().any(|(name, _)| name.as_ref().is_some_and(|n| same_name(n, &parameter.name)))
    };
    let given = |(index, parameter): (usize, &Parameter)| match (index < positional, named(parameter)) {
        // Twice is too often.
        (true, true) => false,
        (false, false) => parameter.default.is_some(),
        _ => true,
    };
    args.len() <= form.parameters.len()
        && args.iter().filter_map(|(name, _)| name.as_ref()).all(known)
        && form.parameters.iter().enumerate().all(given)
}

/// How far the arguments' types are from the parameters'; `None` where one does not become the other.
fn distance(form: &Form, args: &[Argument]) -> Option<u32> {
    let mut sum = 0;
    for (index, (name, value)) in args.iter().enumerate() {
        let parameter = match name {
            Some(name) => form.parameters.iter().find(|p| same_name(&p.name, name)),
            None => form.parameters.get(index),
        };
        sum += match (parameter?.lake_type.as_ref(), shown_type(value)) {
            (None, _) => 10,
            (Some(_), Shown::Null | Shown::Hidden) => 0,
            (Some(to), Shown::Type(from)) if *to == from => 0,
            (Some(to), Shown::Type(from)) => 1 + steps(&from, to)?,
        };
    }
    Some(sum)
}

/// How far apart two types are; `None` where DuckDB does not cast from one to the other by itself.
fn steps(from: &LakeType, to: &LakeType) -> Option<u32> {
    use LakeType as T;
    match (from, to) {
        (from, T::Decimal { .. }) if from.is_integer() => Some(6),
        (from, T::Float32) if from.is_integer() => Some(7),
        (from, T::Float64) if from.is_integer() => Some(8),
        (T::Varchar, T::Json) => Some(1),
        (T::Boolean | T::Varchar, _) | (_, T::Json | T::Variant) => None,
        (T::Decimal { .. }, T::Decimal { .. }) => Some(1),
        (from, to) if can_promote(from, to) => Some(rank(to)),
        _ => None,
    }
}

/// Whether DuckDB casts from one type to the other by itself.
pub(crate) fn casts(from: &LakeType, to: &LakeType) -> bool {
    from == to || steps(from, to).is_some()
}

fn rank(to: &LakeType) -> u32 {
    use LakeType as T;
    match to {
        T::Int16 | T::UInt16 => 1,
        T::Int32 | T::UInt32 => 2,
        T::Int64 | T::UInt64 | T::Float32 => 3,
        T::Int128 | T::UInt128 | T::Float64 => 4,
        _ => 1,
    }
}

/// What the text of an expression says about its type.
#[derive(Debug, PartialEq)]
enum Shown {
    Type(LakeType),
    Null,
    Hidden,
}

fn shown_type(expr: &Expr) -> Shown {
    match expr {
        Expr::Nested(inner) => shown_type(inner),
        Expr::Value(value) if value.value == Value::Null => Shown::Null,
        other => static_type(other).map_or(Shown::Hidden, Shown::Type),
    }
}

/// The type of a literal or cast, `None` for anything else.
pub(crate) fn static_type(expr: &Expr) -> Option<LakeType> {
    match expr {
        Expr::Nested(inner) => static_type(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, expr } => static_type(expr),
        Expr::Cast { data_type, .. } => named_type(data_type),
        Expr::TypedString(typed) => named_type(&typed.data_type),
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => number_type(text),
            Value::Boolean(_) => Some(LakeType::Boolean),
            Value::SingleQuotedString(_) => Some(LakeType::Varchar),
            _ => None,
        },
        Expr::Interval(_) => Some(LakeType::Interval),
        _ => None,
    }
}

fn named_type(data_type: &DataType) -> Option<LakeType> {
    type_of_text(&data_type.to_string().replace('"', "")).ok()
}

/// DuckDB's type of a number.
fn number_type(text: &str) -> Option<LakeType> {
    if text.contains(['e', 'E']) {
        return Some(LakeType::Float64);
    }
    if let Some((whole, fraction)) = text.split_once('.') {
        let scale = fraction.len();
        let precision = (whole.trim_start_matches('0').len() + scale).max(1);
        let precision = precision.max(scale + usize::from(!whole.is_empty()));
        return match (u8::try_from(precision), i8::try_from(scale)) {
            (Ok(precision), Ok(scale)) if precision <= 38 => Some(LakeType::Decimal { precision, scale }),
            _ => Some(LakeType::Float64),
        };
    }
    let number: i128 = text.parse().ok()?;
    Some(match (i32::try_from(number), i64::try_from(number)) {
        (Ok(_), _) => LakeType::Int32,
        (_, Ok(_)) => LakeType::Int64,
        _ => LakeType::Int128,
    })
}

/// Whether two forms would take the same calls, so that none could be chosen.
pub(crate) fn is_same(a: &MacroForm, b: &MacroForm) -> bool {
    let types = |form: &MacroForm| -> Vec<Option<String>> {
        form.parameters.iter().map(|p| p.parameter_type.clone()).collect()
    };
    types(a) == types(b)
}

#[cfg(test)]
mod tests {
    use super::super::substitute::parse_expression;
    use super::*;

    /// Name, type and default.
    type Given<'a> = (&'a str, Option<LakeType>, Option<&'a str>);

    fn found(forms: &[&[Given<'_>]]) -> Macro {
        let parameter = |(name, lake_type, default): &Given<'_>| Parameter {
            name: (*name).into(),
            lake_type: lake_type.clone(),
            default: default.map(|d| parse_expression(d).unwrap()),
        };
        let form = |(index, parameters): (usize, &&[_])| Form {
            sql: index.to_string(),
            parameters: parameters.iter().map(parameter).collect(),
            problem: None,
        };
        Macro {
            lake: "lk".into(),
            schema: "main".into(),
            name: "m".into(),
            is_table: false,
            forms: forms.iter().enumerate().map(form).collect(),
        }
    }

    /// Which form is chosen for arguments, by its number.
    fn chosen(of: &Macro, args: &[(&str, &str)]) -> Option<String> {
        let argument = |(name, value): &(&str, &str)| {
            (Some(name.to_string()).filter(|n| !n.is_empty()), parse_expression(value).unwrap())
        };
        let args: Vec<Argument> = args.iter().map(argument).collect();
        form(of, &args).ok().map(|form| form.sql.clone())
    }

    fn is(number: &str) -> Option<String> {
        Some(number.to_string())
    }

    #[test]
    fn by_number_and_names() {
        let of = found(&[&[], &[("a", None, None), ("b", None, Some("1")), ("c", None, Some("2"))]]);
        assert_eq!(chosen(&of, &[]), is("0"));
        assert_eq!(chosen(&of, &[("", "x")]), is("1"));
        assert_eq!(chosen(&of, &[("", "x"), ("C", "y")]), is("1"));
        assert_eq!(chosen(&of, &[("b", "x"), ("a", "y")]), is("1"));
        assert_eq!(chosen(&of, &[("b", "x")]), None);
        assert_eq!(chosen(&of, &[("", "x"), ("a", "y")]), None);
        assert_eq!(chosen(&of, &[("", "1"), ("", "2"), ("", "3"), ("", "4")]), None);
    }

    #[test]
    fn by_types_that_show() {
        let any_or_text = found(&[&[("a", None, None)], &[("a", Some(LakeType::Varchar), None)]]);
        assert_eq!(chosen(&any_or_text, &[("", "'x'")]), is("1"));
        assert_eq!(chosen(&any_or_text, &[("", "5::TINYINT")]), is("0"));
        assert_eq!(chosen(&any_or_text, &[("", "i")]), None);
        let numbers = found(&[&[("a", Some(LakeType::Int32), None)], &[("a", Some(LakeType::Float64), None)]]);
        assert_eq!(chosen(&numbers, &[("", "-1")]), is("0"));
        assert_eq!(chosen(&numbers, &[("", "1.5")]), is("1"));
        assert_eq!(chosen(&numbers, &[("", "'x'")]), None);
        assert_eq!(chosen(&numbers, &[("", "i::DOUBLE")]), is("1"));
        let one = found(&[&[("a", Some(LakeType::Int32), None)]]);
        assert_eq!(chosen(&one, &[("", "i")]), is("0"), "one form needs no choice");
        assert_eq!(chosen(&one, &[("", "5::BIGINT")]), None, "DuckDB does not narrow by itself");
    }

    #[test]
    fn types_of_numbers() {
        let of = |text: &str| static_type(&parse_expression(text).unwrap()).unwrap().to_string();
        for (text, expected) in [
            ("1", "int32"),
            ("-3000000000", "int64"),
            ("1.5", "decimal(2,1)"),
            ("0.25", "decimal(3,2)"),
            ("1e3", "float64"),
        ] {
            assert_eq!(of(text), expected);
        }
    }
}

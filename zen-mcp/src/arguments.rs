//! Arguments of a call, checked against the tool's own schema, with errors that name the argument.

use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A request from arguments. The error is for the agent to read.
///
/// Nulls and empty texts count as left out: agents fill in what they have no use for.
pub(crate) fn parse<T: DeserializeOwned>(mut arguments: JsonObject, schema: &JsonObject) -> Result<T, String> {
    arguments.retain(|_, value| !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty()));
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, value) in &arguments {
        if let Some(property) = properties.and_then(|properties| properties.get(name)) {
            check(name, value, property)?;
        }
    }
    serde_path_to_error::deserialize(Value::Object(arguments)).map_err(|error| {
        let problem = error.inner().to_string();
        if let Some(rest) = problem.strip_prefix("missing field `") {
            return format!("argument '{}' is missing or empty", rest.trim_end_matches('`'));
        }
        if problem.starts_with("unknown field") {
            return problem.replacen("unknown field", "unknown argument", 1);
        }
        format!("argument '{}': {problem}", error.path())
    })
}

/// The bounds that a property's schema names.
fn check(name: &str, value: &Value, property: &Value) -> Result<(), String> {
    let bound = |key: &str| property.get(key).and_then(Value::as_u64);
    if let Value::Number(number) = value {
        let (low, high) = (bound("minimum").unwrap_or(0), bound("maximum").unwrap_or(u64::from(u32::MAX)));
        if number.as_u64().is_none_or(|number| number < low || number > high) {
            let range = if high == u64::from(u32::MAX) { format!("{low} or more") } else { format!("{low} to {high}") };
            return Err(format!("argument '{name}' is {number}, and has to be a whole number, {range}"));
        }
    }
    if let (Value::String(text), Some(longest)) = (value, bound("maxLength")) {
        let length = text.chars().count() as u64;
        if length > longest {
            return Err(format!("argument '{name}' has {length} characters, and may have {longest}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;
    use crate::names::{Ecosystem, SearchMode, SymbolKind};
    use crate::requests::{PackageFilter, SymbolSearch};
    use crate::schema;

    fn search(arguments: serde_json::Value) -> Result<SymbolSearch, String> {
        parse(arguments.as_object().expect("an object").clone(), &schema::input::<SymbolSearch>())
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let request = search(json!({"query": "spawn", "package": "", "kind": null})).expect("valid");
        assert_eq!((request.mode, request.limit, request.package, request.kind), (SearchMode::Hybrid, 10, None, None));
        let filter: PackageFilter = parse(serde_json::Map::new(), &schema::input::<PackageFilter>()).expect("valid");
        assert_eq!((filter.filter, filter.limit), (None, 50));
    }

    #[test]
    fn usual_names_of_values_are_understood() {
        let request =
            search(json!({"query": "x", "ecosystem": "cargo", "kind": "fn", "language": "c++"})).expect("valid");
        assert_eq!((request.ecosystem, request.kind), (Some(Ecosystem::Rust), Some(SymbolKind::Function)));
        assert_eq!(request.language.map(crate::names::Language::as_str), Some("cpp"));
    }

    #[test]
    fn errors_name_the_argument() {
        for (arguments, expected) in [
            (json!({}), "argument 'query' is missing or empty"),
            (json!({"query": "  "}), "argument 'query' is missing or empty"),
            (json!({"query": 5}), "argument 'query': invalid type"),
            (json!({"query": "x", "limit": 0}), "argument 'limit' is 0, and has to be a whole number, 1 to 50"),
            (json!({"query": "x", "limit": 51}), "argument 'limit' is 51,"),
            (json!({"query": "x", "limit": -1}), "argument 'limit' is -1,"),
            (json!({"query": "x", "limit": 1.5}), "argument 'limit' is 1.5,"),
            (json!({"query": "x", "limit": 1e30}), "argument 'limit' is 1e"),
            (json!({"query": "x", "limit": "ten"}), "argument 'limit': invalid type"),
            (json!({"query": "x", "packge": "y"}), "unknown argument `packge`, expected one of `query`, `package`"),
            (json!({"query": "x", "kind": "thing"}), "argument 'kind': unknown variant `thing`, expected one of"),
            (json!({"query": "x".repeat(2_001)}), "argument 'query' has 2001 characters, and may have 2000"),
        ] {
            let error = search(arguments.clone()).expect_err("invalid");
            assert!(error.starts_with(expected), "{arguments}: {error}");
        }
    }
}

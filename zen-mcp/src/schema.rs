//! Schemas of arguments and answers, short enough for a context window and plain enough for every client.

use std::sync::Arc;

use rmcp::model::JsonObject;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// The schema of a tool's arguments.
pub(crate) fn input<T: JsonSchema>() -> Arc<JsonObject> {
    tidy(SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<T>())
}

/// The schema of a tool's structured answers.
pub(crate) fn output<T: JsonSchema>() -> Arc<JsonObject> {
    tidy(SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>())
}

/// Takes out what is of no use to agents, or unknown to some clients: names of Rust types, formats of numbers, the line
/// ends of comments.
fn tidy(mut schema: Schema) -> Arc<JsonObject> {
    RecursiveTransform(|schema: &mut Schema| {
        schema.remove("title");
        schema.remove("format");
        if let Some(Value::String(description)) = schema.get_mut("description") {
            *description = description.replace('\n', " ");
        }
    })
    .transform(&mut schema);
    schema.remove("description");
    schema.remove("$schema");
    // A struct's schema is an object; nothing else is asked for here.
    Arc::new(schema.to_value().as_object().cloned().unwrap_or_default())
}

/// Constants with a description each (`oneOf`) become one `enum` of names: the form that clients know best, and a tenth of
/// the size. What the names mean is told by the field that has the type.
pub(crate) fn plain_enum(schema: &mut Schema) {
    let Some(Value::Array(options)) = schema.remove("oneOf") else { return };
    let names: Vec<Value> = options.iter().filter_map(|option| option.get("const").cloned()).collect();
    schema.remove("description");
    schema.insert("type".into(), "string".into());
    schema.insert("enum".into(), Value::Array(names));
}

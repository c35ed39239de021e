//! Fields, variants and what traits ask for.

use serde_json::{Map, Value, json};
use tree_sitter::Node;

use super::attributes::Prelude;
use super::items::{clipped, code, visibility, visibility_of, where_clause};
use crate::nodes::{children, field, named};
use crate::rules::File;
use crate::symbol::Visibility;

/// The fields within braces or parentheses; the latter are named by their place.
pub(super) fn fields(body: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let mut fields = Vec::new();
    let mut prelude = Prelude::default();
    let mut written = None;
    for node in named(body) {
        if prelude.add(node, file) {
            continue;
        }
        let (name, of, visible) = match node.kind() {
            "visibility_modifier" => {
                written = Some(visibility_of(file.text(node)));
                continue;
            }
            "field_declaration" => {
                let name = field(node, "name").map_or("", |name| file.text(name));
                (name.trim_start_matches("r#").to_owned(), field(node, "type"), visibility(node, file))
            }
            _ => (fields.len().to_string(), Some(node), written.take()),
        };
        let visible = visible.unwrap_or(Visibility::Private).as_str();
        let row = json!({"name": name, "type": of.map(|of| code(of, file)), "visibility": visible});
        fields.push(with(row, std::mem::take(&mut prelude)));
    }
    fields
}

/// Adds what stood above a member.
fn with(mut row: Value, prelude: Prelude) -> Value {
    if let Some(doc) = prelude.doc(None) {
        row["doc"] = doc.into();
    }
    if !prelude.attributes.is_empty() {
        row["attributes"] = prelude.attributes.into();
    }
    row
}

pub(super) fn variants(body: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let mut variants = Vec::new();
    let mut prelude = Prelude::default();
    for node in named(body) {
        if prelude.add(node, file) || node.kind() != "enum_variant" {
            continue;
        }
        let name = field(node, "name").map_or("", |name| file.text(name));
        let mut row = json!({"name": name.trim_start_matches("r#")});
        if let Some(body) = field(node, "body") {
            // Fields of variants are as public as the enum.
            let mut fields = fields(body, file);
            for row in fields.iter_mut().filter_map(Value::as_object_mut) {
                row.remove("visibility");
            }
            row["fields"] = fields.into();
        }
        if let Some(value) = field(node, "value") {
            row["value"] = clipped(file.text(value)).into();
        }
        variants.push(with(row, std::mem::take(&mut prelude)));
    }
    variants
}

/// Methods, types and constants that a trait asks for or gives.
pub(super) fn of_trait(node: Node<'_>, file: &File<'_>, metadata: &mut Map<String, Value>) {
    let (mut methods, mut required, mut types, mut consts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut prelude = Prelude::default();
    for item in field(node, "body").into_iter().flat_map(named) {
        if prelude.add(item, file) {
            continue;
        }
        let prelude = std::mem::take(&mut prelude);
        let Some(name) = field(item, "name").map(|name| file.text(name).trim_start_matches("r#")) else { continue };
        match item.kind() {
            "function_signature_item" => {
                methods.push(Value::from(name));
                required.push(Value::from(name));
            }
            "function_item" => methods.push(name.into()),
            "const_item" => consts.push(Value::from(name)),
            "associated_type" | "type_item" => types.push(with(associated_type(name, item, file), prelude)),
            _ => {}
        }
    }
    let supertraits: Vec<Value> = field(node, "bounds")
        .into_iter()
        .flat_map(children)
        .filter(|bound| bound.is_named() && !is_no_trait(bound.kind()))
        .map(|bound| code(bound, file).into())
        .collect();
    metadata.insert("methods".into(), methods.into());
    let rest = [
        ("required_methods", required),
        ("associated_types", types),
        ("associated_consts", consts),
        ("supertraits", supertraits),
    ];
    for (key, values) in rest.into_iter().filter(|(_, values)| !values.is_empty()) {
        metadata.insert(key.into(), values.into());
    }
}

/// What may stand among bounds and is no trait.
fn is_no_trait(kind: &str) -> bool {
    matches!(kind, "line_comment" | "block_comment" | "lifetime" | "removed_trait_bound")
}

fn associated_type(name: &str, item: Node<'_>, file: &File<'_>) -> Value {
    let mut row = json!({ "name": name });
    let mut add = |key: &str, text: Option<String>| {
        if let Some(text) = text {
            row[key] = text.into();
        }
    };
    add("generics", field(item, "type_parameters").map(|of| code(of, file)));
    add("bounds", field(item, "bounds").map(|of| code(of, file).trim_start_matches(':').trim().to_owned()));
    add("where_clause", where_clause(item, file));
    add("default", field(item, "type").map(|of| code(of, file)));
    row
}

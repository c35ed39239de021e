//! Functions, methods and macros.

use serde_json::{Map, Value, json};
use tree_sitter::Node;

use super::attributes;
use super::items::{Place, code, where_clause, without_comments};
use crate::nodes::{child, children, field, has, named};
use crate::rules::File;
use crate::symbol::{Symbol, SymbolKind};

/// So many rules of a macro are kept, and so much of each.
const MAX_RULES: usize = 24;
const MAX_RULE: usize = 200;

/// So far into an `impl` its associated types are looked for; they stand first by custom.
const MAX_ASSOCIATED: usize = 32;

pub(super) fn describe(node: Node<'_>, place: &Place<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let modifiers = child(node, "function_modifiers");
    symbol.is_async = modifiers.is_some_and(|found| has(found, "async"));
    symbol.is_unsafe = place.foreign.is_some() || modifiers.is_some_and(|found| has(found, "unsafe"));
    symbol.return_type = field(node, "return_type").map(|of| code(of, file));
    let of_function = modifiers.filter(|found| has(*found, "extern_modifier"));
    if let Some(of) = of_function.or(place.foreign) {
        symbol.metadata.insert("abi".into(), abi(of, file).into());
    }
    if modifiers.is_some_and(|found| has(found, "const")) {
        symbol.metadata.insert("is_const".into(), true.into());
    }
    if place.is_in_trait() && node.kind() == "function_item" {
        symbol.metadata.insert("has_default".into(), true.into());
    }
    let parameters = field(node, "parameters").map(|list| parameters(list, file)).unwrap_or_default();
    symbol.metadata.insert("parameters".into(), parameters.into());
    owner(place, file, symbol);
}

/// What the `impl` around says.
pub(super) fn owner(place: &Place<'_>, file: &File<'_>, symbol: &mut Symbol) {
    let Some(owner) = place.owner.filter(|owner| owner.kind() == "impl_item") else { return };
    let metadata = &mut symbol.metadata;
    if let Some(of) = field(owner, "type") {
        metadata.insert("for_type".into(), code(of, file).into());
    }
    if let Some(generics) = field(owner, "type_parameters") {
        metadata.insert("impl_generics".into(), code(generics, file).into());
    }
    if let Some(clause) = where_clause(owner, file) {
        metadata.insert("impl_where_clause".into(), clause.into());
    }
    let Some(of_trait) = field(owner, "trait") else { return };
    metadata.insert("trait_name".into(), code(of_trait, file).into());
    let Some(body) = field(owner, "body") else { return };
    let types: Map<String, Value> = named(body)
        .take(MAX_ASSOCIATED)
        .filter(|item| item.kind() == "type_item")
        .filter_map(|item| {
            let name = file.text(field(item, "name")?).to_owned();
            Some((name, Value::String(code(field(item, "type")?, file))))
        })
        .collect();
    if !types.is_empty() {
        metadata.insert("associated_types".into(), types.into());
    }
}

/// `C` where `extern` names none.
pub(super) fn abi(node: Node<'_>, file: &File<'_>) -> String {
    let name = child(node, "extern_modifier").and_then(|modifier| child(modifier, "string_literal"));
    name.map_or("C", |name| file.text(name).trim_matches('"')).to_owned()
}

fn parameters(list: Node<'_>, file: &File<'_>) -> Vec<Value> {
    let parameter = |node: Node<'_>| {
        Some(match node.kind() {
            "self_parameter" => {
                let text = code(node, file);
                let of = text.strip_suffix("self").unwrap_or(&text);
                json!({"name": "self", "type": format!("{}Self", of.strip_prefix("mut ").unwrap_or(of))})
            }
            "parameter" => {
                let name = field(node, "pattern").map(|of| code(of, file));
                let name = name.map(|name| name.strip_prefix("r#").map_or(name.clone(), str::to_owned));
                json!({"name": name, "type": field(node, "type").map(|of| code(of, file))})
            }
            "variadic_parameter" => {
                json!({"name": field(node, "pattern").map_or("...".into(), |of| code(of, file)), "type": "..."})
            }
            "attribute_item" | "line_comment" | "block_comment" => return None,
            _ => json!({"name": "_", "type": code(node, file)}),
        })
    };
    named(list).filter_map(parameter).collect()
}

/// What a `macro_rules!` matches.
pub(super) fn macro_rules(node: Node<'_>, file: &File<'_>) -> Vec<Value> {
    children(node)
        .filter(|child| child.kind() == "macro_rule")
        .filter_map(|rule| field(rule, "left"))
        .take(MAX_RULES)
        .map(|left| {
            // Every token counts, trailing commas too.
            let text = without_comments(left, left.end_byte(), file);
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let end = text.char_indices().nth(MAX_RULE);
            end.map_or_else(|| text.clone(), |(at, _)| format!("{}…", &text[..at])).into()
        })
        .collect()
}

/// A function that is a macro for those who use the crate.
pub(super) fn proc_macro(symbol: &mut Symbol) {
    let mut found = None;
    for attribute in &symbol.attributes {
        let of = match attributes::path(attribute) {
            "proc_macro" => "function",
            "proc_macro_attribute" => "attribute",
            "proc_macro_derive" => "derive",
            _ => continue,
        };
        found = Some((of, attributes::arguments(attribute).unwrap_or_default().to_owned()));
    }
    let Some((of, arguments)) = found else { return };
    symbol.kind = SymbolKind::Macro;
    symbol.metadata.insert("macro_type".into(), of.into());
    if of != "derive" {
        return;
    }
    let mut parts = attributes::parts(&arguments).into_iter();
    if let Some(name) = parts.next() {
        let function = std::mem::replace(&mut symbol.name, name.to_owned());
        symbol.metadata.insert("function".into(), function.into());
    }
    if let Some(helpers) = parts.find(|part| attributes::path(part) == "attributes") {
        let helpers = attributes::parts(attributes::arguments(helpers).unwrap_or_default());
        symbol.metadata.insert("helper_attributes".into(), helpers.into());
    }
}

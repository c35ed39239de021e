//! What is said of each item.

use serde_json::{Value, json};
use tree_sitter::Node;

use super::attributes::{self, Prelude};
use super::{docs, functions, members, wrappers};
use crate::nodes::{child, children, field, first_line, has, last_line};
use crate::rules::{Definition, File};
use crate::signature::one_line;
use crate::symbol::{Symbol, SymbolKind, Visibility};

/// So many comments and attributes are looked at above an item where its lines alone do not tell.
const MAX_ABOVE: usize = 2048;

/// So many are looked at above an `impl`, once for each of its items.
const MAX_ABOVE_IMPL: usize = 64;

/// So much of a value is kept.
const MAX_VALUE: usize = 300;

/// Where an item stands.
pub(super) struct Place<'t> {
    /// The `impl` or `trait` around it.
    pub(super) owner: Option<Node<'t>>,
    /// The `extern` block around it.
    pub(super) foreign: Option<Node<'t>>,
    /// Whether it is within a macro call.
    embedded: bool,
}

impl<'t> Place<'t> {
    /// `None` for what is local to a function.
    fn of(definition: &Definition<'t>, file: &File<'_>) -> Option<Self> {
        let owner = definition.within.filter(|node| matches!(node.kind(), "impl_item" | "trait_item"));
        let (mut foreign, mut in_impl, mut embedded) = (None, false, false);
        let mut at = definition.node.parent();
        while let Some(node) = at {
            at = node.parent();
            match node.kind() {
                "foreign_mod_item" => foreign = Some(node),
                "impl_item" => in_impl = true,
                "source_file" => embedded = node.id() != file.root.id(),
                // Implementations count everywhere, and `const _: () = { … };` is where macros write them.
                "block" if !in_impl || at.is_none_or(|of| of.kind() != "const_item") => return None,
                _ => {}
            }
        }
        Some(Self { owner, foreign, embedded })
    }

    /// The implemented trait.
    fn implemented(&self) -> Option<Node<'t>> {
        self.owner.and_then(|owner| field(owner, "trait"))
    }

    pub(super) fn is_in_trait(&self) -> bool {
        self.owner.is_some_and(|owner| owner.kind() == "trait_item")
    }
}

pub(super) fn describe(definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
    let node = definition.node;
    if docs::is_comment(node) {
        return file_module(file, symbol);
    }
    let Some(place) = Place::of(definition, file) else { return false };
    if symbol.kind == SymbolKind::TypeAlias && place.owner.is_some() {
        // Part of what the trait or the implementation says of itself.
        return false;
    }
    let prelude = Prelude::above(node, file, MAX_ABOVE);
    symbol.line_start = prelude.first_line.unwrap_or(symbol.line_start).min(symbol.line_start);
    symbol.doc_comment = prelude.doc(inner_doc(node, file));
    docs::describe(symbol);
    if let Some(name) = place.embedded.then(|| wrappers::around(node, file)).flatten() {
        symbol.metadata.insert("in_macro".into(), name.into());
    }
    symbol.visibility = match (&place, visibility(node, file)) {
        (_, Some(written)) => written,
        (place, None) if place.is_in_trait() => {
            place.owner.and_then(|owner| visibility(owner, file)).unwrap_or(Visibility::Private)
        }
        (place, None) if place.implemented().is_some() => Visibility::Public,
        _ => Visibility::Private,
    };
    symbol.signature = signature(node, file);
    generics(node, file, symbol);
    let around = place.owner.filter(|owner| owner.kind() == "impl_item");
    let around = around.map(|owner| Prelude::above(owner, file, MAX_ABOVE_IMPL).attributes).unwrap_or_default();
    attributes::describe(&prelude.attributes, &around, &mut symbol.metadata);
    symbol.attributes = prelude.attributes;
    by_kind(node, &place, file, symbol);
    true
}

fn by_kind(node: Node<'_>, place: &Place<'_>, file: &File<'_>, symbol: &mut Symbol) {
    match node.kind() {
        "function_item" | "function_signature_item" => {
            functions::describe(node, place, file, symbol);
            functions::proc_macro(symbol);
        }
        "struct_item" | "union_item" => {
            let fields = field(node, "body").map(|body| members::fields(body, file)).unwrap_or_default();
            symbol.metadata.insert("fields".into(), fields.into());
            derives(symbol);
        }
        "enum_item" => {
            let variants = field(node, "body").map(|body| members::variants(body, file)).unwrap_or_default();
            symbol.metadata.insert("variants".into(), variants.into());
            derives(symbol);
        }
        "trait_item" => {
            symbol.is_unsafe = has(node, "unsafe");
            members::of_trait(node, file, &mut symbol.metadata);
        }
        "type_item" => symbol.return_type = field(node, "type").map(|of| code(of, file)),
        "const_item" | "static_item" => {
            symbol.return_type = field(node, "type").map(|of| code(of, file));
            if let Some(value) = field(node, "value") {
                symbol.metadata.insert("value".into(), clipped(file.text(value)).into());
            }
            if has(node, "mutable_specifier") {
                symbol.metadata.insert("is_mutable".into(), true.into());
            }
            if let Some(foreign) = place.foreign {
                symbol.is_unsafe = true;
                symbol.metadata.insert("abi".into(), functions::abi(foreign, file).into());
            }
            functions::owner(place, file, symbol);
        }
        "macro_definition" => {
            let exported = symbol.attributes.iter().any(|a| attributes::path(a) == "macro_export");
            symbol.visibility = if exported { Visibility::Public } else { Visibility::Internal };
            symbol.metadata.insert("macro_type".into(), "declarative".into());
            symbol.metadata.insert("rules".into(), functions::macro_rules(node, file).into());
        }
        "mod_item" if field(node, "body").is_none() => {
            symbol.metadata.insert("is_declaration".into(), true.into());
        }
        _ => {}
    }
}

/// What `pub`, `pub(crate)` and the like say; nothing says nothing.
pub(super) fn visibility(node: Node<'_>, file: &File<'_>) -> Option<Visibility> {
    let modifier = node.child(0).filter(|first| first.kind() == "visibility_modifier")?;
    Some(visibility_of(file.text(modifier)))
}

pub(super) fn visibility_of(modifier: &str) -> Visibility {
    if modifier == "pub" {
        return Visibility::Public;
    }
    let inner = attributes::arguments(modifier).unwrap_or_default();
    if inner == "self" || inner.strip_prefix("in").is_some_and(|path| path.trim() == "self") {
        Visibility::Private
    } else {
        Visibility::Internal
    }
}

/// Code on one line, without its comments.
pub(super) fn code(node: Node<'_>, file: &File<'_>) -> String {
    one_line(&without_comments(node, node.end_byte(), file))
}

/// The beginning of a value.
pub(super) fn clipped(text: &str) -> String {
    let end = text.char_indices().nth(MAX_VALUE);
    end.map_or_else(|| one_line(text), |(at, _)| format!("{}…", one_line(&text[..at])))
}

fn signature(node: Node<'_>, file: &File<'_>) -> String {
    let body = match node.kind() {
        // The fields of a tuple struct are part of how it looks.
        "struct_item" => field(node, "body").filter(|body| body.kind() == "field_declaration_list"),
        "const_item" | "static_item" => field(node, "value"),
        "macro_definition" => return format!("macro_rules! {}", field(node, "name").map_or("", |n| file.text(n))),
        _ => field(node, "body"),
    };
    one_line(&without_comments(node, body.map_or(node.end_byte(), |body| body.start_byte()), file))
}

/// The text of a node up to `end` without the comments in it.
pub(super) fn without_comments(node: Node<'_>, end: usize, file: &File<'_>) -> String {
    let text = file.text.get(node.start_byte()..end.max(node.start_byte())).unwrap_or_default();
    if !text.contains("//") && !text.contains("/*") {
        return text.to_owned();
    }
    let (mut out, mut from) = (String::with_capacity(text.len()), node.start_byte());
    let mut cursor = node.walk();
    let mut more = true;
    while more && cursor.node().start_byte() < end {
        let at = cursor.node();
        if docs::is_comment(at) {
            out.push_str(file.text.get(from..at.start_byte()).unwrap_or_default());
            out.push(' ');
            from = at.end_byte().max(from);
        } else if cursor.goto_first_child() {
            continue;
        }
        more = cursor.goto_next_sibling();
        while !more && cursor.goto_parent() {
            more = cursor.goto_next_sibling();
        }
    }
    out.push_str(file.text.get(from..end).unwrap_or_default());
    out
}

fn generics(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    if let Some(parameters) = field(node, "type_parameters") {
        symbol.generics = Some(code(parameters, file));
        let lifetimes: Vec<&str> = children(parameters)
            .filter(|parameter| parameter.kind() == "lifetime_parameter")
            .filter_map(|parameter| field(parameter, "name"))
            .map(|name| file.text(name))
            .collect();
        if !lifetimes.is_empty() {
            symbol.metadata.insert("lifetimes".into(), lifetimes.into());
        }
    }
    if let Some(clause) = where_clause(node, file) {
        symbol.metadata.insert("where_clause".into(), clause.into());
    }
}

/// What stands behind `where`.
pub(super) fn where_clause(node: Node<'_>, file: &File<'_>) -> Option<String> {
    let clause = code(child(node, "where_clause")?, file);
    Some(clause.strip_prefix("where").unwrap_or(&clause).trim().to_owned()).filter(|clause| !clause.is_empty())
}

fn derives(symbol: &mut Symbol) {
    let derives: Vec<&str> = symbol
        .attributes
        .iter()
        .filter(|attribute| attributes::path(attribute) == "derive")
        .filter_map(|attribute| attributes::arguments(attribute))
        .flat_map(attributes::parts)
        .collect();
    if !derives.is_empty() {
        let derives: Value = json!(derives);
        symbol.metadata.insert("derives".into(), derives);
    }
}

/// What an item says of itself within its body.
fn inner_doc(node: Node<'_>, file: &File<'_>) -> Option<String> {
    let body = field(node, "body").filter(|body| matches!(body.kind(), "declaration_list" | "block"))?;
    docs::within(body, file).map(|(text, _)| text)
}

/// The name of the module that a file is, for the first of the comments that document it.
pub(super) fn file_name(comment: Node<'_>, file: &File<'_>) -> Option<String> {
    // Most are not the first of theirs: the line above says so.
    let above = file.text.get(..comment.start_byte())?.trim_end();
    if above.rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with("//!")) {
        return None;
    }
    if comment.parent().is_none_or(|parent| parent.id() != file.root.id()) {
        return None;
    }
    if docs::first_within(file.root, file)?.id() != comment.id() {
        return None;
    }
    let name = match file.stem() {
        "lib" | "main" | "" => "crate",
        "mod" => file.folder().unwrap_or("mod"),
        stem => stem,
    };
    Some(name.to_owned())
}

fn file_module(file: &File<'_>, symbol: &mut Symbol) -> bool {
    let Some((doc, last)) = docs::within(file.root, file) else { return false };
    symbol.line_end = last_line(last).max(first_line(last));
    let is_crate = symbol.name == "crate";
    symbol.visibility = if is_crate { Visibility::Public } else { Visibility::Internal };
    symbol.signature = if is_crate { "crate".to_owned() } else { format!("mod {}", symbol.name) };
    symbol.doc_comment = Some(doc);
    docs::describe(symbol);
    symbol.metadata.insert("is_file".into(), true.into());
    true
}

//! C, and what C++ shares with it. `static` is private, and so is every type and macro of a file that is no header;
//! names that begin with `_` are internal. Macros that decorate declarations are hidden from the parser and kept as
//! attributes. Metadata: `parameters` (name, type), `modifiers` (`static`, `inline`, `extern`, …) and `is_declaration`
//! (a prototype) of functions; `fields` (name, type, bits, doc) of structs and unions; `variants` (name, value, doc) of
//! enums; `value` of constants, variables and macros; `doc_sections`: see [`doxygen::sections`].

pub(crate) mod declarators;
pub(crate) mod doxygen;
pub(crate) mod macros;
pub(crate) mod shared;

use std::borrow::Cow;
use std::sync::OnceLock;

use tree_sitter::Node;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::{Relation, Symbol, SymbolKind, Visibility};

use declarators::{declared, has_static};

pub(crate) static C: Language = Language {
    name: "c",
    title: "C",
    extensions: &["c", "h"],
    file_names: &[],
    separator: "::",
    grammar: tree_sitter_c::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &CRules,
    compiled: OnceLock::new(),
};

struct CRules;

impl Rules for CRules {
    fn readable<'s>(&self, text: &'s str) -> Cow<'s, str> {
        macros::readable(text, true)
    }

    fn outer<'t>(&self, definition: &Definition<'t>) -> Node<'t> {
        shared::outer(definition.node)
    }

    fn name(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        let name = match definition.kind {
            SymbolKind::Static => {
                let known = declared(definition.name)?;
                if shared::is_doubtful(definition, &known) {
                    return None;
                }
                known.name
            }
            SymbolKind::Function | SymbolKind::TypeAlias => declared(definition.name)?.name,
            _ => definition.name,
        };
        let name = file.text(name);
        let is_wanted = definition.kind == SymbolKind::Macro || !shared::is_local(definition.node);
        (is_wanted && !shared::is_keyword(name)).then(|| name.to_owned())
    }

    fn doc_text(&self, comment: &str) -> Option<String> {
        doxygen::text(comment)
    }

    fn signature(&self, definition: &Definition<'_>, file: &File<'_>) -> String {
        match definition.kind {
            SymbolKind::Macro => shared::macro_signature(definition.node, file),
            SymbolKind::Const => file.text(definition.node).to_owned(),
            _ => shared::signature(definition, file),
        }
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        let node = definition.node;
        let is_header = !file.path.ends_with(".c");
        symbol.visibility = match symbol.name.starts_with('_') {
            true => Visibility::Internal,
            false => Visibility::Public,
        };
        shared::add_sections(symbol);
        match definition.kind {
            SymbolKind::Function | SymbolKind::Static => {
                let Some(known) = declared(definition.name) else { return false };
                // C has no methods.
                symbol.container = None;
                shared::describe_value(definition, &known, file, symbol);
                if has_static(shared::declaration_of(node), file) && !(is_header && symbol.kind == SymbolKind::Function)
                {
                    symbol.visibility = Visibility::Private;
                }
                return true;
            }
            SymbolKind::Macro => {
                if !shared::describe_macro(node, file, symbol) {
                    return false;
                }
            }
            SymbolKind::TypeAlias => {
                if !shared::describe_alias(definition, file, symbol) {
                    return false;
                }
            }
            SymbolKind::Const => {
                let of = node.parent().and_then(|list| list.parent()).and_then(|of| of.parent());
                if of.is_some_and(|of| of.kind() == "type_definition") {
                    return false;
                }
                if let Some(value) = crate::nodes::field(node, "value") {
                    symbol.metadata.insert("value".into(), file.text(value).into());
                }
                symbol.doc_comment = doxygen::beside(node, file);
            }
            SymbolKind::Enum => {
                symbol
                    .metadata
                    .insert("variants".into(), definition.body.map(|b| declarators::variants(b, file)).into());
            }
            _ => {
                let rows = definition.body.map(|body| declarators::fields(body, file, &|_| None));
                symbol.metadata.insert("fields".into(), rows.into());
            }
        }
        let outer = shared::outer(node);
        if definition.body.is_some() {
            symbol.attributes = macros::before(file.text, outer.start_byte());
            symbol.attributes.extend(declarators::attributes(node, file));
            if outer.id() != node.id() {
                symbol.attributes.extend(declarators::attributes(outer, file));
            }
        }
        if !is_header {
            symbol.visibility = Visibility::Private;
        }
        true
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        match relation {
            Relation::Imports => Some(file.text(name).trim_matches(['"', '<', '>']).to_owned()),
            _ => shared::called(name, file),
        }
    }
}

//! Rust.
//!
//! Visibility is what is written: `pub` is public, `pub(crate)`, `pub(super)` and `pub(in …)` are internal, nothing and
//! `pub(self)` private. Items of a trait have the trait's; so have the methods of its implementations, where the file
//! declares the trait, and else they are public: `trait_name` tells them from `pub` methods. `macro_rules!` is public with
//! `#[macro_export]` and internal without.
//!
//! A file that begins with `//!` is a module named after it (`crate` for `lib.rs` and `main.rs`), with `is_file`; whether
//! it is public says the `mod` that declares it, so that this symbol is internal except for `crate`.
//!
//! Items within macro calls that stand where items do are found where they are plain items: `cfg_rt! { … }`, the branches
//! of `cfg_if!`, `pin_project!`, `thread_local!`.
//!
//! Metadata:
//! - of all: `cfg` (conditions, those of the `impl` too), `deprecated` (`since`, `note`), `must_use` (the text or true),
//!   `doc_sections` (by name: `errors`, `panics`, `safety`, `examples`, `arguments`, …), `is_doc_hidden`, `is_test`,
//!   `is_pyo3`
//! - of what has type parameters: `lifetimes`, `where_clause`
//! - functions: `parameters` (name, type), `is_const`, `abi`, `has_default` (in traits)
//! - methods: `for_type` and `trait_name` as the `impl` has them, `impl_generics`, `impl_where_clause`,
//!   `associated_types` that the `impl` sets (by name)
//! - structs and unions: `fields` (name, type, visibility, doc, attributes); enums: `variants` (name, fields, value, doc,
//!   attributes); both: `methods` (names of those of the file), `implements`, `derives`
//! - traits: `methods`, `required_methods`, `associated_types` (name, bounds, default, generics, doc),
//!   `associated_consts`, `supertraits`
//! - constants and statics: `value`, `is_mutable`, `abi`
//! - macros: `macro_type` (`declarative`, `function`, `derive`, `attribute`), `rules` (what `macro_rules!` matches),
//!   `function` (the name of a procedural macro's function), `helper_attributes` (of derive macros)
//! - items within a macro call: `in_macro` (its name)
//! - modules: `is_declaration` (`mod name;`), `is_file`
//!
//! References leave out `Some`, `Ok` and `Err`; `#[derive]` implements its traits; every leaf of a `use` is an import with
//! its full path.

mod attributes;
mod docs;
mod embedded;
mod finish;
mod functions;
mod items;
mod members;
mod references;
mod wrappers;

use std::sync::OnceLock;

use tree_sitter::{Node, Range};

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::{FileSymbols, Relation, Symbol, Visibility};

pub(crate) static RUST: Language = Language {
    name: "rust",
    title: "Rust",
    extensions: &["rs"],
    file_names: &[],
    separator: "::",
    grammar: tree_sitter_rust::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &RustRules,
    compiled: OnceLock::new(),
};

struct RustRules;

impl Rules for RustRules {
    fn name(&self, definition: &Definition<'_>, file: &File<'_>) -> Option<String> {
        if docs::is_comment(definition.node) {
            return items::file_name(definition.node, file);
        }
        let name = file.text(definition.name);
        Some(name.strip_prefix("r#").unwrap_or(name).to_owned()).filter(|name| name != "_")
    }

    /// Attributes and documentation are mixed; `describe` reads both at once.
    fn doc(&self, _definition: &Definition<'_>, _file: &File<'_>) -> Option<String> {
        None
    }

    /// `describe` knows what is dropped; only then is a signature worth its while.
    fn signature(&self, _definition: &Definition<'_>, _file: &File<'_>) -> String {
        String::new()
    }

    fn opaque(&self) -> &'static [&'static str] {
        &[
            "token_tree",
            "attribute_item",
            "inner_attribute_item",
            "type_arguments",
            "string_literal",
            "scoped_identifier",
        ]
    }

    fn describe(&self, definition: &Definition<'_>, file: &File<'_>, symbol: &mut Symbol) -> bool {
        items::describe(definition, file, symbol)
    }

    fn scope(&self, name: Node<'_>, file: &File<'_>) -> String {
        references::type_name(name, file)
    }

    fn reference(&self, relation: Relation, name: Node<'_>, file: &File<'_>) -> Option<String> {
        references::name(relation, name, file)
    }

    fn embedded(&self, root: Node<'_>, text: &str) -> Vec<Range> {
        embedded::ranges(root, text)
    }

    fn finish(&self, file: &File<'_>, symbols: &mut FileSymbols) {
        finish::finish(file, symbols);
    }

    fn default_visibility(&self) -> Visibility {
        Visibility::Private
    }
}

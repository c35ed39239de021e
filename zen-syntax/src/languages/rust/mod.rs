//! Rust.

use std::sync::OnceLock;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::Symbol;

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
    fn describe(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbol: &mut Symbol) -> bool {
        true
    }
}

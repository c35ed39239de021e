//! Zig.

use std::sync::OnceLock;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::Symbol;

pub(crate) static ZIG: Language = Language {
    name: "zig",
    title: "Zig",
    extensions: &["zig", "zon"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_zig::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &ZigRules,
    compiled: OnceLock::new(),
};

struct ZigRules;

impl Rules for ZigRules {
    fn describe(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbol: &mut Symbol) -> bool {
        true
    }
}

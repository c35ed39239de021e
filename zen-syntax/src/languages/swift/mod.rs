//! Swift.

use std::sync::OnceLock;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::Symbol;

pub(crate) static SWIFT: Language = Language {
    name: "swift",
    title: "Swift",
    extensions: &["swift"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_swift::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &SwiftRules,
    compiled: OnceLock::new(),
};

struct SwiftRules;

impl Rules for SwiftRules {
    fn describe(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbol: &mut Symbol) -> bool {
        true
    }
}

//! C.

use std::sync::OnceLock;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::Symbol;

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
    fn describe(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbol: &mut Symbol) -> bool {
        true
    }
}

//! Haskell.

use std::sync::OnceLock;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::Symbol;

pub(crate) static HASKELL: Language = Language {
    name: "haskell",
    title: "Haskell",
    extensions: &["hs", "lhs"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_haskell::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &HaskellRules,
    compiled: OnceLock::new(),
};

struct HaskellRules;

impl Rules for HaskellRules {
    fn describe(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbol: &mut Symbol) -> bool {
        true
    }
}

//! Kotlin.

use std::sync::OnceLock;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::Symbol;

pub(crate) static KOTLIN: Language = Language {
    name: "kotlin",
    title: "Kotlin",
    extensions: &["kt", "kts"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_kotlin_ng::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &KotlinRules,
    compiled: OnceLock::new(),
};

struct KotlinRules;

impl Rules for KotlinRules {
    fn describe(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbol: &mut Symbol) -> bool {
        true
    }
}

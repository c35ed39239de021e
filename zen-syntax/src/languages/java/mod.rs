//! Java.

use std::sync::OnceLock;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::Symbol;

pub(crate) static JAVA: Language = Language {
    name: "java",
    title: "Java",
    extensions: &["java"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_java::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &JavaRules,
    compiled: OnceLock::new(),
};

struct JavaRules;

impl Rules for JavaRules {
    fn describe(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbol: &mut Symbol) -> bool {
        true
    }
}

//! PHP.

use std::sync::OnceLock;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::Symbol;

pub(crate) static PHP: Language = Language {
    name: "php",
    title: "PHP",
    extensions: &["php", "phtml", "php5", "inc"],
    file_names: &[],
    separator: "\\",
    grammar: tree_sitter_php::LANGUAGE_PHP,
    query: include_str!("tags.scm"),
    rules: &PhpRules,
    compiled: OnceLock::new(),
};

struct PhpRules;

impl Rules for PhpRules {
    fn describe(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbol: &mut Symbol) -> bool {
        true
    }
}

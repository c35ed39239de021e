//! Bash.

use std::sync::OnceLock;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::Symbol;

pub(crate) static BASH: Language = Language {
    name: "bash",
    title: "Bash",
    extensions: &["sh", "bash", "bats", "ksh", "zsh"],
    file_names: &[".bashrc", ".bash_profile", ".profile"],
    separator: "::",
    grammar: tree_sitter_bash::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &BashRules,
    compiled: OnceLock::new(),
};

struct BashRules;

impl Rules for BashRules {
    fn describe(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbol: &mut Symbol) -> bool {
        true
    }
}

//! C#.

use std::sync::OnceLock;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::Symbol;

pub(crate) static CSHARP: Language = Language {
    name: "csharp",
    title: "C#",
    extensions: &["cs", "csx"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_c_sharp::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &CSharpRules,
    compiled: OnceLock::new(),
};

struct CSharpRules;

impl Rules for CSharpRules {
    fn describe(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbol: &mut Symbol) -> bool {
        true
    }
}

//! Python.

use std::sync::OnceLock;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::Symbol;

pub(crate) static PYTHON: Language = Language {
    name: "python",
    title: "Python",
    extensions: &["py", "pyi", "pyw"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_python::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &PythonRules,
    compiled: OnceLock::new(),
};

struct PythonRules;

impl Rules for PythonRules {
    fn describe(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbol: &mut Symbol) -> bool {
        true
    }
}

//! C++.

use std::sync::OnceLock;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::Symbol;

pub(crate) static CPP: Language = Language {
    name: "cpp",
    title: "C++",
    extensions: &["cpp", "cc", "cxx", "c++", "hpp", "hh", "hxx", "h++", "ipp", "inl", "tpp"],
    file_names: &[],
    separator: "::",
    grammar: tree_sitter_cpp::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &CppRules,
    compiled: OnceLock::new(),
};

struct CppRules;

impl Rules for CppRules {
    fn describe(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbol: &mut Symbol) -> bool {
        true
    }
}

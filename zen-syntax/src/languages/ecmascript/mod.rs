//! JavaScript, TypeScript and TSX, which differ in little but types.

use std::sync::OnceLock;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::Symbol;

pub(crate) static JAVASCRIPT: Language = Language {
    name: "javascript",
    title: "JavaScript",
    extensions: &["js", "jsx", "mjs", "cjs"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_javascript::LANGUAGE,
    query: include_str!("javascript.scm"),
    rules: &EcmaRules,
    compiled: OnceLock::new(),
};

pub(crate) static TYPESCRIPT: Language = Language {
    name: "typescript",
    title: "TypeScript",
    extensions: &["ts", "mts", "cts"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
    query: include_str!("typescript.scm"),
    rules: &EcmaRules,
    compiled: OnceLock::new(),
};

pub(crate) static TSX: Language = Language {
    name: "tsx",
    title: "TSX",
    extensions: &["tsx"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_typescript::LANGUAGE_TSX,
    query: include_str!("typescript.scm"),
    rules: &EcmaRules,
    compiled: OnceLock::new(),
};

struct EcmaRules;

impl Rules for EcmaRules {
    fn describe(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbol: &mut Symbol) -> bool {
        true
    }
}

//! Scala.

use std::sync::OnceLock;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::Symbol;

pub(crate) static SCALA: Language = Language {
    name: "scala",
    title: "Scala",
    extensions: &["scala", "sc"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_scala::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &ScalaRules,
    compiled: OnceLock::new(),
};

struct ScalaRules;

impl Rules for ScalaRules {
    fn describe(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbol: &mut Symbol) -> bool {
        true
    }
}

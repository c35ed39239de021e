//! Elixir.

use std::sync::OnceLock;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::Symbol;

pub(crate) static ELIXIR: Language = Language {
    name: "elixir",
    title: "Elixir",
    extensions: &["ex", "exs"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_elixir::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &ElixirRules,
    compiled: OnceLock::new(),
};

struct ElixirRules;

impl Rules for ElixirRules {
    fn describe(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbol: &mut Symbol) -> bool {
        true
    }
}

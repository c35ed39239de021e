//! Ruby.

use std::sync::OnceLock;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::Symbol;

pub(crate) static RUBY: Language = Language {
    name: "ruby",
    title: "Ruby",
    extensions: &["rb", "rake", "gemspec", "ru"],
    file_names: &["Rakefile", "Gemfile"],
    separator: "::",
    grammar: tree_sitter_ruby::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &RubyRules,
    compiled: OnceLock::new(),
};

struct RubyRules;

impl Rules for RubyRules {
    fn describe(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbol: &mut Symbol) -> bool {
        true
    }
}

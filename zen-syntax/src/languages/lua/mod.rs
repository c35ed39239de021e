//! Lua.

use std::sync::OnceLock;

use crate::language::Language;
use crate::rules::{Definition, File, Rules};
use crate::symbol::Symbol;

pub(crate) static LUA: Language = Language {
    name: "lua",
    title: "Lua",
    extensions: &["lua"],
    file_names: &[],
    separator: ".",
    grammar: tree_sitter_lua::LANGUAGE,
    query: include_str!("tags.scm"),
    rules: &LuaRules,
    compiled: OnceLock::new(),
};

struct LuaRules;

impl Rules for LuaRules {
    fn describe(&self, _definition: &Definition<'_>, _file: &File<'_>, _symbol: &mut Symbol) -> bool {
        true
    }
}

//! The languages: each in a module with its query and its rules.

mod bash;
mod c;
mod cpp;
mod csharp;
mod ecmascript;
mod elixir;
mod go;
mod haskell;
mod java;
mod kotlin;
mod lua;
mod php;
mod python;
mod ruby;
mod rust;
mod scala;
mod swift;
mod zig;

use crate::language::Language;

/// Every language, sorted by name.
pub(crate) static ALL: [&Language; 20] = [
    &bash::BASH,
    &c::C,
    &cpp::CPP,
    &csharp::CSHARP,
    &elixir::ELIXIR,
    &go::GO,
    &haskell::HASKELL,
    &java::JAVA,
    &ecmascript::JAVASCRIPT,
    &kotlin::KOTLIN,
    &lua::LUA,
    &php::PHP,
    &python::PYTHON,
    &ruby::RUBY,
    &rust::RUST,
    &scala::SCALA,
    &swift::SWIFT,
    &ecmascript::TSX,
    &ecmascript::TYPESCRIPT,
    &zig::ZIG,
];

/// The language that only a file's text tells: C++ in a header, the interpreter of a script.
pub(crate) fn of_content(path: &str, text: &str) -> Option<&'static Language> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    if name.ends_with(".h") {
        return is_cpp(text).then_some(&cpp::CPP);
    }
    if name.contains('.') {
        return None;
    }
    let line = text.strip_prefix("#!")?.lines().next()?;
    let mut words = line.split_whitespace();
    let program = words.next()?.rsplit('/').next()?;
    let program = if program == "env" { words.find(|word| !word.starts_with('-'))? } else { program };
    match program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') {
        "sh" | "bash" | "dash" | "ksh" | "zsh" => Some(&bash::BASH),
        "python" => Some(&python::PYTHON),
        "ruby" => Some(&ruby::RUBY),
        "node" => Some(&ecmascript::JAVASCRIPT),
        "lua" | "luajit" => Some(&lua::LUA),
        "php" => Some(&php::PHP),
        "elixir" => Some(&elixir::ELIXIR),
        _ => None,
    }
}

/// Whether a header has what C has not, outside of comments.
fn is_cpp(text: &str) -> bool {
    let mut in_comment = false;
    text.lines().any(|line| {
        let line = line.trim_start();
        if in_comment {
            in_comment = !line.contains("*/");
            return false;
        }
        if line.starts_with("/*") {
            in_comment = !line.contains("*/");
            return false;
        }
        let starts = [
            "class ",
            "namespace ",
            "inline namespace ",
            "template<",
            "template <",
            "public:",
            "private:",
            "protected:",
        ];
        starts.iter().any(|start| line.starts_with(start)) && !line.ends_with('.')
            || line.starts_with("using ") && line.ends_with(';')
            || line.starts_with("namespace{")
            || line.starts_with("enum class ")
    })
}

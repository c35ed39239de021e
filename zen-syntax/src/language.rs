//! Which languages there are, and which one a file is in.

use std::fmt;
use std::sync::OnceLock;

use tree_sitter::Query;
use tree_sitter_language::LanguageFn;

use crate::error::SyntaxError;
use crate::languages;
use crate::rules::{Captures, Rules};
use crate::starts;

/// A language that files can be parsed in.
pub struct Language {
    /// Its name in lower case, as tables have it: `rust`, `tsx`, `csharp`.
    pub name: &'static str,
    /// Its name as people write it.
    pub title: &'static str,
    /// Endings of file names, without the dot.
    pub extensions: &'static [&'static str],
    /// Whole names of files that have no such ending.
    pub file_names: &'static [&'static str],
    /// Between the names of a container's path.
    pub separator: &'static str,
    pub(crate) grammar: LanguageFn,
    pub(crate) query: &'static str,
    pub(crate) rules: &'static dyn Rules,
    pub(crate) compiled: OnceLock<Result<Compiled, String>>,
}

/// The grammar with the query, checked against each other.
pub(crate) struct Compiled {
    pub(crate) grammar: tree_sitter::Language,
    pub(crate) query: Query,
    pub(crate) captures: Captures,
    /// By the number of a kind, whether a pattern starts with it; `None` where the patterns do not show.
    pub(crate) starts: Option<Vec<bool>>,
    /// By the number of a kind, whether it is not looked into (`Rules::opaque`).
    pub(crate) opaque: Vec<bool>,
}

impl Language {
    /// Every language, sorted by name.
    #[must_use]
    pub fn all() -> &'static [&'static Self] {
        &languages::ALL
    }

    /// The language with this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<&'static Self> {
        Self::all().iter().copied().find(|language| language.name == name)
    }

    /// The language of a file, by its name alone. `.h` is C++ only where its content says so: see [`Language::of_file`].
    #[must_use]
    pub fn of_path(path: &str) -> Option<&'static Self> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        if let Some(language) = Self::all().iter().find(|language| language.file_names.contains(&name)) {
            return Some(language);
        }
        let (_, extension) = name.rsplit_once('.')?;
        let extension = extension.to_ascii_lowercase();
        Self::all().iter().copied().find(|language| language.extensions.contains(&extension.as_str()))
    }

    /// The language of a file, by its name and where that is not enough by its text: C++ in a `.h`, the interpreter that
    /// `#!` names in a file without an ending.
    #[must_use]
    pub fn of_file(path: &str, text: &str) -> Option<&'static Self> {
        languages::of_content(path, text).or_else(|| Self::of_path(path))
    }

    /// The grammar, for whoever wants the bare tree.
    ///
    /// # Errors
    /// [`SyntaxError::Grammar`] where it does not fit this build of tree-sitter.
    pub fn grammar(&self) -> Result<tree_sitter::Language, SyntaxError> {
        Ok(self.compiled()?.grammar.clone())
    }

    pub(crate) fn compiled(&self) -> Result<&Compiled, SyntaxError> {
        let compiled = self.compiled.get_or_init(|| {
            let grammar: tree_sitter::Language = self.grammar.into();
            let query = Query::new(&grammar, self.query).map_err(|error| error.to_string())?;
            let captures = Captures::of(&query)?;
            let starts = starts::of(&grammar, &query, self.query);
            let opaque = starts::named(&grammar, self.rules.opaque())?;
            Ok(Compiled { grammar, query, captures, starts, opaque })
        });
        compiled.as_ref().map_err(|reason| SyntaxError::Grammar { language: self.name, reason: reason.clone() })
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Language").field(&self.name).finish()
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Language {}

/// The name of a language that is known by this file's name and cannot be parsed yet, for want of a grammar.
#[must_use]
pub fn unsupported(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    match extension {
        "mojo" | "🔥" => Some("Mojo"),
        _ => None,
    }
}

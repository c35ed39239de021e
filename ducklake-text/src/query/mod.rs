//! What is searched for, before any index is known.

mod parse;

use crate::schema::Ranking;

/// What is searched for.
///
/// From the words a user gives by [`parse`](Self::parse), from plain text by [`words`](Self::words), or for whole names by
/// `name_…`. It knows no fields yet: words are split as each field of the index is.
#[derive(Clone, Debug, PartialEq)]
pub struct TextQuery {
    pub(crate) clauses: Vec<Clause>,
    pub(crate) fields: Option<Vec<String>>,
    pub(crate) ranking: Option<Ranking>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clause {
    pub(crate) occur: Occur,
    /// The one field to look in, and the whole word as it was written, which counts where there is no such field.
    pub(crate) field: Option<(String, String)>,
    pub(crate) atom: Atom,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occur {
    Should,
    Must,
    MustNot,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Atom {
    /// What stands between spaces.
    Word(String),
    /// Words that follow each other.
    Phrase(String),
    /// Words that begin so.
    Prefix(String),
    /// Words with `*` and `?`.
    Wildcard(String),
    NameExact(String),
    NamePrefix(String),
    NameWildcard(String),
    NameSubstring(String),
}

impl Atom {
    /// What was written.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Word(text) | Self::Phrase(text) | Self::Prefix(text) | Self::Wildcard(text) => text,
            Self::NameExact(text) | Self::NamePrefix(text) | Self::NameWildcard(text) | Self::NameSubstring(text) => {
                text
            }
        }
    }
}

impl TextQuery {
    /// Reads what a user gives: plain words, of which any may occur; `"an exact phrase"`; `prefix*` and `wild*card?`;
    /// `+required` and `-excluded` words; `field:word`. Whatever has no such meaning is a word, so this never fails.
    pub fn parse(text: &str) -> Self {
        Self::of(parse::clauses(text))
    }

    /// Plain words: no character has a meaning.
    pub fn words(text: &str) -> Self {
        let words = text.split_whitespace();
        Self::of(words.map(|word| Clause::should(Atom::Word(word.to_owned()))).collect())
    }

    /// Names that are equal to this one, but for case.
    pub fn name_exact(name: &str) -> Self {
        Self::of(vec![Clause::should(Atom::NameExact(name.to_owned()))])
    }

    /// Names that begin with this text, but for case.
    pub fn name_prefix(prefix: &str) -> Self {
        Self::of(vec![Clause::should(Atom::NamePrefix(prefix.to_owned()))])
    }

    /// Names that are as a pattern says, but for case: `*` stands for anything, `?` for one character, `\` takes the
    /// meaning of the character after it away.
    pub fn name_wildcard(pattern: &str) -> Self {
        Self::of(vec![Clause::should(Atom::NameWildcard(pattern.to_owned()))])
    }

    /// Names that hold this text anywhere, but for case.
    pub fn name_substring(text: &str) -> Self {
        Self::of(vec![Clause::should(Atom::NameSubstring(text.to_owned()))])
    }

    /// The same, looked for in these fields only. `field:word` still looks in the field it names.
    pub fn in_fields<S: Into<String>>(self, fields: impl IntoIterator<Item = S>) -> Self {
        Self { fields: Some(fields.into_iter().map(Into::into).collect()), ..self }
    }

    /// The same, ranked otherwise than the schema says.
    pub fn ranked(self, ranking: Ranking) -> Self {
        Self { ranking: Some(ranking), ..self }
    }

    /// Whether nothing is asked for; nothing is found then.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    fn of(clauses: Vec<Clause>) -> Self {
        Self { clauses, fields: None, ranking: None }
    }
}

impl Clause {
    fn should(atom: Atom) -> Self {
        Self { occur: Occur::Should, field: None, atom }
    }
}

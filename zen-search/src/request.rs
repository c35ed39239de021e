//! What is searched for.

use std::fmt;

use serde::Serialize;

use crate::error::{Result, SearchError};
use crate::filter::Filter;

/// More hits than anybody reads.
pub const MAX_LIMIT: usize = 1000;
/// Longest query, in bytes. What the model reads of one is far shorter.
const MAX_QUERY: usize = 8 << 10;

/// A search: words, how they are compared, and what counts.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// Words, a question, or a name.
    pub query: String,
    /// How it is compared with what is there.
    pub mode: Mode,
    /// Symbols, documentation, or both.
    pub within: Within,
    /// What counts.
    pub filter: Filter,
    /// Hits at most, 1 to [`MAX_LIMIT`].
    pub limit: usize,
}

impl SearchRequest {
    /// The usual search: hybrid, in symbols and documentation, of newest versions, ten hits.
    #[must_use]
    pub fn new(query: impl Into<String>) -> Self {
        Self { query: query.into(), mode: Mode::Hybrid, within: Within::Both, filter: Filter::default(), limit: 10 }
    }

    /// Refuses what has no answer.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |problem: String, hint: &str| Err(SearchError::Request { problem, hint: Some(hint.to_owned()) });
        if self.query.trim().is_empty() {
            return wrong("the query is empty".into(), "`zen list` shows what is there without one");
        }
        if self.query.len() > MAX_QUERY {
            return wrong(format!("the query has more than {MAX_QUERY} bytes"), "a sentence is enough");
        }
        if !(1..=MAX_LIMIT).contains(&self.limit) {
            return wrong(format!("the limit is 1 to {MAX_LIMIT}, not {}", self.limit), "narrow the search instead");
        }
        if self.within == Within::Docs && self.filter.is_of_symbols() {
            return wrong(
                "documentation has no kind, language and visibility".into(),
                "leave these out, or search in symbols",
            );
        }
        Ok(())
    }

    /// Whether symbols are searched.
    pub(crate) fn wants_symbols(&self) -> bool {
        self.within != Within::Docs
    }

    /// Whether documentation is searched: only where nothing is asked that it cannot have.
    pub(crate) fn wants_docs(&self) -> bool {
        match self.within {
            Within::Symbols => false,
            Within::Docs => true,
            // Headings are no names that anybody looks for.
            Within::Both => self.mode != Mode::Name && !self.filter.is_of_symbols(),
        }
    }
}

/// How a query is compared with what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// By words and by meaning together.
    Hybrid,
    /// By meaning: embeddings that are near.
    Vector,
    /// By words.
    Text,
    /// By the symbol's name: exact, then its beginning, then any part; `*` and `?` stand for what is unknown. Of
    /// documentation, by the words of its headings.
    Name,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hybrid => "hybrid",
            Self::Vector => "vector",
            Self::Text => "text",
            Self::Name => "name",
        })
    }
}

/// What is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Within {
    /// What packages declare.
    Symbols,
    /// What they say: README, guides, changelogs.
    Docs,
    /// Both.
    Both,
}

#[cfg(test)]
mod tests {
    use super::{Mode, SearchRequest, Within};

    #[test]
    fn requests_without_an_answer_are_refused() {
        let request = SearchRequest::new("spawn");
        assert!(request.check().is_ok());
        let refused = |change: &dyn Fn(&mut SearchRequest)| {
            let mut request = request.clone();
            change(&mut request);
            request.check().unwrap_err().to_string()
        };
        assert!(refused(&|r| r.query = " \n".into()).contains("empty"));
        assert!(refused(&|r| r.query = "x".repeat(1 << 20)).contains("bytes"));
        assert!(refused(&|r| r.limit = 0).contains("limit"));
        assert!(refused(&|r| (r.within, r.filter.language) = (Within::Docs, Some("go".into()))).contains("language"));
    }

    #[test]
    fn documentation_is_searched_where_it_can_fit() {
        let mut request = SearchRequest::new("spawn");
        assert!(request.wants_docs() && request.wants_symbols());
        request.mode = Mode::Name;
        assert!(!request.wants_docs());
        request.mode = Mode::Hybrid;
        request.filter.kinds = vec!["function".into()];
        assert!(!request.wants_docs() && request.wants_symbols());
    }
}

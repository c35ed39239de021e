//! What of a lake counts.

use std::str::FromStr;

use datafusion::functions::unicode::expr_fn::strpos;
use datafusion::prelude::{Expr, col, lit};
use zen_indexer::sources::{Ecosystem, PackageSpec};
use zen_syntax::{Language, SymbolKind, Visibility};

use crate::error::{Result, SearchError};
use crate::packages::near;

/// What users call kinds, and what they are called here.
const KINDS: [(&str, &str); 10] = [
    ("fn", "function"),
    ("func", "function"),
    ("def", "function"),
    ("type", "type_alias"),
    ("typealias", "type_alias"),
    ("constant", "const"),
    ("variable", "static"),
    ("mod", "module"),
    ("namespace", "module"),
    ("protocol", "trait"),
];

/// What users call languages, and what they are called here.
const LANGUAGES: [(&str, &str); 10] = [
    ("js", "javascript"),
    ("ts", "typescript"),
    ("py", "python"),
    ("rs", "rust"),
    ("golang", "go"),
    ("c++", "cpp"),
    ("c#", "csharp"),
    ("sh", "bash"),
    ("shell", "bash"),
    ("rb", "ruby"),
];

/// Which versions of a package count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Versions {
    /// The newest that the lake has, by the ecosystem's own order; previews only where there is nothing else.
    #[default]
    Newest,
    /// All of them.
    All,
    /// This one.
    Exactly(String),
}

/// What counts: rows that meet everything that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// `rust`, `npm`, ….
    pub ecosystem: Option<String>,
    /// A package's name, as its ecosystem spells it or otherwise equal there.
    pub package: Option<String>,
    /// Its versions.
    pub versions: Versions,
    /// `function`, `struct`, …: one of these; none means all.
    pub kinds: Vec<String>,
    /// `rust`, `python`, ….
    pub language: Option<String>,
    /// `public`, `protected`, `internal` or `private`.
    pub visibility: Option<String>,
}

impl Filter {
    /// Takes a package as `[ECOSYSTEM:]NAME[@VERSION]`; what that says wins.
    pub fn set_package(&mut self, text: &str) {
        let (name, version) = match PackageSpec::from_str(text) {
            Ok(spec) => {
                self.ecosystem = Some(spec.ecosystem.as_str().to_owned());
                (spec.name, spec.version)
            }
            Err(_) => match text.rsplit_once('@') {
                // npm's scopes begin with one.
                Some((name, version)) if !name.is_empty() => (name.to_owned(), Some(version.to_owned())),
                _ => (text.to_owned(), None),
            },
        };
        self.package = Some(name);
        if let Some(version) = version {
            self.versions = Versions::Exactly(version);
        }
    }

    /// Takes an ecosystem by any of its usual names.
    ///
    /// # Errors
    /// [`SearchError::Request`] where there is none of that name.
    pub fn set_ecosystem(&mut self, name: &str) -> Result<()> {
        let known = name.parse::<Ecosystem>().map_err(|error| wrong(error.to_string(), None))?;
        self.ecosystem = Some(known.as_str().to_owned());
        Ok(())
    }

    /// Takes usual names of kinds and languages for theirs, and refuses what no symbol can have.
    ///
    /// # Errors
    /// [`SearchError::Request`] with those that there are.
    pub fn check(&mut self) -> Result<()> {
        for kind in &mut self.kinds {
            let known = SymbolKind::ALL.iter().map(|kind| kind.as_str());
            *kind = one_of("kind of symbols", kind, known, &KINDS)?;
        }
        if let Some(language) = &mut self.language {
            let known = Language::all().iter().map(|language| language.name);
            *language = one_of("language", language, known, &LANGUAGES)?;
        }
        if let Some(visibility) = &mut self.visibility {
            let all = [Visibility::Public, Visibility::Protected, Visibility::Internal, Visibility::Private];
            *visibility = one_of("visibility", visibility, all.iter().map(|one| one.as_str()), &[])?;
        }
        Ok(())
    }

    /// The conditions that only symbols meet.
    pub(crate) fn of_symbols(&self) -> Option<Expr> {
        let kinds = match &self.kinds[..] {
            [] => None,
            [one] => Some(col("kind").eq(lit(one.as_str()))),
            several => Some(col("kind").in_list(several.iter().map(|kind| lit(kind.as_str())).collect(), false)),
        };
        let language = self.language.as_ref().map(|language| {
            // Quotes within texts are escaped in JSON, so this can only be the field itself.
            let field = format!("\"language\":{}", serde_json::Value::from(language.as_str()));
            strpos(col("metadata"), lit(field)).gt(lit(0))
        });
        let visibility = self.visibility.as_ref().map(|visibility| col("visibility").eq(lit(visibility.as_str())));
        [kinds, language, visibility].into_iter().flatten().reduce(Expr::and)
    }

    /// Whether it asks for something that only symbols have.
    pub(crate) fn is_of_symbols(&self) -> bool {
        !self.kinds.is_empty() || self.language.is_some() || self.visibility.is_some()
    }
}

fn wrong(problem: String, hint: Option<String>) -> SearchError {
    SearchError::Request { problem, hint }
}

/// The name as it is known.
fn one_of<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>, usual: &[(&str, &str)]) -> Result<String> {
    let wanted = name.trim().to_lowercase();
    let wanted = usual.iter().find(|(usual, _)| *usual == wanted).map_or(wanted.as_str(), |(_, known)| known);
    let known: Vec<&str> = known.collect();
    if known.contains(&wanted) {
        return Ok(wanted.to_owned());
    }
    let hint = match &near(wanted, known.iter().copied())[..] {
        [near, ..] => format!("there is {near}"),
        [] => format!("there are {}", known.join(", ")),
    };
    Err(wrong(format!("'{name}' is no {what}"), Some(hint)))
}

#[cfg(test)]
mod tests {
    use super::{Filter, Versions};

    #[test]
    fn usual_names_are_understood_and_others_refused() {
        let mut filter = Filter {
            kinds: vec!["fn".into(), "Struct".into()],
            language: Some("TS".into()),
            visibility: Some("public".into()),
            ..Filter::default()
        };
        filter.check().unwrap();
        assert_eq!(filter.kinds, ["function", "struct"]);
        assert_eq!(filter.language.as_deref(), Some("typescript"));
        filter.set_ecosystem("python").unwrap();
        assert_eq!(filter.ecosystem.as_deref(), Some("pypi"));
        let shown = filter.of_symbols().unwrap().to_string();
        assert!(shown.contains("\"language\":\"typescript\"") && shown.contains("visibility"), "{shown}");
        let error = Filter { kinds: vec!["functoin".into()], ..Filter::default() }.check().unwrap_err();
        assert_eq!(error.hint().as_deref(), Some("there is function"));
        let mut unknown = Filter { language: Some("cobol".into()), ..Filter::default() };
        assert!(unknown.check().unwrap_err().hint().unwrap().contains("haskell"));
    }

    #[test]
    fn packages_are_named_with_and_without_ecosystem() {
        let mut filter = Filter::default();
        filter.set_package("tokio");
        assert_eq!((filter.ecosystem.as_deref(), filter.package.as_deref()), (None, Some("tokio")));
        filter.set_package("python:Typing_Extensions@4.12.0");
        assert_eq!(filter.ecosystem.as_deref(), Some("pypi"));
        assert_eq!(filter.package.as_deref(), Some("typing-extensions"));
        assert_eq!(filter.versions, Versions::Exactly("4.12.0".into()));
        filter.set_package("npm:@types/node");
        assert_eq!(filter.package.as_deref(), Some("@types/node"));
        filter.set_package("@types/node@20.1.0");
        assert_eq!(filter.package.as_deref(), Some("@types/node"));
        assert_eq!(filter.versions, Versions::Exactly("20.1.0".into()));
        filter.set_package("github.com/spf13/cobra");
        assert_eq!(filter.package.as_deref(), Some("github.com/spf13/cobra"));
    }
}

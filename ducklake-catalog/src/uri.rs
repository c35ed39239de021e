//! Connection strings: those of DuckLake's ATTACH, and URLs.

use std::fmt;
use std::path::PathBuf;

use crate::error::{CatalogError, FailureKind};

/// Where a catalog is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatalogUri {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL database.
    Postgres(PostgresTarget),
    /// A DuckDB database file, which is read only.
    DuckDb(PathBuf),
}

/// How to reach a PostgreSQL database. What is absent comes from the usual `PG…` environment variables.
#[derive(Clone, PartialEq, Eq)]
pub enum PostgresTarget {
    /// A `postgres://` URL.
    Url(String),
    /// Keyword/value pairs as libpq takes them.
    KeyValues(Vec<(String, String)>),
}

impl fmt::Debug for PostgresTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl PostgresTarget {
    /// The target without its password.
    fn redacted(&self) -> String {
        match self {
            Self::Url(url) => match (url.find("://"), url.rfind('@')) {
                (Some(scheme), Some(at)) if at > scheme => {
                    let user = url[scheme + 3..at].split(':').next().unwrap_or_default();
                    format!("{}{user}{}", &url[..scheme + 3], &url[at..])
                }
                _ => url.clone(),
            },
            Self::KeyValues(pairs) => {
                let shown: Vec<String> =
                    pairs.iter().filter(|(k, _)| k != "password").map(|(k, v)| format!("{k}={v}")).collect();
                format!("postgres:{}", shown.join(" "))
            }
        }
    }
}

impl fmt::Display for CatalogUri {
    /// Without passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(target) => f.write_str(&target.redacted()),
            Self::DuckDb(path) => write!(f, "duckdb:{}", path.display()),
        }
    }
}

impl CatalogUri {
    /// Parses `sqlite:meta.sqlite`, `sqlite:///abs/meta.sqlite`, `duckdb:meta.ducklake`, `postgres:dbname=… host=…`,
    /// `postgres://…`, each with or without `ducklake:` before it. A path alone is a DuckDB file if it ends in
    /// `.ducklake` or `.duckdb`, a SQLite file if it ends in `.sqlite`, `.sqlite3` or `.db`, and after `ducklake:` a
    /// DuckDB file whatever its name, as for DuckDB. What is taken for a SQLite file is opened as a DuckDB file if it
    /// is one.
    ///
    /// # Errors
    /// `BadUri` for text that names no backend, `Unsupported` for MySQL catalogs.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        let text = text.trim();
        let prefixed = strip_prefix_ignore_case(text, "ducklake:");
        let rest = prefixed.unwrap_or(text);
        let bad = |why: &str| {
            CatalogError::new(FailureKind::BadUri, format!("'{rest}' is not a catalog: {why}")).with_hint(
                "use duckdb:PATH, sqlite:PATH, sqlite:///PATH, postgres:dbname=NAME host=HOST or postgres://USER@HOST/NAME",
            )
        };
        let unsupported = |what: &str| {
            CatalogError::new(FailureKind::Unsupported, format!("{what} cannot be opened yet: '{rest}'"))
                .with_hint("catalogs in SQLite, PostgreSQL and DuckDB files can be read")
        };
        if rest.is_empty() {
            return Err(bad("it is empty"));
        }
        for scheme in ["sqlite:", "duckdb:"] {
            let Some(path) = strip_prefix_ignore_case(rest, scheme) else { continue };
            // sqlite:///a is absolute, sqlite://a and sqlite:a are relative.
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(bad("the path is missing"));
            }
            let path = PathBuf::from(path);
            return Ok(if scheme == "duckdb:" { Self::DuckDb(path) } else { Self::Sqlite(path) });
        }
        for scheme in ["postgres://", "postgresql://"] {
            if strip_prefix_ignore_case(rest, scheme).is_some() {
                return Ok(Self::Postgres(PostgresTarget::Url(rest.to_string())));
            }
        }
        for scheme in ["postgres:", "postgresql:"] {
            if let Some(pairs) = strip_prefix_ignore_case(rest, scheme) {
                return Ok(Self::Postgres(PostgresTarget::KeyValues(parse_conninfo(pairs).map_err(|e| bad(&e))?)));
            }
        }
        if strip_prefix_ignore_case(rest, "mysql:").is_some() {
            return Err(unsupported("MySQL catalogs"));
        }
        let lower = rest.to_ascii_lowercase();
        let ends = |ends: &[&str]| ends.iter().any(|end| lower.ends_with(end));
        if ends(&[".sqlite", ".sqlite3", ".db"]) {
            return Ok(Self::Sqlite(PathBuf::from(rest)));
        }
        // Anything else with a scheme is a service that is not known.
        if ends(&[".ducklake", ".duckdb"]) || (prefixed.is_some() && !rest.contains("://")) {
            return Ok(Self::DuckDb(PathBuf::from(rest)));
        }
        Err(bad("it names no database"))
    }

    /// Refuses a place where only DuckDB can make a catalog.
    ///
    /// # Errors
    /// `Unsupported`, with what to do instead.
    pub fn check_creatable(&self) -> Result<(), CatalogError> {
        let Self::DuckDb(path) = self else { return Ok(()) };
        let message = format!("a lake in the DuckDB file '{}' can be made by DuckDB only", path.display());
        Err(CatalogError::new(FailureKind::Unsupported, message)
            .with_hint("make the lake in SQLite (sqlite:PATH) or in PostgreSQL (postgres:dbname=NAME host=HOST)"))
    }
}

fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// libpq's keyword/value syntax: `key = value`, values optionally in single quotes with backslash escapes.
fn parse_conninfo(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.peek().is_none() {
            return Ok(pairs);
        }
        let mut key = String::new();
        while let Some(c) = chars.next_if(|c| *c != '=' && !c.is_whitespace()) {
            key.push(c);
        }
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.next() != Some('=') {
            return Err(format!("'{key}' has no '='"));
        }
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let quoted = chars.next_if_eq(&'\'').is_some();
        let mut value = String::new();
        loop {
            match chars.next() {
                Some('\\') => value.push(chars.next().ok_or("it ends in a backslash")?),
                Some('\'') if quoted => break,
                None if quoted => return Err("a quote is not closed".to_string()),
                None => break,
                Some(c) if c.is_whitespace() && !quoted => break,
                Some(c) => value.push(c),
            }
        }
        pairs.push((key.to_ascii_lowercase(), value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_each_backend() {
        for (text, path) in [
            ("sqlite:meta.sqlite", "meta.sqlite"),
            ("ducklake:sqlite:dir/meta.db", "dir/meta.db"),
            ("sqlite:///abs/meta.sqlite", "/abs/meta.sqlite"),
            ("DuckLake:SQLite:/abs/m", "/abs/m"),
            ("meta.sqlite", "meta.sqlite"),
        ] {
            assert_eq!(CatalogUri::parse(text).unwrap(), CatalogUri::Sqlite(path.into()), "{text}");
        }
        for (text, path) in [
            ("duckdb:meta.db", "meta.db"),
            ("ducklake:duckdb:///abs/meta.ducklake", "/abs/meta.ducklake"),
            ("ducklake:meta.ducklake", "meta.ducklake"),
            ("ducklake:what", "what"),
            ("dir/meta.ducklake", "dir/meta.ducklake"),
            ("/abs/Meta.DuckDB", "/abs/Meta.DuckDB"),
        ] {
            assert_eq!(CatalogUri::parse(text).unwrap(), CatalogUri::DuckDb(path.into()), "{text}");
        }
        let pairs = CatalogUri::parse("ducklake:postgres:dbname=x host='a b' password = p\\'q").unwrap();
        let expected = [("dbname", "x"), ("host", "a b"), ("password", "p'q")].map(|(k, v)| (k.into(), v.into()));
        assert_eq!(pairs, CatalogUri::Postgres(PostgresTarget::KeyValues(expected.to_vec())));
        assert!(matches!(
            CatalogUri::parse("postgres://u:p@h/db").unwrap(),
            CatalogUri::Postgres(PostgresTarget::Url(_))
        ));
    }

    #[test]
    fn passwords_are_not_shown() {
        for text in ["postgres://u:secret@h/db", "postgres:dbname=x password=secret user=u"] {
            let uri = CatalogUri::parse(text).unwrap();
            assert!(!format!("{uri} {uri:?}").contains("secret"));
        }
    }

    #[test]
    fn what_is_not_there_yet_is_said() {
        assert_eq!(CatalogUri::parse("mysql:db=x").unwrap_err().kind(), FailureKind::Unsupported);
        for text in
            ["", "ducklake:", "what", "sqlite:", "duckdb:", "postgres:dbname", "postgres:a='x", "ducklake:redis://x"]
        {
            assert_eq!(CatalogUri::parse(text).unwrap_err().kind(), FailureKind::BadUri, "{text}");
        }
    }
}

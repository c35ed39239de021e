//! What a package is called: ecosystem, name, version.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest name or version that is taken for one.
const MAX_LENGTH: usize = 256;

/// A text that names no package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// No such ecosystem.
    #[error("'{name}' is no ecosystem; there are {}", Ecosystem::list())]
    UnknownEcosystem {
        /// What was given.
        name: String,
    },
    /// The text has no ecosystem in front.
    #[error("'{text}' lacks the ecosystem in front, as in rust:{text}; there are {}", Ecosystem::list())]
    NoEcosystem {
        /// What was given.
        text: String,
    },
    /// The name can be no package's.
    #[error("'{name}' is no usable {ecosystem} package name: {problem}")]
    InvalidName {
        /// The ecosystem.
        ecosystem: Ecosystem,
        /// What was given.
        name: String,
        /// Why not.
        problem: &'static str,
    },
    /// The version can be no package's.
    #[error("'{version}' is no usable version of {ecosystem}:{name}: {problem}")]
    InvalidVersion {
        /// The ecosystem.
        ecosystem: Ecosystem,
        /// The package's name.
        name: String,
        /// What was given.
        version: String,
        /// Why not.
        problem: &'static str,
    },
}

/// Whose packages they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Ecosystem {
    /// crates.io and other registries of cargo.
    Rust,
    /// npm.
    Npm,
    /// The Python package index.
    Pypi,
    /// Hex, of Elixir and Erlang.
    Hex,
    /// Go modules.
    Go,
    /// Maven Central and its like.
    Maven,
    /// NuGet.
    Nuget,
    /// RubyGems.
    Gem,
    /// Packagist.
    Composer,
    /// Zig packages.
    Zig,
    /// Swift packages.
    Swift,
    /// Hackage.
    Hackage,
    /// LuaRocks.
    Luarocks,
    /// Trees in C and C++, which have no registry.
    C,
    /// A folder without a manifest.
    Local,
}

impl Ecosystem {
    /// Every ecosystem.
    pub const ALL: [Self; 15] = [
        Self::Rust,
        Self::Npm,
        Self::Pypi,
        Self::Hex,
        Self::Go,
        Self::Maven,
        Self::Nuget,
        Self::Gem,
        Self::Composer,
        Self::Zig,
        Self::Swift,
        Self::Hackage,
        Self::Luarocks,
        Self::C,
        Self::Local,
    ];

    /// Its name, as tables and specs have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Npm => "npm",
            Self::Pypi => "pypi",
            Self::Hex => "hex",
            Self::Go => "go",
            Self::Maven => "maven",
            Self::Nuget => "nuget",
            Self::Gem => "gem",
            Self::Composer => "composer",
            Self::Zig => "zig",
            Self::Swift => "swift",
            Self::Hackage => "hackage",
            Self::Luarocks => "luarocks",
            Self::C => "c",
            Self::Local => "local",
        }
    }

    fn list() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }

    /// The one spelling of a name that has several: PyPI ignores case and does not tell `-`, `_` and `.` apart.
    #[must_use]
    pub fn canonical_name(self, name: &str) -> String {
        match self {
            Self::Pypi => {
                let mut canonical = String::with_capacity(name.len());
                for c in name.chars() {
                    if !matches!(c, '-' | '_' | '.') {
                        canonical.push(c.to_ascii_lowercase());
                    } else if !canonical.ends_with('-') {
                        canonical.push('-');
                    }
                }
                canonical
            }
            Self::Composer | Self::Hex => name.to_ascii_lowercase(),
            Self::Rust
            | Self::Npm
            | Self::Go
            | Self::Maven
            | Self::Nuget
            | Self::Gem
            | Self::Zig
            | Self::Swift
            | Self::Hackage
            | Self::Luarocks
            | Self::C
            | Self::Local => name.to_owned(),
        }
    }

    /// The one spelling of a version: Go's begin with `v`.
    #[must_use]
    pub fn canonical_version(self, version: &str) -> String {
        if self == Self::Go && version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.') {
            return format!("v{version}");
        }
        version.to_owned()
    }

    /// Refuses what can be no package's name here, and with it everything that a program could take for an option, a path
    /// or more than one argument.
    pub fn check_name(self, name: &str) -> Result<(), PackageError> {
        let wrong = |problem| PackageError::InvalidName { ecosystem: self, name: name.to_owned(), problem };
        check_text(name).map_err(wrong)?;
        let parts = match self {
            Self::Npm => match name.strip_prefix('@') {
                Some(scoped) if scoped.matches('/').count() == 1 => scoped.split('/').collect(),
                Some(_) => return Err(wrong("a scoped name is written @scope/name")),
                None => vec![name],
            },
            Self::Composer if name.matches('/').count() != 1 => return Err(wrong("it is written vendor/name")),
            Self::Maven if name.matches(':').count() != 1 => return Err(wrong("it is written group:artifact")),
            Self::Maven => name.split(':').collect(),
            Self::Composer | Self::Go | Self::Zig | Self::Swift | Self::C | Self::Local => name.split('/').collect(),
            Self::Rust | Self::Pypi | Self::Hex | Self::Nuget | Self::Gem | Self::Hackage | Self::Luarocks => {
                vec![name]
            }
        };
        for part in parts {
            check_part(part).map_err(wrong)?;
            let fits = |c: char| match self {
                Self::Rust => c.is_ascii_alphanumeric() || matches!(c, '-' | '_'),
                Self::Hex => c.is_ascii_alphanumeric() || c == '_',
                Self::Npm | Self::Go => c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~'),
                Self::Pypi
                | Self::Maven
                | Self::Nuget
                | Self::Gem
                | Self::Composer
                | Self::Hackage
                | Self::Luarocks => c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'),
                Self::Zig | Self::Swift | Self::C | Self::Local => !matches!(c, '\\' | ':' | '"' | '\''),
            };
            if !part.chars().all(fits) {
                return Err(wrong("it has a character that names there do not have"));
            }
        }
        Ok(())
    }

    /// Refuses what can be no version, ranges among it.
    pub fn check_version(self, name: &str, version: &str) -> Result<(), PackageError> {
        let wrong = |problem| PackageError::InvalidVersion {
            ecosystem: self,
            name: name.to_owned(),
            version: version.to_owned(),
            problem,
        };
        check_text(version).map_err(wrong)?;
        check_part(version).map_err(wrong)?;
        if version.contains(['^', '<', '>', '=', '*', '|', ',']) {
            return Err(wrong("an exact version is wanted, not a range; without a version the latest is taken"));
        }
        if !version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '_' | '~' | '!')) {
            return Err(wrong("it has a character that versions do not have"));
        }
        Ok(())
    }
}

/// What no argument of a program and no folder's name may have.
fn check_text(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    if text.len() > MAX_LENGTH {
        return Err("it is too long");
    }
    if text.starts_with('-') {
        return Err("it begins with '-'");
    }
    if text.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err("it has blanks or control characters");
    }
    if text.contains("..") {
        return Err("it has '..'");
    }
    Ok(())
}

/// One part of a name between slashes.
fn check_part(part: &str) -> Result<(), &'static str> {
    match part.chars().next() {
        None => Err("a part of it is empty"),
        Some('-') => Err("a part of it begins with '-'"),
        Some('.') => Err("a part of it begins with '.'"),
        Some(_) => Ok(()),
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Ecosystem {
    type Err = PackageError;

    fn from_str(text: &str) -> Result<Self, PackageError> {
        let name = text.to_ascii_lowercase();
        Ok(match name.as_str() {
            "cargo" | "crates" | "crates.io" => Self::Rust,
            "node" | "nodejs" | "js" | "javascript" | "typescript" | "ts" => Self::Npm,
            "python" | "pip" | "py" => Self::Pypi,
            "elixir" | "erlang" | "mix" => Self::Hex,
            "golang" => Self::Go,
            "java" | "kotlin" | "scala" | "gradle" => Self::Maven,
            "dotnet" | "csharp" => Self::Nuget,
            "ruby" | "rubygems" => Self::Gem,
            "php" | "packagist" => Self::Composer,
            "haskell" | "cabal" => Self::Hackage,
            "lua" => Self::Luarocks,
            "cpp" | "c++" => Self::C,
            _ => Self::ALL
                .into_iter()
                .find(|ecosystem| ecosystem.as_str() == name)
                .ok_or_else(|| PackageError::UnknownEcosystem { name: text.to_owned() })?,
        })
    }
}

impl TryFrom<String> for Ecosystem {
    type Error = PackageError;

    fn try_from(text: String) -> Result<Self, PackageError> {
        text.parse()
    }
}

impl From<Ecosystem> for &'static str {
    fn from(ecosystem: Ecosystem) -> Self {
        ecosystem.as_str()
    }
}

/// One version of one package.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PackageId {
    /// Its ecosystem.
    pub ecosystem: Ecosystem,
    /// Its name there.
    pub name: String,
    /// Its exact version.
    pub version: String,
}

impl fmt::Display for PackageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}@{}", self.ecosystem, self.name, self.version)
    }
}

impl FromStr for PackageId {
    type Err = PackageError;

    fn from_str(text: &str) -> Result<Self, PackageError> {
        let PackageSpec { ecosystem, name, version } = text.parse()?;
        let Some(version) = version else {
            let problem = "it is missing, as in name@1.2.3";
            return Err(PackageError::InvalidVersion { ecosystem, name, version: String::new(), problem });
        };
        Ok(Self { ecosystem, name, version })
    }
}

/// A package as its user asks for it: without a version it is the latest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PackageSpec {
    /// Its ecosystem.
    pub ecosystem: Ecosystem,
    /// Its name there.
    pub name: String,
    /// The exact version, or the latest.
    pub version: Option<String>,
}

impl PackageSpec {
    /// A package with a checked name and version, both in their one spelling.
    pub fn new(ecosystem: Ecosystem, name: &str, version: Option<&str>) -> Result<Self, PackageError> {
        ecosystem.check_name(name)?;
        let name = ecosystem.canonical_name(name);
        let version = match version {
            None | Some("latest") => None,
            Some(version) => {
                ecosystem.check_version(&name, version)?;
                Some(ecosystem.canonical_version(version))
            }
        };
        Ok(Self { ecosystem, name, version })
    }

    /// The same checks for one that was made field by field.
    pub fn check(&self) -> Result<(), PackageError> {
        self.ecosystem.check_name(&self.name)?;
        self.version.as_deref().map_or(Ok(()), |version| self.ecosystem.check_version(&self.name, version))
    }
}

impl fmt::Display for PackageSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.ecosystem, self.name)?;
        self.version.as_ref().map_or(Ok(()), |version| write!(f, "@{version}"))
    }
}

impl FromStr for PackageSpec {
    type Err = PackageError;

    fn from_str(text: &str) -> Result<Self, PackageError> {
        let Some((ecosystem, package)) = text.split_once(':') else {
            return Err(PackageError::NoEcosystem { text: text.to_owned() });
        };
        let ecosystem: Ecosystem = ecosystem.parse()?;
        let python = (ecosystem == Ecosystem::Pypi).then(|| package.split_once("==")).flatten();
        // The '@' of a scope is the first character.
        let at = package.rfind('@').filter(|at| *at > 0);
        match (python, at) {
            (Some((name, version)), _) => Self::new(ecosystem, name, Some(version)),
            (None, Some(at)) => Self::new(ecosystem, &package[..at], Some(&package[at + 1..])),
            (None, None) => Self::new(ecosystem, package, None),
        }
    }
}

impl TryFrom<String> for PackageSpec {
    type Error = PackageError;

    fn try_from(text: String) -> Result<Self, PackageError> {
        text.parse()
    }
}

impl From<PackageSpec> for String {
    fn from(spec: PackageSpec) -> Self {
        spec.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(text: &str) -> PackageSpec {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn specs_are_read_and_written() {
        for (text, ecosystem, name, version) in [
            ("rust:tokio@1.40.0", Ecosystem::Rust, "tokio", Some("1.40.0")),
            ("cargo:tokio", Ecosystem::Rust, "tokio", None),
            ("npm:@types/node@22.1.0", Ecosystem::Npm, "@types/node", Some("22.1.0")),
            ("js:@types/node", Ecosystem::Npm, "@types/node", None),
            ("npm:ms@latest", Ecosystem::Npm, "ms", None),
            ("go:github.com/x/y@v1.2.3", Ecosystem::Go, "github.com/x/y", Some("v1.2.3")),
            ("golang:gopkg.in/yaml.v3@3.0.1", Ecosystem::Go, "gopkg.in/yaml.v3", Some("v3.0.1")),
            ("pypi:six==1.16.0", Ecosystem::Pypi, "six", Some("1.16.0")),
            ("python:Typing_Extensions@4.0", Ecosystem::Pypi, "typing-extensions", Some("4.0")),
            ("elixir:phoenix_html@4.1.1", Ecosystem::Hex, "phoenix_html", Some("4.1.1")),
            ("maven:org.slf4j:slf4j-api@2.0.0", Ecosystem::Maven, "org.slf4j:slf4j-api", Some("2.0.0")),
            ("Rust:serde@1.0.0+build-1", Ecosystem::Rust, "serde", Some("1.0.0+build-1")),
        ] {
            let read = spec(text);
            assert_eq!((read.ecosystem, read.name.as_str(), read.version.as_deref()), (ecosystem, name, version));
            assert_eq!(spec(&read.to_string()), read);
            assert_eq!(read.check(), Ok(()));
        }
        let id: PackageId = "rust:tokio@1.40.0".parse().expect("an id");
        assert_eq!(id.to_string(), "rust:tokio@1.40.0");
        assert!("rust:tokio".parse::<PackageId>().is_err());
    }

    #[test]
    fn what_could_be_more_than_a_name_is_refused() {
        for text in [
            "rust:",
            "rust:-Zunstable",
            "rust:--config=x",
            "rust:a b",
            "rust:a\0b",
            "rust:../x",
            "rust:a/b",
            "rust:a@",
            "rust:a@-1",
            "rust:a@1 2",
            "rust:a@^1",
            "rust:a@>=1,<2",
            "rust:a@1..2",
            "rust:a\"\n[x]",
            "npm:@scope",
            "npm:@a/b/c",
            "npm:@-a/b",
            "npm:a/b",
            "npm:.hidden",
            "npm:git+ssh://x",
            "pypi:six[extra]",
            "pypi:six @ file:///x",
            "pypi:a;b",
            "hex:a-b",
            "go:/x",
            "go:x//y",
            "go:./x",
            "go:x/-y",
            "composer:a",
            "maven:a",
        ] {
            let read = text.parse::<PackageSpec>();
            assert!(read.is_err(), "{text:?} was taken for {read:?}");
        }
        assert!(format!("rust:{}", "a".repeat(300)).parse::<PackageSpec>().is_err());
    }

    #[test]
    fn errors_list_the_ecosystems() {
        let error = "tokio".parse::<PackageSpec>().expect_err("no ecosystem").to_string();
        assert!(error.contains("rust:tokio") && error.contains("pypi"), "{error}");
        let error = "rst:tokio".parse::<PackageSpec>().expect_err("no ecosystem").to_string();
        assert!(error.contains("'rst'") && error.contains("hex"), "{error}");
    }

    #[test]
    fn ecosystems_are_text_in_json() {
        for ecosystem in Ecosystem::ALL {
            let json = serde_json::to_string(&ecosystem).expect("json");
            assert_eq!(json, format!("\"{ecosystem}\""));
            assert_eq!(serde_json::from_str::<Ecosystem>(&json).expect("an ecosystem"), ecosystem);
        }
        let json = serde_json::to_string(&spec("npm:@a/b@1.0.0")).expect("json");
        assert_eq!(json, "\"npm:@a/b@1.0.0\"");
    }
}

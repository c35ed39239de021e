//! Which of two versions of a package is newer, as its ecosystem has it.

use std::cmp::Ordering;
use std::str::FromStr;

use zen_indexer::sources::Ecosystem;

/// A version that can be compared with others of its ecosystem. A release is above every preview, however high that is:
/// nobody who asks for the newest version means one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    is_release: bool,
    number: Number,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Number {
    /// What the ecosystem's own rules cannot read; below what they can.
    Other(Vec<Part>),
    /// <https://semver.org>
    Semantic(semver::Version),
    /// <https://peps.python.org/pep-0440>
    Python(Box<pep440_rs::Version>),
}

/// A run of digits, or of letters; letters are below digits, so that `1.0-rc` is below `1.0.1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Letters(String),
    Digits(u64),
}

impl Version {
    /// Reads a version by the rules of its ecosystem, or, where they do not take it, by its numbers.
    pub(crate) fn read(ecosystem: &str, text: &str) -> Self {
        let ecosystem = Ecosystem::from_str(ecosystem).ok();
        let semantic = |text: &str| semver::Version::parse(text).ok();
        match ecosystem {
            Some(Ecosystem::Pypi) => match pep440_rs::Version::from_str(text) {
                Ok(version) => {
                    Self { is_release: !version.any_prerelease(), number: Number::Python(Box::new(version)) }
                }
                Err(_) => Self::other(text),
            },
            // Elsewhere a version may have fewer numbers, and those have to be compared with the others.
            Some(
                Ecosystem::Rust | Ecosystem::Npm | Ecosystem::Hex | Ecosystem::Go | Ecosystem::Swift | Ecosystem::Zig,
            ) => match semantic(text.strip_prefix('v').unwrap_or(text)) {
                Some(version) => Self { is_release: version.pre.is_empty(), number: Number::Semantic(version) },
                None => Self::other(text),
            },
            _ => Self::other(text),
        }
    }

    fn other(text: &str) -> Self {
        let mut parts = Vec::new();
        for run in text.to_lowercase().split(|c: char| !c.is_ascii_alphanumeric()) {
            let mut rest = run;
            while let Some(first) = rest.chars().next() {
                let digits = first.is_ascii_digit();
                let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
                let (run, tail) = rest.split_at(end);
                parts.push(match run.parse() {
                    Ok(number) => Part::Digits(number),
                    Err(_) => Part::Letters(run.to_owned()),
                });
                rest = tail;
            }
        }
        let previews = ["alpha", "beta", "rc", "snapshot", "dev", "pre", "preview", "milestone"];
        let is_release = !parts.iter().any(|part| matches!(part, Part::Letters(word) if previews.contains(&&**word)));
        Self { is_release, number: Number::Other(parts) }
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.is_release.cmp(&other.is_release).then_with(|| match (&self.number, &other.number) {
            (Number::Semantic(a), Number::Semantic(b)) => a.cmp(b),
            (Number::Python(a), Number::Python(b)) => a.cmp(b),
            (Number::Other(a), Number::Other(b)) => a.cmp(b),
            (Number::Other(_), _) => Ordering::Less,
            (_, Number::Other(_)) => Ordering::Greater,
            // Of one ecosystem they are never of both kinds.
            (Number::Semantic(_), Number::Python(_)) => Ordering::Less,
            (Number::Python(_), Number::Semantic(_)) => Ordering::Greater,
        })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    fn ascending(ecosystem: &str, versions: &[&str]) {
        for pair in versions.windows(2) {
            let [a, b] = [0, 1].map(|at| Version::read(ecosystem, pair[at]));
            assert!(a < b, "{ecosystem}: {} is below {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn versions_are_ordered_as_their_ecosystem_does() {
        ascending("rust", &["2.0.0-alpha.1", "2.0.0-rc.1", "0.9.12", "0.10.0", "1.0.0", "1.0.10"]);
        ascending("npm", &["5.0.0-beta", "3.23.8", "3.100.0", "4.0.0"]);
        ascending("pypi", &["3.0.dev4", "3.0a1", "2.9.2", "2.10", "2.10.post1", "1!0.1"]);
        ascending("go", &["v0.0.0-20200101000000-abcdefabcdef", "v1.2.0", "v1.10.0"]);
        ascending("maven", &["2.0-SNAPSHOT", "1.9.4", "1.10", "1.10.1"]);
        ascending("gem", &["7.1.0.beta1", "6.1.7.10", "7.0.8.1"]);
    }

    #[test]
    fn anything_can_be_read() {
        for text in ["", "main", "9999999999999999999999.1", "é", "----", "2024-01-31"] {
            for ecosystem in ["rust", "pypi", "maven", "nothing known"] {
                assert_eq!(Version::read(ecosystem, text), Version::read(ecosystem, text));
            }
        }
        assert!(Version::read("local", "2024-01-31") < Version::read("local", "2024-02-01"));
    }
}

//! One requirement of Python: `name[extras] >=1 ; marker` or `name @ url`.

use crate::project::Origin;
use crate::project::graph::Direct;

/// A parsed requirement.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Requirement<'a> {
    pub(super) name: &'a str,
    /// The versions that are allowed, without extras and markers.
    pub(super) specifier: &'a str,
    pub(super) url: Option<&'a str>,
}

impl<'a> Requirement<'a> {
    /// None if the text does not begin with a name.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return None;
        }
        let mut rest = rest.trim_start();
        if let Some(extras) = rest.strip_prefix('[') {
            rest = extras.split_once(']')?.1.trim_start();
        }
        if let Some(url) = rest.strip_prefix('@') {
            // A marker after an address has a blank before it.
            let url = url.split(" ;").next().unwrap_or(url).trim();
            return Some(Self { name, specifier: "", url: Some(url) });
        }
        let specifier = rest.split(';').next().unwrap_or(rest).trim();
        let specifier =
            specifier.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(specifier).trim();
        let is_specifier = specifier.is_empty() || specifier.starts_with(['=', '<', '>', '~', '!', '^']);
        is_specifier.then_some(Self { name, specifier, url: None })
    }

    pub(super) fn direct(&self, is_dev: bool, source: &str) -> Direct {
        let requirement = if self.url.is_some() { self.url.unwrap_or_default() } else { self.specifier };
        let mut direct = Direct::new(self.name, Some(requirement.to_owned()), is_dev, source);
        direct.version = pinned(self.specifier);
        direct.origin = self.url.map_or(Origin::Registry, url_origin);
        direct
    }
}

/// Where an address points to.
pub(super) fn url_origin(url: &str) -> Origin {
    if ["git+", "hg+", "svn+", "bzr+"].iter().any(|prefix| url.starts_with(prefix)) {
        Origin::Git
    } else if url.starts_with("file:") || !url.contains("://") {
        Origin::Path
    } else {
        Origin::Url
    }
}

/// The version of `==1.2.3`.
pub(super) fn pinned(specifier: &str) -> Option<String> {
    let version = specifier.trim().strip_prefix("==")?.trim_start_matches('=').trim();
    let is_exact = !version.is_empty() && !version.contains(['*', ',', ' ', ';']);
    is_exact.then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_told_apart() {
        let parse =
            |text| Requirement::parse(text).map(|found: Requirement<'_>| (found.name, found.specifier, found.url));
        assert_eq!(parse("a"), Some(("a", "", None)));
        assert_eq!(parse("Foo.bar[x, y] >=1,<2 ; python_version < '3'"), Some(("Foo.bar", ">=1,<2", None)));
        assert_eq!(parse("foo (==1.0)"), Some(("foo", "==1.0", None)));
        assert_eq!(
            parse("foo @ git+https://e.com/f@v1 ; os_name == 'nt'"),
            Some(("foo", "", Some("git+https://e.com/f@v1")))
        );
        assert_eq!(parse("./folder"), None);
        assert_eq!(parse("foo/bar.whl"), None);
        assert_eq!(parse("foo[x"), None);
        assert_eq!(pinned("==1.0"), Some("1.0".into()));
        assert_eq!(pinned("==1.*"), None);
        assert_eq!(pinned("==1,!=2"), None);
    }
}

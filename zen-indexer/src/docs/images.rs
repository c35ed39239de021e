//! Which images are badges: pictures that tell about builds, versions and licenses, not about the package's use.

/// Whether an image's address is that of a badge.
pub(super) fn is_badge(url: &str) -> bool {
    const PARTS: [&str; 34] = [
        "shields.io",
        "badge",
        "badgen.net",
        "travis-ci.",
        "codecov.io",
        "coveralls.io",
        "circleci.com",
        "appveyor.com",
        "/workflows/",
        "deps.rs",
        "david-dm.org",
        "snyk.io",
        "codeclimate.com",
        "codacy.com",
        "sonarcloud.io",
        "scrutinizer-ci.com",
        "pepy.tech",
        "readthedocs.org/projects/",
        "readthedocs.io/",
        "gitter.im",
        "opencollective.com",
        "isitmaintained.com",
        "requires.io",
        "landscape.io",
        "nodei.co",
        "packagephobia",
        "bundlephobia",
        "saucelabs.com/browser-matrix",
        "bestpractices.coreinfrastructure.org",
        "mybinder.org",
        "colab-badge",
        "hits.dwyl",
        "gitpod.io/button",
        "contrib.rocks",
    ];
    let url = url.get(..url.len().min(500)).unwrap_or(url).to_ascii_lowercase();
    PARTS.iter().any(|part| url.contains(part))
}

/// Whether an image is in the address itself: a picture as text, which nobody searches for.
pub(super) fn is_embedded(url: &str) -> bool {
    url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn badges_are_known_by_their_addresses() {
        assert!(is_badge("https://img.shields.io/crates/v/serde.svg"));
        assert!(is_badge("https://github.com/o/r/actions/workflows/ci.yml/badge.svg"));
        assert!(is_badge("https://github.com/o/r/workflows/CI/badge.svg?branch=main"));
        assert!(!is_badge("docs/architecture.png"));
        assert!(is_embedded("data:image/png;base64,AAAA"));
    }
}

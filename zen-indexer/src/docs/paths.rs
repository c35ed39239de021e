//! Which files of a package are documentation for its users.

use super::Format;

/// Folders that hold other things than the package's documentation, wherever they are.
const OTHER_FOLDERS: [&str; 31] = [
    "node_modules",
    "bower_components",
    "test",
    "tests",
    "__tests__",
    "fixture",
    "fixtures",
    "testdata",
    "test-data",
    "test_data",
    "snapshots",
    "__snapshots__",
    "golden",
    "corpus",
    "vendor",
    "vendored",
    "third_party",
    "third-party",
    "thirdparty",
    "target",
    "site-packages",
    "dist-info",
    "_static",
    "_build",
    "_templates",
    "_themes",
    "_sources",
    "_includes",
    "_layouts",
    "__pycache__",
    "benches",
];

/// Folders whose files are documentation.
const DOC_FOLDERS: [&str; 10] =
    ["docs", "doc", "guides", "guide", "book", "documentation", "manual", "tutorial", "tutorials", "howto"];

/// Files that are documentation in any folder, by the start of their names.
const NAMES: [&str; 14] = [
    "readme",
    "changelog",
    "changes",
    "history",
    "news",
    "upgrading",
    "upgrade",
    "migration",
    "migrating",
    "release_notes",
    "release-notes",
    "releasenotes",
    "releases",
    "whatsnew",
];

/// Files about the work on a package or its terms, in any folder, by the start of their names.
const NEVER: [&str; 12] = [
    "license",
    "licence",
    "licenses",
    "copying",
    "unlicense",
    "contributing",
    "code_of_conduct",
    "code-of-conduct",
    "codeowners",
    "pull_request_template",
    "issue_template",
    "maintainers",
];

/// The same for names that are subjects of their own within a documentation folder.
const OTHER_NAMES: [&str; 17] = [
    "copyright",
    "notice",
    "patents",
    "contributors",
    "security",
    "authors",
    "governance",
    "support",
    "credits",
    "thanks",
    "cla",
    "dco",
    "agents",
    "claude",
    "gemini",
    "backers",
    "releasing",
];

/// The part of a path after its last `/`.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a file is documentation that users of a package read. `path` is relative to the package's root, with `/` between
/// the folders.
pub fn is_documentation(path: &str) -> bool {
    let path = path.strip_prefix("./").unwrap_or(path);
    let Some(format) = Format::of_path(path) else {
        return false;
    };
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let mut is_in_docs = false;
    for folder in folders.split('/').filter(|folder| !folder.is_empty()) {
        let is_other = OTHER_FOLDERS.contains(&folder) || is_test_folder(folder, is_in_docs);
        if folder.starts_with('.') || is_other || folder.ends_with(".dist-info") {
            return false;
        }
        is_in_docs |= DOC_FOLDERS.contains(&folder);
    }
    if name.starts_with(['.', '~']) || name.is_empty() {
        return false;
    }
    let (stem, has_extension) = match name.split_once('.') {
        Some((stem, _)) => (stem, true),
        None => (name, false),
    };
    if starts_with_word(stem, &NEVER) || (!is_in_docs && OTHER_NAMES.contains(&stem)) {
        return false;
    }
    if starts_with_word(stem, &NAMES) {
        return true;
    }
    // Tables of contents that a site shows beside its pages, pages that a generator makes, lists for machines.
    const LISTS: [&str; 11] = [
        "summary.md",
        "_sidebar.md",
        "_navbar.md",
        "_coverpage.md",
        "_footer.md",
        "genindex.html",
        "search.html",
        "404.html",
        "cmakelists.txt",
        "robots.txt",
        "constraints.txt",
    ];
    if !has_extension || LISTS.contains(&name) || stem.starts_with("requirements") || stem == "py-modindex" {
        return false;
    }
    let is_markup = matches!(format, Format::Markdown | Format::Rst | Format::AsciiDoc);
    is_in_docs || (folders.is_empty() && (is_markup || name == "llms.txt" || name == "llms-full.txt"))
}

/// `spec` holds tests in some languages and specifications in documentation.
fn is_test_folder(folder: &str, is_in_docs: bool) -> bool {
    !is_in_docs && matches!(folder, "spec" | "specs")
}

/// Whether a name is one of these words, or one with something else after it (`readme_zh`, `changes-1.x`).
fn starts_with_word(stem: &str, words: &[&str]) -> bool {
    words.iter().any(|word| {
        stem.strip_prefix(word)
            .is_some_and(|rest| rest.chars().next().is_none_or(|c| !c.is_ascii_alphabetic()) || *word == "readme")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_is_told_from_the_rest() {
        for path in [
            "README.md",
            "readme",
            "README.rst",
            "README.zh-CN.md",
            "CHANGELOG.md",
            "CHANGES",
            "CHANGES.rst",
            "HISTORY.md",
            "NEWS.txt",
            "UPGRADING.md",
            "MIGRATION-2.0.md",
            "ARCHITECTURE.md",
            "docs/index.rst",
            "docs/api/client.html",
            "doc/manual.txt",
            "guides/start.md",
            "book/src/intro.md",
            "website/docs/install.mdx",
            "packages/core/README.md",
            "packages/core/docs/use.md",
            "llms.txt",
            "docs/agents.md",
            "docs/security.md",
            "docs/spec/format.md",
            "./README.adoc",
        ] {
            assert!(is_documentation(path), "{path}");
        }
        for path in [
            "LICENSE",
            "LICENSE.md",
            "LICENSE-MIT",
            "CONTRIBUTING.md",
            "CODE_OF_CONDUCT.md",
            "SECURITY.md",
            "docs/CONTRIBUTING.md",
            "node_modules/x/README.md",
            "tests/README.md",
            "spec/notes.md",
            "tests/fixtures/a.md",
            ".github/PULL_REQUEST_TEMPLATE.md",
            ".github/docs/a.md",
            "src/main.rs",
            "src/notes.md",
            "src/index.html",
            "index.html",
            "requirements.txt",
            "docs/requirements.txt",
            "docs/requirements-dev.txt",
            "docs/conf.py",
            "docs/Makefile",
            "docs/logo.svg",
            "docs/_static/x.html",
            "CMakeLists.txt",
            "Makefile",
            "Cargo.toml",
            "book/src/SUMMARY.md",
            "",
        ] {
            assert!(!is_documentation(path), "{path}");
        }
    }
}

//! The files of a package: which are code, which are documentation, and why the others are left out.
//!
//! Left out are tests, vendored packages, what a build made, generated and minified files, binaries, links, and one of two
//! files that are the same module. Examples and benchmarks use an API and are none: left out as well
//! unless asked for. Hidden files, and files that are neither code nor documentation, are passed over without a word.
//!
//! Of an npm package that has its sources, `dist` and its like are left out; one that ships only those is taken from them,
//! each module once: the TypeScript source before its declaration (`.d.ts`), that before JavaScript, an ES module before
//! its CommonJS copy.

mod files;
mod folders;
mod twins;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ignore::WalkBuilder;
use zen_syntax::Language;

use crate::sources::error::SourceError;

/// The file that says what this program leaves out, written like a `.gitignore`.
pub const IGNORE_FILE: &str = ".zenignore";

/// What of a tree is wanted.
#[derive(Debug, Clone)]
pub struct WalkOptions {
    /// Leave out what git ignores.
    pub gitignore: bool,
    /// Take tests too.
    pub include_tests: bool,
    /// Take examples and benchmarks too.
    pub include_examples: bool,
    /// Take what a program wrote, too: bindings, tables, and in some packages a part of the API.
    pub include_generated: bool,
    /// Larger files are left out.
    pub max_file_bytes: u64,
}

impl WalkOptions {
    /// For a folder that someone works in.
    #[must_use]
    pub fn working_tree() -> Self {
        Self {
            gitignore: true,
            include_tests: false,
            include_examples: false,
            include_generated: false,
            max_file_bytes: 4 << 20,
        }
    }

    /// For a package as its registry has it: all that was published counts, whatever a `.gitignore` in it says.
    #[must_use]
    pub fn package() -> Self {
        Self { gitignore: false, ..Self::working_tree() }
    }
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Source code.
    Code(&'static Language),
    /// Documentation.
    Docs,
}

/// A file that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it is in the tree, with `/` between folders.
    pub path: String,
    /// Where it is on this machine.
    pub absolute: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// What it is.
    pub kind: FileKind,
}

/// Why something is left out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SkipReason {
    /// A test, or data of tests.
    Test,
    /// An example or a benchmark.
    Example,
    /// A copy of another package.
    Vendored,
    /// Made by a build.
    Output,
    /// Written by a program.
    Generated,
    /// Without line breaks and names for people.
    Minified,
    /// No text.
    Binary,
    /// Larger than is allowed.
    TooLarge,
    /// In a language that has no grammar yet.
    UnsupportedLanguage(&'static str),
    /// The same module as another file, which is taken.
    SameModule(String),
    /// A link to something in the tree, which has its own turn.
    Link,
    /// A link that leads out of the tree, or to nothing.
    LinkOutside,
    /// It cannot be read.
    Unreadable(String),
}

impl SkipReason {
    /// The reason without its particulars, for counts.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Example => "example",
            Self::Vendored => "vendored",
            Self::Output => "build output",
            Self::Generated => "generated",
            Self::Minified => "minified",
            Self::Binary => "binary",
            Self::TooLarge => "too large",
            Self::UnsupportedLanguage(_) => "language not supported yet",
            Self::SameModule(_) => "same module as another file",
            Self::Link => "link",
            Self::LinkOutside => "link out of the tree",
            Self::Unreadable(_) => "unreadable",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedLanguage(language) => write!(f, "{language} is not supported yet"),
            Self::SameModule(other) => write!(f, "same module as {other}"),
            Self::Unreadable(problem) => write!(f, "unreadable: {problem}"),
            _ => f.write_str(self.as_str()),
        }
    }
}

/// Something that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Where it is in the tree. A folder ends in `/` and stands for all in it.
    pub path: String,
    /// Why.
    pub reason: SkipReason,
}

/// A tree's files, both lists sorted by path.
#[derive(Debug, Clone, Default)]
pub struct Walk {
    /// What is wanted.
    pub files: Vec<SourceFile>,
    /// What is not, though one might have expected it.
    pub skipped: Vec<Skipped>,
}

/// Finds the files of a tree. Nothing in it makes this fail: what cannot be read is among what is skipped.
pub fn walk(root: &Path, options: &WalkOptions) -> Result<Walk, SourceError> {
    let root = fs::canonicalize(root).map_err(SourceError::io("open the folder", root))?;
    if !root.is_dir() {
        return Err(SourceError::NoFolder(root));
    }
    let skipped: Arc<Mutex<Vec<Skipped>>> = Arc::default();
    let mut files = Vec::new();
    for entry in builder(&root, options, &skipped).build() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                note(&skipped, unreadable(&root, &error));
                continue;
            }
        };
        let Some(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            continue;
        }
        let Some(path) = relative(&root, entry.path()) else { continue };
        match files::classify(&root, &path, entry.path(), kind, options) {
            Ok(Some((kind, bytes))) => files.push(SourceFile { path, absolute: entry.into_path(), bytes, kind }),
            Ok(None) => {}
            Err(reason) => note(&skipped, Skipped { path, reason }),
        }
    }
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    let mut skipped = std::mem::take(&mut *lock(&skipped));
    let files = twins::remove(&root, files, &mut skipped);
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Walk { files, skipped })
}

fn builder(root: &Path, options: &WalkOptions, skipped: &Arc<Mutex<Vec<Skipped>>>) -> WalkBuilder {
    let mut builder = WalkBuilder::new(root);
    builder
        .standard_filters(false)
        .hidden(true)
        .follow_links(false)
        .git_ignore(options.gitignore)
        .git_exclude(options.gitignore)
        .git_global(options.gitignore)
        .parents(options.gitignore)
        // A tree may have its .gitignore and no .git.
        .require_git(false)
        .add_custom_ignore_filename(IGNORE_FILE);
    let (root, options, skipped) = (root.to_path_buf(), options.clone(), Arc::clone(skipped));
    builder.filter_entry(move |entry| {
        if entry.depth() == 0 || !entry.file_type().is_some_and(|kind| kind.is_dir()) {
            return true;
        }
        let Some(path) = relative(&root, entry.path()) else { return true };
        match folders::reason(&path, entry.path(), &options) {
            Some(reason) => {
                note(&skipped, Skipped { path: format!("{path}/"), reason });
                false
            }
            None => true,
        }
    });
    builder
}

fn lock(skipped: &Mutex<Vec<Skipped>>) -> std::sync::MutexGuard<'_, Vec<Skipped>> {
    skipped.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn note(skipped: &Mutex<Vec<Skipped>>, entry: Skipped) {
    lock(skipped).push(entry);
}

/// A path below the root, with `/`; characters that are no Unicode are replaced.
fn relative(root: &Path, path: &Path) -> Option<String> {
    let path = path.strip_prefix(root).ok()?;
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    Some(parts.join("/"))
}

fn unreadable(root: &Path, error: &ignore::Error) -> Skipped {
    let mut inner = error;
    let mut path = None;
    loop {
        inner = match inner {
            ignore::Error::WithPath { path: at, err } => {
                path = Some(at.as_path());
                err
            }
            ignore::Error::WithLineNumber { err, .. } | ignore::Error::WithDepth { err, .. } => err,
            ignore::Error::Loop { child, .. } => {
                path = Some(child.as_path());
                break;
            }
            _ => break,
        };
    }
    let path = path.and_then(|path| relative(root, path)).unwrap_or_default();
    Skipped { path, reason: SkipReason::Unreadable(inner.to_string()) }
}

#[cfg(test)]
mod tests;

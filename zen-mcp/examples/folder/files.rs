//! Reading a folder of source and text: lines that declare something, and paragraphs.

use std::path::{Path, PathBuf};

use zen_mcp::Progress;

/// Files that are read; others in the folder are not text, or not anybody's.
const SOURCES: [&str; 2] = ["rs", "py"];
const TEXTS: [&str; 2] = ["md", "txt"];
/// Words that declare what follows them, with what that is.
const DECLARES: [(&str, &str); 7] = [
    ("fn ", "function"),
    ("def ", "function"),
    ("class ", "class"),
    ("struct ", "struct"),
    ("enum ", "enum"),
    ("trait ", "trait"),
    ("mod ", "module"),
];

pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) lines: Vec<String>,
    pub(crate) is_source: bool,
}

pub(crate) struct Symbol {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) file: usize,
    /// From 0, the last one included.
    pub(crate) lines: (usize, usize),
    pub(crate) doc: String,
}

/// A folder, as a package.
pub(crate) struct Tree {
    pub(crate) root: PathBuf,
    pub(crate) name: String,
    pub(crate) files: Vec<File>,
    pub(crate) symbols: Vec<Symbol>,
}

impl Tree {
    pub(crate) async fn read(root: &Path, progress: &Progress) -> std::io::Result<Self> {
        let root = tokio::fs::canonicalize(root).await?;
        let paths = paths(&root).await?;
        let mut files = Vec::new();
        for (at, path) in paths.iter().enumerate() {
            progress.report(at as u64, Some(paths.len() as u64), format!("reading {}", path.display()));
            // What is not UTF-8 is no text.
            let Ok(text) = tokio::fs::read_to_string(path).await else { continue };
            let extension = path.extension().unwrap_or_default().to_string_lossy();
            files.push(File {
                path: path.strip_prefix(&root).unwrap_or(path).to_string_lossy().into_owned(),
                lines: text.lines().map(str::to_owned).collect(),
                is_source: SOURCES.contains(&&*extension),
            });
        }
        progress.report(paths.len() as u64, Some(paths.len() as u64), "done");
        let symbols = files.iter().enumerate().flat_map(|(at, file)| symbols(at, file)).collect();
        let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { root, name, files, symbols })
    }
}

/// Files below a folder, sorted; hidden ones and build folders are left out.
async fn paths(root: &Path) -> std::io::Result<Vec<PathBuf>> {
    let (mut folders, mut found) = (vec![root.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        let mut entries = tokio::fs::read_dir(&folder).await?;
        while let Some(entry) = entries.next_entry().await? {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().await?;
            if kind.is_dir() && !name.starts_with('.') && name != "target" {
                folders.push(path);
            } else if kind.is_file()
                && path.extension().is_some_and(|of| SOURCES.iter().chain(&TEXTS).any(|known| of == *known))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn symbols(at: usize, file: &File) -> Vec<Symbol> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut found = Vec::new();
    for (number, line) in file.lines.iter().enumerate().filter(|_| file.is_source) {
        let Some((kind, name)) = declared(line) else { continue };
        let end = (number + 1..file.lines.len())
            .find(|&next| !file.lines[next].trim().is_empty() && depth(&file.lines[next]) <= depth(line))
            .map_or(file.lines.len() - 1, |next| if file.lines[next].trim() == "}" { next } else { next - 1 });
        let is_doc = |line: &&String| line.trim_start().starts_with("///") || line.trim_start().starts_with("# ");
        let mut doc: Vec<&str> = file.lines[..number].iter().rev().take_while(is_doc).map(|line| line.trim()).collect();
        doc.reverse();
        let doc = doc.iter().map(|line| line.trim_start_matches(['/', '#', ' '])).collect::<Vec<_>>().join("\n");
        found.push(Symbol { kind, name, file: at, lines: (number, end), doc });
    }
    found
}

/// What a line declares.
fn declared(line: &str) -> Option<(&'static str, String)> {
    let mut rest = line.trim_start();
    for before in ["pub ", "pub(crate) ", "pub(super) ", "const ", "async "] {
        rest = rest.strip_prefix(before).unwrap_or(rest);
    }
    let (word, kind) = DECLARES.into_iter().find(|(word, _)| rest.starts_with(word))?;
    let name: String = rest[word.len()..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some((kind, name))
}

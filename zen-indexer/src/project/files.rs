//! Reading manifests: what cannot be read or parsed is a warning with file and line.

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use crate::sources::decode;

/// The largest file that is read; the lock files of big workspaces have a tenth of this.
const MAX_BYTES: u64 = 64 << 20;
/// The most members a workspace is read with.
const MAX_MEMBERS: usize = 5000;
/// The most folders looked at to find them.
const MAX_FOLDERS: usize = 50_000;
/// The most warnings kept.
const MAX_WARNINGS: usize = 200;

/// The files of a project, and what was read of them.
pub(super) struct Files {
    root: PathBuf,
    pub(super) read: Vec<String>,
    pub(super) warnings: Vec<String>,
}

impl Files {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), read: Vec::new(), warnings: Vec::new() }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn warn(&mut self, warning: String) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(warning);
        }
    }

    pub(super) fn exists(&self, path: &str) -> bool {
        self.root.join(path).is_file()
    }

    /// The text of a file, if it is there and can be read.
    pub(super) fn text(&mut self, path: &str) -> Option<String> {
        let full = self.root.join(path);
        let length = fs::metadata(&full).ok().filter(fs::Metadata::is_file)?.len();
        if length > MAX_BYTES {
            self.warn(format!("{path}: larger than {} MB; not read", MAX_BYTES >> 20));
            return None;
        }
        match fs::read(&full) {
            Ok(bytes) => {
                if !self.read.iter().any(|known| known == path) {
                    self.read.push(path.to_owned());
                }
                Some(decode::decode(bytes).0)
            }
            Err(error) => {
                self.warn(format!("{path}: cannot be read: {error}"));
                None
            }
        }
    }

    pub(super) fn toml(&mut self, path: &str) -> Option<toml::Table> {
        let text = self.text(path)?;
        match toml::from_str(&text) {
            Ok(table) => Some(table),
            Err(error) => {
                let line = error.span().map(|span| line_of(&text, span.start));
                self.warn(broken(path, line, error.message()));
                None
            }
        }
    }

    pub(super) fn json(&mut self, path: &str) -> Option<Value> {
        let text = self.text(path)?;
        self.parse_json(path, &text)
    }

    /// JSON with comments and commas at the end of lists.
    pub(super) fn json_with_comments(&mut self, path: &str) -> Option<Value> {
        let text = strict_json(&self.text(path)?);
        self.parse_json(path, &text)
    }

    fn parse_json(&mut self, path: &str, text: &str) -> Option<Value> {
        match serde_json::from_str(text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.warn(broken(path, Some(error.line()), &error.to_string()));
                None
            }
        }
    }

    pub(super) fn yaml(&mut self, path: &str) -> Option<Value> {
        let text = self.text(path)?;
        // Lock files need more room than the parser gives by default, and no aliases to speak of.
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! {
                max_events: 20_000_000,
                max_nodes: 10_000_000,
                max_total_scalar_bytes: 128 << 20,
                max_depth: 64,
                max_aliases: 1000,
            },
            alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 10_000 },
            with_snippet: false,
        };
        match serde_saphyr::from_str_with_options(&text, options) {
            Ok(value) => Some(value),
            Err(error) => {
                let line = error.location().and_then(|location| usize::try_from(location.line()).ok());
                self.warn(broken(path, line, &error.to_string()));
                None
            }
        }
    }

    /// The folders that a workspace's patterns (`crates/*`, `packages/**`, `!packages/old`) stand for and that have this file,
    /// in order.
    pub(super) fn members(&mut self, patterns: &[String], manifest: &str, source: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut budget = MAX_FOLDERS;
        for pattern in patterns.iter().filter(|pattern| !pattern.starts_with('!')) {
            let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
            let path = Path::new(pattern);
            if !path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
                self.warn(format!("{source}: the member '{pattern}' is outside the project's folder; not read"));
                continue;
            }
            let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
            let mut open = vec![(String::new(), 0_usize, 0_usize)];
            while let Some((folder, at, depth)) = open.pop() {
                let Some(part) = parts.get(at) else {
                    if self.exists(&join(&folder, manifest)) && found.len() < MAX_MEMBERS && seen.insert(folder.clone())
                    {
                        found.push(folder);
                    }
                    continue;
                };
                if !part.contains(['*', '?']) {
                    open.push((join(&folder, part), at + 1, depth));
                    continue;
                }
                let is_deep = *part == "**";
                if is_deep {
                    open.push((folder.clone(), at + 1, depth));
                }
                for name in self.folders(&folder, &mut budget).into_iter().rev() {
                    let next = join(&folder, &name);
                    if is_deep && depth < 8 {
                        open.push((next, at, depth + 1));
                    } else if !is_deep && matches(part, &name) {
                        open.push((next, at + 1, depth));
                    }
                }
            }
        }
        let is_excluded = |folder: &String| {
            patterns.iter().filter_map(|pattern| pattern.strip_prefix('!')).any(|pattern| {
                let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
                let pattern = pattern.strip_prefix("**/").unwrap_or(pattern);
                matches(pattern, folder) || matches(pattern, folder.rsplit('/').next().unwrap_or(folder))
            })
        };
        found.retain(|folder| !is_excluded(folder));
        found.sort();
        found
    }

    /// The names of the folders in a folder, in order.
    fn folders(&self, folder: &str, budget: &mut usize) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.root.join(folder)) else {
            return Vec::new();
        };
        let mut names = Vec::new();
        for entry in entries.flatten() {
            *budget = budget.saturating_sub(1);
            if *budget == 0 {
                break;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_other =
                name.starts_with('.') || matches!(name.as_str(), "node_modules" | "target" | "deps" | "_build");
            // Links are not followed: they can lead in circles.
            if !is_other && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                names.push(name);
            }
        }
        names.sort();
        names
    }
}

fn broken(path: &str, line: Option<usize>, problem: &str) -> String {
    let problem = problem.lines().next().unwrap_or_default();
    match line {
        Some(line) => {
            format!("{path}:{line}: cannot be understood: {problem}; correct it, or make it anew with its tool")
        }
        None => format!("{path}: cannot be understood: {problem}; correct it, or make it anew with its tool"),
    }
}

/// The number of the line at an offset.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

/// A path below a folder that may be the root (`""`).
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Whether a name fits a pattern with `*` and `?`.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, n));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == '?' || pattern[p] == name[n]) {
            p += 1;
            n += 1;
        } else if let Some((at, from)) = star {
            p = at + 1;
            n = from + 1;
            star = Some((at, n));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// JSON without comments and commas before a closing bracket; the lines stay where they are.
fn strict_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut comma: Option<usize> = None;
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                comma = None;
                out.push(c);
                while let Some(c) = chars.next() {
                    out.push(c);
                    if c == '\\' {
                        out.extend(chars.next());
                    } else if c == '"' {
                        break;
                    }
                }
            }
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|c| *c != '\n').is_some() {},
            '/' if chars.peek() == Some(&'*') => {
                let mut before = ' ';
                for c in chars.by_ref() {
                    if c == '\n' {
                        out.push(c);
                    }
                    if before == '*' && c == '/' {
                        break;
                    }
                    before = c;
                }
            }
            ']' | '}' => {
                if let Some(at) = comma.take() {
                    out.replace_range(at..=at, " ");
                }
                out.push(c);
            }
            ',' => {
                comma = Some(out.len());
                out.push(c);
            }
            c => {
                if !c.is_whitespace() {
                    comma = None;
                }
                out.push(c);
            }
        }
    }
    out
}

/// The strings of a JSON list.
pub(super) fn strings(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The strings of a TOML list.
pub(super) fn toml_strings(value: Option<&toml::Value>) -> Vec<String> {
    value
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// A path from a folder, if it stays within the project.
pub(super) fn within(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains(['\\', ':']) {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_names() {
        assert!(matches("a*c", "abbc") && matches("*", "") && matches("?x", "éx") && matches("crate-*", "crate-a"));
        assert!(!matches("a*c", "abbd") && !matches("", "a") && !matches("a", "ab"));
    }

    #[test]
    fn comments_and_commas_go() {
        let text = strict_json("{ // c\n \"a//\": [1, 2,], /* x\n , */ \"b\": \"\\\",]\",\n}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value, serde_json::json!({"a//": [1, 2], "b": "\",]"}));
        assert_eq!(text.lines().count(), 4);
    }
}

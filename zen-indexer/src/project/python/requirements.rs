//! requirements*.txt: the lines that pip reads, with the files that they include.

use std::collections::HashSet;
use std::fs;

use super::is_dev_name;
use super::requirement::{Requirement, url_origin};
use crate::project::files::{Files, join, matches, within};
use crate::project::graph::Direct;

/// The most files that are read, and how deep they include each other.
const MAX_FILES: usize = 64;
const MAX_DEPTH: usize = 8;

/// Reads the requirements files in the project's folder and in `requirements/`.
pub(super) fn read(files: &mut Files) -> Vec<Direct> {
    let mut names: Vec<String> = ["", "requirements"].iter().flat_map(|folder| listed(files, folder)).collect();
    // The main file first, and those for development last: a name counts as it does where it is first.
    names.sort_by_key(|name| (is_dev_name(name), name != "requirements.txt", name.clone()));
    names.truncate(MAX_FILES);
    let mut seen = HashSet::new();
    let mut directs = Vec::new();
    for name in names {
        let is_dev = is_dev_name(&name);
        let mut open = vec![(name, 0)];
        while let Some((path, depth)) = open.pop() {
            if seen.len() >= MAX_FILES || !seen.insert(path.clone()) {
                continue;
            }
            let Some(text) = files.text(&path) else {
                continue;
            };
            for (line, content) in logical_lines(&text) {
                match Line::parse(&content) {
                    Line::Requirement(found) => directs.push(found.direct(is_dev, &path)),
                    Line::Address(name, url) => {
                        let mut direct = Direct::new(name, Some(url.to_owned()), is_dev, &path);
                        direct.origin = url_origin(url);
                        directs.push(direct);
                    }
                    Line::Include(other) => match beside(&path, other) {
                        Some(other) if depth < MAX_DEPTH && files.exists(&other) => open.push((other, depth + 1)),
                        _ => files.warn(format!("{path}:{line}: the file '{other}' is not in the project; not read")),
                    },
                    Line::Other => {}
                    Line::Broken => {
                        let shown: String = content.chars().take(80).collect();
                        files.warn(format!("{path}:{line}: '{shown}' is no requirement that is understood; left out"));
                    }
                }
            }
        }
    }
    directs
}

fn listed(files: &Files, folder: &str) -> Vec<String> {
    let pattern = if folder.is_empty() { "*requirements*.txt" } else { "*.txt" };
    let entries = fs::read_dir(files.root().join(folder)).into_iter().flatten().flatten().take(10_000);
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| matches(pattern, &name.to_ascii_lowercase()) && !name.contains("constraints"))
        .map(|name| join(folder, &name))
        .collect()
}

/// A path from the folder of a file, if it stays within the project.
fn beside(file: &str, path: &str) -> Option<String> {
    within(file.rsplit_once('/').map_or("", |(folder, _)| folder), path)
}

/// Lines with those that a backslash joins to them, without comments.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (at, line) in text.lines().enumerate() {
        let is_comment = line.trim_start().starts_with('#');
        let content = line.split(" #").next().unwrap_or(line).split("\t#").next().unwrap_or_default().trim_end();
        let (content, goes_on) = match content.strip_suffix('\\') {
            Some(content) => (content, true),
            None => (content, false),
        };
        let (_, joined) = open.get_or_insert_with(|| (at + 1, String::new()));
        if !is_comment {
            joined.push_str(content);
            joined.push(' ');
        }
        if !goes_on || is_comment {
            lines.extend(open.take().filter(|(_, text)| !text.trim().is_empty()));
        }
    }
    lines.extend(open.filter(|(_, text)| !text.trim().is_empty()));
    lines
}

enum Line<'a> {
    Requirement(Requirement<'a>),
    /// An address with the name of the package that it has.
    Address(&'a str, &'a str),
    Include(&'a str),
    /// An option, or something without a name.
    Other,
    Broken,
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Self {
        let line = line.trim();
        // The hashes and options of a requirement follow it.
        let line = line.split(" --").next().unwrap_or(line).trim();
        for option in ["--requirement=", "--requirement ", "-r "] {
            if let Some(path) = line.strip_prefix(option) {
                return Self::Include(path.trim());
            }
        }
        if let Some(path) = line.strip_prefix("-r").filter(|path| !path.is_empty()) {
            return Self::Include(path.trim());
        }
        let target = ["--editable=", "--editable ", "-e "].iter().find_map(|option| line.strip_prefix(option));
        if let Some(url) = target {
            return Self::address(url.trim()).unwrap_or(Self::Other);
        }
        if line.starts_with('-') {
            return Self::Other;
        }
        let is_path = line.starts_with(['.', '/', '~']) || line.ends_with(".whl") || line.ends_with(".tar.gz");
        if let Some(found) = Requirement::parse(line).filter(|_| !is_path) {
            return Self::Requirement(found);
        }
        let is_address = line.contains("://") || is_path;
        Self::address(line).unwrap_or(if is_address { Self::Other } else { Self::Broken })
    }

    /// `git+https://…#egg=name`, or a wheel whose file has the name.
    fn address(url: &'a str) -> Option<Self> {
        let bare = url.split(" ;").next().unwrap_or(url).trim();
        if let Some((_, name)) = bare.split_once("#egg=").or_else(|| bare.split_once("&egg=")) {
            let name = name.split(['&', '[', '=']).next().unwrap_or(name);
            return (!name.is_empty()).then_some(Self::Address(name, bare));
        }
        let file = bare.split(['#', '?']).next().unwrap_or(bare).rsplit('/').next().unwrap_or(bare);
        let name = file.strip_suffix(".whl")?.split('-').next()?;
        (!name.is_empty()).then_some(Self::Address(name, bare))
    }
}

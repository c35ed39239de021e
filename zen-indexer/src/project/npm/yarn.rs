//! yarn.lock of both kinds: the format of its own of the first yarn, and the YAML of those since the second.

use serde_json::Value;

use super::lock::{Lock, Style};
use super::{origin_of, split_spec, target};
use crate::project::Origin;
use crate::project::files::Files;
use crate::project::graph::Node;

/// Reads the file.
pub(super) fn read(files: &mut Files, path: &str) -> Option<Lock> {
    let text = files.text(path)?;
    if text.contains("__metadata:") {
        files.yaml(path).map(|file| read_modern(&file))
    } else {
        Some(read_classic(&text))
    }
}

fn read_modern(file: &Value) -> Lock {
    let mut builder = Builder::default();
    for (key, entry) in file.as_object().into_iter().flatten().filter(|(key, _)| *key != "__metadata") {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let (name, reference) = split_spec(text("resolution").unwrap_or(key));
        let origin = match reference {
            reference if reference.starts_with("npm:") || reference.starts_with("patch:") => Origin::Registry,
            reference => origin_of(reference),
        };
        let needs = entry.get("dependencies").and_then(Value::as_object);
        let needs = needs
            .into_iter()
            .flatten()
            .filter_map(|(name, requirement)| Some((name.clone(), requirement.as_str()?.to_owned())));
        let is_member = reference.starts_with("workspace:");
        let node = Node {
            name: name.to_owned(),
            version: text("version").map(str::to_owned).filter(|_| !is_member),
            origin,
            needs: Vec::new(),
        };
        // What a member needs is in its manifest.
        builder.add(key.split(", "), node, if is_member { Vec::new() } else { needs.collect() });
    }
    builder.finish()
}

/// Blocks of `name@requirement, …:` with indented `key "value"` lines.
fn read_classic(text: &str) -> Lock {
    let mut builder = Builder::default();
    let mut open: Option<Block> = None;
    for line in text.lines() {
        let depth = line.len() - line.trim_start().len();
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if depth == 0 {
            builder.add_block(open.take());
            let patterns = content.trim_end_matches(':').split(", ").map(|pattern| unquoted(pattern).to_owned());
            open = Some(Block { patterns: patterns.collect(), ..Block::default() });
        } else if let Some(block) = &mut open {
            let (key, value) = pair(content);
            match (depth, key, value) {
                (2, "version", value) => block.version = value.to_owned(),
                (2, "resolved", value) => block.resolved = value.to_owned(),
                (2, key, _) => block.is_needs = matches!(key, "dependencies:" | "optionalDependencies:"),
                (_, key, value) if block.is_needs => block.needs.push((key.to_owned(), value.to_owned())),
                _ => {}
            }
        }
    }
    builder.add_block(open);
    builder.finish()
}

#[derive(Default)]
struct Block {
    patterns: Vec<String>,
    version: String,
    resolved: String,
    needs: Vec<(String, String)>,
    is_needs: bool,
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

/// `key value` or `"key" "value"`.
fn pair(line: &str) -> (&str, &str) {
    if let Some(rest) = line.strip_prefix('"')
        && let Some((key, value)) = rest.split_once('"')
    {
        return (key, unquoted(value.trim()));
    }
    let (key, value) = line.split_once(' ').unwrap_or((line, ""));
    (key, unquoted(value.trim()))
}

#[derive(Default)]
struct Builder {
    lock: Lock,
    needs: Vec<Vec<(String, String)>>,
}

impl Builder {
    fn add<'a>(&mut self, patterns: impl Iterator<Item = &'a str>, node: Node, needs: Vec<(String, String)>) {
        for pattern in patterns {
            self.lock.places.insert(pattern.to_owned(), self.lock.nodes.len());
        }
        self.lock.nodes.push(node);
        self.needs.push(needs);
    }

    fn add_block(&mut self, block: Option<Block>) {
        let Some(block) = block else {
            return;
        };
        let Some(first) = block.patterns.first() else {
            return;
        };
        let (alias, requirement) = split_spec(first);
        let (name, mut origin) = target(alias, requirement);
        if block.resolved.contains("codeload.github.com") || block.resolved.starts_with("git") {
            origin = Origin::Git;
        }
        let version = Some(block.version).filter(|version| !version.is_empty());
        let node = Node { name: name.to_owned(), version, origin, needs: Vec::new() };
        self.add(block.patterns.iter().map(String::as_str), node, block.needs);
    }

    fn finish(mut self) -> Lock {
        self.lock.style = Style::Requirements;
        for (at, needs) in self.needs.into_iter().enumerate() {
            let needs = needs.iter().filter_map(|(name, requirement)| self.lock.required(name, requirement)).collect();
            self.lock.nodes[at].needs = needs;
        }
        self.lock
    }
}

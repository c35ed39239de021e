//! AsciiDoc as blocks: headings, delimited blocks, paragraphs; attributes and comments go.

use super::block::{Block, Document, Kind, fenced, language_name, number};
use super::images;

/// Reads a file.
pub(super) fn read(text: &str) -> Document {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut blocks: Vec<Block> = Vec::new();
    let mut language = String::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        if let Some(delimiter) = delimiter(line) {
            let end = (at + 1..lines.len()).find(|end| lines[*end] == line).unwrap_or(lines.len());
            let body = lines[at + 1..end].join("\n");
            let block = match delimiter {
                Delimiter::Comment => None,
                Delimiter::Code => Some(Block::new(Kind::Whole, fenced(&body, &language), number(at + 1))),
                Delimiter::Table => {
                    Some(Block::new(Kind::Whole, lines[at..(end + 1).min(lines.len())].join("\n"), number(at + 1)))
                }
            };
            blocks.extend(block.filter(|_| !body.trim().is_empty()));
            language.clear();
            at = end + 1;
            continue;
        }
        if let Some((level, title)) = heading(line) {
            blocks.push(Block::new(Kind::Heading(level), title, number(at + 1)));
            at += 1;
            continue;
        }
        if is_left_out(line) {
            if let Some(attributes) = line.strip_prefix("[source").and_then(|rest| rest.strip_suffix(']')) {
                language = language_name(attributes.trim_start_matches(',').trim()).to_owned();
            }
            at += 1;
            continue;
        }
        let start = at;
        let is_item = is_item(line);
        at += 1;
        while at < lines.len() && !is_boundary(lines[at]) && !(is_item && self::is_item(lines[at])) {
            at += 1;
        }
        let text = lines[start..at].join("\n");
        let mut block = Block::new(Kind::Prose, text, number(start + 1));
        block.is_tight = is_item && start > 0 && !lines[start - 1].is_empty() && self::is_item(lines[start - 1]);
        blocks.push(block);
    }
    Document { title: None, blocks }
}

enum Delimiter {
    Code,
    Table,
    Comment,
}

fn delimiter(line: &str) -> Option<Delimiter> {
    if line == "|===" {
        return Some(Delimiter::Table);
    }
    let c = line.chars().next()?;
    if line.len() < 4 || line.chars().any(|other| other != c) {
        return None;
    }
    match c {
        '-' | '.' | '`' | '+' => Some(Delimiter::Code),
        '/' => Some(Delimiter::Comment),
        _ => None,
    }
}

fn heading(line: &str) -> Option<(u8, &str)> {
    let title = line.trim_start_matches('=');
    let level = line.len() - title.len();
    let title = title.strip_prefix(' ')?.trim();
    ((1..=6).contains(&level) && !title.is_empty()).then(|| (u8::try_from(level).unwrap_or(6), title))
}

fn is_item(line: &str) -> bool {
    let text = line.trim_start();
    let rest = text.trim_start_matches(['*', '-', '.']);
    rest.len() < text.len() && rest.starts_with(' ')
}

fn is_boundary(line: &str) -> bool {
    line.is_empty() || delimiter(line).is_some() || heading(line).is_some() || is_left_out(line)
}

/// Blank lines, comments, attributes, anchors, joins between list items, badges.
fn is_left_out(line: &str) -> bool {
    let is_attribute = line.strip_prefix(':').is_some_and(|rest| {
        rest.split_once(':').is_some_and(|(name, _)| !name.is_empty() && !name.contains([' ', '`']))
    });
    let is_badge =
        (line.starts_with("image:") || line.starts_with("http")) && line.contains("image:") && images::is_badge(line);
    let is_block_attribute = line.starts_with('[') && line.ends_with(']') && !line.contains("] ");
    line.is_empty()
        || line == "+"
        || is_attribute
        || is_badge
        || is_block_attribute
        || (line.starts_with("//") && !line.starts_with("///"))
        || line.starts_with("toc::")
        || line.starts_with("ifdef::")
        || line.starts_with("ifndef::")
        || line.starts_with("endif::")
        || line.starts_with("include::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_blocks() {
        let text = "= Tool\n:toc:\n:author: A\nimage:https://img.shields.io/x.svg[]\n\nIt works.\n\n== Use\n// no\n[source,rust]\n----\nfn main() {\n\n== no heading\n}\n----\n\n* one\n* two\n\n|===\n|a |b\n|===\n";
        let got: Vec<(Kind, String)> = read(text).blocks.into_iter().map(|block| (block.kind, block.text)).collect();
        let want = [
            (Kind::Heading(1), "Tool"),
            (Kind::Prose, "It works."),
            (Kind::Heading(2), "Use"),
            (Kind::Whole, "```rust\nfn main() {\n\n== no heading\n}\n```"),
            (Kind::Prose, "* one"),
            (Kind::Prose, "* two"),
            (Kind::Whole, "|===\n|a |b\n|==="),
        ];
        assert_eq!(got, want.map(|(kind, text)| (kind, text.to_owned())));
    }
}

//! Plain text: paragraphs, and headings where they are underlined.

use super::block::{Block, Document, Kind, number};
use super::rst;

/// Reads a file without markup.
pub(super) fn read(text: &str) -> Document {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut document = Document::default();
    let mut levels: Vec<(char, bool)> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at].is_empty() {
            at += 1;
            continue;
        }
        if let Some(title) = rst::section_title(&lines, at) {
            let level = rst::level(&mut levels, title.style);
            document.blocks.push(Block::new(Kind::Heading(level), title.text, number(at + 1)));
            at += title.lines;
            continue;
        }
        let start = at;
        while at < lines.len() && !lines[at].is_empty() && (at == start || rst::section_title(&lines, at).is_none()) {
            at += 1;
        }
        document.blocks.push(Block::new(Kind::Prose, lines[start..at].join("\n"), number(start + 1)));
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_and_underlined_headings() {
        let document = read("Tool 1.0\n========\n\nDoes it.\nWell.\n\nUse\n---\n    run\n\n----------\nend\n");
        let got: Vec<(Kind, &str)> = document.blocks.iter().map(|block| (block.kind, block.text.as_str())).collect();
        assert_eq!(
            got,
            [
                (Kind::Heading(1), "Tool 1.0"),
                (Kind::Prose, "Does it.\nWell."),
                (Kind::Heading(2), "Use"),
                (Kind::Prose, "    run"),
                (Kind::Prose, "----------\nend"),
            ]
        );
    }
}

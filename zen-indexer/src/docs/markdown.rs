//! Markdown and MDX as blocks. The parser says what each line belongs to; the blocks are cut from the source by lines, so that
//! nothing is written anew and no word is lost.

mod scan;

use self::scan::{Cover, Scan};
use super::block::{Block, Document, Kind, number};
use super::{frontmatter, html};

/// Reads a file.
pub(super) fn read(text: &str, is_mdx: bool) -> Document {
    let (title, start) = frontmatter::front_matter(text).unwrap_or((None, 0));
    let (before, body) = text.split_at(start);
    let first_line = number(before.matches('\n').count()).saturating_add(1);
    let scan = Scan::new(body, is_mdx);
    let mut cutter = Cutter { scan: &scan, first_line, blocks: Vec::new(), next: 0, edit: 0 };
    cutter.run();
    Document { title, blocks: cutter.blocks }
}

struct Cutter<'a> {
    scan: &'a Scan<'a>,
    first_line: u32,
    blocks: Vec<Block>,
    /// The line after the last block.
    next: usize,
    /// The first edit that may still lie ahead.
    edit: usize,
}

impl Cutter<'_> {
    fn run(&mut self) {
        let scan = self.scan;
        let mut line = 0;
        while line < scan.cover.len() {
            let cover = scan.cover[line];
            let mut end = line + 1;
            match cover {
                Cover::Out => {}
                Cover::Prose => {
                    end = self.paragraph_end(line);
                    let text = self.edited(line, end);
                    self.push(Kind::Prose, text, line, end);
                }
                Cover::Heading(_) | Cover::Whole(_) | Cover::Html(_) => {
                    while scan.cover.get(end) == Some(&cover) {
                        end += 1;
                    }
                    let source = &scan.text[scan.lines.start(line)..scan.lines.start(end)];
                    match cover {
                        Cover::Heading(at) => {
                            let (level, title) = &scan.headings[at];
                            self.push(Kind::Heading(*level), title.clone(), line, end);
                        }
                        Cover::Html(_) => {
                            let document = html::fragment(source, self.first_line.saturating_add(number(line)));
                            self.blocks.extend(document.blocks);
                            self.next = end;
                        }
                        _ => self.push(Kind::Whole, source.trim_end().to_owned(), line, end),
                    }
                }
            }
            line = end;
        }
    }

    /// Prose goes on to a blank line, the next list item or what is no prose.
    fn paragraph_end(&self, start: usize) -> usize {
        let scan = self.scan;
        if scan.is_blank(start) {
            return start + 1;
        }
        let mut end = start + 1;
        while scan.cover.get(end) == Some(&Cover::Prose) && !scan.starts_item[end] && !scan.is_blank(end) {
            end += 1;
        }
        end
    }

    /// The source of some lines without what goes: comments, tags, embedded pictures.
    fn edited(&mut self, line: usize, end: usize) -> String {
        let (mut at, stop) = (self.scan.lines.start(line), self.scan.lines.start(end));
        let mut text = String::with_capacity(stop - at);
        while let Some((range, with)) = self.scan.edits.get(self.edit) {
            if range.start >= stop {
                break;
            }
            if range.end > at {
                text.push_str(&self.scan.text[at..range.start.max(at)]);
                text.push_str(with);
                at = range.end.min(stop);
            }
            if range.end > stop {
                break;
            }
            self.edit += 1;
        }
        text.push_str(&self.scan.text[at..stop]);
        text
    }

    fn push(&mut self, kind: Kind, text: String, line: usize, end: usize) {
        let text = text.trim_end();
        let text = if kind == Kind::Prose { text.trim_start_matches(['\n', '\r']) } else { text };
        if kind == Kind::Prose && !text.chars().any(|c| !c.is_whitespace() && !">-*+".contains(c)) {
            return;
        }
        let mut block = Block::new(kind, text, self.first_line.saturating_add(number(line)));
        block.is_tight = line > 0 && line == self.next;
        self.blocks.push(block);
        self.next = end;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Chunk, Format, chunks};
    use super::*;

    fn blocks(text: &str) -> Vec<(Kind, String, u32)> {
        read(text, false).blocks.into_iter().map(|block| (block.kind, block.text, block.line)).collect()
    }

    fn of(text: &str) -> Vec<Chunk> {
        chunks(Format::Markdown, "README.md", text)
    }

    #[test]
    fn headings_of_all_forms() {
        let text = "# One `code` #\n\nText\n\nTwo\nlines\n-----\n\n<h3 align=\"center\">Three</h3>\n\n#### GET /a/{id}\n##### Five {#five}\n\
            ###### ![Logo](logo.png)\n";
        let titles: Vec<(Kind, String)> = blocks(text)
            .into_iter()
            .filter(|(kind, ..)| matches!(kind, Kind::Heading(_)))
            .map(|(kind, text, _)| (kind, text))
            .collect();
        assert_eq!(
            titles,
            [
                (Kind::Heading(1), "One code".to_owned()),
                (Kind::Heading(2), "Two lines".to_owned()),
                (Kind::Heading(3), "Three".to_owned()),
                (Kind::Heading(4), "GET /a/{id}".to_owned()),
                (Kind::Heading(5), "Five".to_owned()),
                (Kind::Heading(6), "Logo".to_owned()),
            ]
        );
    }

    #[test]
    fn noise_goes() {
        let text = "---\ntitle: Page\n---\n[![CI](https://img.shields.io/x.svg)](https://ci) ![v][badge]\n\
            ![License](https://img.shields.io/l.svg)\nReal words. ![shot](shot.png)\n\n<!-- a\n\ncomment -->\n\
            Text <!-- inline --> here<br> and `Vec<T>`, Vec<T>.\n\n[badge]: https://badge.fury.io/x.svg\n[link]: https://example.com \"T\"\n\n\
            <p align=\"center\"><img src=\"logo.png\"></p>\n";
        let got = blocks(text);
        assert_eq!(
            got,
            [
                (Kind::Prose, "Real words. ![shot](shot.png)".to_owned(), 6),
                (Kind::Prose, "Text  here and `Vec<T>`, Vec<T>.".to_owned(), 11),
            ]
        );
        assert_eq!(of(text)[0].title, "Page");
    }

    #[test]
    fn code_is_whole_wherever_it_stands() {
        let text = "- item\n\n  ```rust\n  fn a() {\n\n  # not a heading\n  }\n  ```\n- ~~~\n  x\n\n  y\n  ~~~\n\n> ```\n> q\n>\n> r\n> ```\n\n    indented\n\n    code\n\nend\n";
        let got: Vec<String> =
            blocks(text).into_iter().filter(|(kind, ..)| *kind == Kind::Whole).map(|(_, text, _)| text).collect();
        assert_eq!(got.len(), 4, "{got:?}");
        assert!(got[0].contains("# not a heading") && got[0].ends_with("```"));
        assert!(got[1].starts_with("- ~~~") && got[1].ends_with("~~~"));
        assert!(got[2].contains("> r"));
        assert!(got[3].contains("indented\n\n    code"));
    }

    #[test]
    fn pre_with_blank_lines_is_whole() {
        let got = blocks("<div>\n<pre>\na\n\n# b\n\nc</pre>\n</div>\n\nend\n");
        assert_eq!(got[0], (Kind::Whole, "```\na\n\n# b\n\nc\n```".to_owned(), 2));
        assert_eq!(got[1].1, "end");
    }

    #[test]
    fn tables_of_contents_go() {
        let text = "# T\n\n## Table of Contents\n\n- [A](#a)\n  - [B](docs/b.md)\n\n## A\n\n- [x](#x)\n- [y](#y)\n- [z](#z)\n\nText.\n\n[TOC]\n\n## See\n\n- [Guide](guide.md)\n";
        let all = of(text).iter().map(|chunk| chunk.content.as_str()).collect::<Vec<_>>().join("\n");
        assert!(
            !all.contains("(#") && !all.contains("docs/b.md") && !all.contains("TOC") && !all.contains("Contents"),
            "{all}"
        );
        assert!(all.contains("guide.md") && all.contains("Text."));
    }

    #[test]
    fn mdx_imports_go() {
        let document = read("import A from 'a';\nexport const b = 1\n\n<A>\n\nText\n\n</A>\n", true);
        assert_eq!(document.blocks.iter().map(|block| block.text.as_str()).collect::<Vec<_>>(), ["Text"]);
    }

    #[test]
    fn lists_keep_their_lines_together() {
        let chunks = of("# L\n\nIntro:\n- one\n- two\n  more\n\n  - deep\n");
        assert_eq!(chunks[0].content, "Intro:\n- one\n- two\n  more\n\n  - deep");
    }
}

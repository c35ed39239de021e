//! Documentation as chunks: files cut by headings and size.
//!
//! Each format has a reader that turns a file into [`blocks`](block::Block): headings, prose, and what must stay whole (code,
//! tables). [`split`] packs these into chunks of a size that suits search and embeddings. The contents are plain text with
//! Markdown's marks for code (fences) and headings, whatever the format.

use std::borrow::Cow;

mod asciidoc;
mod block;
mod frontmatter;
mod html;
mod images;
mod markdown;
mod paths;
mod rst;
mod rst_inline;
mod split;
mod text;

#[cfg(test)]
mod invariants;

pub use paths::is_documentation;

/// The markup of a documentation file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// CommonMark with tables and footnotes; MDX too.
    Markdown,
    /// reStructuredText.
    Rst,
    /// Text without markup.
    Text,
    /// HTML pages.
    Html,
    /// AsciiDoc.
    AsciiDoc,
}

impl Format {
    /// The short name that the tables hold: `md`, `rst`, `txt`, `html`, `adoc`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Rst => "rst",
            Self::Text => "txt",
            Self::Html => "html",
            Self::AsciiDoc => "adoc",
        }
    }

    /// The format of a file by its name; files without an extension (`README`) are text. None for what is no documentation
    /// format.
    pub fn of_path(path: &str) -> Option<Self> {
        let name = paths::file_name(path);
        let Some((_, extension)) = name.rsplit_once('.') else {
            return Some(Self::Text);
        };
        match extension.to_ascii_lowercase().as_str() {
            "md" | "mdx" | "markdown" | "mkd" => Some(Self::Markdown),
            "rst" | "rest" => Some(Self::Rst),
            "txt" | "text" => Some(Self::Text),
            "html" | "htm" | "xhtml" => Some(Self::Html),
            "adoc" | "asciidoc" | "asc" => Some(Self::AsciiDoc),
            _ => None,
        }
    }
}

/// A piece of documentation that is read and found on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The headings above it: `Guide > Install > Linux`; the file's name where there are none.
    pub title: String,
    /// The text, never empty.
    pub content: String,
    /// The first line in the file, from 1.
    pub line_start: u32,
}

/// Cuts a documentation file into chunks. `path` gives the title where the text has none.
pub fn chunks(format: Format, path: &str, text: &str) -> Vec<Chunk> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = &if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    };
    let document = match format {
        Format::Markdown => markdown::read(text, path.to_ascii_lowercase().ends_with(".mdx")),
        Format::Rst => rst::read(text),
        Format::Text => text::read(text),
        Format::Html => html::read(text),
        Format::AsciiDoc => asciidoc::read(text),
    };
    split::split(document, paths::file_name(path))
}

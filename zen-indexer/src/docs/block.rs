//! What the readers of the formats make of a file.

/// A file as its reader sees it.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// The title that the file gives itself outside its text (front matter, `<title>`).
    pub(super) title: Option<String>,
    pub(super) blocks: Vec<Block>,
}

/// A heading, a paragraph, a list item, a code block or a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) kind: Kind,
    pub(super) text: String,
    /// Its first line, from 1.
    pub(super) line: u32,
    /// Whether it follows the block before it without a blank line.
    pub(super) is_tight: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A heading of this level, from 1.
    Heading(u8),
    /// Text that may be cut where it is too long.
    Prose,
    /// A line that belongs to what follows, such as the name of the function that is described.
    Lead,
    /// Code or a table: never cut.
    Whole,
}

impl Block {
    pub(super) fn new(kind: Kind, text: impl Into<String>, line: u32) -> Self {
        Self { kind, text: text.into(), line, is_tight: false }
    }
}

/// Code between fences that are longer than any run of backticks within.
pub(super) fn fenced(code: &str, language: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.saturating_add(1).max(3));
    let code = code.trim_end_matches(['\n', ' ', '\r', '\t']);
    format!("{fence}{language}\n{code}\n{fence}")
}

/// The language of a code block if it is a plain word.
pub(super) fn language_name(text: &str) -> &str {
    let word = text.split([' ', ',', '{', '\t']).next().unwrap_or("");
    if word.len() <= 30 && word.chars().all(|c| c.is_ascii_alphanumeric() || "+-#_.".contains(c)) { word } else { "" }
}

/// The line number of a position in the file.
pub(super) fn number(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

/// The byte offsets at which the lines of a text begin.
pub(super) struct Lines {
    starts: Vec<usize>,
    end: usize,
}

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1));
        if starts.len() > 1 && starts.last() == Some(&text.len()) {
            starts.pop();
        }
        Self { starts, end: text.len() }
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The index (from 0) of the line that holds this offset.
    pub(super) fn at(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    pub(super) fn start(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.end)
    }
}

/// Whether a heading announces a table of contents.
pub(super) fn is_contents_title(title: &str) -> bool {
    const TITLES: [&str; 7] = [
        "table of contents",
        "contents",
        "toc",
        "table of content",
        "on this page",
        "index of contents",
        "in this article",
    ];
    let title = title.trim_matches(|c: char| !c.is_alphanumeric());
    title.len() <= 40 && TITLES.contains(&title.to_lowercase().as_str())
}

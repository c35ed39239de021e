//! HTML pages and the HTML within Markdown as blocks: text with headings, code in fences; navigation, scripts and tags go.

use html5gum::Tokenizer;
use html5gum::emitters::default::{DefaultEmitter, EndTag, StartTag, Token};

use super::block::{Block, Document, Kind, Lines, fenced, language_name, number};
use super::images;

/// How deep lists are shown as nested.
const MAX_DEPTH: usize = 8;

/// Reads a page.
pub(super) fn read(text: &str) -> Document {
    fragment(text, 1)
}

/// Reads a piece of HTML whose first line is `first_line` of the file.
pub(super) fn fragment(text: &str, first_line: u32) -> Document {
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(true);
    let lines = Lines::new(text);
    let mut reader = Reader { line: first_line, ..Reader::default() };
    for token in Tokenizer::new_with_emitter(text, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                reader.line = first_line.saturating_add(number(lines.at(tag.span.start)));
                reader.start(&tag);
            }
            Token::EndTag(tag) => reader.end(&tag),
            Token::String(string) => {
                let at = lines.at(string.span.start.min(text.len()));
                reader.line = first_line.saturating_add(number(at));
                reader.text(&String::from_utf8_lossy(&string.value));
            }
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    reader.flush(Kind::Prose);
    reader.document
}

#[derive(Default)]
struct Reader {
    document: Document,
    line: u32,
    /// The element that is left out, and how many of its name are open.
    skipped: Option<(String, usize)>,
    /// The text since the last block, and where it began.
    text: String,
    text_line: u32,
    /// Blanks seen since the last word.
    blank: bool,
    heading: Option<u8>,
    /// The language, while in `<pre>`.
    code: Option<String>,
    /// Where a `<code>` within it ended.
    code_end: usize,
    /// The language that the element around the next `<pre>` names.
    language: Option<String>,
    in_title: bool,
    /// For each open list the next number, 0 where it has bullets.
    lists: Vec<u32>,
    tables: usize,
    /// Whether the last block was a list item.
    is_in_list: bool,
    is_tight: bool,
}

impl Reader {
    fn start(&mut self, tag: &StartTag<usize>) {
        let name = String::from_utf8_lossy(&tag.name);
        let name = name.as_ref();
        if let Some((skipped, open)) = &mut self.skipped {
            if skipped == name && !tag.self_closing {
                *open += 1;
            }
            return;
        }
        if is_left_out(name, tag) {
            if !tag.self_closing && !is_void(name) {
                self.skipped = Some((name.to_owned(), 1));
            }
            return;
        }
        if self.code.is_some() {
            if name == "code" && self.code_end == self.text.len() && !self.text.is_empty() && !self.text.ends_with('\n')
            {
                // Variants of an example, side by side.
                self.text.push_str("\n\n");
            }
            match name {
                "br" => self.text.push('\n'),
                "code" | "span" | "div" => {
                    if let (Some(language), Some(code)) = (language_of(tag), &mut self.code)
                        && code.is_empty()
                    {
                        *code = language;
                    }
                }
                _ => {}
            }
            return;
        }
        match name {
            "title" if self.document.title.is_none() && self.heading.is_none() => {
                self.flush(Kind::Prose);
                self.in_title = true;
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.flush(Kind::Prose);
                self.heading = Some(name.as_bytes().get(1).map_or(1, |digit| digit.saturating_sub(b'0').clamp(1, 6)));
            }
            "pre" => {
                self.flush(Kind::Prose);
                let around = self.language.take();
                self.code = Some(language_of(tag).or(around).unwrap_or_default());
            }
            "br" | "hr" => self.newline(),
            "code" | "tt" | "kbd" if self.heading.is_none() => self.mark("`"),
            "ul" | "ol" => {
                self.flush(Kind::Prose);
                if self.lists.len() < 64 {
                    self.lists.push(u32::from(name == "ol"));
                }
            }
            "li" => {
                self.flush(Kind::Prose);
                let depth = self.lists.len().clamp(1, MAX_DEPTH) - 1;
                let marker = match self.lists.last_mut() {
                    Some(next) if *next > 0 => {
                        *next = next.saturating_add(1);
                        format!("{}. ", *next - 1)
                    }
                    _ => "- ".to_owned(),
                };
                self.text_line = self.line;
                self.text = "  ".repeat(depth) + &marker;
                self.is_tight = std::mem::replace(&mut self.is_in_list, true);
            }
            "table" => {
                self.flush(Kind::Prose);
                self.tables += 1;
            }
            "tr" => self.newline(),
            "td" | "th" if !self.text.is_empty() && !self.text.ends_with('\n') => {
                self.text.push_str(" | ");
                self.blank = false;
            }
            _ if is_block(name) => {
                if name == "div" {
                    self.language = language_of(tag);
                }
                if self.tables == 0 {
                    self.flush(Kind::Prose);
                } else {
                    self.blank = true;
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: &EndTag<usize>) {
        let name = String::from_utf8_lossy(&tag.name);
        let name = name.as_ref();
        if let Some((skipped, open)) = &mut self.skipped {
            if skipped == name {
                *open -= 1;
                if *open == 0 {
                    self.skipped = None;
                }
            }
            return;
        }
        match name {
            "pre" if self.code.is_some() => self.flush(Kind::Whole),
            "code" if self.code.is_some() => self.code_end = self.text.len(),
            _ if self.code.is_some() => {}
            "title" if self.in_title => self.flush(Kind::Prose),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.flush(Kind::Prose),
            "code" | "tt" | "kbd" if self.heading.is_none() => {
                self.blank = false;
                self.text.push('`');
            }
            "ul" | "ol" => {
                self.flush(Kind::Prose);
                self.lists.pop();
            }
            "table" => {
                self.flush(if self.tables == 1 { Kind::Whole } else { Kind::Prose });
                self.tables = self.tables.saturating_sub(1);
            }
            "body" | "html" => self.flush(Kind::Prose),
            _ if is_block(name) && self.tables == 0 => self.flush(Kind::Prose),
            _ if is_block(name) => self.blank = true,
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.skipped.is_some() {
            return;
        }
        if self.text.is_empty() {
            self.text_line = self.line;
        }
        if self.code.is_some() {
            self.text.push_str(text);
            return;
        }
        let mut words = text.split_whitespace().peekable();
        let starts_blank = text.starts_with(char::is_whitespace);
        self.blank |= starts_blank;
        if self.text.is_empty() {
            // The blanks before the first word may hold line breaks.
            let before = text.len() - text.trim_start().len();
            self.text_line = self.line.saturating_add(number(text[..before].matches('\n').count()));
        }
        if words.peek().is_none() {
            return;
        }
        for word in words {
            if self.blank && !self.text.is_empty() && !self.text.ends_with(['\n', ' ']) {
                self.text.push(' ');
            }
            self.text.push_str(word);
            self.blank = true;
        }
        self.blank = text.ends_with(char::is_whitespace);
    }

    /// A mark before a word.
    fn mark(&mut self, mark: &str) {
        if self.text.is_empty() {
            self.text_line = self.line;
        }
        if self.blank && !self.text.is_empty() && !self.text.ends_with(['\n', ' ']) {
            self.text.push(' ');
        }
        self.blank = false;
        self.text.push_str(mark);
    }

    fn newline(&mut self) {
        self.blank = false;
        if self.heading.is_some() {
            self.blank = true;
        } else if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// Ends the block that was being read.
    fn flush(&mut self, kind: Kind) {
        self.blank = false;
        let text = std::mem::take(&mut self.text);
        let is_tight = std::mem::take(&mut self.is_tight);
        let is_list_open = !self.lists.is_empty();
        if std::mem::take(&mut self.in_title) {
            self.document.title = Some(text.trim().to_owned()).filter(|title| !title.is_empty());
            return;
        }
        let heading = self.heading.take();
        let code = self.code.take();
        if !text.chars().any(|c| !c.is_whitespace() && !"`|-¶".contains(c)) {
            return;
        }
        let block = if let Some(language) = code {
            let code = text.strip_prefix('\n').unwrap_or(&text);
            Block::new(Kind::Whole, fenced(code, &language), self.text_line)
        } else if let Some(level) = heading {
            Block::new(Kind::Heading(level), text.trim().trim_end_matches(['¶', '#']).trim_end(), self.text_line)
        } else {
            let mut block = Block::new(kind, text.trim_end(), self.text_line);
            block.is_tight = is_tight;
            block
        };
        self.is_in_list &= is_list_open;
        self.document.blocks.push(block);
    }
}

fn attribute(tag: &StartTag<usize>, name: &str) -> String {
    tag.attributes
        .get(name.as_bytes())
        .map(|value| String::from_utf8_lossy(&value.value.0).to_ascii_lowercase())
        .unwrap_or_default()
}

/// Whether an element is no part of the text: scripts, navigation, the links that copy a heading's address.
fn is_left_out(name: &str, tag: &StartTag<usize>) -> bool {
    const ELEMENTS: [&str; 14] = [
        "script", "style", "nav", "footer", "template", "svg", "noscript", "iframe", "select", "button", "textarea",
        "object", "canvas", "math",
    ];
    if ELEMENTS.contains(&name) {
        return true;
    }
    match attribute(tag, "role").as_str() {
        "navigation" | "search" | "contentinfo" => return true,
        _ => {}
    }
    const CLASSES: [&str; 6] =
        ["headerlink", "sphinxsidebar", "toctree-wrapper", "toc", "table-of-contents", "breadcrumbs"];
    let classes = attribute(tag, "class");
    classes.split_whitespace().any(|class| CLASSES.contains(&class) || class.starts_with("skip-"))
}

fn language_of(tag: &StartTag<usize>) -> Option<String> {
    let class = attribute(tag, "class");
    class
        .split_whitespace()
        .find_map(|class| {
            ["language-", "lang-", "highlight-", "brush:"].iter().find_map(|prefix| class.strip_prefix(prefix))
        })
        .or_else(|| tag.attributes.contains_key("lang".as_bytes()).then_some(""))
        .map(|language| language_name(language).to_owned())
        .filter(|language| !language.is_empty())
        .or_else(|| Some(language_name(&attribute(tag, "lang")).to_owned()).filter(|language| !language.is_empty()))
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "br" | "hr" | "img" | "input" | "link" | "meta" | "area" | "base" | "col" | "embed" | "source" | "wbr"
    )
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "section"
            | "article"
            | "main"
            | "header"
            | "aside"
            | "blockquote"
            | "dl"
            | "dt"
            | "dd"
            | "li"
            | "figure"
            | "figcaption"
            | "details"
            | "summary"
            | "body"
            | "form"
            | "fieldset"
            | "address"
            | "center"
            | "caption"
            | "thead"
            | "tbody"
    )
}

/// Whether a tag within Markdown is HTML's and goes; `<T>` in a sentence about generics stays.
pub(super) fn is_known_tag(tag: &str) -> bool {
    const INLINE: [&str; 33] = [
        "a", "abbr", "b", "big", "br", "center", "cite", "code", "del", "details", "div", "em", "font", "hr", "i",
        "img", "ins", "kbd", "mark", "p", "picture", "q", "s", "samp", "small", "source", "span", "strong", "sub",
        "summary", "sup", "u", "var",
    ];
    let name = tag.trim_start_matches(['<', '/']);
    let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("").to_ascii_lowercase();
    INLINE.contains(&name.as_str())
        || matches!(name.as_str(), "table" | "tr" | "td" | "th" | "thead" | "tbody" | "ul" | "li")
}

/// Whether an `<img>` tag shows a badge.
pub(super) fn is_badge_tag(tag: &str) -> bool {
    tag.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("<img")) && images::is_badge(tag)
}

#[cfg(test)]
mod tests;

//! What each line of a Markdown file belongs to.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::docs::block::{Lines, is_contents_title};
use crate::docs::{html, images};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cover {
    /// No text, or none that is kept.
    Out,
    Prose,
    /// A line of this heading.
    Heading(usize),
    /// A line of this code block or table.
    Whole(usize),
    /// A line of this block of HTML.
    Html(usize),
}

/// The lines of a file, each with what it is part of.
pub(super) struct Scan<'a> {
    pub(super) text: &'a str,
    pub(super) lines: Lines,
    pub(super) cover: Vec<Cover>,
    pub(super) starts_item: Vec<bool>,
    pub(super) headings: Vec<(u8, String)>,
    /// What is replaced within prose, in order.
    pub(super) edits: Vec<(Range<usize>, &'static str)>,
    is_mdx: bool,
    blocks: usize,
    /// Lines before this one are settled.
    settled: usize,
    badges: Vec<bool>,
    words: Vec<bool>,
    heading: Option<OpenHeading>,
    images: usize,
    link: Option<OpenLink>,
    list: Option<OpenList>,
    is_contents: bool,
    /// Whether no `</pre>` is left to look for.
    is_past_code: bool,
}

#[derive(Default)]
struct OpenHeading {
    text: String,
    alternative: String,
}

struct OpenLink {
    range: Range<usize>,
    has_badge: bool,
    has_words: bool,
}

/// A list at the top level that may be a table of contents.
#[derive(Default)]
struct OpenList {
    links: usize,
    has_others: bool,
    leads_away: bool,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str, is_mdx: bool) -> Self {
        let lines = Lines::new(text);
        let count = lines.len();
        let mut scan = Self {
            text,
            lines,
            cover: vec![Cover::Out; count],
            starts_item: vec![false; count],
            headings: Vec::new(),
            edits: Vec::new(),
            is_mdx,
            blocks: 0,
            settled: 0,
            badges: vec![false; count],
            words: vec![false; count],
            heading: None,
            images: 0,
            link: None,
            list: None,
            is_contents: false,
            is_past_code: false,
        };
        scan.run();
        scan
    }

    /// Whether a line has no text but the marks of quotes.
    pub(super) fn is_blank(&self, line: usize) -> bool {
        self.line(line).chars().all(|c| c.is_whitespace() || c == '>')
    }

    fn line(&self, line: usize) -> &'a str {
        &self.text[self.lines.start(line)..self.lines.start(line + 1)]
    }

    fn run(&mut self) {
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS;
        let mut depth = 0_usize;
        for (event, range) in Parser::new_ext(self.text, options).into_offset_iter() {
            match event {
                Event::Start(tag) => {
                    self.start(&tag, range, depth == 0);
                    depth += 1;
                }
                Event::End(tag) => {
                    depth = depth.saturating_sub(1);
                    self.end(tag, range, depth == 0);
                }
                Event::Text(text) | Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                    self.words(&text, &range);
                }
                Event::FootnoteReference(name) => self.words(&name, &range),
                Event::InlineHtml(tag) => self.tag(&tag, range),
                Event::Html(text) => {
                    if depth > 1 && text.starts_with("<!--") {
                        self.edit(range, "");
                    } else {
                        self.words("html", &range);
                    }
                }
                Event::SoftBreak | Event::HardBreak => {
                    if let Some(heading) = &mut self.heading {
                        heading.text.push(' ');
                    }
                }
                Event::Rule | Event::TaskListMarker(_) => {}
            }
        }
        for line in 0..self.cover.len() {
            if self.cover[line] == Cover::Prose
                && ((self.badges[line] && !self.words[line]) || self.is_contents_mark(line))
            {
                self.cover[line] = Cover::Out;
            }
        }
    }

    fn start(&mut self, tag: &Tag<'_>, range: Range<usize>, is_top: bool) {
        if is_top {
            let is_script = self.is_mdx
                && matches!(tag, Tag::Paragraph)
                && self
                    .text
                    .get(range.clone())
                    .is_some_and(|text| text.starts_with("import ") || text.starts_with("export "));
            self.cover(&range, if is_script { Cover::Out } else { Cover::Prose });
        }
        match tag {
            Tag::Heading { .. } if is_top => self.heading = Some(OpenHeading::default()),
            Tag::CodeBlock(_) | Tag::Table(_) => {
                self.blocks += 1;
                self.cover(&range, Cover::Whole(self.blocks));
                if let Some(list) = &mut self.list {
                    list.has_others = true;
                }
            }
            Tag::HtmlBlock if is_top => {
                self.blocks += 1;
                let end = self.html_end(&range);
                self.cover(&(range.start..end), Cover::Html(self.blocks));
                self.settled = self.settled.max(self.lines.at(end.saturating_sub(1)) + 1);
            }
            Tag::Item => {
                let line = self.lines.at(range.start);
                self.starts_item[line] = true;
            }
            Tag::List(_) if is_top => self.list = Some(OpenList::default()),
            Tag::Link { dest_url, .. } => {
                if let Some(list) = &mut self.list {
                    list.links += 1;
                    list.leads_away |= !dest_url.starts_with('#');
                }
                self.link = Some(OpenLink { range, has_badge: false, has_words: false });
            }
            Tag::Image { dest_url, .. } => {
                self.images += 1;
                let is_badge = images::is_badge(dest_url);
                if images::is_embedded(dest_url) {
                    self.edit(range.clone(), "");
                }
                self.image(&range, is_badge || images::is_embedded(dest_url));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>, is_top: bool) {
        match tag {
            TagEnd::Heading(level) if is_top => self.end_heading(level, &range),
            TagEnd::Image => self.images = self.images.saturating_sub(1),
            TagEnd::Link => {
                if let Some(link) = self.link.take()
                    && link.has_badge
                    && !link.has_words
                {
                    for line in self.lines.at(link.range.start)..=self.lines.at(link.range.end.saturating_sub(1)) {
                        self.badges[line] = true;
                    }
                }
            }
            TagEnd::List(_) if is_top => {
                if let Some(list) = self.list.take()
                    && !list.has_others
                    && (self.is_contents && list.links > 0 || list.links > 2 && !list.leads_away)
                {
                    self.cover(&range, Cover::Out);
                }
            }
            _ => {}
        }
    }

    fn end_heading(&mut self, level: HeadingLevel, range: &Range<usize>) {
        let Some(heading) = self.heading.take() else {
            return;
        };
        let text = if heading.text.trim().is_empty() { heading.alternative } else { heading.text };
        let mut title = text.trim();
        // Site generators read an identifier from the end of a heading.
        if let Some(at) = title.rfind("{#").filter(|_| title.ends_with('}')) {
            title = title[..at].trim_end();
        }
        self.is_contents = is_contents_title(title);
        if title.is_empty() {
            self.cover(range, Cover::Out);
        } else {
            self.cover(range, Cover::Heading(self.headings.len()));
            self.headings.push((level as u8, title.to_owned()));
        }
    }

    fn words(&mut self, text: &str, range: &Range<usize>) {
        if let Some(heading) = &mut self.heading {
            if self.images == 0 { &mut heading.text } else { &mut heading.alternative }.push_str(text);
        }
        if self.images > 0 || !text.chars().any(char::is_alphanumeric) {
            return;
        }
        match (&mut self.link, &mut self.list) {
            (Some(link), _) => link.has_words = true,
            (None, Some(list)) => list.has_others = true,
            (None, None) => {}
        }
        self.mark_words(range);
    }

    fn mark_words(&mut self, range: &Range<usize>) {
        for line in self.lines.at(range.start)..=self.lines.at(range.end.saturating_sub(1).max(range.start)) {
            self.words[line] = true;
        }
    }

    fn image(&mut self, range: &Range<usize>, is_badge: bool) {
        if is_badge {
            let line = self.lines.at(range.start);
            self.badges[line] = true;
            if let Some(link) = &mut self.link {
                link.has_badge = true;
            }
        } else {
            self.mark_words(range);
            if let Some(list) = &mut self.list {
                list.has_others = true;
            }
        }
    }

    fn tag(&mut self, tag: &str, range: Range<usize>) {
        if tag.starts_with("<!--") || html::is_known_tag(tag) {
            if html::is_badge_tag(tag) {
                self.image(&range, true);
            }
            self.edit(range, "");
        } else {
            self.words(tag, &range);
        }
    }

    fn edit(&mut self, range: Range<usize>, with: &'static str) {
        if self.edits.last().is_none_or(|(last, _)| last.end <= range.start) {
            self.edits.push((range, with));
        }
    }

    /// Says what lines are part of; blank lines at the end are not.
    fn cover(&mut self, range: &Range<usize>, cover: Cover) {
        let Some(text) = self.text.get(range.clone()) else {
            return;
        };
        let end = range.start + text.trim_end().len();
        if end == range.start {
            return;
        }
        let first = self.lines.at(range.start).max(self.settled);
        for line in first..=self.lines.at(end - 1) {
            self.cover[line] = cover;
        }
    }

    /// Where a block of HTML ends: not within a `<pre>`, even if blank lines in it end the block for Markdown.
    fn html_end(&mut self, range: &Range<usize>) -> usize {
        let Some(text) = self.text.get(range.clone()) else {
            return range.end;
        };
        if self.is_past_code || self.lines.at(range.start) < self.settled {
            return range.end;
        }
        let lower = text.to_ascii_lowercase();
        let Some(open) = lower.rfind("<pre").filter(|open| !lower[*open..].contains("</pre")) else {
            return range.end;
        };
        if lower[..open].rfind("<!--").is_some_and(|comment| !lower[comment..open].contains("-->")) {
            return range.end;
        }
        let rest = &self.text[range.end..];
        let found = rest
            .match_indices("</")
            .find(|(at, _)| rest.get(at + 2..at + 5).is_some_and(|name| name.eq_ignore_ascii_case("pre")));
        match found {
            Some((at, _)) => self.lines.start(self.lines.at(range.end + at) + 1),
            None => {
                self.is_past_code = true;
                range.end
            }
        }
    }

    fn is_contents_mark(&self, line: usize) -> bool {
        let text = self.line(line).trim();
        text.len() <= 12
            && matches!(
                text.to_ascii_lowercase().as_str(),
                "[toc]" | "[[toc]]" | "[[_toc_]]" | "{:toc}" | "* toc" | "- toc"
            )
    }
}

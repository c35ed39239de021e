//! Blocks become chunks: one or more for each section, small neighbours together.

use super::Chunk;
use super::block::{Block, Document, Kind, is_contents_title, number};

/// The size, in characters, that chunks are filled up to.
pub(super) const TARGET: usize = 1500;
/// What no chunk exceeds, unless a single code block or table does.
pub(super) const MAX: usize = 4000;
/// Sections below this are put together with small neighbours.
pub(super) const MIN: usize = 400;
/// Headings beyond this are cut in titles and kept in full in the text.
const MAX_HEADING: usize = 200;

/// Cuts a document into chunks; `name` is the title of what stands under no heading.
pub(super) fn split(document: Document, name: &str) -> Vec<Chunk> {
    let mut outline = Outline::new(document);
    let sections = std::mem::take(&mut outline.sections);
    let mut chunks = Vec::new();
    let mut group: Option<Group> = None;
    for section in sections {
        let small = match section.pieces.as_slice() {
            [] => true,
            [piece] => piece.size < MIN,
            _ => false,
        };
        if let Some(open) = &mut group {
            if small && open.takes(&section, &outline) {
                open.add(section, &outline);
                continue;
            }
            outline.emit(open, name, &mut chunks);
            group = None;
        }
        let next = Group::new(section);
        if small {
            group = Some(next);
        } else {
            outline.emit(&next, name, &mut chunks);
        }
    }
    if let Some(open) = group {
        outline.emit(&open, name, &mut chunks);
    }
    if chunks.is_empty() && !outline.headings.is_empty() {
        let content = outline.headings.iter().map(|heading| heading.title.as_str()).collect::<Vec<_>>().join("\n");
        chunks.extend(
            Some(Chunk { title: name.to_owned(), content, line_start: 1 })
                .filter(|chunk| !chunk.content.trim().is_empty()),
        );
    }
    chunks
}

/// The text under one heading.
struct Section {
    /// The headings above and its own, as indices into the outline.
    path: Vec<usize>,
    pieces: Vec<Piece>,
    line: u32,
}

impl Section {
    fn size(&self) -> usize {
        self.pieces.iter().map(|piece| piece.size).sum()
    }
}

/// Neighbouring blocks that fit into a chunk.
struct Piece {
    text: String,
    size: usize,
    line: u32,
}

struct Heading {
    level: u8,
    title: String,
}

/// The headings of a file and the sections between them.
struct Outline {
    /// Whether one heading stands above all others.
    has_one_top: bool,
    headings: Vec<Heading>,
    sections: Vec<Section>,
}

impl Outline {
    fn new(document: Document) -> Self {
        let tops = document.blocks.iter().filter(|block| block.kind == Kind::Heading(1)).count();
        let mut outline = Self { has_one_top: tops == 1, headings: Vec::new(), sections: Vec::new() };
        let mut path: Vec<usize> = Vec::new();
        if let Some(title) = document.title.filter(|title| tops == 0 && !title.trim().is_empty()) {
            outline.headings.push(Heading { level: 0, title: shortened(&title) });
            path.push(0);
        }
        let mut line = document.blocks.first().map_or(1, |block| block.line);
        let mut body: Vec<Block> = Vec::new();
        let mut is_leaf = false;
        for block in document.blocks {
            let Kind::Heading(level) = block.kind else {
                body.push(block);
                continue;
            };
            let deeper = path.last().is_some_and(|last| outline.headings[*last].level < level);
            outline.close(&path, &mut body, line, is_leaf && !deeper);
            while path.last().is_some_and(|last| outline.headings[*last].level >= level) {
                path.pop();
            }
            let whole = block.text.split_whitespace().collect::<Vec<_>>().join(" ");
            if is_contents_title(&whole) {
                // The list below it is gone; what else follows belongs to the heading above.
                line = block.line;
                is_leaf = false;
                continue;
            }
            let title = shortened(&whole);
            if title.len() < whole.len() {
                body.push(Block::new(Kind::Prose, whole, block.line));
            }
            path.push(outline.headings.len());
            outline.headings.push(Heading { level, title });
            line = block.line;
            is_leaf = true;
        }
        outline.close(&path, &mut body, line, is_leaf);
        outline
    }

    /// Ends the section whose blocks were gathered. One without text is kept if nothing stands below it.
    fn close(&mut self, path: &[usize], body: &mut Vec<Block>, line: u32, keep_empty: bool) {
        let pieces = pack(std::mem::take(body));
        let title = path.last().map_or("", |last| self.headings[*last].title.as_str());
        if !pieces.is_empty() || (keep_empty && !title.is_empty()) {
            self.sections.push(Section { path: path.to_vec(), pieces, line });
        }
    }

    fn title(&self, path: &[usize], name: &str) -> String {
        let titles: Vec<&str> =
            path.iter().map(|at| self.headings[*at].title.as_str()).filter(|title| !title.is_empty()).collect();
        if titles.is_empty() { name.to_owned() } else { titles.join(" > ") }
    }

    fn emit(&self, group: &Group, name: &str, chunks: &mut Vec<Chunk>) {
        let title = self.title(&group.base, name);
        let [first, rest @ ..] = group.sections.as_slice() else {
            return;
        };
        if group.sections.iter().all(|section| section.pieces.is_empty()) {
            // Headings alone say nothing that could be found.
            return;
        }
        if rest.is_empty() {
            for (at, piece) in first.pieces.iter().enumerate() {
                let line_start = if at == 0 { first.line.min(piece.line) } else { piece.line };
                chunks.push(Chunk { title: title.clone(), content: piece.text.clone(), line_start });
            }
            return;
        }
        let mut content = String::new();
        let mut before: &[usize] = &group.base;
        for section in &group.sections {
            for heading in &section.path[common(before, &section.path)..] {
                let Heading { level, title } = &self.headings[*heading];
                separate(&mut content, false);
                content.push_str(&"#".repeat(usize::from(*level).clamp(1, 6)));
                content.push(' ');
                content.push_str(title);
            }
            for piece in &section.pieces {
                separate(&mut content, false);
                content.push_str(&piece.text);
            }
            if section.path.len() >= group.base.len() {
                before = &section.path;
            }
        }
        chunks.push(Chunk { title, content, line_start: first.line });
    }
}

/// Small sections that become one chunk.
struct Group {
    /// The heading path that they have in common.
    base: Vec<usize>,
    /// Whether everything under `base` so far is in here.
    is_complete: bool,
    sections: Vec<Section>,
    size: usize,
}

impl Group {
    fn new(section: Section) -> Self {
        let size = section.size();
        Self { base: section.path.clone(), is_complete: true, sections: vec![section], size }
    }

    /// Whether a section is a neighbour under the same parent and there is room for it.
    fn takes(&self, section: &Section, outline: &Outline) -> bool {
        // A group that stands for its parent already takes a crumb more.
        let is_crumb = self.sections.len() > 1 && self.size < TARGET / 2 && section.size() < MIN / 4;
        if self.size >= MIN && !is_crumb {
            return false;
        }
        let shared = common(&self.base, &section.path);
        if self.base.is_empty() {
            // A few words above the title belong to it.
            let is_title = matches!(section.path.as_slice(), [top] if outline.headings[*top].level <= 1);
            return outline.has_one_top && is_title && self.size < MIN / 2;
        }
        shared == self.base.len() || (self.is_complete && shared + 1 == self.base.len() && shared > 0)
    }

    fn add(&mut self, section: Section, outline: &Outline) {
        if self.base.is_empty() {
            self.base.clone_from(&section.path);
        }
        let shared = common(&self.base, &section.path);
        if shared < self.base.len() {
            self.base.truncate(shared);
            // The parent's own text came earlier: what follows the parent is no neighbour of this group.
            self.is_complete = false;
        }
        let headings = section.path[shared..].iter().map(|at| outline.headings[*at].title.len() + 8).sum::<usize>();
        self.size += section.size() + headings;
        self.sections.push(section);
    }
}

fn common(left: &[usize], right: &[usize]) -> usize {
    left.iter().zip(right).take_while(|(left, right)| left == right).count()
}

fn shortened(title: &str) -> String {
    match title.char_indices().nth(MAX_HEADING) {
        Some((end, _)) => title[..end].trim_end().to_owned() + "…",
        None => title.trim().to_owned(),
    }
}

fn separate(text: &mut String, is_tight: bool) {
    if !text.is_empty() {
        text.push_str(if is_tight { "\n" } else { "\n\n" });
    }
}

/// Puts the blocks of a section together up to the target size.
fn pack(blocks: Vec<Block>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut open: Vec<(Block, usize)> = Vec::new();
    let mut size = 0;
    for block in blocks.into_iter().flat_map(cut) {
        let length = block.text.chars().count();
        let total = size + length + 2;
        if !open.is_empty() && total > TARGET {
            let introduces = open.last().is_some_and(|(last, _)| is_introduction(last));
            let stays = total <= MAX && (size < MIN || (introduces && open.len() == 1));
            if !stays {
                let mut led = Vec::new();
                let mut led_size = length + 2;
                while open.len() > 1 && led.len() < 2 {
                    let Some((last, last_size)) =
                        open.pop_if(|(last, last_size)| is_introduction(last) && led_size + *last_size + 2 <= MAX)
                    else {
                        break;
                    };
                    led_size += last_size + 2;
                    led.push((last, last_size));
                }
                pieces.push(Piece::new(&open));
                open = led;
                open.reverse();
                size = led_size - length - 2;
            }
        }
        size += length + 2;
        open.push((block, length));
    }
    if !open.is_empty() {
        let last = Piece::new(&open);
        let is_tight = open.first().is_some_and(|(block, _)| block.is_tight);
        match pieces.last_mut() {
            Some(before) if last.size < MIN && before.size + last.size + 2 <= TARGET + MIN => {
                separate(&mut before.text, is_tight);
                before.text.push_str(&last.text);
                before.size += last.size + 2;
            }
            _ => pieces.push(last),
        }
    }
    pieces
}

impl Piece {
    fn new(blocks: &[(Block, usize)]) -> Self {
        let mut text = String::new();
        for (block, _) in blocks {
            separate(&mut text, block.is_tight);
            text.push_str(&block.text);
        }
        let line = blocks.first().map_or(1, |(block, _)| block.line);
        Self { size: text.chars().count(), text, line }
    }
}

/// Whether a block leads to the one after it.
fn is_introduction(block: &Block) -> bool {
    block.kind == Kind::Lead || (block.kind == Kind::Prose && block.text.trim_end().ends_with(':'))
}

/// Prose that is too long in parts, everything else as it is.
fn cut(block: Block) -> Vec<Block> {
    if block.kind != Kind::Prose || block.text.len() <= MAX || block.text.chars().count() <= MAX {
        return vec![block];
    }
    let mut parts = Vec::new();
    let mut rest = block.text.as_str();
    let mut line = block.line;
    while !rest.trim().is_empty() {
        let end = cut_at(rest);
        let (part, after) = rest.split_at(end);
        let mut new = Block::new(Kind::Prose, part.trim_end(), line);
        new.is_tight = if parts.is_empty() { block.is_tight } else { true };
        parts.push(new);
        let after_trimmed = after.trim_start_matches(['\n', '\r', ' ']);
        let skipped = &rest[..rest.len() - after_trimmed.len()];
        line = line.saturating_add(number(skipped.matches('\n').count()));
        rest = after_trimmed;
    }
    parts
}

/// Where a text that is too long is cut: after the last sentence that fits, else after the last word, else anywhere.
fn cut_at(text: &str) -> usize {
    let mut sentence = None;
    let mut word = None;
    let mut before = ' ';
    for (count, (at, c)) in text.char_indices().enumerate() {
        if c.is_whitespace() && at > 0 {
            word = Some(at);
            if matches!(before, '.' | '!' | '?') {
                sentence = Some(at);
            }
        }
        if matches!(before, '。' | '！' | '？') {
            sentence = Some(at);
        }
        if (count >= TARGET && word.or(sentence).is_some()) || count >= MAX {
            // A sentence that ends early would leave a crumb.
            return sentence.filter(|end| *end >= TARGET / 3).or(word).or(sentence).unwrap_or(at);
        }
        before = c;
    }
    text.len()
}

#[cfg(test)]
mod tests;

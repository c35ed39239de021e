//! Hits, symbols and references as text.

use std::fmt::Write;

use zen_search::{Certainty, Copy, Excerpt, Hit, Reference, References, ShownSymbol, Symbol, What};

use super::page::{Ink, Page, clean};

/// Lines of documentation that a hit shows.
const DOC_LINES: usize = 2;
/// Columns before everything but the first line.
const INDENT: usize = 3;

/// A hit: what it is, where, its declaration, the first lines of its documentation.
pub(crate) fn hit(hit: &Hit, page: &Page, show_lake: bool) -> String {
    let (kind, name, container, place, declared, doc) = match &hit.what {
        What::Symbol(symbol) => (
            symbol.kind.as_str(),
            symbol.name.as_str(),
            symbol.container.as_deref(),
            place(symbol),
            Some(symbol.signature.as_str()),
            symbol.doc.as_deref().unwrap_or_default(),
        ),
        What::Doc(doc) => {
            let place = format!("{}:{}@{} {}", doc.ecosystem, doc.package, doc.version, doc.file);
            ("doc", doc.title.as_str(), None, place, None, doc.content.as_str())
        }
    };
    let mut text = format!("{:>2} ", hit.rank);
    head(&mut text, page, kind, name, container);
    let lake = if show_lake { format!("[{}] ", clean(&hit.lake)) } else { String::new() };
    let _ = write!(text, "  {lake}{}  {}", page.ink(Ink::Place, &clean(&place)), score(hit.score, page));
    if let Some(declared) = declared {
        let _ = write!(text, "\n{:INDENT$}{}", "", page.fitted(declared, INDENT));
    }
    for line in doc.lines().map(str::trim).filter(|line| !line.is_empty()).take(DOC_LINES) {
        let _ = write!(text, "\n{:INDENT$}{}", "", page.ink(Ink::Faint, &page.fitted(line, INDENT)));
    }
    if let Some(copies) = copies(hit) {
        let _ = write!(text, "\n{:INDENT$}{}", "", page.ink(Ink::Faint, &page.fitted(&copies, INDENT)));
    }
    text
}

fn score(score: f32, page: &Page) -> String {
    page.ink(Ink::Faint, &format!("{score:.3}"))
}

fn head(text: &mut String, page: &Page, kind: &str, name: &str, container: Option<&str>) {
    let _ = write!(text, "{} {}", page.ink(Ink::Kind, &clean(kind)), page.ink(Ink::Name, &clean(name)));
    if let Some(container) = container {
        let _ = write!(text, " in {}", clean(container));
    }
}

fn place(symbol: &Symbol) -> String {
    let Symbol { ecosystem, package, version, file, line_start, .. } = symbol;
    format!("{ecosystem}:{package}@{version} {file}:{line_start}")
}

/// What else is the same.
fn copies(hit: &Hit) -> Option<String> {
    let first = hit.copies.first()?;
    let (package, version, file) = match &hit.what {
        What::Symbol(symbol) => (&symbol.package, &symbol.version, &symbol.file),
        What::Doc(doc) => (&doc.package, &doc.version, &doc.file),
    };
    let of = |copy: &Copy| match (copy.package == *package, copy.version == *version) {
        (true, true) if copy.file == *file && copy.lake != hit.lake => format!("lake {}", copy.lake),
        (true, true) => format!("{}{}", copy.file, copy.line.map_or_else(String::new, |line| format!(":{line}"))),
        _ => format!("{}@{}", copy.package, copy.version),
    };
    let rest = match hit.more.saturating_sub(1) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("the same in {}{rest}", of(first)))
}

/// The lines of a file, numbered.
pub(crate) fn excerpt(excerpt: &Excerpt, page: &Page) -> String {
    let last = excerpt.first_line + excerpt.lines.len();
    let width = last.to_string().len();
    let mut text = format!("  {}", page.ink(Ink::Place, &clean(&excerpt.path.display().to_string())));
    for (number, line) in (excerpt.first_line..).zip(&excerpt.lines) {
        let number = page.ink(Ink::Faint, &format!("{number:>width$}"));
        let _ = write!(text, "\n  {number}  {}", page.fitted(line, width + 4));
    }
    if excerpt.left_out > 0 {
        let _ = write!(text, "\n  {:>width$}  … {} more lines", "", excerpt.left_out);
    }
    text
}

/// A symbol that was asked for, with the lake it is in and its source.
pub(crate) fn shown(shown: &ShownSymbol, page: &Page, show_lake: bool) -> String {
    let mut text = super::symbol(&shown.symbol);
    if show_lake {
        let _ = write!(text, "\n  lake {}", clean(&shown.lake));
    }
    if let Some(source) = &shown.source {
        let _ = write!(text, "\n\n{}", excerpt(source, page));
    }
    text
}

/// References in both directions.
pub(crate) fn references(found: &References, page: &Page, show_lake: bool) -> String {
    let mut text = String::new();
    for symbol in &found.symbols {
        head(&mut text, page, &symbol.kind, &symbol.name, symbol.container.as_deref());
        let _ = writeln!(text, "  {}", page.ink(Ink::Place, &clean(&place(symbol))));
    }
    let groups =
        [("referred to by", &found.callers, found.more_callers), ("refers to", &found.callees, found.more_callees)];
    for (title, list, more) in groups {
        if list.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{title}");
        for one in list {
            let _ = writeln!(text, "  {}", reference(one, page, show_lake));
        }
        if more > 0 {
            let _ = writeln!(text, "  … and {more} more (--limit)");
        }
    }
    text.trim_end().to_owned()
}

fn reference(one: &Reference, page: &Page, show_lake: bool) -> String {
    let mut text = String::new();
    match &one.symbol {
        Some(symbol) => head(&mut text, page, &symbol.kind, &symbol.name, symbol.container.as_deref()),
        None => text.push_str(&page.ink(Ink::Name, &clean(&one.written))),
    }
    let lines: Vec<String> = one.lines.iter().map(ToString::to_string).collect();
    let place = format!("{}@{} {}:{}", one.package, one.version, one.file, lines.join(","));
    let lake = if show_lake { format!("[{}] ", clean(&one.lake)) } else { String::new() };
    let _ = write!(text, "  {lake}{}  {}", page.ink(Ink::Place, &clean(&place)), clean(&one.relation));
    let sure = match one.certainty {
        Certainty::Certain => "",
        Certainty::Likely => ", likely",
        Certainty::Possible => ", possible",
    };
    text + &page.ink(Ink::Faint, sure)
}

#[cfg(test)]
mod tests {
    use zen_search::{Copy, Hit, Symbol, What};

    use super::{Page, hit};

    #[test]
    fn a_hit_is_a_few_lines() {
        let symbol = Symbol {
            id: "0".into(),
            ecosystem: "rust".into(),
            package: "tokio".into(),
            version: "1.40.0".into(),
            kind: "method".into(),
            name: "spawn".into(),
            container: Some("Runtime".into()),
            signature: "pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>".into(),
            doc: Some("Spawns a future onto the Tokio runtime.\n\nSecond.\nThird.".into()),
            file: "src/runtime/runtime.rs".into(),
            line_start: 240,
            line_end: 250,
            visibility: "public".into(),
            language: Some("rust".into()),
            is_of_trait: false,
        };
        let copy = |version: &str| Copy {
            lake: "project".into(),
            id: "1".into(),
            package: "tokio".into(),
            version: version.into(),
            file: "src/runtime/runtime.rs".into(),
            line: Some(239),
        };
        let mut found = Hit {
            rank: 1,
            score: 0.5,
            name_fit: None,
            text_score: None,
            similarity: None,
            lake: "project".into(),
            what: What::Symbol(symbol),
            more: 2,
            copies: vec![copy("1.39.0"), copy("1.38.0")],
        };
        assert_eq!(
            hit(&found, &Page::plain(Some(40)), false),
            " 1 method spawn in Runtime  rust:tokio@1.40.0 src/runtime/runtime.rs:240  0.500\n   \
             pub fn spawn<F>(&self, future: F) ->…\n   Spawns a future onto the Tokio runti…\n   Second.\n   \
             the same in tokio@1.39.0 and 1 more"
        );
        found.more = 0;
        found.copies.clear();
        assert!(hit(&found, &Page::plain(None), true).contains("[project] rust:tokio@1.40.0"));
    }
}

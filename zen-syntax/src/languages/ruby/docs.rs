//! YARD's tags, and what RDoc's marks say.

use tree_sitter::Node;

use super::hide;
use crate::comments;
use crate::doc_tags::{Param, Sections, remark, tags, word_first};
use crate::rules::File;
use crate::symbol::{Symbol, SymbolKind};

/// A longer line says nothing about the declaration that it begins with.
const MAX_LINE: usize = 400;

/// The text of a comment. Directives to tools are none; those that stand amid documentation leave nothing.
pub(super) fn text_in(comment: &str) -> Option<String> {
    if let Some(inner) = comment.strip_prefix("=begin") {
        let inner = inner.trim_end();
        return Some(comments::block(inner.strip_suffix("=end").unwrap_or(inner)));
    }
    let text = comments::line(comment, "#")?;
    let bare = text.trim();
    if ["frozen_string_literal:", "encoding:", "-*-", "typed:", "warn_indent:"].iter().any(|d| bare.starts_with(d))
        || comment.starts_with("#!")
    {
        return None;
    }
    let is_directive =
        ["rubocop:", "steep:", "simplecov:", ":startdoc:", ":stopdoc:"].iter().any(|d| bare.starts_with(d))
            || bare == "--"
            || bare == "++"
            || (bare.len() > 2 && bare.bytes().all(|b| matches!(b, b'#' | b'-' | b'=' | b'*')));
    Some(if is_directive { String::new() } else { text.trim_start_matches('#').to_owned() })
}

/// Takes out of the documentation what it says about the symbol.
pub(super) fn describe(node: Node<'_>, file: &File<'_>, symbol: &mut Symbol) {
    if behind(node, file).contains(":nodoc:") {
        hide(symbol);
    }
    let Some(doc) = symbol.doc_comment.as_deref() else { return };
    if doc.contains(":nodoc:") {
        hide(symbol);
    }
    let Some(doc) = symbol.doc_comment.as_deref().filter(|doc| doc.contains('@')) else { return };
    let mut sections = Sections::default();
    for tag in tags(doc) {
        match tag.name.as_str() {
            "param" | "attr" => sections.named("params", param(&tag.text)),
            "option" => {
                let (of, rest) = word_first(&tag.text);
                let mut option = param(rest);
                option.name = format!("{of}[{}]", option.name);
                sections.named("options", option);
            }
            "yieldparam" => sections.named("yields", param(&tag.text)),
            "return" => {
                let (of, text) = bracketed(&tag.text);
                if symbol.return_type.is_none() && matches!(symbol.kind, SymbolKind::Method | SymbolKind::Function) {
                    symbol.return_type = of.map(str::to_owned);
                }
                sections.typed("returns", of.unwrap_or_default(), text);
            }
            "raise" => {
                let (of, text) = bracketed(&tag.text);
                sections.typed("throws", of.unwrap_or_default(), text);
            }
            "example" => sections.text("examples", &tag.text),
            "see" => sections.text("see", &tag.text),
            "since" => sections.text("since", &tag.text),
            "deprecated" => {
                symbol.metadata.insert("deprecated".into(), remark(&tag.text));
            }
            "private" => hide(symbol),
            "api" if tag.text.starts_with("private") => hide(symbol),
            _ => {}
        }
    }
    sections.store(&mut symbol.metadata);
}

/// What stands behind the first line of a declaration.
fn behind<'t>(node: Node<'_>, file: &File<'t>) -> &'t str {
    // Of a whole file on one line, only the beginning is looked at.
    let end = (node.start_byte() + MAX_LINE).min(file.text.len());
    let near = file.text.get(node.start_byte()..end).unwrap_or_default();
    let line = near.lines().next().unwrap_or_default();
    line.find(" #").map_or("", |at| line.get(at..).unwrap_or_default())
}

/// `[String] name text` or `name [String] text`.
fn param(text: &str) -> Param {
    let (of, rest) = bracketed(text);
    let (name, rest) = word_first(rest);
    let (of, rest) = if of.is_none() { bracketed(rest) } else { (of, rest) };
    Param { name: name.to_owned(), of: of.map(str::to_owned), text: rest.trim().to_owned() }
}

/// A type in brackets, and what follows.
fn bracketed(text: &str) -> (Option<&str>, &str) {
    let text = text.trim_start();
    if !text.starts_with('[') {
        return (None, text);
    }
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return (text.get(1..at), text.get(at + 1..).unwrap_or_default().trim_start());
        }
    }
    (None, text)
}

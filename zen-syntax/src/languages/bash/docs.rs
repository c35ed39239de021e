//! Comments above functions: shdoc's tags, and headings as Google's style has them.

use crate::doc_tags::{Param, Sections, remark, tags, type_first, word_first};
use crate::symbol::{Symbol, Visibility};

/// The text of a comment; `#!` and directives to ShellCheck are none, lines of marks leave nothing.
pub(super) fn text_in(comment: &str) -> Option<String> {
    if comment.starts_with("#!") {
        return None;
    }
    let rest = comment.trim_end().strip_prefix('#')?;
    let bare = rest.trim();
    let is_rule = !bare.is_empty() && bare.bytes().all(|b| matches!(b, b'#' | b'-' | b'=' | b'*' | b'~'));
    if is_rule || ["shellcheck ", "vim:", "shfmt:", "bashsupport "].iter().any(|directive| bare.starts_with(directive))
    {
        return Some(String::new());
    }
    let rest = rest.trim_start_matches('#');
    Some(rest.strip_prefix(' ').unwrap_or(rest).to_owned())
}

/// Takes out of the documentation what it says about the symbol.
pub(super) fn describe(symbol: &mut Symbol) {
    let Some(doc) = symbol.doc_comment.as_deref() else { return };
    let mut sections = Sections::default();
    let mut is_internal = false;
    for tag in tags(doc) {
        match tag.name.as_str() {
            // `$1 string text`
            "arg" | "param" => {
                let (name, rest) = word_first(&tag.text);
                let (of, text) = type_first(rest);
                let of = (!of.is_empty()).then(|| of.to_owned());
                sections.named("params", Param { name: name.to_owned(), of, text: text.to_owned() });
            }
            "option" => {
                let (name, text) = match tag.text.split_once("  ") {
                    Some(both) => both,
                    None => word_first(&tag.text),
                };
                sections.named("options", Param { name: name.to_owned(), of: None, text: text.trim().to_owned() });
            }
            // `0 if it went well`
            "exitcode" | "return" => {
                let (of, text) = word_first(&tag.text);
                sections.typed("returns", of, text);
            }
            "set" => {
                let (name, rest) = word_first(&tag.text);
                let (of, text) = type_first(rest);
                let of = (!of.is_empty()).then(|| of.to_owned());
                sections.named("globals", Param { name: name.to_owned(), of, text: text.to_owned() });
            }
            "stdout" | "stderr" => sections.text("outputs", &format!("{}: {}", tag.name, tag.text)),
            "example" => sections.text("examples", &tag.text),
            "see" => sections.text("see", &tag.text),
            "deprecated" => {
                symbol.metadata.insert("deprecated".into(), remark(&tag.text));
            }
            "internal" | "private" => is_internal = true,
            _ => {}
        }
    }
    headings(doc, &mut sections);
    if is_internal && symbol.visibility == Visibility::Public {
        symbol.visibility = Visibility::Internal;
    }
    sections.store(&mut symbol.metadata);
}

/// `Arguments:` with indented lines below.
fn headings(doc: &str, sections: &mut Sections) {
    let mut section = None;
    for line in doc.lines() {
        let is_indented = line.starts_with([' ', '\t']);
        let text = line.trim();
        if !is_indented {
            section = match text {
                "Globals:" => Some("globals"),
                "Arguments:" => Some("params"),
                "Outputs:" => Some("outputs"),
                "Returns:" => Some("returns"),
                _ => None,
            };
        } else if let (Some(section), false) = (section, text.is_empty() || text == "None") {
            match section {
                "globals" => sections.named(section, Param { name: text.to_owned(), ..Param::default() }),
                "outputs" => sections.text(section, text),
                _ => sections.typed(section, "", text),
            }
        }
    }
}

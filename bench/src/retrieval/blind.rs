//! Sources without their documentation, and what that said.

/// The text without comments that document; lines stay where they are. Knows Rust, Python and what comments like
/// JavaScript.
pub(super) fn without_docs(language: &str, text: &str) -> String {
    let mut blind = String::with_capacity(text.len());
    let mut until = None;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let is_doc = match until {
            Some(end) => {
                if trimmed.contains(end) {
                    until = None;
                }
                true
            }
            None if language == "python" => python(trimmed, &mut until),
            None => block(trimmed, &mut until) || (language == "rust" && rust(trimmed)),
        };
        if is_doc {
            blind.push_str(if line.ends_with('\n') { "\n" } else { "" });
        } else {
            blind.push_str(line);
        }
    }
    blind
}

fn rust(line: &str) -> bool {
    let is_comment = line.starts_with("///") && !line.starts_with("////");
    is_comment || ["//!", "#[doc", "#![doc", "doc ="].iter().any(|mark| line.starts_with(mark))
}

fn block(line: &str, until: &mut Option<&'static str>) -> bool {
    let is_doc = line.starts_with("/**") || line.starts_with("/*!");
    if is_doc && !line.contains("*/") {
        *until = Some("*/");
    }
    is_doc
}

/// Texts that stand alone: documentation, whatever they belong to.
fn python(line: &str, until: &mut Option<&'static str>) -> bool {
    let text = line.trim_start_matches(['r', 'R', 'u', 'U', 'b', 'B']);
    for quotes in ["\"\"\"", "'''"] {
        if let Some(rest) = text.strip_prefix(quotes) {
            if !rest.contains(quotes) {
                *until = Some(quotes);
            }
            return true;
        }
    }
    let is_text = text.len() > 1 && text.starts_with('"') && text.ends_with('"') && !text.contains(',');
    is_text || line.starts_with("#:")
}

/// The first sentence of documentation as plain words; `None` where it has less than three.
pub(super) fn first_sentence(doc: &str) -> Option<String> {
    let paragraph = doc.trim().split("\n\n").next().unwrap_or_default();
    let is_prose = |line: &&str| !["@", "# ", ":param", "```"].iter().any(|mark| line.starts_with(mark));
    let lines: Vec<&str> = paragraph.lines().map(str::trim).filter(is_prose).collect();
    let text = without_links(&lines.join(" ").replace('`', ""));
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let sentence = text.get(..end_of_sentence(&text)).unwrap_or_default().trim();
    let words = sentence.split(|letter: char| !letter.is_alphabetic()).filter(|word| word.len() > 1);
    (words.count() >= 3).then(|| sentence.to_owned())
}

/// Where the first sentence ends, without its full stop.
fn end_of_sentence(text: &str) -> usize {
    for (at, _) in text.match_indices(['.', '!', '?', ':']) {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + 1..).unwrap_or_default();
        let is_short = ["e.g", "i.e", "etc", "vs"].iter().any(|short| before.ends_with(short));
        if !is_short && (after.is_empty() || after.starts_with(' ')) {
            return at;
        }
    }
    text.len()
}

/// `[text](place)`, `[text][place]` and `[text]` as their text.
fn without_links(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        plain.push_str(before);
        let (label, after) = link.split_once(']').unwrap_or((link, ""));
        plain.push_str(label);
        let place = [('(', ')'), ('[', ']')].into_iter().find_map(|(open, close)| {
            let (_, after) = after.strip_prefix(open)?.split_once(close)?;
            Some(after)
        });
        rest = place.unwrap_or(after);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::{first_sentence, without_docs};

    #[test]
    fn documentation_goes_and_lines_stay() {
        let text = "//! Crate.\n/// Adds.\nfn add() {\n    // Quick.\n    1 /* one */\n}\n/**\n Long.\n*/\nfn sub() {}";
        let blind = "\n\nfn add() {\n    // Quick.\n    1 /* one */\n}\n\n\n\nfn sub() {}";
        assert_eq!(without_docs("rust", text), blind);
        let text = "def f():\n    \"\"\"Adds.\n\n    More.\"\"\"\n    return \"a\"\n";
        assert_eq!(without_docs("python", text), "def f():\n\n\n\n    return \"a\"\n");
        assert_eq!(without_docs("typescript", "/** Adds. */\nlet a = 1;\n"), "\nlet a = 1;\n");
    }

    #[test]
    fn first_sentences_are_plain() {
        let told = |doc| first_sentence(doc);
        assert_eq!(
            told("Makes a [`Map`](m), e.g. of\ntwo keys. More.").as_deref(),
            Some("Makes a Map, e.g. of two keys")
        );
        assert_eq!(told("Returns the [length][len] of it").as_deref(), Some("Returns the length of it"));
        assert_eq!(told("See [here]. Or there."), None);
        assert_eq!(told(""), None);
    }
}

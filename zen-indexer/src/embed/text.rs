//! The text that stands for a symbol or a piece of documentation when it is embedded.

/// More than the model reads of any text; longer ones only cost time.
const MAX_BYTES: usize = 4096;

/// The text of a symbol: its name, what contains it and where that is, in words, for the model knows words rather than
/// identifiers; how it is declared; and the first paragraph of its documentation.
///
/// `name` is the qualified name, as users would ask for it; `file` is relative to the package's root.
///
/// ```
/// let signature = "pub fn block_on<F>(&self, future: F)";
/// let docs = Some("Runs a future.\n\nMore.");
/// let text = zen_indexer::embed::symbol_text("fn", "Runtime.block_on", "src/runtime/mod.rs", signature, docs);
/// assert_eq!(text, "block on of runtime, fn in runtime\npub fn block_on<F>(&self, future: F)\nRuns a future.");
/// ```
pub fn symbol_text(kind: &str, name: &str, file: &str, signature: &str, docs: Option<&str>) -> String {
    let own = name.rfind(['.', ':', '#']).map_or(0, |at| at + 1);
    let (around, own) = name.split_at_checked(own).filter(|(_, own)| !own.is_empty()).unwrap_or(("", name));
    let [own, around, place] = [own, around, module(file)].map(spoken);
    let mut head = own;
    for (word, what) in [(" of ", &around), (", ", &kind.to_owned()), (" in ", &place)] {
        if !what.is_empty() {
            head.push_str(word);
            head.push_str(what);
        }
    }
    joined([&head, signature.trim(), docs.map_or("", first_paragraph)])
}

/// What a file is called, without what many are called.
fn module(file: &str) -> &str {
    let file = ["src/", "lib/"].iter().find_map(|folder| file.strip_prefix(folder)).unwrap_or(file);
    let start = file.rfind('/').map_or(0, |at| at + 1);
    let stem = file.rfind('.').filter(|at| *at > start).and_then(|at| file.get(..at)).unwrap_or(file);
    let is_common = |name: &str| matches!(name, "mod" | "lib" | "index" | "__init__" | "main");
    match stem.rsplit_once('/') {
        Some((folder, name)) if is_common(name) => folder,
        None if is_common(stem) => "",
        _ => stem,
    }
}

/// The words of identifiers, in lower case: `parseJSON_value` is "parse json value".
fn spoken(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut words = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    for (at, letter) in letters.iter().copied().enumerate() {
        let next = letters.get(at + 1).copied().unwrap_or(' ');
        let begins = letter.is_uppercase() && (!before.is_uppercase() || next.is_lowercase());
        let is_other = letter.is_numeric() != before.is_numeric();
        if (begins || is_other || !letter.is_alphanumeric()) && !words.is_empty() && !words.ends_with(' ') {
            words.push(' ');
        }
        if letter.is_alphanumeric() {
            words.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.truncate(words.trim_end().len());
    words
}

/// The text of a piece of documentation: its title, then its content.
///
/// ```
/// assert_eq!(zen_indexer::embed::chunk_text("Guide > Install", "Run cargo.\n"), "Guide > Install\nRun cargo.");
/// ```
pub fn chunk_text(title: &str, content: &str) -> String {
    joined([title.trim(), content.trim()])
}

/// The parts that are not empty, a line each, cut where the model has long stopped reading.
fn joined<const N: usize>(parts: [&str; N]) -> String {
    let mut text = String::new();
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(clip(part, MAX_BYTES.saturating_sub(text.len())));
    }
    text
}

/// At most `bytes` of a text, whole characters.
pub(super) fn clip(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// What stands before the first empty line.
fn first_paragraph(docs: &str) -> &str {
    let docs = docs.trim_start();
    let mut end = 0;
    for line in docs.split_inclusive('\n') {
        if line.trim().is_empty() {
            break;
        }
        end += line.len();
    }
    docs[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_paragraph_of_docs_is_taken() {
        let docs = "\n  Makes a map.\nIn two lines.\n \t\nNot this.";
        let text = symbol_text("fn", "m::f", "src/lib.rs", "fn f()", Some(docs));
        assert_eq!(text, "f of m, fn\nfn f()\nMakes a map.\nIn two lines.");
        assert_eq!(symbol_text("fn", "m::f", "", "", Some("a\r\n\r\nb")), "f of m, fn\na");
        assert_eq!(symbol_text("const", "A", "a/b.py", "", None), "a, const in a b");
    }

    #[test]
    fn identifiers_are_spoken() {
        assert_eq!(spoken("parseJSON_value"), "parse json value");
        assert_eq!(spoken("HTTPServer2::new"), "http server 2 new");
        assert_eq!(spoken("__init__"), "init");
        assert_eq!(spoken("größeÄndern"), "größe ändern");
        assert_eq!(symbol_text("operator", "==", "", "", None), ", operator");
        assert_eq!(module("src/task/mod.rs"), "task");
        assert_eq!(module("lib/index.js"), "");
        assert_eq!(module("a.b/.c"), "a.b/.c");
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let text = chunk_text("ti", &"ü".repeat(MAX_BYTES));
        assert_eq!(text.len(), MAX_BYTES - 1);
        assert!(text.ends_with('ü'));
        assert_eq!(chunk_text("", " only \n"), "only");
        assert!(chunk_text(&"x".repeat(MAX_BYTES), "y").len() <= MAX_BYTES + 1);
    }
}

//! The text that stands for a symbol or a piece of documentation when it is embedded.

/// More than the model reads of any text; longer ones only cost time.
const MAX_BYTES: usize = 4096;

/// The text of a symbol: what it is and is called, how it is declared, and the first paragraph of its documentation.
///
/// `name` is the qualified name, as users would ask for it.
///
/// ```
/// let text = zen_indexer::embed::symbol_text("fn", "tokio::spawn", "pub fn spawn<F>(future: F)", Some("Spawns.\n\nMore."));
/// assert_eq!(text, "fn tokio::spawn\npub fn spawn<F>(future: F)\nSpawns.");
/// ```
pub fn symbol_text(kind: &str, name: &str, signature: &str, docs: Option<&str>) -> String {
    let head = format!("{kind} {name}");
    joined([&head, signature.trim(), docs.map_or("", first_paragraph)])
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
        let text = symbol_text("fn", "m::f", "fn f()", Some(docs));
        assert_eq!(text, "fn m::f\nfn f()\nMakes a map.\nIn two lines.");
        assert_eq!(symbol_text("fn", "m::f", "", Some("a\r\n\r\nb")), "fn m::f\na");
        assert_eq!(symbol_text("const", "A", "", None), "const A");
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

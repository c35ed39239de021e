//! What holds for every text, in every format.

use proptest::prelude::*;

use super::split::MAX;
use super::{Chunk, Format, chunks};

const FORMATS: [Format; 5] = [Format::Markdown, Format::Rst, Format::Text, Format::Html, Format::AsciiDoc];

fn markup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[a-zé]{1,9}",
        2 => Just(" ".to_owned()),
        2 => Just("\n".to_owned()),
        1 => Just("\n\n".to_owned()),
        1 => Just("    ".to_owned()),
        4 => prop::sample::select(vec![
            "# ", "## ", "```", "~~~", "- ", "1. ", "> ", "|", "---", "===", "...", "::", ".. ", ".. note::", ".. code-block:: x",
            "`", "``", ":ref:`", "<pre>", "</pre>", "<div>", "<h1>", "</h1>", "<!--", "-->", "<li>", "<table>", "<td>", "[a]: ",
            "[", "](", ")", "![", "&amp;", "\\", "\t", "*", "_", "|===", "----", "+++", "title: ", "<script>", "\u{feff}", "\r\n",
            "<pre", "<T>", "[^1]: ", ">>> ", "+--+", "==  ==", "{#", "}", "__", "\0", "data:",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

fn paragraphs() -> impl Strategy<Value = Vec<Vec<String>>> {
    prop::collection::vec(prop::collection::vec("[a-z]{3,12}", 1..900), 1..8)
}

fn check(format: Format, text: &str) {
    for Chunk { title, content, line_start } in chunks(format, "a/b.md", text) {
        assert!(!content.trim().is_empty());
        assert!(!title.is_empty());
        assert!(line_start >= 1 && line_start as usize <= text.lines().count().max(1) + 1, "{line_start}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn no_text_breaks_a_reader(text in any::<String>()) {
        FORMATS.into_iter().for_each(|format| check(format, &text));
    }

    #[test]
    fn no_markup_breaks_a_reader(text in markup()) {
        FORMATS.into_iter().for_each(|format| check(format, &text));
    }

    #[test]
    fn every_word_is_in_one_chunk(paragraphs in paragraphs(), levels in prop::collection::vec(0_u8..4, 12)) {
        let mut count = 0;
        let mut text = String::new();
        for (paragraph, level) in paragraphs.iter().zip(&levels) {
            if *level > 0 {
                text.push_str(&format!("{} Part\n\n", "#".repeat(usize::from(*level))));
            }
            for word in paragraph {
                // Numbered words are told apart.
                text.push_str(&format!("{word}{count}x "));
                count += 1;
                if count % 17 == 0 {
                    text.push_str("end.\n");
                }
            }
            text.push_str("\n\n");
        }
        for format in [Format::Markdown, Format::Rst, Format::Text, Format::AsciiDoc] {
            let chunks = chunks(format, "README", &text);
            for chunk in &chunks {
                prop_assert!(chunk.content.chars().count() <= MAX);
            }
            let all = chunks.iter().map(|chunk| chunk.content.as_str()).collect::<Vec<_>>().join("\n");
            let found: Vec<&str> = all.split_whitespace().filter(|word| word.ends_with('x') && word.contains(|c: char| c.is_ascii_digit())).collect();
            let wanted: Vec<&str> = text.split_whitespace().filter(|word| word.ends_with('x') && word.contains(|c: char| c.is_ascii_digit())).collect();
            prop_assert_eq!(found, wanted);
        }
    }

    #[test]
    fn no_fence_is_torn(blocks in prop::collection::vec(("[a-z ]{0,1200}", 0_usize..300, any::<bool>()), 1..8)) {
        let mut text = String::new();
        for (index, (prose, lines, is_heading)) in blocks.iter().enumerate() {
            if *is_heading {
                text.push_str(&format!("## Part {index}\n\n"));
            }
            text.push_str(&format!("P{index} {prose}\n\n```\nbegin{index}\n{}\nend{index}\n```\n\n", "line of code\n\n".repeat(*lines)));
        }
        let chunks = chunks(Format::Markdown, "README.md", &text);
        for index in 0..blocks.len() {
            let begin = format!("begin{index}\n");
            let chunk = chunks.iter().find(|chunk| chunk.content.contains(&begin)).unwrap();
            let end = format!("\nend{index}\n```");
            prop_assert!(chunk.content.contains(&end));
        }
        for chunk in &chunks {
            prop_assert_eq!(chunk.content.matches("```").count() % 2, 0);
            let fences = chunk.content.matches("begin").count();
            prop_assert!(chunk.content.chars().count() <= MAX || fences == 1, "{}", fences);
        }
    }
}

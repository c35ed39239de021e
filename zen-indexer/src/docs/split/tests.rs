use super::*;

fn prose(text: &str) -> Block {
    Block::new(Kind::Prose, text, 1)
}

fn heading(level: u8, text: &str) -> Block {
    Block::new(Kind::Heading(level), text, 1)
}

fn titles(blocks: Vec<Block>) -> Vec<String> {
    split(Document { title: None, blocks }, "file").into_iter().map(|chunk| chunk.title).collect()
}

#[test]
fn small_neighbours_join_under_their_parent() {
    let long = "word ".repeat(120);
    let got = titles(vec![
        heading(1, "Guide"),
        prose("Short."),
        heading(2, "Install"),
        prose("Run it."),
        heading(2, "Use"),
        prose(&long),
        heading(2, "One"),
        prose("a"),
        heading(2, "Two"),
        prose("b"),
    ]);
    assert_eq!(got, ["Guide", "Guide > Use", "Guide"]);
}

#[test]
fn neighbours_of_different_parents_stay_apart() {
    let got = titles(vec![
        heading(1, "A"),
        heading(2, "X"),
        prose("x"),
        heading(2, "Y"),
        prose("y"),
        heading(1, "B"),
        prose("b"),
    ]);
    assert_eq!(got, ["A", "B"]);
}

#[test]
fn an_introduction_goes_with_its_code() {
    let text = "word ".repeat(200);
    let code = Block::new(Kind::Whole, format!("```\n{}\n```", "x = 1\n".repeat(100)), 9);
    let chunks = split(Document { title: None, blocks: vec![prose(&text), prose("As in:"), code] }, "file");
    assert_eq!(chunks.len(), 2);
    assert!(chunks[1].content.starts_with("As in:\n\n```"));
}

#[test]
fn long_paragraphs_are_cut_at_sentences_then_words() {
    let sentence = format!("{}end. ", "word ".repeat(100));
    let chunks = split(Document { title: None, blocks: vec![prose(&sentence.repeat(20))] }, "file");
    assert!(chunks.len() > 5);
    assert!(chunks.iter().all(|chunk| chunk.content.ends_with("end.") && chunk.content.len() <= MAX));
    let chunks = split(Document { title: None, blocks: vec![prose(&"x".repeat(10_000))] }, "file");
    assert_eq!(chunks.iter().map(|chunk| chunk.content.len()).sum::<usize>(), 10_000);
}

#[test]
fn a_long_heading_is_kept_in_the_text() {
    let long = "word ".repeat(100);
    let chunks = split(Document { title: None, blocks: vec![heading(1, &long), prose("text")] }, "file");
    assert!(chunks[0].title.chars().count() <= MAX_HEADING + 1);
    assert!(chunks[0].content.contains(long.trim()));
}

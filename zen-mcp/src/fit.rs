//! Answers that fit a context window: entries and their texts are cut until they do, and the answer says so.

use schemars::JsonSchema;
use serde::Serialize;

/// Longest text of an answer, in bytes: some 6,000 tokens. The structured answer may have twice as much.
pub(crate) const LONGEST: usize = 24_000;

/// How much of each entry is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What is good to read.
    Full,
    /// What tells one entry from others.
    Brief,
    /// What finds it again.
    Bare,
}

impl Detail {
    /// One of three, by the level.
    pub(crate) fn of<T>(self, full: T, brief: T, bare: T) -> T {
        match self {
            Self::Full => full,
            Self::Brief => brief,
            Self::Bare => bare,
        }
    }
}

/// What a tool answers.
pub(crate) trait Answer: Clone + Serialize + JsonSchema {
    /// What it answers.
    type Request;
    /// How to get at what was cut out of entries.
    const WHOLE: &'static str;

    /// Cuts the texts of all entries.
    fn cut(&mut self, detail: Detail);
    /// Entries there are.
    fn entries(&self) -> usize;
    /// Leaves the first ones.
    fn keep(&mut self, entries: usize);
    /// Remarks for the agent.
    fn notes(&mut self) -> &mut Vec<String>;
    /// The answer as text, notes included.
    fn text(&self, request: &Self::Request) -> String;
}

/// The answer with as much detail as fits, and its text.
pub(crate) fn fit<A: Answer>(answer: &A, request: &A::Request) -> (A, String) {
    for detail in [Detail::Full, Detail::Brief, Detail::Bare] {
        let mut shown = answer.clone();
        shown.cut(detail);
        if detail != Detail::Full {
            shown.notes().push(format!("Entries are shortened, for size. {}", A::WHOLE));
        }
        let text = shown.text(request);
        if excess(&shown, &text) <= 1.0 {
            return (shown, text);
        }
    }
    let mut shown = answer.clone();
    shown.cut(Detail::Bare);
    let (all, mut kept) = (answer.entries(), answer.entries());
    let notes = shown.notes().len();
    loop {
        let text = shown.text(request);
        let excess = excess(&shown, &text);
        if excess <= 1.0 || kept == 0 {
            // Without entries only the question and notes are left, and those are short.
            return (shown, crate::text::cut(&text, LONGEST));
        }
        // Entries differ in size, so this comes near and goes on.
        let fewer = (kept as f64 / excess) as usize;
        kept = fewer.min(kept - 1);
        shown.keep(kept);
        shown.notes().truncate(notes);
        shown.notes().push(format!("Only {kept} of {all} entries fit, shortened. {}", A::WHOLE));
    }
}

/// How many times too large an answer is.
fn excess<A: Answer>(answer: &A, text: &str) -> f64 {
    // What cannot be written as JSON is found when it is sent.
    let structured = serde_json::to_string(answer).map_or(0, |json| json.len());
    (text.len() as f64 / LONGEST as f64).max(structured as f64 / (2 * LONGEST) as f64)
}

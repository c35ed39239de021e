//! What is answered: values that go to agents as they are, and as text. The comments of fields are what agents read in
//! the tools' output schemas.

mod details;
mod docs;
mod indexed;
mod packages;
mod references;
mod rows;
mod symbols;

pub use details::{Source, SymbolDetails, Symbols};
pub use docs::{DocHit, DocHits};
pub use indexed::Indexed;
pub use packages::{Package, Packages};
pub use references::{Reference, References, Side};
pub use rows::{Column, Rows};
pub use symbols::{SymbolHit, SymbolHits};

/// Remarks and where to find more, at the end of a text.
fn foot(text: &mut String, notes: &[String], more: Option<&str>) {
    for line in more.into_iter().chain(notes.iter().map(String::as_str)) {
        text.push_str("\nNote: ");
        text.push_str(&crate::text::one_line(line, 600));
    }
}

/// Notes of a backend, few and short.
fn cut_notes(notes: &mut Vec<String>) {
    notes.truncate(10);
    for note in notes {
        *note = crate::text::one_line(note, 600);
    }
}

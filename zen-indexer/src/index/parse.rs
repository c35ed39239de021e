//! Files to symbols and chunks, on all processors.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use zen_syntax::{FileSymbols, Language, SyntaxError};

use crate::docs::{self, Chunk, Format};
use crate::progress::{Phase, Progress, Stop};
use crate::sources::{FileKind, SourceFile, read_text};

/// What one file gave.
#[derive(Debug)]
pub(super) struct ParsedFile {
    /// Its path below the package's root.
    pub(super) path: String,
    pub(super) content: ParsedContent,
}

/// See [`ParsedFile`].
#[derive(Debug)]
pub(super) enum ParsedContent {
    Code(&'static Language, FileSymbols),
    Docs(Format, Vec<Chunk>),
}

/// A file that gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Its path below the package's root.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// All files, in the order they are given; those that cannot be read or parsed come with the reason.
pub(super) fn parse_files(
    files: &[SourceFile],
    threads: Option<NonZero<usize>>,
    progress: &dyn Progress,
    stop: &Stop,
) -> (Vec<ParsedFile>, Vec<Unread>) {
    progress.begin(Phase::Parse, files.iter().map(|file| file.bytes).sum());
    // Large files first: none of them is begun when the others are done already.
    let mut order: Vec<usize> = (0..files.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(files[*at].bytes));
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    let threads = threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZero::get);
    let work = || {
        while let Some(at) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stop.is_set() {
                return;
            }
            let file = &files[*at];
            let parsed = parse_file(file);
            done.lock().unwrap_or_else(PoisonError::into_inner).insert(*at, parsed);
            progress.advance(Phase::Parse, file.bytes);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(files.len()) {
            scope.spawn(work);
        }
        work();
    });
    progress.end(Phase::Parse);
    let (mut parsed, mut unread) = (Vec::new(), Vec::new());
    for (at, result) in done.into_inner().unwrap_or_else(PoisonError::into_inner) {
        let path = files[at].path.clone();
        match result {
            Ok(content) => parsed.push(ParsedFile { path, content }),
            Err(reason) => unread.push(Unread { path, reason }),
        }
    }
    (parsed, unread)
}

fn parse_file(file: &SourceFile) -> Result<ParsedContent, String> {
    let (text, _) = read_text(&file.absolute).map_err(|error| error.to_string())?;
    match file.kind {
        FileKind::Code(language) => {
            let language = Language::of_file(&file.path, &text).unwrap_or(language);
            let symbols =
                zen_syntax::parse(language, &file.path, &text).map_err(|error: SyntaxError| error.to_string())?;
            Ok(ParsedContent::Code(language, symbols))
        }
        FileKind::Docs => {
            let format = Format::of_path(&file.path).unwrap_or(Format::Text);
            Ok(ParsedContent::Docs(format, docs::chunks(format, &file.path, &text)))
        }
    }
}

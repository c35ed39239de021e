//! The trees of a file, in bounded time.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tree_sitter::{Node, ParseOptions, Parser, Range, Tree};

use crate::error::SyntaxError;
use crate::language::{Compiled, Language};

/// No file of human hands takes this long.
const MAX_PARSE_TIME: Duration = Duration::from_secs(10);

/// Embedded code within embedded code, at most so deep.
const MAX_EMBEDDING: usize = 4;

/// Nobody nests declarations or calls so deep; without a limit, what a node stands in would cost its depth each time.
pub(crate) const MAX_DEPTH: u32 = 256;

/// A file is given up after this many looks at the clock at the least: a machine that slept is not slow.
const MIN_CHECKS: u32 = 1000;

/// When a file is given up.
pub(crate) struct Deadline {
    started: Instant,
    checks: Cell<u32>,
}

impl Deadline {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), checks: Cell::new(0) }
    }

    pub(crate) fn check(&self) -> ControlFlow<()> {
        let checks = self.checks.get().saturating_add(1);
        self.checks.set(checks);
        if checks > MIN_CHECKS && self.started.elapsed() > MAX_PARSE_TIME {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    pub(crate) fn result(&self) -> Result<(), SyntaxError> {
        if self.check().is_break() { Err(Self::error()) } else { Ok(()) }
    }

    pub(crate) fn error() -> SyntaxError {
        SyntaxError::TooSlow { seconds: MAX_PARSE_TIME.as_secs() }
    }
}

thread_local! {
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
}

/// The tree of the file, and those of the code embedded in it.
pub(crate) fn trees(
    language: &Language,
    compiled: &Compiled,
    text: &str,
    deadline: &Deadline,
) -> Result<Vec<Tree>, SyntaxError> {
    PARSER.with_borrow_mut(|parser| {
        parser
            .set_language(&compiled.grammar)
            .map_err(|error| SyntaxError::Grammar { language: language.name, reason: error.to_string() })?;
        let readable = language.rules.readable(text);
        let seen = if readable.len() == text.len() { readable.as_ref() } else { text };
        let tree = parse_ranges(parser, seen, &[], deadline).ok_or_else(Deadline::error)?;
        let mut wanted = language.rules.embedded(tree.root_node(), text);
        let mut trees = vec![tree];
        for _ in 0..MAX_EMBEDDING {
            let mut next = Vec::new();
            for range in std::mem::take(&mut wanted) {
                deadline.result()?;
                let Some(tree) = parse_ranges(parser, text, &[range], deadline) else { continue };
                if !tree.root_node().has_error() {
                    next.extend(language.rules.embedded(tree.root_node(), text));
                    trees.push(tree);
                }
            }
            if next.is_empty() {
                break;
            }
            wanted = next;
        }
        Ok(trees)
    })
}

fn parse_ranges(parser: &mut Parser, text: &str, ranges: &[Range], deadline: &Deadline) -> Option<Tree> {
    parser.set_included_ranges(ranges).ok()?;
    let mut check = |_: &tree_sitter::ParseState| deadline.check();
    let bytes = text.as_bytes();
    let mut read = |at: usize, _| bytes.get(at..).unwrap_or_default();
    let tree = parser.parse_with_options(&mut read, None, Some(ParseOptions::new().progress_callback(&mut check)));
    // A parser that was stopped would go on where it was.
    parser.reset();
    tree
}

/// So many nodes are visited between two looks at the clock.
const NODES_PER_CHECK: u32 = 1024;

/// Visits a tree from the top, and what is below a node where `visit` says so. Quicker than a query over all of it, which weighs every pattern at every node.
pub(crate) fn walk<'t>(
    root: Node<'t>,
    deadline: &Deadline,
    mut visit: impl FnMut(Node<'t>) -> bool,
) -> ControlFlow<()> {
    let mut cursor = root.walk();
    let (mut depth, mut visited) = (0, 0_u32);
    loop {
        let descend = visit(cursor.node());
        visited = visited.wrapping_add(1);
        if visited.is_multiple_of(NODES_PER_CHECK) {
            deadline.check()?;
        }
        if descend && depth < MAX_DEPTH && cursor.goto_first_child() {
            depth += 1;
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return ControlFlow::Continue(());
            }
            depth -= 1;
        }
    }
}

//! From a file's text to its symbols and references: the one engine under all languages.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use serde_json::Map;
use streaming_iterator::StreamingIterator;
use tree_sitter::{Node, ParseOptions, Parser, QueryCursor, QueryCursorOptions, Range, Tree};

use crate::error::SyntaxError;
use crate::language::{Compiled, Language};
use crate::nodes::{first_line, last_line};
use crate::rules::{Definition, File, Role, Rules};
use crate::symbol::{Container, FileSymbols, Reference, Relation, Source, Symbol, SymbolKind};

/// Larger files are data or generated; they are not parsed.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// No file of human hands takes this long.
const MAX_PARSE_TIME: Duration = Duration::from_secs(10);

/// Embedded code within embedded code, at most so deep.
const MAX_EMBEDDING: usize = 4;

/// Parses a file and says what it declares and refers to. `path` is where the file stands in its package, with `/` or
/// `\\`: some languages name modules after it. Nothing is read there. Text that is not valid in the language is no error:
/// what the parser does understand is returned, and [`FileSymbols::has_errors`] set.
///
/// # Errors
/// [`SyntaxError::TooLarge`] and [`SyntaxError::TooSlow`].
pub fn parse(language: &Language, path: &str, text: &str) -> Result<FileSymbols, SyntaxError> {
    if text.len() > MAX_FILE_BYTES {
        return Err(SyntaxError::TooLarge { bytes: text.len(), limit: MAX_FILE_BYTES });
    }
    let compiled = language.compiled()?;
    let deadline = &Deadline { started: Instant::now(), checks: Cell::new(0) };
    let trees = trees(language, compiled, text, deadline)?;
    let Some(root) = trees.first().map(Tree::root_node) else { return Ok(FileSymbols::default()) };
    let file = File { path, text, root };
    language.rules.begin();
    let mut found = Found::default();
    for tree in &trees {
        found.collect(compiled, tree.root_node(), text, deadline)?;
    }
    let mut symbols = FileSymbols { has_errors: root.has_error(), ..FileSymbols::default() };
    assemble(language, &file, found, &mut symbols, deadline)?;
    resolve_containers(&mut symbols.symbols, language.separator);
    language.rules.finish(&file, &mut symbols);
    Ok(symbols)
}

/// A file is given up after this many looks at the clock at the least: a machine that slept is not slow.
const MIN_CHECKS: u32 = 1000;

/// When a file is given up.
struct Deadline {
    started: Instant,
    checks: Cell<u32>,
}

impl Deadline {
    fn check(&self) -> ControlFlow<()> {
        let checks = self.checks.get().saturating_add(1);
        self.checks.set(checks);
        if checks > MIN_CHECKS && self.started.elapsed() > MAX_PARSE_TIME {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn result(&self) -> Result<(), SyntaxError> {
        if self.check().is_break() { Err(Self::error()) } else { Ok(()) }
    }

    fn error() -> SyntaxError {
        SyntaxError::TooSlow { seconds: MAX_PARSE_TIME.as_secs() }
    }
}

thread_local! {
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
    static CURSOR: RefCell<QueryCursor> = RefCell::new(QueryCursor::new());
}

/// The tree of the file, and those of the code embedded in it.
fn trees(language: &Language, compiled: &Compiled, text: &str, deadline: &Deadline) -> Result<Vec<Tree>, SyntaxError> {
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

/// Nobody nests declarations or calls so deep; without a limit, what a node stands in would cost its depth each time.
const MAX_DEPTH: u32 = 256;

/// So many nodes are visited between two looks at the clock.
const NODES_PER_CHECK: u32 = 1024;

/// Visits a tree from the top. Quicker than a query over all of it, which weighs every pattern at every node.
fn walk<'t>(root: Node<'t>, deadline: &Deadline, mut visit: impl FnMut(Node<'t>)) -> ControlFlow<()> {
    let mut cursor = root.walk();
    let (mut depth, mut visited) = (0, 0_u32);
    loop {
        visit(cursor.node());
        visited = visited.wrapping_add(1);
        if visited.is_multiple_of(NODES_PER_CHECK) {
            deadline.check()?;
        }
        if depth < MAX_DEPTH && cursor.goto_first_child() {
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

/// What the query found, before it is known what contains what.
#[derive(Default)]
struct Found<'t> {
    definitions: Vec<Definition<'t>>,
    /// Definitions by the node of their name, with the pattern that found them.
    by_name: HashMap<usize, (usize, usize)>,
    scopes: Vec<(Node<'t>, Node<'t>)>,
    references: Vec<RawReference<'t>>,
}

struct RawReference<'t> {
    relation: Relation,
    name: Node<'t>,
    from: Option<Node<'t>>,
}

impl<'t> Found<'t> {
    fn collect(
        &mut self,
        compiled: &Compiled,
        root: Node<'t>,
        text: &'t str,
        deadline: &Deadline,
    ) -> Result<(), SyntaxError> {
        let walked = CURSOR.with_borrow_mut(|cursor| match &compiled.starts {
            Some(starts) => {
                cursor.set_max_start_depth(Some(0));
                walk(root, deadline, |node| {
                    if starts.get(usize::from(node.kind_id())) == Some(&true) {
                        self.collect_at(cursor, compiled, node, text, deadline);
                    }
                })
            }
            None => {
                cursor.set_max_start_depth(Some(MAX_DEPTH));
                self.collect_at(cursor, compiled, root, text, deadline);
                ControlFlow::Continue(())
            }
        });
        if walked.is_break() { Err(Deadline::error()) } else { deadline.result() }
    }

    /// What the query finds from this node on, as far down as the cursor may go.
    fn collect_at(
        &mut self,
        cursor: &mut QueryCursor,
        compiled: &Compiled,
        node: Node<'t>,
        text: &'t str,
        deadline: &Deadline,
    ) {
        let mut check = |_: &tree_sitter::QueryCursorState| deadline.check();
        let options = QueryCursorOptions::new().progress_callback(&mut check);
        let mut matches = cursor.matches_with_options(&compiled.query, node, text.as_bytes(), options);
        while let Some(found) = matches.next() {
            let (mut role, mut name, mut body, mut from) = (None, None, None, None);
            for capture in found.captures() {
                match compiled.captures.role(capture.index) {
                    Role::Name => name = Some(capture.node),
                    Role::Body => body = Some(capture.node),
                    Role::From => from = Some(capture.node),
                    Role::Ignored => {}
                    other => role = Some((other, capture.node)),
                }
            }
            let Some((role, node)) = role else { continue };
            let name = name.unwrap_or(node);
            match role {
                Role::Definition(kind) => {
                    self.define(found.pattern_index, Definition { kind, node, name, body, within: None });
                }
                Role::Reference(relation) => self.references.push(RawReference { relation, name, from }),
                Role::Scope => self.scopes.push((node, name)),
                _ => {}
            }
        }
    }

    /// One name is declared once: by the pattern that comes first in the query.
    fn define(&mut self, pattern: usize, definition: Definition<'t>) {
        let next = self.definitions.len();
        match self.by_name.get_mut(&definition.name.id()) {
            None => {
                self.by_name.insert(definition.name.id(), (pattern, next));
                self.definitions.push(definition);
            }
            Some((known, at)) if pattern < *known => {
                *known = pattern;
                if let Some(place) = self.definitions.get_mut(*at) {
                    *place = definition;
                }
            }
            Some(_) => {}
        }
    }
}

/// Something that declarations can stand in.
struct Level<'t> {
    node: Node<'t>,
    start: usize,
    end: usize,
    path: String,
    symbol: Option<usize>,
    has_methods: bool,
}

enum Item<'t> {
    Definition(Definition<'t>),
    Scope(Node<'t>, Node<'t>),
}

impl Item<'_> {
    fn range(&self) -> (usize, Reverse<usize>) {
        let node = match self {
            Self::Definition(definition) => definition.node,
            Self::Scope(node, _) => *node,
        };
        (node.start_byte(), Reverse(node.end_byte()))
    }
}

fn assemble(
    language: &Language,
    file: &File<'_>,
    found: Found<'_>,
    out: &mut FileSymbols,
    deadline: &Deadline,
) -> Result<(), SyntaxError> {
    let mut items: Vec<Item<'_>> = found.definitions.into_iter().map(Item::Definition).collect();
    items.extend(found.scopes.into_iter().map(|(node, name)| Item::Scope(node, name)));
    // Stable: several names of one declaration stay in their order.
    items.sort_by_key(Item::range);
    let mut levels: Vec<Level<'_>> = Vec::new();
    let mut spans: Vec<(usize, usize, usize)> = Vec::new();
    for item in items {
        deadline.result()?;
        let (start, Reverse(end)) = item.range();
        while levels.last().is_some_and(|level| end > level.end || start >= level.end) {
            levels.pop();
        }
        // Names of one declaration do not contain each other.
        let around = levels.iter().rev().find(|level| (level.start, level.end) != (start, end));
        match item {
            Item::Scope(node, name) => {
                let path = join(around, &language.rules.scope(name, file), language.separator);
                levels.push(Level { node, start, end, path, symbol: None, has_methods: true });
            }
            Item::Definition(mut definition) => {
                definition.within = around.map(|level| level.node);
                if let Some(at) = language.rules.continues(&definition, file, &mut out.symbols) {
                    spans.push((start, end, at));
                    continue;
                }
                let Some(symbol) = describe(language.rules, &definition, around, file) else { continue };
                let path = join(around, &symbol.name, language.separator);
                let at = out.symbols.len();
                let has_methods = symbol.kind.has_methods();
                out.symbols.push(symbol);
                spans.push((start, end, at));
                levels.push(Level { node: definition.node, start, end, path, symbol: Some(at), has_methods });
            }
        }
    }
    attribute(language.rules, file, found.references, &spans, out);
    Ok(())
}

fn join(around: Option<&Level<'_>>, name: &str, separator: &str) -> String {
    match around {
        Some(level) => format!("{}{separator}{name}", level.path),
        None => name.to_owned(),
    }
}

fn describe(
    rules: &dyn Rules,
    definition: &Definition<'_>,
    around: Option<&Level<'_>>,
    file: &File<'_>,
) -> Option<Symbol> {
    let name = rules.name(definition, file).filter(|name| !name.is_empty())?;
    let outer = rules.outer(definition);
    let is_method = definition.kind == SymbolKind::Function && around.is_some_and(|level| level.has_methods);
    let mut symbol = Symbol {
        kind: if is_method { SymbolKind::Method } else { definition.kind },
        name,
        container: around.map(|level| Container { path: level.path.clone(), symbol: level.symbol }),
        signature: rules.signature(definition, file),
        doc_comment: rules.doc(definition, file),
        line_start: first_line(outer),
        line_end: last_line(outer),
        visibility: rules.default_visibility(),
        is_async: false,
        is_unsafe: false,
        return_type: None,
        generics: None,
        attributes: Vec::new(),
        metadata: Map::new(),
    };
    rules.describe(definition, file, &mut symbol).then_some(symbol)
}

/// Gives each reference its source: the innermost symbol around it.
fn attribute(
    rules: &dyn Rules,
    file: &File<'_>,
    mut references: Vec<RawReference<'_>>,
    spans: &[(usize, usize, usize)],
    out: &mut FileSymbols,
) {
    references.sort_by_key(|reference| reference.name.start_byte());
    // Types of this file by name; the first of a name counts.
    let is_asked = references.iter().any(|reference| reference.from.is_some());
    let types: HashMap<&str, usize> = out
        .symbols
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, symbol)| is_asked && is_type(symbol.kind))
        .map(|(at, symbol)| (symbol.name.as_str(), at))
        .collect();
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut next = spans.iter().peekable();
    for raw in references {
        let at = raw.name.start_byte();
        while let Some((start, end, symbol)) = next.next_if(|(start, _, _)| *start <= at) {
            while open.last().is_some_and(|(open_end, _)| open_end <= start) {
                open.pop();
            }
            open.push((*end, *symbol));
        }
        while open.last().is_some_and(|(end, _)| *end <= at) {
            open.pop();
        }
        let Some(to_name) = rules.reference(raw.relation, raw.name, file).filter(|name| !name.is_empty()) else {
            continue;
        };
        let from = match raw.from {
            Some(node) => {
                let name = rules.scope(node, file);
                types.get(name.as_str()).map_or_else(|| Source::Name(name.clone()), |at| Source::Symbol(*at))
            }
            None => open.last().map_or(Source::File, |(_, symbol)| Source::Symbol(*symbol)),
        };
        out.references.push(Reference { from, to_name, relation: raw.relation, line: first_line(raw.name) });
    }
}

/// What scopes without a symbol are about, where that is in the same file: the type of an `impl` block.
fn resolve_containers(symbols: &mut [Symbol], separator: &str) {
    let mut types = HashMap::new();
    for (at, symbol) in symbols.iter().enumerate().filter(|(_, symbol)| is_type(symbol.kind)) {
        let path = match &symbol.container {
            Some(container) => format!("{}{separator}{}", container.path, symbol.name),
            None => symbol.name.clone(),
        };
        types.entry(path).or_insert(at);
    }
    for container in symbols.iter_mut().filter_map(|symbol| symbol.container.as_mut()) {
        if container.symbol.is_none() {
            container.symbol = types.get(&container.path).copied();
        }
    }
}

fn is_type(kind: SymbolKind) -> bool {
    kind.has_methods() || matches!(kind, SymbolKind::TypeAlias | SymbolKind::Module)
}

//! From a file's text to its symbols and references: the one engine under all languages.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::ControlFlow;

use serde_json::Map;
use streaming_iterator::StreamingIterator;
use tree_sitter::{Node, QueryCursor, QueryCursorOptions, Tree};

use crate::error::SyntaxError;
use crate::language::{Compiled, Language};
use crate::nodes::{first_line, last_line};
use crate::rules::{Definition, File, Role, Rules};
use crate::symbol::{Container, FileSymbols, Reference, Relation, Source, Symbol, SymbolKind};
use crate::trees::{Deadline, MAX_DEPTH, trees, walk};

/// Larger files are data or generated; they are not parsed.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

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
    let deadline = &Deadline::new();
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

thread_local! {
    static CURSOR: RefCell<QueryCursor> = RefCell::new(QueryCursor::new());
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
                    let kind = usize::from(node.kind_id());
                    if starts.get(kind) == Some(&true) {
                        self.collect_at(cursor, compiled, node, text, deadline);
                    }
                    compiled.opaque.get(kind) != Some(&true)
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

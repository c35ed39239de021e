//! Goes through the modules in order: attributes are given to what they stand before, clauses become one symbol, and
//! what is defined out of reach goes.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};
use tree_sitter::Node;

use super::{DEFINERS, attributes, heads, keyword};
use crate::nodes::{child, compact, field, first_line, last_line, named};
use crate::regroup::{Fate, regroup};
use crate::rules::File;
use crate::signature::one_line;
use crate::symbol::{FileSymbols, Relation, Symbol, SymbolKind, Visibility};

/// What stands before a definition.
#[derive(Default)]
struct Pending<'t> {
    doc: Option<Node<'t>>,
    hidden: bool,
    typedoc: Option<Node<'t>>,
    facts: Map<String, Value>,
}

/// One module's body, or the top of the file.
struct Body<'t> {
    node: Node<'t>,
    owner: Option<usize>,
}

struct Walk<'a, 't> {
    file: &'a File<'t>,
    found: &'a mut FileSymbols,
    lines: HashMap<u32, Vec<usize>>,
    fates: Vec<Fate>,
    bodies: Vec<Body<'t>>,
    /// Lines of specs and types, whose `calls` are types.
    typed: Vec<(u32, u32)>,
}

/// A spec as it is written, and its result.
type Spec = (String, Option<String>);

/// What one module's functions have in common.
#[derive(Default)]
struct Module {
    specs: HashMap<(String, usize), Vec<Spec>>,
    /// Functions, macros, attributes by name and arity.
    first: HashMap<(String, usize), usize>,
    optional: HashSet<String>,
    enforced: HashSet<String>,
}

pub(super) fn finish(file: &File<'_>, found: &mut FileSymbols) {
    let mut lines: HashMap<u32, Vec<usize>> = HashMap::new();
    for (at, symbol) in found.symbols.iter().enumerate() {
        lines.entry(symbol.line_start).or_default().push(at);
    }
    let fates = vec![Fate::Drop; found.symbols.len()];
    let bodies = vec![Body { node: file.root, owner: None }];
    let mut walk = Walk { file, found, lines, fates, bodies, typed: Vec::new() };
    while let Some(body) = walk.bodies.pop() {
        walk.body(&body);
    }
    let Walk { fates, mut typed, .. } = walk;
    typed.sort_unstable();
    found.references.retain(|reference| {
        let after = typed.partition_point(|(first, _)| *first <= reference.line);
        let is_type =
            after.checked_sub(1).and_then(|at| typed.get(at)).is_some_and(|(_, last)| reference.line <= *last);
        reference.relation != Relation::Calls || !is_type
    });
    regroup(found, &fates);
    hide_contents(&mut found.symbols);
}

/// What an internal module has is internal, but for modules with documentation of their own.
fn hide_contents(symbols: &mut [Symbol]) {
    for at in 0..symbols.len() {
        let container = symbols.get(at).and_then(|symbol| symbol.container.as_ref()?.symbol);
        let is_hidden = container.and_then(|at| symbols.get(at)).is_some_and(|c| c.visibility == Visibility::Internal);
        if let Some(symbol) = symbols.get_mut(at)
            && is_hidden
            && symbol.visibility == Visibility::Public
            && !matches!(symbol.kind, SymbolKind::Module | SymbolKind::Trait)
        {
            symbol.visibility = Visibility::Internal;
        }
    }
}

impl<'t> Walk<'_, 't> {
    fn body(&mut self, body: &Body<'t>) {
        let mut module = Module::default();
        let mut pending = Pending::default();
        for node in named(body.node) {
            match node.kind() {
                "unary_operator" => self.attribute(node, body.owner, &mut pending, &mut module),
                "ERROR" => self.bodies.push(Body { node, owner: body.owner }),
                "call" => self.call(node, body.owner, &mut pending, &mut module),
                _ => {}
            }
        }
        self.give_specs(module);
    }

    fn find(&self, line: u32, is_it: impl Fn(&Symbol) -> bool) -> Option<usize> {
        let at = self.lines.get(&line)?;
        at.iter().copied().find(|at| self.found.symbols.get(*at).is_some_and(&is_it))
    }

    fn symbol(&mut self, at: usize) -> Option<&mut Symbol> {
        self.found.symbols.get_mut(at)
    }

    fn keep(&mut self, at: usize, fate: Fate) {
        if let Some(place) = self.fates.get_mut(at) {
            *place = fate;
        }
    }

    fn call(&mut self, node: Node<'t>, owner: Option<usize>, pending: &mut Pending<'t>, module: &mut Module) {
        let word = keyword(node, self.file);
        match word {
            "defmodule" | "defprotocol" | "defimpl" => {
                let is_module = |symbol: &Symbol| matches!(symbol.kind, SymbolKind::Module | SymbolKind::Trait);
                let at = self.find(first_line(node), is_module);
                if let Some(at) = at {
                    self.keep(at, Fate::Keep);
                }
                *pending = Pending::default();
                if let Some(node) = child(node, "do_block") {
                    self.bodies.push(Body { node, owner: at });
                }
            }
            "defstruct" | "defexception" => {
                let fields = self.fields(node, module);
                let Some(symbol) = owner.and_then(|at| self.symbol(at)) else { return };
                symbol.metadata.insert("fields".into(), fields.into());
                let key = if word == "defstruct" { "is_struct" } else { "is_exception" };
                symbol.metadata.insert(key.into(), true.into());
            }
            "quote" => {}
            _ if DEFINERS.contains(&word) => self.clause(node, pending, module),
            // Definitions within `if Code.ensure_loaded?(X) do`.
            _ => {
                if let Some(node) = child(node, "do_block") {
                    self.bodies.push(Body { node, owner });
                }
            }
        }
    }

    /// One clause of a function: a symbol, or part of an earlier one.
    fn clause(&mut self, node: Node<'t>, pending: &mut Pending<'t>, module: &mut Module) {
        let pending = std::mem::take(pending);
        let head = child(node, "arguments").and_then(|list| named(list).next()).and_then(heads::head);
        let Some(name) = head.and_then(|head| heads::name(head, self.file)) else { return };
        let is_it = |symbol: &Symbol| {
            symbol.name == name && !matches!(symbol.kind, SymbolKind::Module | SymbolKind::Trait | SymbolKind::Const)
        };
        let Some(at) = self.find(first_line(node), is_it) else { return };
        let arity = head.map_or(0, |head| heads::parameters(head).len());
        let first = *module.first.entry((name, arity)).or_insert(at);
        if first == at {
            self.keep(at, Fate::Keep);
        } else {
            self.keep(at, Fate::Into(first));
            let Some(symbol) = self.symbol(first) else { return };
            let clauses = symbol.metadata.get("clauses").and_then(Value::as_u64).unwrap_or(1);
            symbol.metadata.insert("clauses".into(), (clauses + 1).into());
            symbol.line_end = symbol.line_end.max(last_line(node));
        }
        self.give(first, pending);
    }

    /// Gives a symbol what stood before it.
    fn give(&mut self, at: usize, pending: Pending<'t>) {
        let doc = pending.doc.and_then(|node| attributes::text(node, self.file));
        let Some(symbol) = self.symbol(at) else { return };
        if symbol.doc_comment.is_none() {
            symbol.doc_comment = doc;
        }
        let is_unlisted = symbol.name.starts_with('_') && symbol.doc_comment.is_none() && symbol.name != "__using__";
        if (pending.hidden || is_unlisted) && symbol.visibility == Visibility::Public {
            symbol.visibility = Visibility::Internal;
        }
        symbol.metadata.extend(pending.facts);
    }

    fn attribute(&mut self, node: Node<'t>, owner: Option<usize>, pending: &mut Pending<'t>, module: &mut Module) {
        let word = keyword(node, self.file);
        let Some(value) = attributes::value(node) else { return };
        match word {
            "moduledoc" => {
                let text = attributes::text(value, self.file);
                let is_false = self.file.text(value) == "false";
                let mut facts = Map::new();
                self.facts(value, &mut facts);
                let Some(symbol) = owner.and_then(|at| self.symbol(at)) else { return };
                symbol.metadata.extend(facts);
                if text.is_some() {
                    symbol.doc_comment = text;
                }
                if is_false {
                    symbol.visibility = Visibility::Internal;
                }
            }
            "doc" if value.kind() == "keywords" => self.facts(value, &mut pending.facts),
            "doc" => {
                pending.hidden = self.file.text(value) == "false";
                pending.doc = Some(value);
            }
            "typedoc" => pending.typedoc = Some(value),
            "deprecated" => {
                let text = attributes::text(value, self.file).unwrap_or_default();
                pending.facts.insert("deprecated".into(), text.into());
            }
            "impl" => {
                pending.facts.insert("is_impl".into(), (self.file.text(value) != "false").into());
            }
            "spec" => self.spec(node, value, module),
            "behaviour" | "derive" => {
                let names = if value.kind() == "list" { named(value).collect() } else { vec![value] };
                for name in names.into_iter().filter(|name| name.kind() == "alias") {
                    let name = compact(self.file.text(name));
                    if let Some(symbol) = owner.and_then(|at| self.symbol(at)) {
                        let list = symbol.metadata.entry("implements").or_insert_with(|| json!([]));
                        if let Some(list) = list.as_array_mut() {
                            list.push(name.into());
                        }
                    }
                }
            }
            "enforce_keys" => module.enforced.extend(self.atoms(value)),
            "optional_callbacks" => module.optional.extend(self.keys(value)),
            "type" | "typep" | "opaque" | "nominal" | "callback" | "macrocallback" => {
                self.typed.push((first_line(node), last_line(node)));
                let kinds = [SymbolKind::TypeAlias, SymbolKind::Method];
                let Some(at) = self.find(first_line(node), |symbol| kinds.contains(&symbol.kind)) else { return };
                self.keep(at, Fate::Keep);
                let mut mine = std::mem::take(pending);
                if !word.ends_with("callback") {
                    mine = Pending { doc: mine.typedoc, hidden: self.is_false(mine.typedoc), ..Pending::default() };
                }
                let name = self.symbol(at).map(|symbol| (symbol.name.clone(), usize::MAX - at));
                if let Some(name) = name.filter(|_| word.ends_with("callback")) {
                    module.first.insert(name, at);
                }
                self.give(at, mine);
            }
            _ if attributes::is_reserved(word) => {}
            _ => {
                let is_it = |symbol: &Symbol| symbol.kind == SymbolKind::Const && symbol.name.get(1..) == Some(word);
                let Some(at) = self.find(first_line(node), is_it) else { return };
                // Set anew: the first one stands for all. No function has this many parameters.
                let first = *module.first.entry((format!("@{word}"), 0)).or_insert(at);
                self.keep(at, if first == at { Fate::Keep } else { Fate::Into(first) });
            }
        }
    }

    fn is_false(&self, node: Option<Node<'_>>) -> bool {
        node.is_some_and(|node| self.file.text(node) == "false")
    }

    fn spec(&mut self, node: Node<'_>, value: Node<'_>, module: &mut Module) {
        self.typed.push((first_line(node), last_line(node)));
        let Some(head) = heads::head(value) else { return };
        let Some(name) = heads::name(head, self.file) else { return };
        let key = (name, heads::parameters(head).len());
        let text = one_line(self.file.text(value));
        module.specs.entry(key).or_default().push((text, heads::result(value, self.file)));
    }

    /// Specs go to the functions they name, wherever they stand in the module.
    fn give_specs(&mut self, mut module: Module) {
        for ((name, arity), at) in module.first {
            let specs = module.specs.remove(&(name, arity));
            let is_optional = |symbol: &Symbol| module.optional.contains(&symbol.name);
            let Some(symbol) = self.found.symbols.get_mut(at) else { continue };
            if symbol.metadata.contains_key("is_callback") && is_optional(symbol) {
                symbol.metadata.insert("is_optional".into(), true.into());
            }
            let Some(specs) = specs else { continue };
            symbol.return_type = specs.first().and_then(|(_, result)| result.clone());
            let texts: Vec<Value> = specs.into_iter().map(|(text, _)| text.into()).collect();
            symbol.metadata.insert("specs".into(), texts.into());
        }
    }

    /// `@doc since: "1.0", deprecated: "…"`.
    fn facts(&self, keywords: Node<'_>, facts: &mut Map<String, Value>) {
        for pair in named(keywords).filter(|pair| pair.kind() == "pair") {
            let (Some(key), Some(value)) = (field(pair, "key"), field(pair, "value")) else { continue };
            let key = attributes::key_text(key, self.file);
            if matches!(key, "since" | "deprecated" | "group") {
                let text = attributes::text(value, self.file);
                facts.insert(key.into(), text.unwrap_or_else(|| one_line(self.file.text(value))).into());
            }
        }
    }

    /// The fields of a struct: `[:a, b: 1]`, `a: 1` or `~w(a b)a`.
    fn fields(&self, node: Node<'_>, module: &Module) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut add = |name: &str, default: Option<String>| {
            let mut row = json!({"name": name});
            if let Some(default) = default {
                row["default"] = default.into();
            }
            if module.enforced.contains(name) {
                row["required"] = true.into();
            }
            rows.push(row);
        };
        let Some(list) = child(node, "arguments").and_then(|arguments| named(arguments).next()) else { return rows };
        let items = if list.kind() == "list" { named(list).collect() } else { vec![list] };
        for item in items {
            match item.kind() {
                "atom" | "sigil" => self.atoms(item).iter().for_each(|name| add(name, None)),
                "keywords" => {
                    for pair in named(item).filter(|pair| pair.kind() == "pair") {
                        let (Some(key), Some(value)) = (field(pair, "key"), field(pair, "value")) else { continue };
                        add(attributes::key_text(key, self.file), Some(one_line(self.file.text(value))));
                    }
                }
                _ => {}
            }
        }
        rows
    }

    /// The names in `:a`, `[:a, :b]` or `~w(a b)a`.
    fn atoms(&self, node: Node<'_>) -> Vec<String> {
        match node.kind() {
            "atom" => vec![self.file.text(node).trim_start_matches(':').to_owned()],
            "list" => named(node)
                .filter(|one| one.kind() == "atom")
                .map(|one| self.file.text(one).trim_start_matches(':').to_owned())
                .collect(),
            "sigil" => {
                let words = child(node, "quoted_content").map_or("", |words| self.file.text(words));
                words.split_whitespace().map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The names in `a: 1, b: 2`, with or without brackets.
    fn keys(&self, node: Node<'_>) -> Vec<String> {
        let lists = if node.kind() == "list" { named(node).collect() } else { vec![node] };
        let pairs = lists.into_iter().filter(|list| list.kind() == "keywords").flat_map(named);
        let keys = pairs.filter_map(|pair| field(pair, "key"));
        keys.map(|key| attributes::key_text(key, self.file).to_owned()).collect()
    }
}

//! `private`, `protected`, `public`, `module_function` and the like: sections of a body, with names, and in front of
//! declarations. Mixins are noted on the way.

use std::collections::HashMap;

use tree_sitter::Node;

use super::{MAX_WRAPPERS, add, literal, maker, modify};
use crate::nodes::{children, compact, field, first_line, named};
use crate::rules::File;
use crate::symbol::{FileSymbols, Symbol, Visibility};

/// A body that declarations stand in.
struct Body<'t> {
    node: Node<'t>,
    owner: Option<usize>,
    section: Section,
    /// Within `class << self` or `class_methods do`.
    of_class: bool,
}

#[derive(Clone, Copy, Default)]
struct Section {
    visibility: Option<Visibility>,
    module_function: bool,
}

/// Symbols by the line they start on.
struct Lines(HashMap<u32, Vec<usize>>);

impl Lines {
    fn find(&self, symbols: &[Symbol], line: u32, name: &str) -> Option<usize> {
        let at = self.0.get(&line)?;
        at.iter().copied().find(|at| symbols.get(*at).is_some_and(|symbol| symbol.name == name))
    }
}

/// Goes through all bodies, outer ones first.
pub(super) fn apply(file: &File<'_>, symbols: &mut FileSymbols) {
    let mut lines: HashMap<u32, Vec<usize>> = HashMap::new();
    for (at, symbol) in symbols.symbols.iter().enumerate() {
        lines.entry(symbol.line_start).or_default().push(at);
    }
    let lines = Lines(lines);
    let mut bodies = vec![Body { node: file.root, owner: None, section: Section::default(), of_class: false }];
    while let Some(body) = bodies.pop() {
        let mut scope = Scope {
            file,
            lines: &lines,
            symbols: &mut symbols.symbols,
            known: HashMap::new(),
            section: body.section,
            owner: body.owner,
            of_class: body.of_class,
            inner: &mut bodies,
        };
        for statement in named(body.node) {
            scope.statement(statement);
        }
    }
}

struct Scope<'a, 't> {
    file: &'a File<'t>,
    lines: &'a Lines,
    symbols: &'a mut Vec<Symbol>,
    /// Methods and constants of this body.
    known: HashMap<String, usize>,
    section: Section,
    owner: Option<usize>,
    of_class: bool,
    inner: &'a mut Vec<Body<'t>>,
}

impl<'t> Scope<'_, 't> {
    fn statement(&mut self, node: Node<'t>) {
        match node.kind() {
            "identifier" => self.section(self.file.text(node)),
            "method" | "singleton_method" | "alias" => self.method(node, first_line(node)),
            "call" => self.call(node, first_line(node), 0),
            "class" | "module" => {
                let name = field(node, "name").map(|name| compact(self.file.text(name))).unwrap_or_default();
                let owner = self.lines.find(self.symbols, first_line(node), &name);
                self.remember(name, owner);
                self.enter(field(node, "body"), owner, Section::default(), false);
            }
            "singleton_class" => self.enter(field(node, "body"), self.owner, Section::default(), true),
            "assignment" => {
                let Some(left) = field(node, "left") else { return };
                for name in if left.kind() == "left_assignment_list" { named(left).collect() } else { vec![left] } {
                    let text = compact(self.file.text(name));
                    let at = self.lines.find(self.symbols, first_line(node), &text);
                    self.remember(text, at);
                }
                let block = field(node, "right").filter(|right| right.kind() == "call").and_then(|c| field(c, "block"));
                if let Some(body) = block.and_then(|block| field(block, "body")) {
                    let owner = self.lines.find(self.symbols, first_line(node), self.file.text(left));
                    self.enter(Some(body), owner, Section::default(), false);
                }
            }
            "if" | "unless" | "else" | "elsif" | "then" | "begin" | "ensure" | "rescue" | "body_statement" => {
                self.enter(Some(node), self.owner, self.section, self.of_class);
            }
            _ => {}
        }
    }

    fn enter(&mut self, body: Option<Node<'t>>, owner: Option<usize>, section: Section, of_class: bool) {
        if let Some(node) = body {
            self.inner.push(Body { node, owner, section, of_class });
        }
    }

    fn section(&mut self, word: &str) {
        let visibility = match word {
            "private" => Some(Visibility::Private),
            "protected" => Some(Visibility::Protected),
            "public" => None,
            "module_function" => {
                self.section = Section { visibility: None, module_function: true };
                return;
            }
            _ => return,
        };
        self.section = Section { visibility, module_function: false };
    }

    fn remember(&mut self, name: String, at: Option<usize>) {
        if let Some(at) = at {
            self.known.insert(name, at);
        }
    }

    /// A method as the section it stands in makes it. `line` is where its symbol begins.
    fn method(&mut self, node: Node<'t>, line: u32) {
        let Some(name) = field(node, "name") else { return };
        let name = compact(self.file.text(name)).trim_start_matches(':').to_owned();
        self.declared(name, line, node.kind() != "singleton_method");
    }

    fn declared(&mut self, name: String, line: u32, by_section: bool) {
        let Some(at) = self.lines.find(self.symbols, line, &name) else { return };
        let Some(symbol) = self.symbols.get_mut(at) else { return };
        if by_section {
            if let Some(visibility) = self.section.visibility.filter(|_| name != "initialize") {
                symbol.visibility = visibility;
            }
            if self.section.module_function {
                modify(symbol, "module_function");
            }
        }
        if self.of_class {
            modify(symbol, "static");
        }
        self.known.insert(name, at);
    }

    fn call(&mut self, node: Node<'t>, line: u32, depth: usize) {
        let word = maker(node, self.file);
        if let Some(body) = field(node, "block").and_then(|block| field(block, "body")) {
            let of_class = self.of_class || word == "class_methods";
            self.enter(Some(body), self.owner, Section::default(), of_class);
        }
        if field(node, "receiver").is_some() {
            return;
        }
        let Some(arguments) = field(node, "arguments") else {
            return self.section(word);
        };
        let visibility = match word {
            "private" | "private_class_method" | "private_constant" => Visibility::Private,
            "protected" => Visibility::Protected,
            "public" | "public_class_method" | "public_constant" | "module_function" => Visibility::Public,
            "include" | "extend" | "prepend" => return self.mix_in(arguments),
            _ => {
                for argument in named(arguments) {
                    match argument.kind() {
                        // `memoize def x`
                        "method" | "singleton_method" => self.method(argument, line),
                        "simple_symbol" | "string" => {
                            let name = literal(self.file.text(argument)).to_owned();
                            let name = if word.ends_with("_writer") { format!("{name}=") } else { name };
                            self.declared(name, line, true);
                        }
                        _ => {}
                    }
                }
                return;
            }
        };
        for argument in named(arguments) {
            self.change(argument, line, visibility, (word, depth));
        }
    }

    fn mix_in(&mut self, arguments: Node<'t>) {
        let Some(owner) = self.owner.and_then(|at| self.symbols.get_mut(at)) else { return };
        for argument in named(arguments).filter(|a| matches!(a.kind(), "constant" | "scope_resolution")) {
            add(owner, "implements", &compact(self.file.text(argument)));
        }
    }

    /// One argument of `private …`: a declaration, or the name of one.
    fn change(&mut self, argument: Node<'t>, line: u32, visibility: Visibility, (word, depth): (&str, usize)) {
        let mut names = Vec::new();
        match argument.kind() {
            "method" | "singleton_method" => {
                self.method(argument, line);
                names.extend(field(argument, "name").map(|name| compact(self.file.text(name))));
            }
            "call" if depth < MAX_WRAPPERS => {
                self.call(argument, line, depth + 1);
                let list = field(argument, "arguments").into_iter().flat_map(children);
                for inner in list {
                    match inner.kind() {
                        "method" | "singleton_method" => {
                            names.extend(field(inner, "name").map(|n| self.file.text(n).to_owned()));
                        }
                        "simple_symbol" | "string" => names.push(literal(self.file.text(inner)).to_owned()),
                        _ => {}
                    }
                }
            }
            "splat_argument" => {
                let lists = named(argument).filter(|list| list.kind().ends_with("array"));
                names.extend(lists.flat_map(named).map(|one| literal(self.file.text(one)).to_owned()));
            }
            "array" | "symbol_array" | "string_array" => {
                names.extend(named(argument).map(|one| literal(self.file.text(one)).to_owned()));
            }
            _ => names.push(literal(self.file.text(argument)).to_owned()),
        }
        for name in names {
            let Some(symbol) = self.known.get(&name).and_then(|at| self.symbols.get_mut(*at)) else { continue };
            if word == "module_function" {
                modify(symbol, "module_function");
            } else {
                symbol.visibility = visibility;
            }
        }
    }
}

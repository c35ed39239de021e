//! What only the whole file tells: which methods a type has, what it implements, which items are tests.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{attributes, references, wrappers};
use crate::rules::File;
use crate::symbol::{FileSymbols, Reference, Relation, Source, Symbol, SymbolKind, Visibility};

pub(super) fn finish(file: &File<'_>, symbols: &mut FileSymbols) {
    climb(&mut symbols.symbols);
    wrappers::finish(file, &mut symbols.symbols);
    tests(file, &mut symbols.symbols);
    trait_visibility(&mut symbols.symbols);
    methods(&mut symbols.symbols);
    implementations(symbols);
}

/// `impl super::Config` within `mod tests` is about `Config`.
fn climb(symbols: &mut [Symbol]) {
    if !symbols.iter().any(climbs) {
        return;
    }
    let types: HashMap<String, usize> = symbols
        .iter()
        .enumerate()
        .filter(|(_, symbol)| symbol.kind.has_methods())
        .map(|(at, symbol)| match &symbol.container {
            Some(of) => (format!("{}::{}", of.path, symbol.name), at),
            None => (symbol.name.clone(), at),
        })
        .collect();
    for container in symbols.iter_mut().filter(|symbol| climbs(symbol)).filter_map(|symbol| symbol.container.as_mut()) {
        let mut path: Vec<&str> = Vec::new();
        for name in container.path.split("::") {
            if name != "super" || path.pop().is_none() {
                path.push(name);
            }
        }
        container.path = path.join("::");
        container.symbol = container.symbol.or_else(|| types.get(&container.path).copied());
    }
}

fn climbs(symbol: &Symbol) -> bool {
    symbol.container.as_ref().is_some_and(|of| of.path.contains("::super::"))
}

/// What stands in a test module is part of the tests.
fn tests(file: &File<'_>, symbols: &mut [Symbol]) {
    let all = attributes::is_test_file(file.root, file);
    let mut until = 0;
    for symbol in symbols {
        if all || symbol.line_end <= until {
            symbol.metadata.insert("is_test".into(), true.into());
        } else if symbol.kind == SymbolKind::Module && symbol.metadata.contains_key("is_test") {
            until = symbol.line_end;
        }
    }
}

/// What implements a trait of this file is as public as the trait.
fn trait_visibility(symbols: &mut [Symbol]) {
    let traits: HashMap<String, Visibility> = symbols
        .iter()
        .filter(|symbol| symbol.kind == SymbolKind::Trait)
        .map(|symbol| (symbol.name.clone(), symbol.visibility))
        .collect();
    for symbol in symbols.iter_mut().filter(|_| !traits.is_empty()) {
        let name = symbol.metadata.get("trait_name").and_then(Value::as_str).map(references::without_arguments);
        if let Some(visibility) = name.and_then(|name| traits.get(&name)) {
            symbol.visibility = *visibility;
        }
    }
}

/// The methods of a type are listed with it. A trait has its own already, but for those within macro calls.
fn methods(symbols: &mut [Symbol]) {
    let mut methods: HashMap<usize, Vec<Value>> = HashMap::new();
    for symbol in symbols.iter() {
        let of = symbol.container.as_ref().and_then(|container| container.symbol);
        let is_its_own = symbol.kind == SymbolKind::Method && !symbol.metadata.contains_key("trait_name");
        let of = of.filter(|of| {
            let lists = |of: &Symbol| of.kind != SymbolKind::Trait || symbol.metadata.contains_key("in_macro");
            is_its_own && symbols.get(*of).is_some_and(lists)
        });
        if let Some(of) = of {
            methods.entry(of).or_default().push(symbol.name.as_str().into());
        }
    }
    for (of, names) in methods {
        let Some(symbol) = symbols.get_mut(of) else { continue };
        match symbol.metadata.get_mut("methods") {
            Some(Value::Array(known)) => known.extend(names),
            _ => drop(symbol.metadata.insert("methods".into(), names.into())),
        }
    }
}

/// `#[derive]` implements; and what a type implements is listed with it.
fn implementations(file: &mut FileSymbols) {
    for (at, symbol) in file.symbols.iter().enumerate() {
        let derives = symbol.metadata.get("derives").and_then(Value::as_array);
        for name in derives.into_iter().flatten().filter_map(Value::as_str) {
            file.references.push(Reference {
                from: Source::Symbol(at),
                to_name: references::without_arguments(name),
                relation: Relation::Implements,
                line: symbol.line_start,
            });
        }
    }
    file.references.sort_by_key(|reference| reference.line);
    let mut implemented: HashMap<usize, Vec<Value>> = HashMap::new();
    let mut known = HashSet::new();
    for reference in file.references.iter().filter(|reference| reference.relation == Relation::Implements) {
        if let Source::Symbol(at) = reference.from
            && known.insert((at, reference.to_name.as_str()))
        {
            implemented.entry(at).or_default().push(reference.to_name.as_str().into());
        }
    }
    for (at, names) in implemented {
        if let Some(symbol) = file.symbols.get_mut(at).filter(|symbol| symbol.kind != SymbolKind::Module) {
            symbol.metadata.insert("implements".into(), names.into());
        }
    }
}

//! Which symbol of the package a written name means.

use std::collections::HashMap;

use zen_syntax::{Relation, SymbolKind};

/// What is asked of a symbol when names are looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'p> {
    pub(super) name: &'p str,
    pub(super) kind: SymbolKind,
    /// Path of what contains it.
    pub(super) container: Option<&'p str>,
    pub(super) file: usize,
}

/// All symbols of a package by name.
pub(super) struct Names<'p> {
    symbols: Vec<Named<'p>>,
    by_name: HashMap<&'p str, Vec<usize>>,
    /// Names of files without folder and ending: modules, in many languages.
    stems: Vec<&'p str>,
}

/// Where a name was written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) file: usize,
    /// Path of what contains the symbol that refers.
    pub(super) container: Option<&'p str>,
}

impl<'p> Names<'p> {
    pub(super) fn new(symbols: Vec<Named<'p>>, files: impl Iterator<Item = &'p str>) -> Self {
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, symbol) in symbols.iter().enumerate() {
            by_name.entry(symbol.name).or_default().push(at);
        }
        Self { symbols, by_name, stems: files.map(stem).collect() }
    }

    /// The one symbol that the name can mean from there; `None` where there is none, or more than one. A method of a
    /// value whose type is not written (`x.flush()`) is not guessed.
    pub(super) fn resolve(&self, written: &str, relation: Relation, from: Place<'_>) -> Option<usize> {
        let (qualifier, last) = split(written);
        let found = self.by_name.get(last)?;
        let fitting = found.iter().copied().filter(|at| fits(self.symbols[*at].kind, relation));
        match qualifier {
            Some("self" | "Self" | "this" | "cls" | "static" | "$this" | "@") => {
                let own = from.container?;
                self.one(fitting.filter(|at| self.symbols[*at].container == Some(own)), from)
            }
            Some(qualifier) => {
                let of_it = |at: &usize| {
                    let symbol = &self.symbols[*at];
                    match symbol.container {
                        Some(container) => split(container).1 == qualifier,
                        None => self.stems.get(symbol.file).is_some_and(|stem| *stem == qualifier),
                    }
                };
                self.one(fitting.filter(of_it), from)
            }
            None => {
                let free = |at: &usize| {
                    let symbol = &self.symbols[*at];
                    symbol.kind != SymbolKind::Method
                        || (symbol.container.is_some() && symbol.container == from.container)
                };
                self.one(fitting.filter(free), from)
            }
        }
    }

    /// The only candidate, or the only one of the same file.
    fn one(&self, candidates: impl Iterator<Item = usize>, from: Place<'_>) -> Option<usize> {
        let candidates: Vec<usize> = candidates.collect();
        if let [one] = candidates[..] {
            return Some(one);
        }
        let mut near = candidates.into_iter().filter(|at| self.symbols[*at].file == from.file);
        match (near.next(), near.next()) {
            (Some(one), None) => Some(one),
            _ => None,
        }
    }
}

/// The last part of a path, and the one before it.
fn split(written: &str) -> (Option<&str>, &str) {
    let parts = |text: &'_ str| text.rfind(['.', ':', '>', '\\', '/', '#', '!']);
    let written = written.trim_end_matches(['!', '?', '(', ')']);
    let Some(at) = parts(written) else { return (None, written) };
    let last = &written[at + 1..];
    let before = written[..at].trim_end_matches(['.', ':', '-', '\\', '/', '#', '?', '!']);
    let qualifier = parts(before).map_or(before, |at| &before[at + 1..]);
    (Some(qualifier).filter(|qualifier| !qualifier.is_empty()), last)
}

fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    match stem {
        // Modules named after their folder.
        "mod" | "index" | "__init__" | "init" => path.rsplit('/').nth(1).unwrap_or(stem),
        _ => stem,
    }
}

/// Whether a name in this place can mean a symbol of this kind.
fn fits(kind: SymbolKind, relation: Relation) -> bool {
    use SymbolKind::{Class, Enum, Function, Interface, Macro, Method, Module, Struct, Trait, TypeAlias, Union};
    match relation {
        Relation::Calls => matches!(kind, Function | Method | Macro | Class | Struct | Enum | TypeAlias),
        Relation::Implements | Relation::Extends => {
            matches!(kind, Trait | Interface | Class | Struct | Enum | Union | TypeAlias | Module)
        }
        Relation::Imports | Relation::Contains => true,
    }
}

#[cfg(test)]
mod tests {
    use zen_syntax::{Relation, SymbolKind};

    use super::{Named, Names, Place, split};

    #[test]
    fn paths_are_split_in_every_language() {
        assert_eq!(split("HashMap::new"), (Some("HashMap"), "new"));
        assert_eq!(split("std::collections::HashMap"), (Some("collections"), "HashMap"));
        assert_eq!(split("self.flush"), (Some("self"), "flush"));
        assert_eq!(split("$this->flush"), (Some("$this"), "flush"));
        assert_eq!(split("App\\Models\\User"), (Some("Models"), "User"));
        assert_eq!(split("println!"), (None, "println"));
        assert_eq!(split("a"), (None, "a"));
        assert_eq!(split(""), (None, ""));
        assert_eq!(split("::"), (None, ""));
    }

    #[test]
    fn only_what_is_certain_is_resolved() {
        let symbol = |name, kind, container, file| Named { name, kind, container, file };
        let names = Names::new(
            vec![
                symbol("open", SymbolKind::Function, None, 0),
                symbol("open", SymbolKind::Method, Some("File"), 0),
                symbol("open", SymbolKind::Method, Some("Socket"), 1),
                symbol("File", SymbolKind::Struct, None, 0),
                symbol("twice", SymbolKind::Function, None, 0),
                symbol("twice", SymbolKind::Function, None, 1),
            ],
            ["src/file.rs", "src/net/mod.rs"].into_iter(),
        );
        let from = |file, container| Place { file, container };
        let calls = |name, from| names.resolve(name, Relation::Calls, from);
        assert_eq!(calls("open", from(1, None)), Some(0));
        assert_eq!(calls("File::open", from(1, None)), Some(1));
        assert_eq!(calls("self.open", from(1, Some("Socket"))), Some(2));
        assert_eq!(calls("x.open", from(1, None)), None);
        assert_eq!(calls("twice", from(1, None)), Some(5));
        assert_eq!(calls("net::twice", from(0, None)), Some(5));
        assert_eq!(calls("twice", from(2, None)), None);
        assert_eq!(names.resolve("File", Relation::Implements, from(1, None)), Some(3));
        assert_eq!(names.resolve("open", Relation::Extends, from(1, None)), None);
    }
}

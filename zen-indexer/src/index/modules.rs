//! Rust's modules in files of their own: what `mod x;` says of them and what the file says are one symbol.

use std::collections::HashMap;

use serde_json::Value;
use zen_syntax::{Symbol, SymbolKind, Visibility};

use super::parse::{ParsedContent, ParsedFile};

/// Mark of declarations whose module has a symbol in its own file.
const JOINED: &str = "is_joined";

/// Gives modules that are files the visibility and attributes of their declaration, and marks the declarations.
pub(super) fn join(files: &mut [ParsedFile]) {
    let mut modules = HashMap::new();
    for (at, file) in files.iter().enumerate() {
        for (symbol, found) in rust(file).iter().enumerate().filter(|(_, found)| says(found, "is_file")) {
            debug_assert_eq!(found.kind, SymbolKind::Module);
            modules.insert(file.path.clone(), (at, symbol));
        }
    }
    let mut declared = Vec::new();
    for (at, file) in files.iter().enumerate() {
        for (symbol, found) in rust(file).iter().enumerate() {
            if found.container.is_some() || !says(found, "is_declaration") || found.kind != SymbolKind::Module {
                continue;
            }
            let places = places(&file.path, &found.name);
            if let Some(place) = places.iter().find_map(|place| modules.get(place)).copied() {
                declared.push(((at, symbol), place, found.visibility, found.attributes.clone()));
            }
        }
    }
    for (declaration, module, visibility, attributes) in declared {
        if let Some(symbol) = symbol(files, declaration) {
            symbol.metadata.insert(JOINED.into(), true.into());
        }
        if let Some(symbol) = symbol(files, module) {
            take(symbol, visibility, attributes);
        }
    }
}

/// Whether this is a declaration that another symbol stands for.
pub(super) fn is_joined(symbol: &Symbol) -> bool {
    says(symbol, JOINED)
}

fn take(symbol: &mut Symbol, visibility: Visibility, attributes: Vec<String>) {
    symbol.visibility = visibility;
    for attribute in attributes {
        if !symbol.attributes.contains(&attribute) {
            symbol.attributes.push(attribute);
        }
    }
}

fn says(symbol: &Symbol, what: &str) -> bool {
    symbol.metadata.get(what) == Some(&Value::Bool(true))
}

fn rust(file: &ParsedFile) -> &[Symbol] {
    match &file.content {
        ParsedContent::Code(language, symbols) if language.name == "rust" => &symbols.symbols,
        _ => &[],
    }
}

fn symbol(files: &mut [ParsedFile], (file, symbol): (usize, usize)) -> Option<&mut Symbol> {
    match &mut files.get_mut(file)?.content {
        ParsedContent::Code(_, symbols) => symbols.symbols.get_mut(symbol),
        ParsedContent::Docs(..) => None,
    }
}

/// Where the module `name` that this file declares may be (Rust reference, "Module source filenames").
fn places(path: &str, name: &str) -> [String; 2] {
    let (folder, file) = path.rsplit_once('/').map_or(("", path), |(folder, file)| (folder, file));
    let own = match file {
        "lib.rs" | "main.rs" | "mod.rs" => String::new(),
        _ => format!("{}/", file.strip_suffix(".rs").unwrap_or(file)),
    };
    let within = if folder.is_empty() { own } else { format!("{folder}/{own}") };
    [format!("{within}{name}.rs"), format!("{within}{name}/mod.rs")]
}

#[cfg(test)]
mod tests {
    use zen_syntax::{Language, Visibility, parse};

    use super::{is_joined, join, places};
    use crate::index::parse::{ParsedContent, ParsedFile};

    fn file(path: &str, text: &str) -> ParsedFile {
        let language = Language::of_name("rust").unwrap();
        let symbols = parse(language, path, text).unwrap();
        ParsedFile { path: path.into(), content: ParsedContent::Code(language, symbols) }
    }

    #[test]
    fn a_declaration_and_its_file_are_one() {
        let mut files = [
            file("src/lib.rs", "//! The crate.\npub mod net;\nmod hidden;\npub mod elsewhere;\n"),
            file("src/net/mod.rs", "//! Sockets.\npub(crate) mod tcp;\n"),
            file("src/net/tcp.rs", "//! Streams.\n"),
            file("src/hidden.rs", "//! Nobody's.\n"),
        ];
        join(&mut files);
        let symbols = |at: usize| match &files[at].content {
            ParsedContent::Code(_, file) => &file.symbols,
            ParsedContent::Docs(..) => unreachable!(),
        };
        let joined =
            |at: usize| symbols(at).iter().filter(|s| is_joined(s)).map(|s| s.name.as_str()).collect::<Vec<_>>();
        assert_eq!(joined(0), ["net", "hidden"]);
        assert_eq!(joined(1), ["tcp"]);
        let module = |at: usize| (symbols(at)[0].name.clone(), symbols(at)[0].visibility);
        assert_eq!(module(1), ("net".into(), Visibility::Public));
        assert_eq!(module(2), ("tcp".into(), Visibility::Internal));
        assert_eq!(module(3), ("hidden".into(), Visibility::Private));
    }

    #[test]
    fn modules_are_where_rust_looks() {
        assert_eq!(places("src/lib.rs", "a"), ["src/a.rs", "src/a/mod.rs"]);
        assert_eq!(places("src/a.rs", "b"), ["src/a/b.rs", "src/a/b/mod.rs"]);
        assert_eq!(places("a.rs", "b"), ["a/b.rs", "a/b/mod.rs"]);
    }
}

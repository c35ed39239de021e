//! Hand-checked sources: each file in `golden/LANGUAGE/` has a neighbour `*.expected` with what it declares and refers
//! to. After a change of rules, `UPDATE_GOLDEN=1` writes them anew; then the difference is read, line by line.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use zen_syntax::{FileSymbols, Language, Source, Symbol, parse};

/// This crate's folder. Asked for when it runs: clones may share a target folder, and with it what one of them built.
fn here() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into()))
}

#[test]
fn sources_declare_what_is_expected() {
    let mut failures = Vec::new();
    let mut languages: Vec<_> = fs::read_dir(here().join("tests/golden")).unwrap().map(|e| e.unwrap().path()).collect();
    languages.sort();
    for folder in languages {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let language = Language::of_name(name).unwrap_or_else(|| panic!("no language is called {name}"));
        let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
        files.retain(|file| file.extension().is_none_or(|e| e != "expected"));
        files.sort();
        assert!(!files.is_empty(), "{name} has no sources");
        failures.extend(files.iter().filter_map(|file| check(language, file)));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn check(language: &Language, file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).unwrap();
    let path = format!("{}/{}", language.name, file.file_name().unwrap().to_str().unwrap());
    let is = print(&parse(language, &path, &text).unwrap());
    let expected_path = PathBuf::from(format!("{}.expected", file.display()));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&expected_path, &is).unwrap();
        return None;
    }
    let expected = fs::read_to_string(&expected_path).unwrap_or_default();
    if is == expected {
        return None;
    }
    let line = is.lines().zip(expected.lines()).take_while(|(a, b)| a == b).count();
    let of = |text: &str| text.lines().nth(line).unwrap_or("(end)").to_owned();
    Some(format!(
        "{} line {}:\n  is       {}\n  expected {}",
        expected_path.display(),
        line + 1,
        of(&is),
        of(&expected)
    ))
}

/// One block for each symbol, one line for each reference.
fn print(file: &FileSymbols) -> String {
    let mut out = String::new();
    if file.has_errors {
        out.push_str("has errors\n\n");
    }
    for symbol in &file.symbols {
        print_symbol(&mut out, symbol, &file.symbols);
    }
    for reference in &file.references {
        let from = match &reference.from {
            Source::File => "(file)".to_owned(),
            Source::Symbol(at) => file.symbols[*at].name.clone(),
            Source::Name(name) => format!("({name})"),
        };
        let relation = reference.relation.as_str();
        writeln!(out, "{from} {relation} {} @{}", reference.to_name, reference.line).unwrap();
    }
    out
}

fn print_symbol(out: &mut String, symbol: &Symbol, all: &[Symbol]) {
    let container = symbol.container.as_ref().map_or(String::new(), |container| {
        let kind = container.symbol.map_or(String::new(), |at| format!(" ({})", all[at].kind.as_str()));
        format!(" in {}{kind}", container.path)
    });
    let lines = format!("{}-{}", symbol.line_start, symbol.line_end);
    writeln!(out, "{} {}{container} @{lines}", symbol.kind.as_str(), symbol.name).unwrap();
    writeln!(out, "  {}", symbol.signature).unwrap();
    let mut facts = vec![symbol.visibility.as_str().to_owned()];
    facts.extend(symbol.is_async.then(|| "async".into()));
    facts.extend(symbol.is_unsafe.then(|| "unsafe".into()));
    facts.extend(symbol.return_type.as_ref().map(|t| format!("returns {t}")));
    facts.extend(symbol.generics.as_ref().map(|t| format!("generics {t}")));
    writeln!(out, "  {}", facts.join("; ")).unwrap();
    for attribute in &symbol.attributes {
        writeln!(out, "  attribute {attribute}").unwrap();
    }
    for (name, value) in &symbol.metadata {
        writeln!(out, "  {name} = {value}").unwrap();
    }
    for line in symbol.doc_comment.iter().flat_map(|doc| doc.lines()) {
        writeln!(out, "  | {line}").unwrap();
    }
    out.push('\n');
}

#[test]
fn every_language_is_there_and_its_query_fits_its_grammar() {
    assert!(Language::all().len() >= 20);
    for language in Language::all() {
        parse(language, "", "").unwrap_or_else(|error| panic!("{error}"));
    }
}

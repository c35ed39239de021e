//! What files gave, as rows.

use serde_json::Value;
use zen_syntax::{FileSymbols, Language, Reference, Relation, Source, Symbol};

use super::modules;
use super::parse::{ParsedContent, ParsedFile};
use super::resolve::{Named, Names, Place};
use crate::model::{ApiSymbol, DocChunk, SymbolRef, chunk_id, symbol_ids};
use crate::sources::PackageId;

/// Rows of one package version, without embeddings.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) symbols: Vec<ApiSymbol>,
    pub(super) chunks: Vec<DocChunk>,
    pub(super) refs: Vec<SymbolRef>,
}

/// A file's code with the ids of its symbols; tests have none.
struct Code<'p> {
    path: &'p str,
    language: &'static Language,
    file: &'p FileSymbols,
    ids: Vec<Option<String>>,
}

/// Rows of all files. What the language says is a test (`metadata.is_test`) is left out unless it is wanted.
pub(super) fn rows(package: &PackageId, files: &[ParsedFile], with_tests: bool) -> Rows {
    let mut rows = Rows::default();
    let mut ids = symbol_ids(package.ecosystem.as_str(), &package.name, &package.version);
    let mut code = Vec::new();
    for parsed in files {
        match &parsed.content {
            ParsedContent::Docs(format, chunks) => {
                rows.chunks.extend((0..).zip(chunks).map(|(at, chunk)| DocChunk {
                    id: chunk_id(package.ecosystem.as_str(), &package.name, &package.version, &parsed.path, at),
                    ecosystem: package.ecosystem.as_str().into(),
                    package: package.name.clone(),
                    version: package.version.clone(),
                    chunk_index: at,
                    title: chunk.title.clone(),
                    content: chunk.content.clone(),
                    source_file: parsed.path.clone(),
                    format: format.as_str().into(),
                    embedding: None,
                }));
            }
            ParsedContent::Code(language, file) => {
                let wanted = wanted(&file.symbols, with_tests);
                let of = |(symbol, wanted): (&Symbol, bool)| {
                    wanted.then(|| ids.next(&parsed.path, symbol.kind.as_str(), &symbol.name))
                };
                let ids = file.symbols.iter().zip(wanted).map(of).collect();
                code.push(Code { path: &parsed.path, language, file, ids });
            }
        }
    }
    for file in &code {
        let symbols = file.file.symbols.iter().zip(&file.ids);
        rows.symbols.extend(
            symbols.filter_map(|(symbol, id)| Some(api_symbol(package, file.path, file.language, symbol, id.clone()?))),
        );
    }
    rows.refs = refs(package, &code);
    rows
}

/// Which symbols are kept: a test module takes with it what it contains.
fn wanted(symbols: &[Symbol], with_tests: bool) -> Vec<bool> {
    let mut wanted: Vec<bool> = Vec::with_capacity(symbols.len());
    for symbol in symbols {
        let around = symbol.container.as_ref().and_then(|container| container.symbol);
        let is_test = symbol.metadata.get("is_test").is_some_and(|is_test| is_test == &Value::Bool(true));
        let is_within = around.is_some_and(|at| wanted.get(at) == Some(&false));
        wanted.push(!modules::is_joined(symbol) && (with_tests || !(is_test || is_within)));
    }
    wanted
}

fn api_symbol(package: &PackageId, path: &str, language: &Language, symbol: &Symbol, id: String) -> ApiSymbol {
    let mut metadata = serde_json::Map::new();
    metadata.insert("language".into(), language.name.into());
    if let Some(container) = &symbol.container {
        metadata.insert("container".into(), container.path.as_str().into());
    }
    metadata.extend(symbol.metadata.clone());
    ApiSymbol {
        id,
        ecosystem: package.ecosystem.as_str().into(),
        package: package.name.clone(),
        version: package.version.clone(),
        file_path: path.into(),
        kind: symbol.kind.as_str().into(),
        name: symbol.name.clone(),
        signature: symbol.signature.clone(),
        doc_comment: symbol.doc_comment.clone(),
        line_start: line(symbol.line_start),
        line_end: line(symbol.line_end),
        visibility: symbol.visibility.as_str().into(),
        is_async: symbol.is_async,
        is_unsafe: symbol.is_unsafe,
        return_type: symbol.return_type.clone(),
        generics: symbol.generics.clone(),
        attributes: Value::from(symbol.attributes.clone()).to_string(),
        metadata: Value::from(metadata).to_string(),
        embedding: None,
    }
}

fn line(line: u32) -> i32 {
    i32::try_from(line).unwrap_or(i32::MAX)
}

/// References of all files, with what they mean where that is certain.
fn refs(package: &PackageId, code: &[Code<'_>]) -> Vec<SymbolRef> {
    let mut named = Vec::new();
    let mut ids = Vec::new();
    for (at, file) in code.iter().enumerate() {
        for (symbol, id) in file.file.symbols.iter().zip(&file.ids) {
            let Some(id) = id else { continue };
            let container = symbol.container.as_ref().map(|container| container.path.as_str());
            named.push(Named { name: &symbol.name, kind: symbol.kind, container, file: at });
            ids.push(id);
        }
    }
    let names = Names::new(named, code.iter().map(|file| file.path));
    let id_of = |at: usize| ids.get(at).map(|id| (*id).clone());
    let mut rows = Vec::new();
    for (at, file) in code.iter().enumerate() {
        let row = |from_id, to_id, to_name: &str, relation: Relation, line_of| SymbolRef {
            ecosystem: package.ecosystem.as_str().into(),
            package: package.name.clone(),
            version: package.version.clone(),
            from_id,
            to_id,
            to_name: to_name.to_owned(),
            relation: relation.as_str().into(),
            file_path: file.path.to_owned(),
            line: line(line_of),
        };
        for (symbol, id) in file.file.symbols.iter().zip(&file.ids) {
            let around = symbol.container.as_ref().and_then(|container| file.ids.get(container.symbol?)?.clone());
            if let (Some(around), Some(id)) = (around, id) {
                rows.push(row(Some(around), Some(id.clone()), &symbol.name, Relation::Contains, symbol.line_start));
            }
        }
        for reference in &file.file.references {
            let Some((from_id, place)) = from(reference, file, at, &names, &id_of) else { continue };
            let to_id = names.resolve(&reference.to_name, reference.relation, place).and_then(id_of);
            rows.push(row(from_id, to_id, &reference.to_name, reference.relation, reference.line));
        }
    }
    rows
}

/// Who refers, and from where; `None` where that is a test which is left out.
fn from<'p>(
    reference: &'p Reference,
    code: &Code<'p>,
    file: usize,
    names: &Names<'p>,
    id_of: &dyn Fn(usize) -> Option<String>,
) -> Option<(Option<String>, Place<'p>)> {
    match &reference.from {
        Source::File => Some((None, Place { file, container: None })),
        Source::Symbol(at) => {
            let id = code.ids.get(*at)?.clone()?;
            let container = code.file.symbols.get(*at)?.container.as_ref().map(|container| container.path.as_str());
            Some((Some(id), Place { file, container }))
        }
        Source::Name(name) => {
            let place = Place { file, container: None };
            Some((names.resolve(name, Relation::Extends, place).and_then(id_of), place))
        }
    }
}

//! What was found, as the protocol has it.

use zen_mcp::{DocHit, Package, Reference, References, Side, Source, SymbolDetails, SymbolHit};
use zen_search::{Copy, Doc, Hit, ListedPackage, ShownSymbol, Symbol, What};

/// Lines are counted from 1.
fn line(line: i32) -> u32 {
    u32::try_from(line).unwrap_or(1).max(1)
}

fn count(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

fn origin(lake: &str, shows_lakes: bool) -> Option<String> {
    shows_lakes.then(|| lake.to_owned())
}

fn symbol(symbol: Symbol) -> SymbolHit {
    SymbolHit {
        id: symbol.id,
        ecosystem: symbol.ecosystem,
        package: symbol.package,
        version: symbol.version,
        kind: symbol.kind,
        name: symbol.name,
        container: symbol.container,
        signature: symbol.signature,
        file: symbol.file,
        line: line(symbol.line_start),
        end_line: line(symbol.line_end),
        doc: symbol.doc,
        ..SymbolHit::default()
    }
}

pub(super) fn symbol_hit(hit: Hit, shows_lakes: bool) -> Option<SymbolHit> {
    let origin = origin(&hit.lake, shows_lakes);
    let mut also_in: Vec<String> = hit.copies.iter().map(copy).collect();
    if hit.more > also_in.len() {
        also_in.push(format!("{} more", hit.more - also_in.len()));
    }
    match hit.what {
        What::Symbol(found) => Some(SymbolHit { score: Some(f64::from(hit.score)), origin, also_in, ..symbol(found) }),
        What::Doc(_) => None,
    }
}

fn copy(copy: &Copy) -> String {
    let line = copy.line.map_or_else(String::new, |line| format!(":{line}"));
    format!("{}@{} {}{line}", copy.package, copy.version, copy.file)
}

pub(super) fn doc_hit(doc: Doc, hit: &Hit, shows_lakes: bool) -> DocHit {
    DocHit {
        id: doc.id,
        ecosystem: doc.ecosystem,
        package: doc.package,
        version: doc.version,
        title: doc.title,
        content: doc.content,
        file: doc.file,
        chunk: u32::try_from(doc.chunk).unwrap_or(0),
        score: Some(f64::from(hit.score)),
        origin: origin(&hit.lake, shows_lakes),
    }
}

pub(super) fn details(shown: ShownSymbol, shows_lakes: bool) -> SymbolDetails {
    let row = shown.symbol;
    let visibility = Some(row.visibility.clone());
    let return_type = row.return_type.clone();
    let attributes = serde_json::from_str(&row.attributes).unwrap_or_default();
    let source = shown.source.map(|excerpt| {
        let next = excerpt.first_line + excerpt.lines.len();
        Source {
            first_line: u32::try_from(excerpt.first_line).unwrap_or(u32::MAX),
            text: excerpt.lines.join("\n"),
            next_line: (excerpt.left_out > 0).then(|| u32::try_from(next).unwrap_or(u32::MAX)),
        }
    });
    let symbol = SymbolHit { origin: origin(&shown.lake, shows_lakes), ..symbol(Symbol::from(row)) };
    SymbolDetails { symbol, visibility, return_type, attributes, source }
}

pub(super) fn references(found: zen_search::References, most: usize, shows_lakes: bool) -> References {
    let notes = found.unanswered.iter().map(|one| format!("Lake {} was left out: {}.", one.lake, one.reason));
    let mut notes: Vec<String> = notes.collect();
    let is_sure = |one: &zen_search::Reference| one.certainty == zen_search::Certainty::Certain;
    if found.callers.iter().chain(&found.callees).any(|one| !is_sure(one)) {
        notes.push("References without an id are by name only, and may mean another symbol of that name.".into());
    }
    let callers = found.callers.into_iter().map(|one| (Side::Caller, one));
    let callees = found.callees.into_iter().map(|one| (Side::Callee, one));
    let mut references: Vec<Reference> =
        callers.chain(callees).flat_map(|(side, one)| reference(side, one, shows_lakes)).collect();
    let more = references.len() > most || found.more_callers + found.more_callees > 0;
    references.truncate(most);
    References { symbols: found.symbols.into_iter().map(symbol).collect(), references, more, notes }
}

/// One for each line.
fn reference(side: Side, one: zen_search::Reference, shows_lakes: bool) -> Vec<Reference> {
    let certain = one.certainty == zen_search::Certainty::Certain;
    let (name, id) = match (&one.symbol, side) {
        (Some(symbol), _) => {
            let name = match &symbol.container {
                Some(container) => format!("{} in {container}", symbol.name),
                None => symbol.name.clone(),
            };
            // That of a caller is only of use where it is one for certain.
            (Some(name), certain.then(|| symbol.id.clone()))
        }
        (None, Side::Caller) => (None, None),
        (None, Side::Callee) => (Some(one.written.clone()), None),
    };
    let of_line = |at: &i32| Reference {
        side,
        relation: one.relation.clone(),
        name: name.clone(),
        id: id.clone(),
        ecosystem: one.ecosystem.clone(),
        package: one.package.clone(),
        version: one.version.clone(),
        file: one.file.clone(),
        line: line(*at),
        origin: origin(&one.lake, shows_lakes),
    };
    one.lines.iter().map(of_line).collect()
}

pub(super) fn package(listed: ListedPackage, shows_lakes: bool) -> Package {
    let origin = origin(&listed.lake, shows_lakes);
    let package = listed.package;
    Package {
        ecosystem: package.ecosystem,
        name: package.name,
        version: package.version,
        description: package.description,
        license: package.license,
        repo_url: package.repo_url,
        downloads: package.downloads.map(count),
        indexed_at: Some(package.indexed_at),
        files: count(package.file_count),
        symbols: count(package.symbol_count),
        origin,
    }
}

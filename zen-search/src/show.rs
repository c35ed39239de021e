//! Symbols with everything that is known of them, and their source where it is at hand.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::functions::string::expr_fn::{lower, starts_with};
use datafusion::prelude::{Expr, col, lit};
use serde::Serialize;
use zen_indexer::ZenError;
use zen_indexer::model::ApiSymbol;
use zen_indexer::sources::{PackageId, at_hand, read_within};

use crate::error::{Result, SearchError};
use crate::filter::{Filter, Versions};
use crate::hit::Metadata;
use crate::lakes::{Lakes, Moment, OpenLake, Unanswered};
use crate::name::NameQuery;
use crate::packages::Scope;

/// Beginnings of ids that are long enough to be no names.
const ID_DIGITS: usize = 8;
/// Lines of a symbol that are shown at most.
const MAX_LINES: usize = 200;

/// Which symbols are wanted.
#[derive(Debug, Clone)]
pub struct SymbolRequest {
    /// A name, also with what it is in (`HashMap::insert`), an id, or the first 8 digits of one or more.
    pub symbol: String,
    /// What counts. An id names its version.
    pub filter: Filter,
    /// Symbols at most.
    pub limit: usize,
    /// Where to look for the source, and how many lines around the symbol to show of it.
    pub source: Option<SourceRequest>,
}

/// Where to look for source files.
#[derive(Debug, Clone)]
pub struct SourceRequest {
    /// The folder that is looked at, with those above it.
    pub project: PathBuf,
    /// Lines before and after the symbol.
    pub context: usize,
    /// The file's lines from this one on instead, from 1.
    pub from_line: Option<usize>,
}

/// Symbols that were asked for.
#[derive(Debug)]
pub struct Symbols {
    /// The best match first.
    pub symbols: Vec<ShownSymbol>,
    /// How many more there are.
    pub more: usize,
    /// Lakes that did not answer.
    pub unanswered: Vec<Unanswered>,
}

/// A symbol with its source.
#[derive(Debug, Clone, Serialize)]
pub struct ShownSymbol {
    /// The lake it comes from.
    pub lake: String,
    /// The row.
    #[serde(flatten)]
    pub symbol: ApiSymbol,
    /// Its source, if that is on this machine.
    pub source: Option<Excerpt>,
}

/// Lines of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// The file on this machine.
    pub path: PathBuf,
    /// Number of the first line, from 1.
    pub first_line: usize,
    /// The lines.
    pub lines: Vec<String>,
    /// How many lines of the symbol were left out at the end.
    pub left_out: usize,
}

/// Looks symbols up.
pub(crate) async fn show(lakes: &Lakes, request: &SymbolRequest) -> Result<Symbols> {
    let wanted = Arc::new(request.clone());
    let found = lakes.ask(|lake| of_lake(lake, Arc::clone(&wanted))).await?;
    let mut symbols: Vec<ShownSymbol> = Vec::new();
    for (_, of_lake) in found.answers {
        for symbol in of_lake {
            // The same version in two lakes: the first one's.
            if !symbols.iter().any(|other| other.symbol.id == symbol.symbol.id) {
                symbols.push(symbol);
            }
        }
    }
    let name = NameQuery::read(&request.symbol);
    sort(&mut symbols, name.as_ref());
    let more = symbols.len().saturating_sub(request.limit);
    symbols.truncate(request.limit);
    if let Some(source) = &request.source {
        symbols = with_sources(symbols, source.clone()).await?;
    }
    Ok(Symbols { symbols, more, unanswered: found.unanswered })
}

async fn of_lake(lake: Arc<OpenLake>, request: Arc<SymbolRequest>) -> Result<Vec<ShownSymbol>> {
    let moment = lake.now().await?;
    let symbols = symbols(&moment, &request.symbol, &request.filter).await?;
    let of = |symbol| ShownSymbol { lake: moment.lake.name.clone(), symbol, source: None };
    Ok(symbols.into_iter().map(of).collect())
}

/// The symbols of a lake that a text names: without embeddings, those that fit worse left out where some fit whole.
pub(crate) async fn symbols(moment: &Moment, text: &str, filter: &Filter) -> Result<Vec<ApiSymbol>> {
    let text = text.trim();
    let is_id = is_id(text);
    let name = NameQuery::read(text);
    let by_name = name.as_ref().map(|name| lower(col("name")).eq(lit(name.last.to_lowercase())));
    let by_id = is_id.then(|| starts_with(col("id"), lit(text.to_lowercase())));
    let Some(wanted) = any(by_name, by_id) else {
        return Err(SearchError::Request {
            problem: format!("'{text}' is no name of a symbol"),
            hint: Some("`zen search` finds symbols by words".into()),
        });
    };
    let mut filter = filter.clone();
    if is_id && filter.versions == Versions::Newest {
        filter.versions = Versions::All;
    }
    let Scope::Rows(scope) = moment.packages.scope(&filter) else { return Ok(Vec::new()) };
    let conditions = [scope, filter.of_symbols()].into_iter().flatten().fold(wanted, Expr::and);
    let frame = moment.table("api_symbols").await?.filter(conditions)?.drop_columns(&["embedding"])?;
    let mut symbols: Vec<ApiSymbol> = zen_indexer::lake::structs("api_symbols", &frame.collect().await?)?;
    if let Some(name) = &name {
        let whole = |symbol: &ApiSymbol| surroundings(name, symbol) > 0.8;
        if symbols.iter().any(whole) {
            symbols.retain(whole);
        }
    }
    Ok(symbols)
}

/// Whether a text may be an id, or the beginning of one.
pub(crate) fn is_id(text: &str) -> bool {
    let text = text.trim();
    text.len() >= ID_DIGITS && text.chars().all(|c| c.is_ascii_hexdigit())
}

fn any(one: Option<Expr>, other: Option<Expr>) -> Option<Expr> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.or(other)),
        (one, other) => one.or(other),
    }
}

fn surroundings(name: &NameQuery, symbol: &ApiSymbol) -> f32 {
    let container = Metadata::read(&symbol.metadata).container;
    name.surroundings(container.as_deref(), &symbol.file_path, &symbol.package)
}

fn sort(symbols: &mut [ShownSymbol], name: Option<&NameQuery>) {
    symbols.sort_by_cached_key(|shown| {
        let symbol = &shown.symbol;
        let fit = name.and_then(|name| name.fit(&symbol.name));
        let around = name.map_or(0, |name| (surroundings(name, symbol) * 100.0) as i32);
        let place = (symbol.ecosystem.clone(), symbol.package.clone(), symbol.version.clone());
        (fit, Reverse(around), place, symbol.file_path.clone(), symbol.line_start)
    });
}

async fn with_sources(symbols: Vec<ShownSymbol>, wanted: SourceRequest) -> Result<Vec<ShownSymbol>> {
    let read = move || {
        let mut symbols = symbols;
        for shown in &mut symbols {
            shown.source = excerpt(&shown.symbol, &wanted);
        }
        symbols
    };
    let done = tokio::task::spawn_blocking(read).await;
    done.map_err(|error| ZenError::Thread { reason: error.to_string() }.into())
}

/// The lines of a symbol from the first place that has them. A file that has changed since has other lines there, which
/// are not shown.
fn excerpt(symbol: &ApiSymbol, wanted: &SourceRequest) -> Option<Excerpt> {
    let id = format!("{}:{}@{}", symbol.ecosystem, symbol.package, symbol.version).parse::<PackageId>().ok()?;
    at_hand(&id, &wanted.project).iter().find_map(|root| excerpt_of(root, symbol, wanted))
}

fn excerpt_of(root: &Path, symbol: &ApiSymbol, wanted: &SourceRequest) -> Option<Excerpt> {
    let text = read_within(root, &symbol.file_path).ok()?;
    let lines: Vec<&str> = text.lines().collect();
    let line = |number: i32| usize::try_from(number).ok().filter(|number| *number >= 1);
    let start = line(symbol.line_start)?;
    let end = line(symbol.line_end)?.clamp(start, lines.len().max(start));
    let own = lines.get(start - 1..end.min(lines.len()))?;
    let is_its = symbol.kind == "module" || own.iter().any(|line| line.contains(&symbol.name));
    if own.is_empty() || !is_its {
        return None;
    }
    let first = wanted.from_line.unwrap_or_else(|| start.saturating_sub(wanted.context)).max(1);
    let wanted_end = end.saturating_add(wanted.context).max(first).min(lines.len());
    let last = wanted_end.min(first.saturating_add(MAX_LINES + 2 * wanted.context.min(MAX_LINES)));
    let shown = lines.get(first - 1..last).unwrap_or_default();
    let lines = shown.iter().map(|line| (*line).to_owned()).collect();
    Some(Excerpt { path: root.join(&symbol.file_path), first_line: first, lines, left_out: end.saturating_sub(last) })
}

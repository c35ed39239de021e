//! Who refers to a symbol, and what it refers to.

mod judge;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::functions::string::expr_fn::ends_with;
use datafusion::prelude::{Expr, col, lit};
use serde::Serialize;
use zen_indexer::model::{ApiSymbol, SymbolRef};

use crate::error::Result;
use crate::filter::{Filter, Versions};
use crate::hit::{Symbol, SymbolRow};
use crate::lakes::{Lakes, Moment, OpenLake, Unanswered};
use crate::name::NameQuery;
use crate::packages::Scope;
use crate::show::{is_id, symbols};

pub use judge::Certainty;
use judge::judge;

/// References of one name that are looked at, of a lake.
const MAX_ROWS: usize = 50_000;
/// Symbols of one name whose own references are looked at.
const MAX_TARGETS: usize = 500;
/// Lines of one reference that are kept.
const MAX_LINES: usize = 20;

/// Whose references are wanted.
#[derive(Debug, Clone)]
pub struct ReferenceRequest {
    /// A name, also with what it is in (`HashMap::insert`), an id, or the first 8 digits of one or more.
    pub symbol: String,
    /// Who refers to it.
    pub callers: bool,
    /// What it refers to.
    pub callees: bool,
    /// `calls`, `implements`, `extends`, `imports`: one of these; none means all.
    pub relations: Vec<String>,
    /// The packages that refer. An id names its version.
    pub filter: Filter,
    /// References at most, of each direction.
    pub limit: usize,
}

/// References of one symbol, or of all that are called so.
#[derive(Debug, Default, Serialize)]
pub struct References {
    /// The symbols that are meant. There may be none, and still some that refer to one: of a library that is not indexed.
    pub symbols: Vec<Symbol>,
    /// Who refers to them, what is certain first.
    pub callers: Vec<Reference>,
    /// How many more there are.
    pub more_callers: usize,
    /// What they refer to, what is certain first.
    pub callees: Vec<Reference>,
    /// How many more there are.
    pub more_callees: usize,
    /// Lakes that did not answer.
    pub unanswered: Vec<Unanswered>,
}

/// One symbol that refers to another, in one way.
#[derive(Debug, Clone, Serialize)]
pub struct Reference {
    /// The lake it is in.
    pub lake: String,
    /// `calls`, `implements`, `extends` or `imports`.
    pub relation: String,
    /// Whether that is what the name means.
    pub certainty: Certainty,
    /// The name as it is written there.
    pub written: String,
    /// Who refers, or what is referred to; nothing where it is a file outside of every symbol, or of another package.
    pub symbol: Option<Symbol>,
    /// The ecosystem of the package that refers.
    pub ecosystem: String,
    /// The package that refers.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The file with the reference.
    pub file: String,
    /// Its lines, the first ones.
    pub lines: Vec<i32>,
}

/// Looks references up.
pub(crate) async fn references(lakes: &Lakes, request: &ReferenceRequest) -> Result<References> {
    let wanted = Arc::new(request.clone());
    let found = lakes.ask(|lake| of_lake(lake, Arc::clone(&wanted))).await?;
    let mut all = References { unanswered: found.unanswered, ..References::default() };
    for (_, of) in found.answers {
        for symbol in of.symbols {
            if !all.symbols.iter().any(|other| other.id == symbol.id) {
                all.symbols.push(symbol);
            }
        }
        all.callers.extend(of.callers);
        all.callees.extend(of.callees);
        all.more_callers += of.more_callers;
        all.more_callees += of.more_callees;
    }
    for (list, more) in [(&mut all.callers, &mut all.more_callers), (&mut all.callees, &mut all.more_callees)] {
        list.sort_by_key(|reference| reference.certainty);
        *more += list.len().saturating_sub(request.limit);
        list.truncate(request.limit);
    }
    Ok(all)
}

async fn of_lake(lake: Arc<OpenLake>, request: Arc<ReferenceRequest>) -> Result<References> {
    let moment = lake.now().await?;
    let mut filter = request.filter.clone();
    if is_id(&request.symbol) && filter.versions == Versions::Newest {
        filter.versions = Versions::All;
    }
    let declared = Filter {
        ecosystem: filter.ecosystem.clone(),
        versions: match &filter.versions {
            // The version of the package that refers is none of others.
            Versions::Exactly(_) => Versions::Newest,
            versions => versions.clone(),
        },
        ..Filter::default()
    };
    let mut targets = symbols(&moment, &request.symbol, &declared).await?;
    targets.truncate(MAX_TARGETS);
    let (mut callers_of, mut callees_of) = ((Vec::new(), 0), (Vec::new(), 0));
    if let Scope::Rows(scope) = moment.packages.scope(&filter) {
        if request.callers {
            callers_of = callers(&moment, &request, &targets, scope.clone()).await?;
        }
        if request.callees && !targets.is_empty() {
            callees_of = callees(&moment, &request, &targets, scope).await?;
        }
    }
    Ok(References {
        symbols: targets.into_iter().map(Symbol::from).collect(),
        callers: callers_of.0,
        more_callers: callers_of.1,
        callees: callees_of.0,
        more_callees: callees_of.1,
        unanswered: Vec::new(),
    })
}

/// Those that refer to the targets by id, or to one of their names in a way that may mean them.
async fn callers(
    moment: &Moment,
    request: &ReferenceRequest,
    targets: &[ApiSymbol],
    scope: Option<Expr>,
) -> Result<(Vec<Reference>, usize)> {
    let ids: Vec<Expr> = targets.iter().map(|target| lit(target.id.as_str())).collect();
    let mut names: BTreeSet<&str> = targets.iter().map(|target| target.name.as_str()).collect();
    let asked = NameQuery::read(&request.symbol).filter(|_| targets.is_empty());
    names.extend(asked.as_ref().map(|name| name.last.as_str()));
    let named = names.into_iter().map(|name| ends_with(col("to_name"), lit(name))).reduce(Expr::or);
    let named = named.map(|named| col("to_id").is_null().and(named));
    let known = (!ids.is_empty()).then(|| col("to_id").in_list(ids, false));
    let Some(wanted) = [known, named].into_iter().flatten().reduce(Expr::or) else { return Ok((Vec::new(), 0)) };
    let rows = rows(moment, request, wanted, scope).await?;
    let judged = rows.into_iter().filter_map(|row| {
        let certainty = match &row.to_id {
            Some(_) => Certainty::Certain,
            None => judge(&row, targets, asked.as_ref())?,
        };
        Some((certainty, row))
    });
    let grouped = grouped(judged, |row| (row.from_id.clone(), row.relation.clone(), row.to_name.clone()));
    shown(moment, request.limit, grouped, |row| row.from_id.clone()).await
}

/// What the targets refer to.
async fn callees(
    moment: &Moment,
    request: &ReferenceRequest,
    targets: &[ApiSymbol],
    scope: Option<Expr>,
) -> Result<(Vec<Reference>, usize)> {
    let ids = targets.iter().map(|target| lit(target.id.as_str())).collect();
    let scope = [scope, packages_of(targets)].into_iter().flatten().reduce(Expr::and);
    let rows = rows(moment, request, col("from_id").in_list(ids, false), scope).await?;
    let judged = rows.into_iter().map(|row| {
        let certainty = if row.to_id.is_some() { Certainty::Certain } else { Certainty::Possible };
        (certainty, row)
    });
    let grouped = grouped(judged, |row| (row.to_id.clone(), row.relation.clone(), row.to_name.clone()));
    shown(moment, request.limit, grouped, |row| row.to_id.clone()).await
}

async fn rows(
    moment: &Moment,
    request: &ReferenceRequest,
    wanted: Expr,
    scope: Option<Expr>,
) -> Result<Vec<SymbolRef>> {
    let relation = match &request.relations[..] {
        [] => col("relation").not_eq(lit("contains")),
        relations => col("relation").in_list(relations.iter().map(|one| lit(one.as_str())).collect(), false),
    };
    let conditions = scope.into_iter().fold(wanted.and(relation), Expr::and);
    let frame = moment.table("symbol_refs").await?.filter(conditions)?.limit(0, Some(MAX_ROWS))?;
    Ok(zen_indexer::lake::structs("symbol_refs", &frame.collect().await?)?)
}

/// Rows of these package versions, so that no other's files are opened.
fn packages_of(targets: &[ApiSymbol]) -> Option<Expr> {
    let packages: BTreeSet<[&str; 3]> =
        targets.iter().map(|target| [&target.ecosystem[..], &target.package, &target.version]).collect();
    let is = |[ecosystem, package, version]: [&str; 3]| {
        col("ecosystem").eq(lit(ecosystem)).and(col("package").eq(lit(package))).and(col("version").eq(lit(version)))
    };
    packages.into_iter().map(is).reduce(Expr::or)
}

/// A reference with all its lines in one file.
struct Grouped {
    certainty: Certainty,
    row: SymbolRef,
    lines: Vec<i32>,
}

/// References that say the same, as one; what is certain first, then in the order of packages and files.
fn grouped<K: Eq + std::hash::Hash>(
    rows: impl Iterator<Item = (Certainty, SymbolRef)>,
    key: impl Fn(&SymbolRef) -> K,
) -> Vec<Grouped> {
    let mut places: HashMap<(K, String, String), usize> = HashMap::new();
    let mut groups: Vec<Grouped> = Vec::new();
    for (certainty, row) in rows {
        let key = (key(&row), row.package.clone(), row.file_path.clone());
        match places.get(&key).and_then(|at| groups.get_mut(*at)) {
            Some(group) => group.lines.push(row.line),
            None => {
                places.insert(key, groups.len());
                groups.push(Grouped { certainty, lines: vec![row.line], row });
            }
        }
    }
    for group in &mut groups {
        group.lines.sort_unstable();
        group.lines.dedup();
        group.lines.truncate(MAX_LINES);
    }
    groups.sort_by(|a, b| {
        let order = |group: &Grouped| (group.certainty, group.lines.first().copied());
        let place = |group: &Grouped| (group.row.package.clone(), group.row.file_path.clone());
        a.certainty.cmp(&b.certainty).then_with(|| place(a).cmp(&place(b))).then_with(|| order(a).cmp(&order(b)))
    });
    groups
}

/// References with the symbols at their other end; of the rest only how many those are.
async fn shown(
    moment: &Moment,
    limit: usize,
    mut groups: Vec<Grouped>,
    other_end: impl Fn(&SymbolRef) -> Option<String>,
) -> Result<(Vec<Reference>, usize)> {
    let more = groups.len().saturating_sub(limit);
    groups.truncate(limit);
    let ids: BTreeSet<String> = groups.iter().filter_map(|group| other_end(&group.row)).collect();
    let packages: BTreeSet<&str> = groups.iter().map(|group| group.row.package.as_str()).collect();
    let mut known: HashMap<String, Symbol> = HashMap::new();
    if !ids.is_empty() {
        let of_packages = col("package").in_list(packages.into_iter().map(lit).collect(), false);
        let wanted = of_packages.and(col("id").in_list(ids.into_iter().map(lit).collect(), false));
        let frame = moment.table("api_symbols").await?.filter(wanted)?.select_columns(&SymbolRow::COLUMNS)?;
        let rows: Vec<SymbolRow> = zen_indexer::lake::structs("api_symbols", &frame.collect().await?)?;
        known.extend(rows.into_iter().map(Symbol::from).map(|symbol| (symbol.id.clone(), symbol)));
    }
    let references = groups.into_iter().map(|group| Reference {
        lake: moment.lake.name.clone(),
        relation: group.row.relation.clone(),
        certainty: group.certainty,
        symbol: other_end(&group.row).and_then(|id| known.get(&id).cloned()),
        written: group.row.to_name,
        ecosystem: group.row.ecosystem,
        package: group.row.package,
        version: group.row.version,
        file: group.row.file_path,
        lines: group.lines,
    });
    Ok((references.collect(), more))
}

//! What a FROM clause may name beside a lake's tables: functions, the session's own tables, metadata tables, files.

use std::sync::Arc;

use datafusion::datasource::MemTable;
use datafusion::scalar::ScalarValue;
use datafusion::sql::sqlparser::ast::{Expr, FunctionArg, FunctionArgExpr};

use super::duckdb::is_translated;
use super::functions::{
    FunctionCall, FunctionRows, file_rows, is_file_name, is_listing, is_table_function, short_call, table_function,
};
use super::names::{Names, Pins};
use super::rewrite::Resolved;
use super::{Command, PinnedObject, Reference, metadata, parse};
use crate::error::{LakeError, Result};
use crate::lake::{Lake, same_name};
use crate::session::Session;

/// A resolved reference with its rows.
#[derive(Debug)]
pub(crate) struct Relation {
    /// The rows.
    pub(crate) provider: PinnedObject,
    /// How the statement is rewritten.
    pub(crate) resolved: Resolved,
}

impl Relation {
    fn new(rows: FunctionRows, full_name: [String; 3], own_name: String) -> Self {
        let FunctionRows { provider, columns, virtual_columns } = rows;
        Self { provider, resolved: Resolved { full_name, own_name, columns, virtual_columns } }
    }

    /// A table with columns that a star stands for.
    pub(crate) fn with_columns(provider: PinnedObject, full_name: [String; 3], columns: Vec<String>) -> Self {
        let own_name = full_name[2].clone();
        let resolved = Resolved { full_name, own_name, columns: Some(columns), virtual_columns: Vec::new() };
        Self { provider, resolved }
    }

    fn plain(provider: PinnedObject, full_name: [String; 3]) -> Self {
        let own_name = full_name[2].clone();
        Self { provider, resolved: Resolved { full_name, own_name, columns: None, virtual_columns: Vec::new() } }
    }
}

impl Session {
    /// What a reference names, where that is no table or view of a lake. `index` tells equal calls apart.
    pub(crate) async fn relation(&self, pins: &Pins, reference: &Reference, index: usize) -> Result<Option<Relation>> {
        let names = self.names();
        let own_name = reference.name.last().cloned().unwrap_or_default();
        if let Some(relation) = self.file_relation(pins, reference).await? {
            return Ok(Some(relation));
        }
        if let Some(args) = &reference.args {
            let Some(rows) = self.call(&names, reference, args).await? else { return Ok(None) };
            return Ok(Some(Relation::new(rows, function_place(&own_name, index), own_name)));
        }
        if let Some(relation) = metadata_table(&names, reference).await? {
            return Ok(Some(relation));
        }
        if let Some(table) = self.local().memory.find(&reference.name, names.memory_schema()) {
            let name = &table.name;
            let full_name = [name.catalog.to_string(), name.schema.clone(), name.table.clone()];
            return Ok(Some(Relation::plain(table.provider()?, full_name)));
        }
        let [name] = reference.name.as_slice() else { return Ok(None) };
        if is_listing(name) {
            let Some(rows) = self.call(&names, reference, &[]).await? else { return Ok(None) };
            return Ok(Some(Relation::new(rows, function_place(&own_name, index), own_name)));
        }
        if is_file_name(name) {
            let Some(rows) = file_rows(self, name).await? else { return Ok(None) };
            let stem = name.rsplit('/').next().unwrap_or(name).split('.').next().unwrap_or(name).to_string();
            return Ok(Some(Relation::new(rows, function_place(name, index), stem)));
        }
        Ok(None)
    }

    async fn call(&self, names: &Names, reference: &Reference, args: &[FunctionArg]) -> Result<Option<FunctionRows>> {
        let attached = |name: &str| names.attached.iter().find(|a| same_name(&a.name, name));
        let current = names.current.as_ref().filter(|(lake, _)| attached(lake).is_some());
        let mut call = match reference.name.as_slice() {
            [name] => match current.and_then(|(lake, schema)| short_call(name, lake, schema)) {
                Some(call) => call,
                None => FunctionCall { name: name.to_lowercase(), ..FunctionCall::default() },
            },
            [place, name] => {
                let call = match (attached(place), current) {
                    (Some(lake), _) => short_call(name, &lake.name, "main"),
                    (None, Some((lake, _))) => short_call(name, lake, place),
                    (None, None) => None,
                };
                let Some(call) = call else { return Ok(None) };
                call
            }
            [lake, schema, name] => {
                let Some(call) = short_call(name, lake, schema) else { return Ok(None) };
                call
            }
            _ => return Ok(None),
        };
        for arg in args {
            match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => call.args.push(self.argument(expr).await?),
                FunctionArg::Named { name, arg: FunctionArgExpr::Expr(expr), .. } => {
                    call.named.insert(name.value.to_lowercase(), self.argument(expr).await?);
                }
                FunctionArg::ExprNamed { name, arg: FunctionArgExpr::Expr(expr), .. } => {
                    call.named.insert(name.to_string().to_lowercase(), self.argument(expr).await?);
                }
                other => {
                    return Err(LakeError::usage(format!("'{other}' is not an argument that {} takes", call.name)));
                }
            }
        }
        let find = |name: &str| -> Result<Lake> {
            attached(name).map(|a| a.lake.clone()).ok_or_else(|| names.unknown_lake(name))
        };
        table_function(self, &call, find).await
    }

    /// Whether a function of this lower-cased name is there without any lake's macros.
    pub(crate) fn knows_function(&self, name: &str) -> bool {
        let state = self.context().state();
        state.scalar_functions().contains_key(name)
            || state.aggregate_functions().contains_key(name)
            || state.window_functions().contains_key(name)
            || is_translated(name)
            || is_table_function(name)
    }

    /// An argument's value. A bare word is a name, as in `ducklake_snapshots(lake)`.
    async fn argument(&self, expr: &Expr) -> Result<ScalarValue> {
        match expr {
            Expr::Identifier(ident) => Ok(ScalarValue::from(ident.value.as_str())),
            // `schema = 'main'` is a named argument to DuckDB; the parser tells it apart already.
            other => self.scalar(&other.to_string()).await,
        }
    }

    /// The value of an SQL expression, which may have subqueries.
    pub(crate) async fn scalar(&self, expression: &str) -> Result<ScalarValue> {
        let Command::Query(statement) = parse(&format!("SELECT {expression}"))? else {
            return Err(LakeError::usage(format!("'{expression}' is no value")));
        };
        let frame = Box::pin(self.plan_with(*statement, Pins::new(self.names()), 0)).await?;
        let batches = frame.collect().await?;
        match batches.iter().find(|batch| batch.num_rows() > 0) {
            Some(batch) if batch.num_columns() == 1 => Ok(ScalarValue::try_from_array(batch.column(0), 0)?),
            Some(_) => Err(LakeError::usage(format!("'{expression}' is more than one value"))),
            None => Ok(ScalarValue::Null),
        }
    }
}

fn function_place(name: &str, index: usize) -> [String; 3] {
    ["table functions".to_string(), "main".to_string(), format!("{name} {index}")]
}

/// `<metadata catalog>.<table>` and `<metadata catalog>.<schema>.<table>`.
async fn metadata_table(names: &Names, reference: &Reference) -> Result<Option<Relation>> {
    let (catalog, schema, table) = match reference.name.as_slice() {
        [catalog, table] => (catalog, None, table),
        [catalog, schema, table] => (catalog, Some(schema), table),
        _ => return Ok(None),
    };
    let Some(attached) = names.metadata_of(catalog) else { return Ok(None) };
    let source = attached.lake.catalog();
    if let Some(schema) = schema
        && ![source.schema(), "main", "public"].iter().any(|known| same_name(known, schema))
    {
        return Err(LakeError::UnknownName { what: "schema", name: schema.clone(), suggestions: Vec::new() });
    }
    let Some(raw) = source.raw_table(table).await? else {
        return Err(LakeError::UnknownTable {
            name: reference.name.join("."),
            place: format!(" in the metadata of lake '{}'", attached.name),
            suggestions: Vec::new(),
        });
    };
    let batch = metadata::batch(&raw)?;
    let provider = Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]])?);
    let schema = source.schema().to_string();
    Ok(Some(Relation::plain(provider, [catalog.clone(), schema, raw.name])))
}

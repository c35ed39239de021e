//! From a statement to its plan: what it names is found, pinned to snapshots, and put in.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use datafusion::dataframe::DataFrame;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Expr;

use crate::duckdb::FilePins;
use crate::error::{LakeError, Result};
use crate::lake::{LakeView, SnapshotSelector, same_name, timestamp_micros};
use crate::source::VIRTUAL_COLUMNS;
use crate::sql::embed;
use crate::sql::macros;
use crate::sql::names::{Attached, Pins, unknown_table};
use crate::sql::rewrite::{Resolved, Rewriter, innermost};
use crate::sql::{Command, PinnedLakes, PinnedObject, Version, collect, parse};
use crate::table::LakeTable;
use crate::views;

use super::*;

impl Session {
    /// A table or view of an attached lake at a view of it.
    pub(crate) async fn provider(
        &self,
        lake: &str,
        view: &LakeView,
        schema: &str,
        name: &str,
    ) -> Result<Option<PinnedObject>> {
        let attached = self
            .names()
            .attached
            .into_iter()
            .find(|a| same_name(&a.name, lake))
            .ok_or_else(|| self.unknown_lake(lake))?;
        Ok(self
            .object(&attached, view, schema, name, &[], (0, &FilePins::default()))
            .await?
            .map(|(_, provider)| provider))
    }

    /// A table or view with its own name.
    pub(super) async fn object(
        &self,
        attached: &Attached,
        view: &LakeView,
        schema: &str,
        name: &str,
        virtual_columns: &[&str],
        (depth, files): (usize, &FilePins),
    ) -> Result<Option<(String, PinnedObject)>> {
        if let Some(table) = LakeTable::load(&attached.lake, view, schema, name).await? {
            let own_name = table.row().name.clone();
            return Ok(Some((own_name, Arc::new(table.with_virtual_columns(virtual_columns)))));
        }
        let Some(schema_row) = view.schema(schema) else { return Ok(None) };
        let Some(row) = view.view(schema_row, name) else { return Ok(None) };
        let failed = |e: LakeError| LakeError::View { view: format!("{schema}.{}", row.name), source: Box::new(e) };
        if depth >= MAX_VIEW_DEPTH {
            return Err(failed(LakeError::usage("it is made of views more than 32 levels deep, or of itself")));
        }
        let planned = async {
            let sql = views::sql(row, &attached.name)?;
            let Command::Query(statement) = parse(&sql)? else { return Err(LakeError::usage("its text is no query")) };
            // Names without a qualifier belong to the view's own lake and schema, at the same snapshot.
            let mut names = self.names();
            names.current = Some((attached.name.clone(), schema.to_string()));
            let mut pins = Pins::new(names).with_files(files.clone());
            pins.pin(attached, view.clone());
            let frame = Box::pin(self.plan_with(*statement, pins, depth + 1)).await?;
            views::provider(frame, row)
        };
        Ok(Some((row.name.clone(), planned.await.map_err(failed)?)))
    }

    pub(super) async fn plan(&self, statement: Statement, depth: usize) -> Result<DataFrame> {
        // Boxed: what callers build on top of it stays small, for the compiler too.
        Box::pin(self.plan_with(statement, self.pins(), depth)).await
    }

    /// Names first, then the plan: resolves every table of the statement at pinned snapshots, rewrites, plans.
    pub(crate) async fn plan_with(&self, mut statement: Statement, mut pins: Pins, depth: usize) -> Result<DataFrame> {
        let mut catalogs = PinnedLakes::default();
        if let Some(inner) = innermost(&mut statement) {
            macros::expand(&mut pins, inner, |name| self.knows_function(name)).await?;
            let references = collect(inner);
            let wanted: Vec<&str> = VIRTUAL_COLUMNS
                .iter()
                .map(|(name, _)| *name)
                .filter(|name| references.identifiers.contains(*name))
                .collect();
            let mut rewriter = Rewriter::default();
            for (index, reference) in references.tables.iter().enumerate() {
                if matches!(reference.name.as_slice(), [one] if references.ctes.contains(&one.to_lowercase())) {
                    continue;
                }
                if let Some(relation) = self.relation(&pins, reference, index).await? {
                    for field in relation.provider.schema().fields() {
                        rewriter.know(field.name());
                    }
                    catalogs.add(&relation.resolved.full_name, relation.provider);
                    rewriter.resolved.push((reference.clone(), relation.resolved));
                    continue;
                }
                if reference.args.is_some() {
                    continue;
                }
                if let Some((own_name, rows)) = self.source(reference) {
                    let full_name = ["ducklake sources".to_string(), "main".to_string(), own_name.clone()];
                    for field in rows.schema().fields() {
                        rewriter.know(field.name());
                    }
                    catalogs.add(&full_name, rows);
                    let resolved = Resolved { full_name, own_name, columns: None, virtual_columns: Vec::new() };
                    rewriter.resolved.push((reference.clone(), resolved));
                    continue;
                }
                if reference.name.iter().any(|n| n.eq_ignore_ascii_case("information_schema")) {
                    self.pin_all(&mut pins, &mut catalogs).await?;
                    continue;
                }
                let selector = self.selector(reference.version.as_ref()).await?;
                let (attached, view, schema, name) = pins.locate(&reference.name, &selector).await?;
                let Some((own_name, provider)) =
                    self.object(&attached, &view, &schema, &name, &wanted, (depth, &pins.files)).await?
                else {
                    return Err(unknown_table(&view, &reference.name.join("."), &schema, &name));
                };
                let table: Option<&LakeTable> = provider.downcast_ref::<LakeTable>();
                let columns = table.map(|table| table.columns().iter().map(|c| c.name.clone()).collect());
                let virtual_columns = table.map(|table| table.virtual_columns().to_vec()).unwrap_or_default();
                for field in provider.schema().fields() {
                    rewriter.know(field.name());
                }
                // Two snapshots of one table are two tables.
                let table_name = match selector {
                    SnapshotSelector::Latest => own_name.clone(),
                    _ => format!("{own_name}@{}", view.snapshot.id),
                };
                rewriter.know(&own_name);
                let full_name = [attached.name.clone(), schema, table_name];
                catalogs.add(&full_name, provider);
                rewriter.resolved.push((reference.clone(), Resolved { full_name, own_name, columns, virtual_columns }));
            }
            for name in &references.given {
                rewriter.know(name);
            }
            rewriter.apply(inner);
        }
        let (lake, schema) = pins.names.current.clone().unwrap_or_else(|| ("memory".to_string(), "main".to_string()));
        catalogs.add_schema(&lake, &schema);
        let state = self.statement_state(catalogs, &lake, &schema);
        let plan = state.statement_to_plan(statement).await?;
        let plan = embed::with_constants(plan, &self.local).await?;
        Ok(DataFrame::new(state, plan))
    }

    pub(super) fn statement_state(&self, catalogs: PinnedLakes, lake: &str, schema: &str) -> SessionState {
        let state = self.context.state();
        let mut config = state.config().clone();
        config.options_mut().catalog.default_catalog = lake.to_string();
        config.options_mut().catalog.default_schema = schema.to_string();
        SessionStateBuilder::new_from_existing(state).with_config(config).with_catalog_list(Arc::new(catalogs)).build()
    }

    /// All tables of all lakes and files, for `information_schema`.
    pub(super) async fn pin_all(&self, pins: &mut Pins, catalogs: &mut PinnedLakes) -> Result<()> {
        self.pin_files(pins, catalogs).await?;
        for attached in pins.names.attached.clone() {
            let view = pins.view(&attached, &SnapshotSelector::Latest).await?;
            attached.lake.load_all_columns(&view).await?;
            for schema in &view.names.schemas {
                catalogs.add_schema(&attached.name, &schema.name);
                for table in view.names.tables.iter().filter(|t| t.schema_id == schema.schema_id) {
                    if let Some(table) = LakeTable::load(&attached.lake, &view, &schema.name, &table.name).await? {
                        let name = [attached.name.clone(), schema.name.clone(), table.row().name.clone()];
                        catalogs.add(&name, Arc::new(table));
                    }
                }
                for row in view.names.views.iter().filter(|v| v.schema_id == schema.schema_id) {
                    // A view that cannot be planned must not break a listing.
                    if let Ok(Some((name, provider))) =
                        self.object(&attached, &view, &schema.name, &row.name, &[], (0, &pins.files)).await
                    {
                        catalogs.add(&[attached.name.clone(), schema.name.clone(), name], provider);
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) async fn selector(&self, version: Option<&Version>) -> Result<SnapshotSelector> {
        let null = |what: &str| LakeError::usage(format!("the {what} of AT is NULL"));
        match version {
            None => Ok(SnapshotSelector::Latest),
            Some(Version::Version(expr)) => {
                let text = self.constant(expr).await?.ok_or_else(|| null("VERSION"))?;
                match text.trim().parse::<i64>() {
                    Ok(version) if version >= 0 => Ok(SnapshotSelector::Version(version)),
                    _ => Err(LakeError::usage(format!("'{text}' is not a snapshot id"))),
                }
            }
            Some(Version::Timestamp(expr)) => {
                let text = match literal_text(expr) {
                    Some(text) => text,
                    None => {
                        let cast = format!("CAST(({expr}) AS TIMESTAMP(6))");
                        let text = self.evaluate(&cast, expr).await?.ok_or_else(|| null("TIMESTAMP"))?;
                        format!("{}+00", text.replacen('T', " ", 1))
                    }
                };
                Ok(SnapshotSelector::Timestamp(timestamp_micros(&text)?))
            }
            Some(Version::Unknown(text)) => Err(LakeError::Usage {
                message: format!("'{text}' does not name a snapshot"),
                hint: Some("write AT (VERSION => 3) or AT (TIMESTAMP => '2026-01-31 12:00:00+00')".into()),
            }),
        }
    }

    /// A constant expression as text, `None` for NULL.
    pub(crate) async fn constant(&self, expr: &Expr) -> Result<Option<String>> {
        use datafusion::sql::sqlparser::ast::Value;
        match expr {
            Expr::Value(value) => match &value.value {
                Value::Number(text, _) | Value::SingleQuotedString(text) => return Ok(Some(text.clone())),
                Value::Null => return Ok(None),
                Value::Boolean(flag) => return Ok(Some(flag.to_string())),
                _ => {}
            },
            // A bare word is a name, as in ducklake_snapshots(lake).
            Expr::Identifier(ident) => return Ok(Some(ident.value.clone())),
            Expr::Subquery(_) => return Err(LakeError::usage("a subquery cannot be used here")),
            _ => {}
        }
        self.evaluate(&expr.to_string(), expr).await
    }

    /// A constant expression as a batch of one row and column.
    pub(crate) async fn constant_batch(&self, expr: &Expr) -> Result<RecordBatch> {
        let state = self.statement_state(PinnedLakes::default(), "memory", "main");
        let Command::Query(statement) = parse(&format!("SELECT {expr}"))? else {
            return Err(LakeError::usage(format!("'{expr}' is not a constant")));
        };
        let plan = state.statement_to_plan(*statement).await?;
        let batches = DataFrame::new(state, plan).collect().await?;
        let batch = batches.into_iter().find(|b| b.num_rows() == 1);
        batch.ok_or_else(|| LakeError::usage(format!("'{expr}' is not a constant")))
    }

    /// The text of a constant expression; `shown` names it in errors.
    pub(super) async fn evaluate(&self, sql: &str, shown: &Expr) -> Result<Option<String>> {
        let expr = shown;
        let state = self.statement_state(PinnedLakes::default(), "memory", "main");
        let Command::Query(statement) = parse(&format!("SELECT CAST(({sql}) AS VARCHAR)"))? else {
            return Err(LakeError::usage(format!("'{expr}' is not a constant")));
        };
        let plan = state.statement_to_plan(*statement).await?;
        let batches = DataFrame::new(state, plan).collect().await?;
        let Some(batch) = batches.first().filter(|b| b.num_rows() == 1) else {
            return Err(LakeError::usage(format!("'{expr}' is not a constant")));
        };
        let text = arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Utf8)?;
        let text = text.as_string::<i32>();
        Ok(text.is_valid(0).then(|| text.value(0).to_string()))
    }
}

/// The text inside `'…'`, `TIMESTAMP '…'` and `'…'::TIMESTAMPTZ`.
fn literal_text(expr: &Expr) -> Option<String> {
    use datafusion::sql::sqlparser::ast::Value;
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        Expr::TypedString(typed) => match &typed.value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        Expr::Cast { expr, .. } | Expr::Nested(expr) => literal_text(expr),
        _ => None,
    }
}

//! Statements that change what there is: schemas, tables, views, comments, transactions.

use arrow::array::Array;
use datafusion::dataframe::DataFrame;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;
use ducklake_format::columns::Column;
use ducklake_format::promotion::literal_text;
use ducklake_transact::{ColumnDefault, NewColumn, TableSettings, TransactError};

use super::literal_types::column_type;
use super::open::{OpenLake, OpenTransactions};
use super::{store, to_table_batch};
use crate::error::{LakeError, Result};
use crate::lake::{LakeView, SnapshotSelector, same_name};
use crate::session::{QueryResult, Session};
use crate::sql::names::{Attached, unknown_table};
use crate::sql::rows::{batch_result, count_row, no_rows};
use crate::sql::write::{ColumnSpec, CreateIndex, CreateTable, CreateView, WriteStatement};

/// Where a statement's name leads.
pub(crate) struct Place {
    pub(crate) attached: Attached,
    pub(crate) view: LakeView,
    pub(crate) schema: String,
    pub(crate) schema_id: i64,
    pub(crate) name: String,
}

mod alter;
mod call;

pub(crate) use alter::{adapt_pending, pending_columns};
use alter::{partition_keys, sort_field};

impl Session {
    /// Runs a statement that changes something: in the open transaction, or in one of its own.
    pub(crate) async fn run_write(&self, statement: WriteStatement) -> Result<QueryResult> {
        match statement {
            WriteStatement::Begin => {
                self.open().begin().await?;
                return Ok(no_rows());
            }
            WriteStatement::Commit => {
                self.open().commit(&self.retry()).await?;
                return Ok(no_rows());
            }
            WriteStatement::Rollback => {
                self.open().rollback().await?;
                return Ok(no_rows());
            }
            _ => {}
        }
        if let WriteStatement::Call(call) = &statement
            && let Some(call) = self.flush_call(call).await?
        {
            return batch_result(self.flush(&call).await?);
        }
        let new_index = match &statement {
            WriteStatement::CreateIndex(create) if !self.open().is_open().await => Some(create.table.clone()),
            _ => None,
        };
        let done = self.in_transaction(async |open| self.change(open, statement).await).await?;
        if let Some(table) = new_index {
            Box::pin(self.fill_index(&table)).await?;
        }
        answer(done)
    }

    /// Does something in the open transaction, or in one of its own.
    pub(super) async fn in_transaction<T>(&self, work: impl AsyncFnOnce(&OpenTransactions) -> Result<T>) -> Result<T> {
        if self.open().is_open().await {
            self.open().check().await?;
            let done = work(self.open()).await;
            if done.as_ref().is_err_and(aborts) {
                self.open().fail().await;
            }
            return done;
        }
        let open = OpenTransactions::for_statement();
        match work(&open).await {
            Ok(done) => {
                open.commit(&self.retry()).await?;
                Ok(done)
            }
            Err(error) => {
                // The statement's own failure is what the user has to know.
                let _ = open.rollback().await;
                Err(error)
            }
        }
    }

    /// Does what the statement says in a transaction; gives the rows that it changed, for statements about rows.
    async fn change(&self, open: &OpenTransactions, statement: WriteStatement) -> Result<Option<u64>> {
        let statement = match Box::pin(self.change_memory(open, statement)).await? {
            Ok(count) => return Ok(count),
            Err(statement) => statement,
        };
        match statement {
            WriteStatement::Begin | WriteStatement::Commit | WriteStatement::Rollback => Ok(None),
            WriteStatement::CreateSchema { name, if_not_exists } => {
                let (attached, view, schema) = self.schema_name(open, &name).await?;
                if view.schema(&schema).is_some() && if_not_exists {
                    return Ok(None);
                }
                open.with(&attached, async |lake| {
                    lake.check_writable()?;
                    Ok(lake.transaction.create_schema(&schema)?)
                })
                .await?;
                Ok(None)
            }
            WriteStatement::DropSchema { name, if_exists, cascade } => {
                let (attached, view, schema) = self.schema_name(open, &name).await?;
                let Some(row) = view.schema(&schema) else {
                    return if if_exists { Ok(None) } else { Err(unknown_schema(&schema)) };
                };
                let id = row.schema_id;
                open.with(&attached, async |lake| {
                    lake.check_writable()?;
                    Ok(lake.transaction.drop_schema(id, cascade)?)
                })
                .await?;
                Ok(None)
            }
            WriteStatement::CreateTable(create) => Box::pin(self.create_table(open, *create)).await,
            WriteStatement::DropTable { name, if_exists } => {
                let Some(place) = self.place_if(open, &name, if_exists).await? else { return Ok(None) };
                let Some(id) = place.table_id() else {
                    if place.view_id().is_some() {
                        let message = format!("'{}' is a view, not a table", place.name);
                        return Err(LakeError::Usage { message, hint: Some("use DROP VIEW".into()) });
                    }
                    return if if_exists { Ok(None) } else { Err(place.unknown(&name)) };
                };
                open.with(&place.attached, async |lake| {
                    lake.check_writable()?;
                    lake.transaction.drop_table(id);
                    Ok(())
                })
                .await?;
                Ok(None)
            }
            WriteStatement::CreateView(create) => Box::pin(self.create_view(open, *create)).await.map(|()| None),
            WriteStatement::DropView { name, if_exists } => {
                let Some(place) = self.place_if(open, &name, if_exists).await? else { return Ok(None) };
                let Some(id) = place.view_id() else {
                    if place.table_id().is_some() {
                        let message = format!("'{}' is a table, not a view", place.name);
                        return Err(LakeError::Usage { message, hint: Some("use DROP TABLE".into()) });
                    }
                    return if if_exists { Ok(None) } else { Err(place.unknown(&name)) };
                };
                open.with(&place.attached, async |lake| {
                    lake.check_writable()?;
                    lake.transaction.drop_view(id);
                    Ok(())
                })
                .await?;
                Ok(None)
            }
            WriteStatement::RenameView { name, if_exists, new_name } => {
                let Some(place) = self.place_if(open, &name, if_exists).await? else { return Ok(None) };
                let Some(id) = place.view_id() else {
                    return if if_exists { Ok(None) } else { Err(place.unknown(&name)) };
                };
                open.with(&place.attached, async |lake| {
                    lake.check_writable()?;
                    Ok(lake.transaction.rename_view(id, &new_name)?)
                })
                .await?;
                Ok(None)
            }
            WriteStatement::AlterTable { name, if_exists, action } => {
                let Some(place) = self.place_if(open, &name, if_exists).await? else { return Ok(None) };
                let Some(id) = place.table_id() else {
                    return if if_exists { Ok(None) } else { Err(place.unknown(&name)) };
                };
                Box::pin(self.alter(open, &place, id, *action)).await.map(|()| None)
            }
            WriteStatement::Comment { on, text } => Box::pin(self.comment(open, on, text)).await.map(|()| None),
            WriteStatement::Insert(insert) => Box::pin(self.insert(open, *insert)).await.map(Some),
            WriteStatement::Copy(copy) => Box::pin(self.copy_from(open, copy)).await.map(Some),
            WriteStatement::CopyTo(copy) => Box::pin(self.copy_to(open, copy)).await.map(Some),
            WriteStatement::Delete(delete) => Box::pin(self.delete(open, *delete)).await.map(Some),
            WriteStatement::Truncate { table } => Box::pin(self.truncate(open, &table)).await.map(Some),
            WriteStatement::Update(update) => Box::pin(self.update(open, *update)).await.map(Some),
            WriteStatement::Merge(merge) => Box::pin(self.merge(open, *merge)).await.map(Some),
            WriteStatement::Call(call) => self.call_change(call).await.map(|()| None),
            WriteStatement::CreateMacro(create) => Box::pin(self.create_macro(open, *create)).await.map(|()| None),
            WriteStatement::DropMacro { name, if_exists, is_table } => {
                self.drop_macro(open, &name, if_exists, is_table).await.map(|()| None)
            }
            WriteStatement::CreateIndex(create) => {
                let CreateIndex { table, if_not_exists, index } = *create;
                Box::pin(self.create_index(open, &table, &index, if_not_exists)).await.map(|_| None)
            }
            WriteStatement::DropIndex { name, if_exists, table } => {
                Box::pin(self.drop_index(open, &name, table.as_deref(), if_exists)).await.map(|()| None)
            }
            WriteStatement::Checkpoint { lake } => {
                let of = lake.map(|lake| format!(" of '{lake}'")).unwrap_or_default();
                Err(LakeError::not_supported(format!("CHECKPOINT{of}")))
            }
        }
    }

    /// Where a name of one to three parts leads.
    pub(crate) async fn place(&self, open: &OpenTransactions, name: &[String]) -> Result<Place> {
        let mut pins = self.pins_in(open);
        let (attached, view, schema, name) = pins.locate(name, &SnapshotSelector::Latest).await?;
        let schema_id = view.schema(&schema).map(|s| s.schema_id).ok_or_else(|| unknown_schema(&schema))?;
        Ok(Place { attached, view, schema, schema_id, name })
    }

    /// The same; `None` where the lake or schema is missing and that is allowed.
    pub(crate) async fn place_if(
        &self,
        open: &OpenTransactions,
        name: &[String],
        if_exists: bool,
    ) -> Result<Option<Place>> {
        match self.place(open, name).await {
            Ok(place) => Ok(Some(place)),
            Err(LakeError::UnknownName { .. }) if if_exists => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lake and schema of `schema` or `lake.schema`.
    async fn schema_name(&self, open: &OpenTransactions, name: &[String]) -> Result<(Attached, LakeView, String)> {
        let names = self.names();
        let find = |lake: &str| names.attached.iter().find(|a| same_name(&a.name, lake)).cloned();
        let (attached, schema) = match name {
            [schema] => match names.current.as_ref().and_then(|(lake, _)| find(lake)) {
                Some(lake) => (lake, schema),
                None => return Err(LakeError::usage(format!("'{schema}' names no schema: no lake is in use"))),
            },
            [lake, schema] => (find(lake).ok_or_else(|| names.unknown_lake(lake))?, schema),
            _ => return Err(LakeError::usage(format!("'{}' is no name of a schema", name.join(".")))),
        };
        let view = self.pins_in(open).view(&attached, &SnapshotSelector::Latest).await?;
        Ok((attached, view, schema.clone()))
    }

    async fn create_table(&self, open: &OpenTransactions, create: CreateTable) -> Result<Option<u64>> {
        if create.temporary {
            return Err(LakeError::not_supported("CREATE TEMPORARY TABLE in a lake"));
        }
        let place = self.place(open, &create.name).await?;
        let existing = place.table_id();
        if existing.is_some() && create.if_not_exists {
            return Ok(None);
        }
        let frame = match &create.query {
            Some(query) => {
                let statement = Statement::Statement(Box::new(ast::Statement::Query(query.clone())));
                Some(self.plan_with(statement, self.pins_in(open), 0).await?)
            }
            None => None,
        };
        let columns = match &frame {
            Some(frame) => created_columns(frame, &create.column_names)?,
            None => self.new_columns(&create.columns).await?,
        };
        let name = place.name.clone();
        let id = open
            .with(&place.attached, async |lake| {
                lake.check_writable()?;
                check_reserved(lake, place.schema_id, &columns)?;
                if let Some(existing) = existing.filter(|_| create.or_replace) {
                    lake.transaction.drop_table(existing);
                }
                let id = lake.transaction.create_table(place.schema_id, &name, &columns)?;
                if let Some(table) = lake.transaction.table_mut(id) {
                    if !create.partitioned_by.is_empty() {
                        table.set_partition(&partition_keys(&create.partitioned_by))?;
                    }
                    if !create.sorted_by.is_empty() {
                        table.set_sort(create.sorted_by.iter().map(sort_field).collect());
                    }
                }
                Ok(id)
            })
            .await?;
        match frame.filter(|_| !create.without_data) {
            Some(frame) => {
                let stored = self
                    .drain(open, &place.attached, id, frame, true, |batch, columns| to_table_batch(&batch, columns));
                match stored.await {
                    Ok(stored) => {
                        let rows = open.with(&place.attached, async |lake| Ok(store(lake, id, stored))).await?;
                        Ok(Some(rows))
                    }
                    Err(error) => {
                        open.with(&place.attached, async |lake| {
                            lake.transaction.drop_table(id);
                            Ok(())
                        })
                        .await?;
                        Err(error)
                    }
                }
            }
            None => Ok(None),
        }
    }

    async fn new_columns(&self, specs: &[ColumnSpec]) -> Result<Vec<NewColumn>> {
        let mut columns = Vec::with_capacity(specs.len());
        for spec in specs {
            columns.push(self.new_column(spec).await?);
        }
        Ok(columns)
    }

    async fn new_column(&self, spec: &ColumnSpec) -> Result<NewColumn> {
        let default = match &spec.default {
            Some(expr) => self.default_of(expr, &spec.lake_type).await?,
            None => ColumnDefault::None,
        };
        let (name, lake_type) = (spec.name.clone(), spec.lake_type.clone());
        Ok(NewColumn { name, lake_type, nullable: spec.nullable, default })
    }

    /// A default as the catalog keeps it: a constant as the text of its value, anything else as SQL.
    async fn default_of(&self, expr: &ast::Expr, lake_type: &ducklake_format::LakeType) -> Result<ColumnDefault> {
        if !is_literal(expr) {
            // It has to make sense, if only without a table.
            self.constant_array(expr, lake_type).await?;
            return Ok(ColumnDefault::Expression(expr.to_string()));
        }
        if lake_type.is_nested() && !matches!(expr, ast::Expr::Value(v) if v.value == ast::Value::Null) {
            return Err(LakeError::not_supported(format!("a default for a column of type {lake_type}")));
        }
        let array = self.constant_array(expr, lake_type).await?;
        let field = lake_type.field("default");
        Ok(match literal_text(array.as_ref(), &field) {
            Some(text) if array.is_valid(0) => ColumnDefault::Literal(text),
            _ => ColumnDefault::None,
        })
    }

    /// A constant as an array of one value of a type.
    pub(super) async fn constant_array(
        &self,
        expr: &ast::Expr,
        lake_type: &ducklake_format::LakeType,
    ) -> Result<arrow::array::ArrayRef> {
        let batch = self.constant_batch(expr).await?;
        let column = bare_column("default", lake_type);
        let batch = to_table_batch(&batch, std::slice::from_ref(&column))?;
        Ok(batch.column(0).clone())
    }

    async fn create_view(&self, open: &OpenTransactions, create: CreateView) -> Result<()> {
        let place = self.place(open, &create.name).await?;
        let existing = place.view_id();
        if existing.is_some() && create.if_not_exists {
            return Ok(());
        }
        // A view that cannot be planned now would only fail later.
        let statement = Statement::Statement(Box::new(ast::Statement::Query(create.query.clone())));
        self.plan_with(statement, self.pins_in(open), 0).await?;
        let sql = crate::views::stored_sql(&create.sql, &place.attached.name);
        let aliases: Vec<String> = create.columns.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
        open.with(&place.attached, async |lake| {
            lake.check_writable()?;
            if let Some(existing) = existing.filter(|_| create.or_replace) {
                lake.transaction.drop_view(existing);
            }
            lake.transaction.create_view(place.schema_id, &place.name, sql, aliases.join(","))?;
            Ok(())
        })
        .await
    }
}

impl Place {
    pub(crate) fn table_id(&self) -> Option<i64> {
        let schema = self.view.schema(&self.schema)?;
        self.view.table(schema, &self.name).map(|t| t.table_id)
    }

    fn view_id(&self) -> Option<i64> {
        let schema = self.view.schema(&self.schema)?;
        self.view.view(schema, &self.name).map(|v| v.view_id)
    }

    /// Why there is no table of that name.
    pub(crate) fn unknown(&self, asked: &[String]) -> LakeError {
        if self.view_id().is_some() {
            return LakeError::usage(format!("'{}' is a view, not a table", self.name));
        }
        unknown_table(&self.view, &asked.join("."), &self.schema, &self.name)
    }
}

fn answer(count: Option<u64>) -> Result<QueryResult> {
    count.map_or_else(|| Ok(no_rows()), count_row)
}

/// Whether a failure leaves a transaction that cannot go on: anything that happened while rows were written.
fn aborts(error: &LakeError) -> bool {
    match error {
        LakeError::File { source, .. } => aborts(source),
        LakeError::Query(_) | LakeError::Storage(_) => true,
        LakeError::Transact(e) => matches!(e.as_ref(), TransactError::NotNull { .. } | TransactError::Write(_)),
        _ => false,
    }
}

fn unknown_schema(name: &str) -> LakeError {
    LakeError::UnknownName { what: "schema", name: name.to_string(), suggestions: Vec::new() }
}

/// A column of its own, outside of any table.
pub(super) fn bare_column(name: &str, lake_type: &ducklake_format::LakeType) -> Column {
    Column {
        id: 0,
        name: name.to_string(),
        lake_type: lake_type.clone(),
        initial_default: None,
        default_value: None,
        default_value_type: None,
        nulls_allowed: true,
        children: Vec::new(),
    }
}

fn is_literal(expr: &ast::Expr) -> bool {
    match expr {
        ast::Expr::Value(_) | ast::Expr::TypedString(_) | ast::Expr::Interval(_) => true,
        ast::Expr::UnaryOp { expr, .. } | ast::Expr::Nested(expr) | ast::Expr::Cast { expr, .. } => is_literal(expr),
        _ => false,
    }
}

/// The columns of CREATE TABLE … AS.
pub(super) fn created_columns(frame: &DataFrame, names: &[String]) -> Result<Vec<NewColumn>> {
    let mut columns = query_columns(frame.schema().as_arrow(), names)?;
    for (index, (column, field)) in columns.iter_mut().zip(frame.schema().fields()).enumerate() {
        // A bare NULL has no type to find.
        if field.data_type() != &arrow::datatypes::DataType::Null
            && let Some(lake_type) = column_type(frame.logical_plan(), index)
        {
            column.lake_type = lake_type;
        }
    }
    Ok(columns)
}

/// A schema's fields as columns of a new table.
///
/// # Errors
/// Types that DuckLake does not have; more names than fields.
pub(crate) fn query_columns(schema: &arrow::datatypes::Schema, names: &[String]) -> Result<Vec<NewColumn>> {
    if names.len() > schema.fields().len() {
        return Err(LakeError::usage("more column names were given than the query has columns"));
    }
    let mut columns: Vec<NewColumn> = Vec::with_capacity(schema.fields().len());
    for (index, field) in schema.fields().iter().enumerate() {
        let name = names.get(index).unwrap_or(field.name()).clone();
        let lake_type = match field.data_type() {
            // DuckDB's type of a bare NULL.
            arrow::datatypes::DataType::Null => ducklake_format::LakeType::Int32,
            _ => ducklake_format::LakeType::from_field(field)
                .ok_or_else(|| LakeError::not_supported(format!("a column of type {} in a lake", field.data_type())))?,
        };
        // A query may give one name to several columns.
        let mut unique = name.clone();
        let mut number = 1;
        while columns.iter().any(|c| same_name(&c.name, &unique)) {
            unique = format!("{name}_{number}");
            number += 1;
        }
        columns.push(NewColumn { name: unique, lake_type, nullable: true, default: ColumnDefault::None });
    }
    Ok(columns)
}

/// Names that inlined data tables need for themselves.
const RESERVED_NAMES: [&str; 5] =
    ["row_id", "begin_snapshot", "end_snapshot", "_ducklake_internal_row_id", "_ducklake_internal_snapshot_id"];

fn inlining_limit(lake: &OpenLake, schema: i64, table: Option<i64>) -> u64 {
    let catalog = lake.lake.catalog();
    let encrypted = catalog.metadata().encrypted;
    TableSettings::new(&catalog.options(), &lake.lake.settings(), encrypted, Some(schema), table).inlining_limit
}

pub(crate) fn check_reserved(lake: &OpenLake, schema: i64, columns: &[NewColumn]) -> Result<()> {
    let inlines = inlining_limit(lake, schema, None) > 0;
    columns.iter().try_for_each(|column| check_name(inlines, &column.name))
}

fn check_name(inlines: bool, name: &str) -> Result<()> {
    if !inlines || !RESERVED_NAMES.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
        return Ok(());
    }
    Err(LakeError::Usage {
        message: format!("the column name '{name}' is reserved while data is inlined"),
        hint: Some("choose another name, or CALL lake.set_option('data_inlining_row_limit', 0)".into()),
    })
}

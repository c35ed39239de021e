//! Statements that change what there is: schemas, tables, views, comments, transactions.

use arrow::array::Array;
use datafusion::dataframe::DataFrame;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;
use ducklake_catalog::SortField;
use ducklake_format::columns::Column;
use ducklake_format::promotion::literal_text;
use ducklake_transact::settings::check_option;
use ducklake_transact::{ColumnDefault, Commented, CommitInfo, NewColumn, TableChanges, TableSettings, TransactError};

use super::literal_types::column_type;
use super::open::{OpenLake, OpenTransactions};
use super::{store, to_table_batch};
use crate::error::{LakeError, Result};
use crate::lake::{LakeView, SnapshotSelector, same_name};
use crate::session::{QueryResult, Session};
use crate::sql::names::{Attached, unknown_table};
use crate::sql::rows::{batch_result, count_row, no_rows};
use crate::sql::write::{
    AlterAction, Call, ColumnSpec, CommentTarget, CreateTable, CreateView, PartitionExpr, WriteStatement,
};

/// Where a statement's name leads.
pub(crate) struct Place {
    pub(crate) attached: Attached,
    pub(crate) view: LakeView,
    pub(crate) schema: String,
    pub(crate) schema_id: i64,
    pub(crate) name: String,
}

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
        answer(self.in_transaction(async |open| self.change(open, statement).await).await?)
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
    pub(super) async fn place_if(
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

    async fn comment(&self, open: &OpenTransactions, on: CommentTarget, text: Option<String>) -> Result<()> {
        let (name, column) = match &on {
            CommentTarget::Table(name) | CommentTarget::View(name) => (name, None),
            CommentTarget::Column { table, column } => (table, Some(column)),
        };
        let place = self.place(open, name).await?;
        let on = match (place.table_id(), place.view_id(), column) {
            (Some(table), _, Some(column)) => {
                let columns = place.attached.lake.columns(&place.view, table).await?;
                let found = columns.iter().find(|c| same_name(&c.name, column));
                let id = found
                    .map(|c| c.id)
                    .ok_or_else(|| LakeError::usage(format!("table '{}' has no column '{column}'", place.name)))?;
                Commented::Column { table, column: id }
            }
            (Some(table), _, None) => Commented::Table(table),
            (None, Some(view), None) => Commented::View(view),
            (None, Some(_), Some(_)) => return Err(LakeError::not_supported("a comment on a view's column")),
            (None, None, _) => return Err(place.unknown(name)),
        };
        open.with(&place.attached, async |lake| {
            lake.check_writable()?;
            lake.transaction.comment(on, text);
            Ok(())
        })
        .await
    }

    async fn alter(&self, open: &OpenTransactions, place: &Place, id: i64, action: AlterAction) -> Result<()> {
        let new_column = match &action {
            AlterAction::AddColumn { spec, .. } => Some(self.new_column(spec).await?),
            _ => None,
        };
        let default = match &action {
            AlterAction::SetDefault { column, default } => {
                let columns = place.attached.lake.columns(&place.view, id).await?;
                let found = columns.iter().find(|c| same_name(&c.name, column));
                match found {
                    Some(found) => Some(self.default_of(default, &found.lake_type).await?),
                    None => None,
                }
            }
            _ => None,
        };
        if let AlterAction::SetNotNull { column } = &action {
            self.check_no_nulls(open, place, column).await?;
        }
        let attached = &place.attached;
        open.with(attached, async |lake| {
            lake.touch(id).await?;
            if let AlterAction::RenameTable { new_name } = &action {
                return Ok(lake.transaction.rename_table(id, new_name)?);
            }
            let before = pending_columns(lake, id)?;
            let inlines = inlining_limit(lake, place.schema_id, Some(id)) > 0;
            let Some(table) = lake.transaction.table_mut(id) else { return Ok(()) };
            match action {
                AlterAction::AddColumn { if_not_exists, path, .. } => {
                    check_name(inlines && path.len() == 1, path.last().map_or("", String::as_str))?;
                    if if_not_exists && table.find(&path).is_some() {
                        return Ok(());
                    }
                    let parent = path.get(..path.len().saturating_sub(1)).unwrap_or_default();
                    if let Some(column) = &new_column {
                        table.add_column(parent, column)?;
                    }
                }
                AlterAction::DropColumn { if_exists, path } => {
                    if if_exists && table.find(&path).is_none() {
                        return Ok(());
                    }
                    table.drop_column(&path)?;
                }
                AlterAction::RenameColumn { path, new_name } => {
                    check_name(inlines && path.len() == 1, &new_name)?;
                    table.rename_column(&path, &new_name)?;
                }
                AlterAction::SetType { path, lake_type } => table.set_type(&path, &lake_type)?,
                AlterAction::SetDefault { column, .. } => {
                    table.set_default(&[column], &default.unwrap_or_default())?;
                }
                AlterAction::DropDefault { column } => table.set_default(&[column], &ColumnDefault::None)?,
                AlterAction::SetNotNull { column } => set_nullable(table, column, false)?,
                AlterAction::DropNotNull { column } => set_nullable(table, column, true)?,
                AlterAction::SetPartitionedBy(keys) => {
                    table.set_partition(&partition_keys(&keys))?;
                }
                AlterAction::ResetPartitionedBy => {
                    table.set_partition(&[])?;
                }
                AlterAction::SetSortedBy(keys) => table.set_sort(keys.iter().map(sort_field).collect()),
                AlterAction::ResetSortedBy => table.set_sort(Vec::new()),
                AlterAction::RenameTable { .. } => {}
            }
            adapt_pending(lake, id, &before)
        })
        .await
    }

    /// SET NOT NULL: rows that are there must fit. What statistics say is not enough (their NULL is no answer).
    async fn check_no_nulls(&self, open: &OpenTransactions, place: &Place, column: &str) -> Result<()> {
        let quote = crate::sql::types::quoted;
        let table = [&place.attached.name, &place.schema, &place.name].map(|n| quote(n)).join(".");
        let sql = format!("SELECT 1 FROM {table} WHERE {} IS NULL LIMIT 1", quote(column));
        let rows = self.query_in(open, &sql).await?;
        if rows.iter().any(|b| b.num_rows() > 0) {
            let (table, column) = (place.name.clone(), column.to_string());
            return Err(TransactError::NotNull { table, column }.into());
        }
        Ok(())
    }

    /// `CALL lake.set_option(…)` and `CALL lake.set_commit_message(…)`, with or without `ducklake_` and the lake's name.
    async fn call_change(&self, call: Call) -> Result<()> {
        let (lake, function) = match call.name.as_slice() {
            [function] => (None, function.to_lowercase()),
            [lake, function] | [lake, _, function] => (Some(lake.clone()), function.to_lowercase()),
            _ => (None, String::new()),
        };
        let mut args = Vec::new();
        for arg in &call.args {
            args.push(self.constant(arg).await?);
        }
        let mut named = Vec::new();
        for (name, arg) in &call.named {
            named.push((name.as_str(), self.constant(arg).await?));
        }
        let lake = match lake {
            Some(lake) => lake,
            None if !args.is_empty() => args.remove(0).unwrap_or_default(),
            None => return Err(LakeError::usage(format!("{function} needs the lake's name"))),
        };
        let names = self.names();
        let attached = names.attached.iter().find(|a| same_name(&a.name, &lake)).cloned();
        let attached = attached.ok_or_else(|| names.unknown_lake(&lake))?;
        let find = |name: &str| named.iter().find(|(n, _)| *n == name).and_then(|(_, v)| v.clone());
        match function.strip_prefix("ducklake_").unwrap_or(&function) {
            "set_commit_message" => {
                let mut args = args.into_iter();
                let (author, message) = (args.next().flatten(), args.next().flatten());
                let info = CommitInfo { author, message, extra_info: find("extra_info") };
                if !self.open().is_open().await {
                    return Err(LakeError::Usage {
                        message: "a commit message belongs into a transaction".into(),
                        hint: Some("BEGIN one first".into()),
                    });
                }
                self.open().set_info(info).await;
                Ok(())
            }
            "set_option" => {
                let mut args = args.into_iter().flatten();
                let (Some(key), Some(value)) = (args.next(), args.next()) else {
                    return Err(LakeError::usage("set_option takes a name and a value"));
                };
                attached.lake.check_writable()?;
                let (key, value) = check_option(&key, &value).map_err(LakeError::usage)?;
                let scope = self.option_scope(&attached, find("schema"), find("table_name")).await?;
                let scope = scope.as_ref().map(|(scope, id)| (*scope, *id));
                if key == "data_inlining_row_limit" && value != "0" {
                    self.check_can_inline(&attached, scope).await?;
                }
                let patience = attached.lake.patience(&self.retry());
                Ok(attached.lake.catalog().set_option(&key, &value, scope, patience).await?)
            }
            other => Err(LakeError::not_supported(format!("CALL {other}"))),
        }
    }

    /// Inlining cannot be enabled where a table has columns of reserved names.
    async fn check_can_inline(&self, attached: &Attached, scope: Option<(&str, i64)>) -> Result<()> {
        let view = attached.lake.view(&SnapshotSelector::Latest).await?;
        let columns = attached.lake.catalog().all_columns_at(view.snapshot.id).await?;
        let options = attached.lake.catalog().options();
        let has_own = |scope: &str, id: i64| {
            let mut own = options.iter().filter(|o| o.key.eq_ignore_ascii_case("data_inlining_row_limit"));
            own.any(|o| o.scope.as_deref() == Some(scope) && o.scope_id == Some(id))
        };
        // A narrower option stays in force.
        let in_scope = |table: i64| {
            let schema = view.names.tables.iter().find(|t| t.table_id == table).map(|t| t.schema_id);
            match (scope, schema) {
                (_, None) => false,
                (None, Some(schema)) => !has_own("table", table) && !has_own("schema", schema),
                (Some(("schema", id)), Some(schema)) => id == schema && !has_own("table", table),
                (Some((_, id)), _) => id == table,
            }
        };
        let reserved = columns.iter().find(|(table, column)| {
            in_scope(*table)
                && column.parent_column.is_none()
                && RESERVED_NAMES.iter().any(|name| column.column_name.eq_ignore_ascii_case(name))
        });
        match reserved {
            Some((table, column)) => {
                let name = view.names.tables.iter().find(|t| t.table_id == *table).map_or("?", |t| t.name.as_str());
                Err(LakeError::Usage {
                    message: format!(
                        "data inlining cannot be enabled for table '{name}': its column '{}' has a reserved name",
                        column.column_name
                    ),
                    hint: Some("rename the column first".into()),
                })
            }
            None => Ok(()),
        }
    }

    async fn option_scope(
        &self,
        attached: &Attached,
        schema: Option<String>,
        table: Option<String>,
    ) -> Result<Option<(&'static str, i64)>> {
        let view = attached.lake.view(&SnapshotSelector::Latest).await?;
        let schema_row = |name: &str| view.schema(name).ok_or_else(|| unknown_schema(name));
        match (schema, table) {
            (None, None) => Ok(None),
            (Some(schema), None) => Ok(Some(("schema", schema_row(&schema)?.schema_id))),
            (schema, Some(table)) => {
                let (schema, table) = match (schema, table.split_once('.')) {
                    (Some(schema), _) => (schema, table),
                    (None, Some((schema, name))) if view.schema(schema).is_some() => {
                        (schema.to_string(), name.to_string())
                    }
                    (None, _) => ("main".to_string(), table),
                };
                let row = view.table(schema_row(&schema)?, &table);
                let row = row.ok_or_else(|| unknown_table(&view, &table, &schema, &table))?;
                Ok(Some(("table", row.table_id)))
            }
        }
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

fn partition_keys(keys: &[PartitionExpr]) -> Vec<(String, String)> {
    keys.iter().map(|k| (k.column.clone(), k.transform.to_string())).collect()
}

fn sort_field(key: &crate::sql::write::SortExpr) -> SortField {
    SortField { expression: key.sql.clone(), descending: key.descending, nulls_first: key.nulls_first }
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

fn set_nullable(table: &mut TableChanges, column: String, nullable: bool) -> Result<()> {
    let found = table.find(std::slice::from_ref(&column)).map(|c| c.nulls_allowed);
    if found == Some(nullable) {
        let is = if nullable { "has no NOT NULL constraint" } else { "is NOT NULL already" };
        return Err(LakeError::usage(format!("column '{column}' {is}")));
    }
    Ok(table.set_nullable(&[column], nullable)?)
}

pub(crate) fn pending_columns(lake: &OpenLake, id: i64) -> Result<Vec<Column>> {
    Ok(match lake.transaction.table(id) {
        Some(table) => table.tree(id)?,
        None => Vec::new(),
    })
}

/// Rows that wait for the commit follow the columns.
pub(crate) fn adapt_pending(lake: &mut OpenLake, id: i64, before: &[Column]) -> Result<()> {
    let Some(table) = lake.transaction.table_mut(id) else { return Ok(()) };
    let after = table.tree(id)?;
    if after == before || table.pending.is_empty() {
        return Ok(());
    }
    for pending in &mut table.pending {
        pending.batch = crate::inlined::evolve(&pending.batch, before, &after)?;
    }
    Ok(())
}

//! Statements about indexes.

use arrow::array::{Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use ducklake_transact::Tagged;
use std::sync::Arc;

use super::definition::IndexDefinition;
use super::known::{TableIndex, indexes, is_committed, tag_key};
use super::new_index::{NewIndex, did_you_mean};
use super::refresh::{IndexStatus, RefreshRow, RefreshScope, refresh, status};
use crate::error::{LakeError, Result};
use crate::lake::{LakeView, SnapshotSelector, same_name};
use crate::session::{QueryResult, Session};
use crate::sql::functions::FunctionCall;
use crate::sql::names::{Attached, Names, unknown_table};
use crate::sql::rows::batch_result;
use crate::table::LakeTable;
use crate::write::{OpenTransactions, Place};

/// The function that makes segments.
pub(crate) const REFRESH: &str = "ducklake_refresh_indexes";

impl Session {
    /// CREATE INDEX; false where it was there and is kept.
    ///
    /// # Errors
    /// [`LakeError::Usage`] where the name is taken or the columns cannot be indexed.
    pub(crate) async fn create_index(
        &self,
        open: &OpenTransactions,
        table: &[String],
        index: &NewIndex,
        if_not_exists: bool,
    ) -> Result<bool> {
        let name = index.name.as_str();
        if name.is_empty() {
            return Err(LakeError::usage("an index needs a name"));
        }
        let place = self.place(open, table).await?;
        let id = place.table_id().ok_or_else(|| place.unknown(table))?;
        let lake = &place.attached.lake;
        let all = indexes(lake, &place.view).await?;
        if let Some(taken) = all.iter().find(|other| other.is_named(place.schema_id, name)) {
            if if_not_exists {
                return Ok(false);
            }
            return Err(LakeError::Usage {
                message: format!("index '{name}' exists already, on table '{}'", taken.table),
                hint: Some("DROP INDEX it first, or choose another name".into()),
            });
        }
        let columns = lake.columns(&place.view, id).await?;
        let kind = index.kind_on(&place.name, &columns)?;
        let used: Vec<i64> = kind.columns().iter().map(|column| column.field_id).collect();
        let encrypted = lake.catalog().metadata().encrypted;
        let json = IndexDefinition::new(name, kind, index.refresh, encrypted)?.to_json()?;
        open.with(&place.attached, async |lake| {
            lake.check_writable()?;
            lake.transaction.require_columns(id, used);
            lake.transaction.set_tag(Tagged::Table(id), &tag_key(name), Some(json));
            Ok(true)
        })
        .await
    }

    /// Makes the segments of a new index, once it is committed.
    pub(crate) async fn fill_index(&self, table: &[String]) -> Result<()> {
        let place = self.place(self.open(), table).await?;
        let scope = RefreshScope { schema: Some(place.schema.clone()), table: Some(place.name.clone()) };
        place.attached.lake.refresh_indexes(&scope, |_| ()).await.map(drop)
    }

    /// DROP INDEX, of any table or of the given one.
    ///
    /// # Errors
    /// [`LakeError::UnknownName`] with names like it.
    pub(crate) async fn drop_index(
        &self,
        open: &OpenTransactions,
        name: &[String],
        table: Option<&[String]>,
        if_exists: bool,
    ) -> Result<()> {
        let Some(place) = self.place_if(open, table.unwrap_or(name), if_exists).await? else { return Ok(()) };
        let of_table = match table {
            None => None,
            Some(asked) => match place.table_id() {
                None if if_exists => return Ok(()),
                found => Some(found.ok_or_else(|| place.unknown(asked))?),
            },
        };
        let wanted = name.last().map_or("", String::as_str);
        let all = indexes(&place.attached.lake, &place.view).await?;
        let candidates =
            || all.iter().filter(|i| i.schema_id == place.schema_id && of_table.is_none_or(|id| id == i.table_id));
        let Some(index) = candidates().find(|index| index.is_named(place.schema_id, wanted)) else {
            if if_exists {
                return Ok(());
            }
            let suggestions = crate::sql::names::similar(wanted, candidates().map(|i| i.name.as_str()));
            return Err(LakeError::UnknownName { what: "index", name: wanted.to_string(), suggestions });
        };
        let (on, key) = (Tagged::Table(index.table_id), tag_key(&index.name));
        open.with(&place.attached, async |lake| {
            lake.check_writable()?;
            if is_committed(&lake.lake, lake.base(), index.table_id, &key).await? {
                lake.transaction.set_tag(on, &key, None);
            } else {
                lake.transaction.forget_tag(&on, &key);
            }
            Ok(())
        })
        .await
    }

    /// Refuses to drop or change a column, or a field in it, that an index needs. DuckDB says the same of its indexes.
    pub(crate) async fn check_not_indexed(&self, place: &Place, table: i64, path: &[String]) -> Result<()> {
        let Some(column) = path.first() else { return Ok(()) };
        let all = indexes(&place.attached.lake, &place.view).await?;
        let uses = |index: &&TableIndex| {
            index.table_id == table && index.definition.is_ok() && index.columns.iter().any(|c| same_name(c, column))
        };
        match all.iter().find(uses) {
            Some(index) => Err(LakeError::Usage {
                message: format!("column '{column}' cannot be changed: index '{}' depends on it", index.name),
                hint: Some(format!("DROP INDEX {} first", crate::sql::types::quoted(&index.name))),
            }),
            None => Ok(()),
        }
    }

    /// SHOW INDEXES, of all lakes or of one table.
    pub(crate) async fn show_indexes(&self, from: Option<&[String]>) -> Result<QueryResult> {
        let mut found: Vec<(String, TableIndex, IndexStatus)> = Vec::new();
        let mut add = async |attached: &Attached, view: &LakeView, of_table: Option<i64>| -> Result<()> {
            for index in indexes(&attached.lake, view).await? {
                if of_table.is_some_and(|id| id != index.table_id) {
                    continue;
                }
                let status = match &index.definition {
                    Ok(definition) => match LakeTable::load(&attached.lake, view, &index.schema, &index.table).await? {
                        Some(table) => status(&table, definition).await?,
                        None => IndexStatus::default(),
                    },
                    Err(_) => IndexStatus::default(),
                };
                found.push((attached.name.clone(), index, status));
            }
            Ok(())
        };
        match from {
            Some(name) => {
                let place = self.place(self.open(), name).await?;
                let id = place.table_id().ok_or_else(|| place.unknown(name))?;
                add(&place.attached, &place.view, Some(id)).await?;
            }
            None => {
                for attached in self.names().attached {
                    let view = self.view(&attached).await?;
                    add(&attached, &view, None).await?;
                }
            }
        }
        let text =
            |pick: fn(&TableIndex) -> Option<String>| -> StringArray { found.iter().map(|f| pick(&f.1)).collect() };
        let number = |pick: fn(&IndexStatus) -> Option<u64>| -> Int64Array {
            found.iter().map(|f| pick(&f.2).map(u64::cast_signed)).collect()
        };
        let lakes: StringArray = found.iter().map(|f| Some(f.0.as_str())).collect();
        batch_result(rows(
            vec![
                ("database_name", lakes),
                ("schema_name", text(|i| Some(i.schema.clone()))),
                ("table_name", text(|i| Some(i.table.clone()))),
                ("index_name", text(|i| Some(i.name.clone()))),
                ("kind", text(|i| i.definition.as_ref().ok().map(|d| d.kind.name().to_string()))),
                ("columns", text(|i| Some(i.columns_sql()))),
                ("options", text(TableIndex::options_sql)),
                ("note", text(|i| i.definition.as_ref().err().map(ToString::to_string))),
            ],
            vec![
                ("segments", number(|s| s.segments)),
                ("rows_indexed", number(|s| s.rows_indexed)),
                ("rows_lagging", number(|s| s.rows_lagging)),
            ],
        )?)
    }

    /// Brings indexes up to date; one row for each.
    pub(crate) async fn refresh_indexes(&self, call: &RefreshCall) -> Result<RecordBatch> {
        call.attached.lake.check_writable()?;
        // What is not committed yet gets its segments later.
        let lake = &call.attached.lake;
        let view = lake.view(&SnapshotSelector::Latest).await?;
        let done = refresh(lake, &view, &call.tables(&view)?, Arc::new(|_| ())).await?;
        let text = |pick: fn(&RefreshRow) -> &str| -> StringArray { done.iter().map(|row| Some(pick(row))).collect() };
        let number = |pick: fn(&RefreshRow) -> u64| -> Int64Array {
            done.iter().map(|row| Some(pick(row).cast_signed())).collect()
        };
        rows(
            vec![
                ("schema_name", text(|row| &row.schema)),
                ("table_name", text(|row| &row.table)),
                ("index_name", text(|row| &row.index)),
            ],
            vec![
                ("segments_built", number(|row| row.segments_built)),
                ("rows_indexed", number(|row| row.rows_indexed)),
                ("segments_removed", number(|row| row.segments_removed)),
            ],
        )
    }
}

fn rows(texts: Vec<(&str, StringArray)>, numbers: Vec<(&str, Int64Array)>) -> Result<RecordBatch> {
    let text_fields = texts.iter().map(|(name, _)| Field::new(*name, DataType::Utf8, true));
    let number_fields = numbers.iter().map(|(name, _)| Field::new(*name, DataType::Int64, true));
    let schema = Schema::new(text_fields.chain(number_fields).collect::<Vec<_>>());
    let numbers = numbers.into_iter().map(|(_, array)| Arc::new(array) as _);
    let arrays = texts.into_iter().map(|(_, array)| Arc::new(array) as _).chain(numbers).collect();
    Ok(RecordBatch::try_new(Arc::new(schema), arrays)?)
}

/// A call of [`REFRESH`], its arguments evaluated.
#[derive(Debug)]
pub(crate) struct RefreshCall {
    attached: Attached,
    schema: Option<String>,
    table: Option<String>,
}

impl RefreshCall {
    /// The call of the table function.
    ///
    /// # Errors
    /// [`LakeError::Usage`] for arguments that it does not take, unknown lakes.
    pub(crate) fn new(names: &Names, call: &FunctionCall) -> Result<Self> {
        let Some(lake) = call.text(0).filter(|_| call.args.len() == 1) else {
            return Err(LakeError::usage(format!("{REFRESH} takes the lake's name")));
        };
        const NAMED: [&str; 2] = ["schema", "table"];
        if let Some(other) = call.named.keys().find(|name| !NAMED.contains(&name.as_str())) {
            return Err(LakeError::Usage {
                message: format!("{REFRESH} has no parameter '{other}'"),
                hint: did_you_mean(other, NAMED.into_iter()).or_else(|| Some("it takes schema and table".into())),
            });
        }
        let attached = names.attached.iter().find(|a| same_name(&a.name, &lake)).cloned();
        Ok(Self {
            attached: attached.ok_or_else(|| names.unknown_lake(&lake))?,
            schema: call.named_text("schema"),
            table: call.named_text("table"),
        })
    }

    /// The tables whose indexes are meant.
    fn tables(&self, view: &LakeView) -> Result<Vec<i64>> {
        let schema = match (self.schema.as_deref(), &self.table) {
            (None, None) => None,
            (name, _) => {
                let name = name.unwrap_or("main");
                Some(view.schema(name).ok_or_else(|| LakeError::UnknownName {
                    what: "schema",
                    name: name.to_string(),
                    suggestions: Vec::new(),
                })?)
            }
        };
        if let (Some(schema), Some(name)) = (schema, &self.table) {
            let row = view.table(schema, name).ok_or_else(|| unknown_table(view, name, &schema.name, name))?;
            return Ok(vec![row.table_id]);
        }
        let tables = view.names.tables.iter().filter(|t| schema.is_none_or(|s| s.schema_id == t.schema_id));
        Ok(tables.map(|t| t.table_id).collect())
    }
}

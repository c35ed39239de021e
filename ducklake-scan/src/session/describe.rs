//! What SHOW and DESCRIBE tell.

use arrow::array::StringArray;
use ducklake_format::{Column, LakeType};

use crate::error::Result;
use crate::lake::{SnapshotSelector, same_name};
use crate::sql::files::{ListedTable, listed_tables};
use crate::sql::names::unknown_table;
use crate::sql::rows::{describe_columns, describe_fields, rows_of, text_rows};
use crate::sql::types::sql_name;
use crate::table::LakeTable;

use super::*;

impl Session {
    pub(super) async fn show_tables(&self, all: bool, from: Option<&str>) -> Result<QueryResult> {
        let names = self.names();
        let (current_lake, current_schema) = names.current.clone().unwrap_or_default();
        let mut rows: Vec<ListedTable> = Vec::new();
        for attached in names.attached {
            if !all && from.is_none() && !same_name(&attached.name, &current_lake) {
                continue;
            }
            let view = self.view(&attached).await?;
            let wanted_lake = from.is_none_or(|f| same_name(f, &attached.name));
            for schema in &view.names.schemas {
                let wanted = match from {
                    Some(from) => {
                        wanted_lake || (same_name(&attached.name, &current_lake) && same_name(from, &schema.name))
                    }
                    None => all || same_name(&schema.name, &current_schema),
                };
                if !wanted {
                    continue;
                }
                for table in view.names.tables.iter().filter(|t| t.schema_id == schema.schema_id) {
                    let listed = |c: &Column| (c.name.clone(), sql_name(&c.lake_type));
                    let columns = match all {
                        true => attached.lake.columns(&view, table.table_id).await?.iter().map(listed).collect(),
                        false => Vec::new(),
                    };
                    rows.push((attached.name.clone(), schema.name.clone(), table.name.clone(), columns));
                }
                for view in view.names.views.iter().filter(|v| v.schema_id == schema.schema_id) {
                    rows.push((attached.name.clone(), schema.name.clone(), view.name.clone(), Vec::new()));
                }
            }
        }
        for file in names.files {
            let is_current = same_name(&file.name, &current_lake);
            let wanted = |schema: &str| match from {
                Some(from) => same_name(from, &file.name) || (is_current && same_name(from, schema)),
                None => all || (is_current && same_name(schema, &current_schema)),
            };
            rows.extend(listed_tables(&file, &file.file.database().await?).filter(|row| wanted(&row.1)));
        }
        rows.sort_by(|a, b| (&a.0, &a.1, &a.2).cmp(&(&b.0, &b.1, &b.2)));
        if !all {
            return text_rows(vec![("name", rows.into_iter().map(|r| r.2).collect())]);
        }
        let list = |pick: fn(&(String, String)) -> &str| -> Vec<String> {
            rows.iter().map(|r| format!("[{}]", r.3.iter().map(pick).collect::<Vec<_>>().join(", "))).collect()
        };
        text_rows(vec![
            ("database", rows.iter().map(|r| r.0.clone()).collect()),
            ("schema", rows.iter().map(|r| r.1.clone()).collect()),
            ("name", rows.iter().map(|r| r.2.clone()).collect()),
            ("column_names", list(|c| &c.0)),
            ("column_types", list(|c| &c.1)),
        ])
    }

    pub(super) async fn describe(&self, parts: &[String]) -> Result<QueryResult> {
        let mut pins = self.pins();
        if let Some(table) = self.file_table(&pins, parts).await? {
            return describe_columns(table.column_types().map(|(name, kind)| (name.to_string(), kind)));
        }
        let (attached, view, schema, name) = pins.locate(parts, &SnapshotSelector::Latest).await?;
        if let Some(table) = LakeTable::load(&attached.lake, &view, &schema, &name).await? {
            let columns = table.columns();
            let text = |f: fn(&Column) -> String| columns.iter().map(f).collect::<Vec<_>>();
            let defaults: StringArray = columns.iter().map(default_sql).collect();
            let nothing = StringArray::from(vec![None::<&str>; columns.len()]);
            return rows_of(vec![
                ("column_name", StringArray::from(text(|c| c.name.clone()))),
                ("column_type", StringArray::from(text(|c| sql_name(&c.lake_type)))),
                ("null", StringArray::from(text(|c| if c.nulls_allowed { "YES" } else { "NO" }.to_string()))),
                ("key", nothing.clone()),
                ("default", defaults),
                ("extra", nothing),
            ]);
        }
        match self.object(&attached, &view, &schema, &name, &[], (0, &pins.files)).await? {
            Some((_, provider)) => describe_fields(provider.schema().fields().iter().map(|f| f.as_ref().clone())),
            None => Err(unknown_table(&view, &parts.join("."), &schema, &name)),
        }
    }
}

/// A column's default as SQL: the catalog keeps a literal's text without its quotes.
pub(crate) fn default_sql(column: &Column) -> Option<String> {
    let text = column.default_value.as_ref()?;
    let is_text = matches!(
        column.lake_type,
        LakeType::Varchar
            | LakeType::Json
            | LakeType::Uuid
            | LakeType::Blob
            | LakeType::Date
            | LakeType::Timestamp
            | LakeType::TimestampTz
    );
    let is_literal = column.default_value_type.as_deref().is_none_or(|t| t.eq_ignore_ascii_case("literal"));
    Some(if is_text && is_literal { format!("'{}'", text.replace('\'', "''")) } else { text.clone() })
}

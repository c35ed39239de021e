//! CALL of what sets options and commit messages.

use ducklake_transact::CommitInfo;
use ducklake_transact::settings::check_option;

use crate::error::{LakeError, Result};
use crate::lake::{SnapshotSelector, same_name};
use crate::session::Session;
use crate::sql::names::{Attached, unknown_table};
use crate::sql::write::Call;

use super::*;

impl Session {
    /// `CALL lake.set_option(…)` and `CALL lake.set_commit_message(…)`, with or without `ducklake_` and the lake's name.
    pub(super) async fn call_change(&self, call: Call) -> Result<()> {
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
    pub(super) async fn check_can_inline(&self, attached: &Attached, scope: Option<(&str, i64)>) -> Result<()> {
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

    pub(super) async fn option_scope(
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

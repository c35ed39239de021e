//! Which indexes there are at a view of a lake.

use ducklake_catalog::TagRow;
use ducklake_format::Column;
use ducklake_transact::Tagged;

use super::definition::{DefinitionError, IndexDefinition, IndexKind, TAG_PREFIX};
use crate::error::Result;
use crate::lake::{Lake, LakeView, same_name};
use crate::sql::types::quoted;

/// An index of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableIndex {
    /// Schema of the table.
    pub schema: String,
    /// Id of the schema.
    pub schema_id: i64,
    /// Name of the table.
    pub table: String,
    /// Id of the table.
    pub table_id: i64,
    /// Name of the index.
    pub name: String,
    /// What it is, or why it cannot be used.
    pub definition: std::result::Result<IndexDefinition, DefinitionError>,
    /// Names that the indexed columns have now; those that are gone are left out.
    pub columns: Vec<String>,
}

/// The key of the tag that defines an index.
pub(crate) fn tag_key(name: &str) -> String {
    format!("{TAG_PREFIX}{name}")
}

/// All indexes of a lake, with those that a transaction has not committed yet.
pub(crate) async fn indexes(lake: &Lake, view: &LakeView) -> Result<Vec<TableIndex>> {
    let mut found = Vec::new();
    for tag in tags(lake, view).await? {
        // Tags of tables that others dropped may live on.
        let Some(table) = view.names.tables.iter().find(|t| t.table_id == tag.object_id) else { continue };
        let Some(schema) = view.names.schemas.iter().find(|s| s.schema_id == table.schema_id) else { continue };
        let columns = lake.columns(view, table.table_id).await?;
        let name = name_of(&tag).to_string();
        let (definition, columns) = understood(&name, &tag.value, &columns);
        found.push(TableIndex {
            schema: schema.name.clone(),
            schema_id: schema.schema_id,
            table: table.name.clone(),
            table_id: table.table_id,
            name,
            definition,
            columns,
        });
    }
    found.sort_by(|a, b| (&a.schema, &a.table, &a.name).cmp(&(&b.schema, &b.table, &b.name)));
    Ok(found)
}

impl Lake {
    /// Indexes of a table that searches can use: one statement for all tables of a snapshot, and then none.
    ///
    /// # Errors
    /// Failures of the catalog.
    pub async fn table_indexes(&self, view: &LakeView, table: i64) -> Result<Vec<IndexDefinition>> {
        let mut tags = tags(self, view).await?;
        tags.retain(|tag| tag.object_id == table);
        if tags.is_empty() {
            return Ok(Vec::new());
        }
        let columns = self.columns(view, table).await?;
        Ok(tags.iter().filter_map(|tag| understood(name_of(tag), &tag.value, &columns).0.ok()).collect())
    }
}

/// Whether the snapshot below a transaction has this tag.
pub(crate) async fn is_committed(lake: &Lake, base: &LakeView, table: i64, key: &str) -> Result<bool> {
    Ok(lake.index_tags(base).await?.iter().any(|tag| tag.object_id == table && tag.key == key))
}

/// Tags that define indexes, as a transaction leaves them.
async fn tags(lake: &Lake, view: &LakeView) -> Result<Vec<TagRow>> {
    let mut tags = lake.index_tags(view).await?.to_vec();
    for change in view.local.iter().flat_map(|local| local.tags()) {
        let Tagged::Table(object_id) = change.on else { continue };
        if !change.key.starts_with(TAG_PREFIX) {
            continue;
        }
        tags.retain(|tag| tag.object_id != object_id || tag.key != change.key);
        tags.extend(change.value.clone().map(|value| TagRow { object_id, key: change.key.clone(), value }));
    }
    Ok(tags)
}

fn name_of(tag: &TagRow) -> &str {
    tag.key.strip_prefix(TAG_PREFIX).unwrap_or_default()
}

/// A definition beside the table that it is for, and the names of its columns there.
fn understood(
    name: &str,
    json: &str,
    columns: &[Column],
) -> (std::result::Result<IndexDefinition, DefinitionError>, Vec<String>) {
    let definition = match IndexDefinition::parse(name, json) {
        Ok(definition) => definition,
        Err(error) => return (Err(error), Vec::new()),
    };
    let of = |id: i64| columns.iter().find(|column| column.id == id).map(|column| column.name.clone());
    let names = definition.kind.columns().iter().filter_map(|column| of(column.field_id)).collect();
    match definition.kind.misfit(columns) {
        Some(why) => (Err(DefinitionError::Stale { why }), names),
        None => (Ok(definition), names),
    }
}

impl TableIndex {
    /// Whether it has this name; case makes no difference.
    pub(crate) fn is_named(&self, schema_id: i64, name: &str) -> bool {
        self.schema_id == schema_id && same_name(&self.name, name)
    }

    /// The columns as `CREATE INDEX` has them, with what is said of each.
    pub(crate) fn columns_sql(&self) -> String {
        let columns: Vec<String> = match &self.definition {
            Ok(IndexDefinition { kind: IndexKind::Fts { columns }, .. }) => {
                let sql = |(name, column): (&String, &super::FtsColumn)| {
                    let boost = if column.boost == 1.0 { String::new() } else { format!(" BOOST {}", column.boost) };
                    format!("{} AS {}{boost}", quoted(name), column.text.as_str())
                };
                self.columns.iter().zip(columns).map(sql).collect()
            }
            _ => self.columns.iter().map(|name| quoted(name)).collect(),
        };
        columns.join(", ")
    }

    /// The options as `CREATE INDEX … WITH` has them.
    pub(crate) fn options_sql(&self) -> Option<String> {
        let definition = self.definition.as_ref().ok()?;
        let refresh = format!("refresh = '{}'", definition.refresh.as_str());
        Some(match &definition.kind {
            IndexKind::Hnsw { metric, m, ef_construction, .. } => {
                format!("metric = '{}', m = {m}, ef_construction = {ef_construction}, {refresh}", metric.as_str())
            }
            IndexKind::Fts { .. } => refresh,
        })
    }

    /// The statement that makes such an index.
    pub(crate) fn create_sql(&self) -> Option<String> {
        let kind = self.definition.as_ref().ok()?.kind.name();
        let (name, table) = (quoted(&self.name), format!("{}.{}", quoted(&self.schema), quoted(&self.table)));
        let (columns, options) = (self.columns_sql(), self.options_sql()?);
        Some(format!("CREATE INDEX {name} ON {table} USING {kind} ({columns}) WITH ({options});"))
    }
}

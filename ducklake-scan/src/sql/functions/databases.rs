//! DuckDB's listings of what there is: `duckdb_tables()` and its like, for lakes, DuckDB files and the session's own tables.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Int32Array, RecordBatch};
use duckdb_file::EntryKind;
use ducklake_catalog::{Cell, RawTable};
use ducklake_format::Column;

use super::FunctionCall;
use super::rows::{batch, flags, ints, maps, texts};
use crate::duckdb::{AttachedFile, DuckDbTable};
use crate::error::Result;
use crate::lake::{LakeView, same_name};
use crate::search::indexes;
use crate::session::Session;
use crate::sql::memory::MEMORY;
use crate::sql::names::Attached;
use crate::sql::types::{field_type, quoted, sql_name};

pub(super) async fn call(session: &Session, call: &FunctionCall) -> Result<Option<RecordBatch>> {
    let name = call.name.as_str();
    let known = [
        "duckdb_tables",
        "duckdb_views",
        "duckdb_schemas",
        "duckdb_databases",
        "duckdb_columns",
        "duckdb_settings",
        "pragma_database_size",
    ];
    if !known.contains(&name) {
        return Ok(None);
    }
    let listing = Listing::load(session, name).await?;
    Ok(Some(match name {
        "duckdb_tables" => listing.tables()?,
        "duckdb_views" => listing.views()?,
        "duckdb_schemas" => listing.schemas()?,
        "duckdb_databases" => listing.databases()?,
        "duckdb_columns" => listing.columns()?,
        "duckdb_settings" => settings(session)?,
        _ => listing.sizes()?,
    }))
}

/// Whether this name in FROM stands for a listing even without parentheses.
pub(crate) fn is_listing(name: &str) -> bool {
    let names = ["duckdb_tables", "duckdb_views", "duckdb_schemas", "duckdb_databases", "duckdb_columns"];
    names.iter().chain(&[super::indexes::NAME]).any(|n| n.eq_ignore_ascii_case(name))
}

/// A table or view and what is listed of it.
struct Object {
    database: (i64, String),
    schema: (i64, String),
    id: i64,
    name: String,
    comment: Option<String>,
    temporary: bool,
    rows: i64,
    indexes: i64,
    columns: Vec<ListedColumn>,
    sql: Option<String>,
}

struct ListedColumn {
    name: String,
    type_name: String,
    nullable: bool,
    default: Option<String>,
    comment: Option<String>,
}

struct Database {
    name: String,
    path: Option<String>,
    data_path: Option<String>,
    kind: &'static str,
    read_only: bool,
    bytes: i64,
    schemas: Vec<(i64, String)>,
}

#[derive(Default)]
struct Listing {
    databases: Vec<Database>,
    tables: Vec<Object>,
    views: Vec<Object>,
}

impl Listing {
    async fn load(session: &Session, function: &str) -> Result<Self> {
        let mut listing = Self::default();
        for (index, attached) in session.names().attached.iter().enumerate() {
            listing.add_lake(session, index as i64 + 1, attached, function).await?;
        }
        for (index, attached) in session.names().files.iter().enumerate() {
            let oid = (session.names().attached.len() + index) as i64 + 1;
            listing.add_file(oid, attached, function == "duckdb_tables").await?;
        }
        listing.add_memory(session);
        Ok(listing)
    }

    async fn add_lake(&mut self, session: &Session, oid: i64, attached: &Attached, function: &str) -> Result<()> {
        let lake = &attached.lake;
        let view = session.view(attached).await?;
        let tags = Tags::load(attached, &view).await?;
        lake.load_all_columns(&view).await?;
        let totals = lake.catalog().file_totals(view.snapshot.id).await?;
        let rows = row_counts(attached).await?;
        let indexes = indexes(lake, &view).await?;
        let schema_of = |id: i64| {
            let name = view.names.schemas.iter().find(|s| s.schema_id == id).map(|s| s.name.clone());
            (id, name.unwrap_or_default())
        };
        let database = (oid, attached.name.clone());
        for table in &view.names.tables {
            let columns = lake.columns(&view, table.table_id).await?;
            let listed = columns.iter().map(|c| listed_column(c, tags.column(table.table_id, c.id))).collect();
            let schema = schema_of(table.schema_id);
            self.tables.push(Object {
                sql: Some(create_table(&schema.1, &table.name, &columns)),
                database: database.clone(),
                schema,
                id: table.table_id,
                name: table.name.clone(),
                comment: tags.object(table.table_id),
                temporary: false,
                rows: rows.get(&table.table_id).copied().unwrap_or_default(),
                indexes: indexes.iter().filter(|index| index.table_id == table.table_id).count() as i64,
                columns: listed,
            });
        }
        for row in &view.names.views {
            let schema = schema_of(row.schema_id);
            let wanted = matches!(function, "duckdb_views" | "duckdb_columns");
            let columns =
                if wanted { view_columns(session, attached, &view, &schema.1, &row.name).await } else { Vec::new() };
            self.views.push(Object {
                sql: crate::views::sql(row, &attached.name).ok().map(|sql| create_view(&schema.1, &row.name, &sql)),
                database: database.clone(),
                schema,
                id: row.view_id,
                name: row.name.clone(),
                comment: tags.object(row.view_id),
                temporary: false,
                rows: 0,
                indexes: 0,
                columns,
            });
        }
        self.databases.push(Database {
            name: attached.name.clone(),
            path: Some(lake.catalog().uri().to_string()),
            data_path: Some(lake.data_path().to_string()),
            kind: "ducklake",
            read_only: false,
            bytes: totals.values().map(|t| t.file_size_bytes + t.delete_file_size_bytes).sum(),
            schemas: view.names.schemas.iter().map(|s| (s.schema_id, s.name.clone())).collect(),
        });
        Ok(())
    }

    /// `counted`: with numbers of rows.
    async fn add_file(&mut self, oid: i64, attached: &AttachedFile, counted: bool) -> Result<()> {
        let database = attached.file.database().await?;
        let schemas: Vec<(i64, String)> = (0..).zip(database.schemas().map(str::to_string)).collect();
        let place = |schema: &str| {
            let id = schemas.iter().find(|(_, name)| same_name(name, schema)).map_or(-1, |(id, _)| *id);
            (id, schema.to_string())
        };
        let object = |id: i64, schema: &str, name: &str| Object {
            database: (oid, attached.name.clone()),
            schema: place(schema),
            id,
            name: name.to_string(),
            comment: None,
            temporary: false,
            rows: 0,
            indexes: 0,
            columns: Vec::new(),
            sql: None,
        };
        for (id, table) in (0..).zip(database.tables()) {
            let table = DuckDbTable::new(attached.file.path(), table.clone());
            // A table that cannot be counted must not break a listing.
            let rows = if counted { table.row_count().await.unwrap_or_default() } else { 0 };
            let columns = table.column_types().map(|(name, type_name)| ListedColumn {
                name: name.to_string(),
                type_name,
                nullable: true,
                default: None,
                comment: None,
            });
            self.tables.push(Object {
                rows: i64::try_from(rows).unwrap_or(i64::MAX),
                columns: columns.collect(),
                sql: Some(crate::sql::files::create_table(&table)),
                ..object(id, &table.schema_name(), table.name())
            });
        }
        let views = database.others().filter(|entry| entry.kind == EntryKind::View);
        self.views.extend((0..).zip(views).map(|(id, view)| object(id, &view.schema, &view.name)));
        self.databases.push(Database {
            name: attached.name.clone(),
            path: Some(attached.file.path().display().to_string()),
            data_path: None,
            kind: "duckdb",
            read_only: true,
            bytes: std::fs::metadata(attached.file.path()).map_or(0, |file| file.len().cast_signed()),
            schemas,
        });
        Ok(())
    }

    fn add_memory(&mut self, session: &Session) {
        let memory = &session.local().memory;
        let schemas = memory.schemas().into_iter().zip(0..).map(|(name, id)| (id, name)).collect();
        for (id, table) in memory.tables().into_iter().enumerate() {
            let columns = table.schema.fields().iter().map(|field| ListedColumn {
                name: field.name().clone(),
                type_name: field_type(field),
                nullable: field.is_nullable(),
                default: None,
                comment: None,
            });
            self.tables.push(Object {
                database: (0, table.name.catalog.to_string()),
                schema: (0, table.name.schema.clone()),
                id: id as i64,
                name: table.name.table.clone(),
                comment: None,
                temporary: table.name.catalog != MEMORY,
                rows: table.batches().iter().map(|b| b.num_rows() as i64).sum(),
                indexes: 0,
                columns: columns.collect(),
                sql: None,
            });
        }
        self.databases.push(Database {
            name: MEMORY.to_string(),
            path: None,
            data_path: None,
            kind: "duckdb",
            read_only: false,
            bytes: 0,
            schemas,
        });
    }

    fn tables(&self) -> Result<RecordBatch> {
        let mut columns = places(&self.tables, "table");
        columns.extend([
            ("comment", texts(self.tables.iter().map(|t| t.comment.clone()))),
            ("tags", maps(self.tables.iter().map(|_| Vec::new()))?),
            ("internal", flags(self.tables.iter().map(|_| false))),
            ("temporary", flags(self.tables.iter().map(|t| t.temporary))),
            ("has_primary_key", flags(self.tables.iter().map(|_| false))),
            ("estimated_size", ints(self.tables.iter().map(|t| Some(t.rows)))),
            ("column_count", ints(self.tables.iter().map(|t| Some(t.columns.len() as i64)))),
            ("index_count", ints(self.tables.iter().map(|t| Some(t.indexes)))),
            ("check_constraint_count", ints(self.tables.iter().map(|_| Some(0)))),
            ("sql", texts(self.tables.iter().map(|t| t.sql.clone()))),
        ]);
        batch(columns)
    }

    fn views(&self) -> Result<RecordBatch> {
        let mut columns = places(&self.views, "view");
        columns.extend([
            ("comment", texts(self.views.iter().map(|v| v.comment.clone()))),
            ("tags", maps(self.views.iter().map(|_| Vec::new()))?),
            ("internal", flags(self.views.iter().map(|_| false))),
            ("temporary", flags(self.views.iter().map(|v| v.temporary))),
            ("column_count", ints(self.views.iter().map(|v| Some(v.columns.len() as i64)))),
            ("sql", texts(self.views.iter().map(|v| v.sql.clone()))),
        ]);
        batch(columns)
    }

    fn schemas(&self) -> Result<RecordBatch> {
        let rows = || self.databases.iter().zip(0_i64..).flat_map(|(d, i)| d.schemas.iter().map(move |s| (i, d, s)));
        batch(vec![
            ("oid", ints(rows().map(|(_, _, s)| Some(s.0)))),
            ("database_name", texts(rows().map(|(_, d, _)| Some(d.name.clone())))),
            ("database_oid", ints(rows().map(|(i, _, _)| Some(i)))),
            ("schema_name", texts(rows().map(|(_, _, s)| Some(s.1.clone())))),
            ("comment", texts(rows().map(|_| None::<String>))),
            ("tags", maps(rows().map(|_| Vec::new()))?),
            ("internal", flags(rows().map(|_| false))),
            ("sql", texts(rows().map(|_| None::<String>))),
        ])
    }

    fn databases(&self) -> Result<RecordBatch> {
        let all = &self.databases;
        let tags = |d: &Database| d.data_path.iter().map(|path| ("data_path".to_string(), path.clone())).collect();
        batch(vec![
            ("database_name", texts(all.iter().map(|d| Some(d.name.clone())))),
            ("database_oid", ints(all.iter().zip(0..).map(|(_, i)| Some(i)))),
            ("path", texts(all.iter().map(|d| d.path.clone()))),
            ("comment", texts(all.iter().map(|_| None::<String>))),
            ("tags", maps(all.iter().map(tags))?),
            ("internal", flags(all.iter().map(|_| false))),
            ("type", texts(all.iter().map(|d| Some(d.kind.to_string())))),
            ("readonly", flags(all.iter().map(|d| d.read_only))),
        ])
    }

    fn columns(&self) -> Result<RecordBatch> {
        let rows: Vec<(&Object, usize, &ListedColumn)> = self
            .tables
            .iter()
            .chain(&self.views)
            .flat_map(|o| o.columns.iter().enumerate().map(move |(i, c)| (o, i, c)))
            .collect();
        let rows = || rows.iter();
        let index: Int32Array = rows().map(|(_, i, _)| i32::try_from(*i + 1).ok()).collect();
        batch(vec![
            ("database_name", texts(rows().map(|(o, ..)| Some(o.database.1.clone())))),
            ("database_oid", ints(rows().map(|(o, ..)| Some(o.database.0)))),
            ("schema_name", texts(rows().map(|(o, ..)| Some(o.schema.1.clone())))),
            ("schema_oid", ints(rows().map(|(o, ..)| Some(o.schema.0)))),
            ("table_name", texts(rows().map(|(o, ..)| Some(o.name.clone())))),
            ("table_oid", ints(rows().map(|(o, ..)| Some(o.id)))),
            ("column_name", texts(rows().map(|(_, _, c)| Some(c.name.clone())))),
            ("column_index", Arc::new(index)),
            ("comment", texts(rows().map(|(_, _, c)| c.comment.clone()))),
            ("internal", flags(rows().map(|_| false))),
            ("column_default", texts(rows().map(|(_, _, c)| c.default.clone()))),
            ("is_nullable", flags(rows().map(|(_, _, c)| c.nullable))),
            ("data_type", texts(rows().map(|(_, _, c)| Some(c.type_name.clone())))),
        ])
    }

    fn sizes(&self) -> Result<RecordBatch> {
        let all = &self.databases;
        batch(vec![
            ("database_name", texts(all.iter().map(|d| Some(d.name.clone())))),
            ("database_size", texts(all.iter().map(|d| Some(format!("{} bytes", d.bytes))))),
            ("block_size", ints(all.iter().map(|_| Some(0)))),
            ("total_blocks", ints(all.iter().map(|_| Some(0)))),
            ("used_blocks", ints(all.iter().map(|_| Some(0)))),
            ("free_blocks", ints(all.iter().map(|_| Some(0)))),
        ])
    }
}

/// Where objects are: the columns that listings of tables and of views start with.
fn places(objects: &[Object], kind: &str) -> Vec<(&'static str, arrow::array::ArrayRef)> {
    let (name, oid) = if kind == "table" { ("table_name", "table_oid") } else { ("view_name", "view_oid") };
    vec![
        ("database_name", texts(objects.iter().map(|o| Some(o.database.1.clone())))),
        ("database_oid", ints(objects.iter().map(|o| Some(o.database.0)))),
        ("schema_name", texts(objects.iter().map(|o| Some(o.schema.1.clone())))),
        ("schema_oid", ints(objects.iter().map(|o| Some(o.schema.0)))),
        (name, texts(objects.iter().map(|o| Some(o.name.clone())))),
        (oid, ints(objects.iter().map(|o| Some(o.id)))),
    ]
}

fn listed_column(column: &Column, comment: Option<String>) -> ListedColumn {
    ListedColumn {
        name: column.name.clone(),
        type_name: sql_name(&column.lake_type),
        nullable: column.nulls_allowed,
        default: crate::session::default_sql(column),
        comment,
    }
}

async fn view_columns(
    session: &Session,
    attached: &Attached,
    view: &LakeView,
    schema: &str,
    name: &str,
) -> Vec<ListedColumn> {
    // A view that cannot be planned must not break a listing.
    let Ok(Some(provider)) = Box::pin(session.provider(&attached.name, view, schema, name)).await else {
        return Vec::new();
    };
    let column = |field: &Arc<arrow::datatypes::Field>| ListedColumn {
        name: field.name().clone(),
        type_name: field_type(field),
        nullable: true,
        default: None,
        comment: None,
    };
    provider.schema().fields().iter().map(column).collect()
}

fn create_table(schema: &str, name: &str, columns: &[Column]) -> String {
    let column = |c: &Column| {
        let default = crate::session::default_sql(c).filter(|d| d != "NULL").map(|d| format!(" DEFAULT({d})"));
        let not_null = if c.nulls_allowed { "" } else { " NOT NULL" };
        format!("{} {}{}{not_null}", quoted(&c.name), sql_name(&c.lake_type), default.unwrap_or_default())
    };
    let columns: Vec<String> = columns.iter().map(column).collect();
    format!("CREATE TABLE {}.{}({});", quoted(schema), quoted(name), columns.join(", "))
}

fn create_view(schema: &str, name: &str, sql: &str) -> String {
    format!("CREATE VIEW {}.{} AS {};", quoted(schema), quoted(name), sql.trim().trim_end_matches(';'))
}

fn settings(session: &Session) -> Result<RecordBatch> {
    let all = session.local().settings(|s| s.all());
    batch(vec![
        ("name", texts(all.iter().map(|(name, _)| Some(name.clone())))),
        ("value", texts(all.iter().map(|(_, value)| Some(value.clone())))),
    ])
}

/// Comments of tables, views and columns.
struct Tags {
    objects: HashMap<i64, String>,
    columns: HashMap<(i64, i64), String>,
}

impl Tags {
    async fn load(attached: &Attached, view: &LakeView) -> Result<Self> {
        let snapshot = view.snapshot.id;
        let catalog = attached.lake.catalog();
        let mut tags = Self { objects: HashMap::new(), columns: HashMap::new() };
        if let Some(table) = catalog.raw_table("ducklake_tag").await? {
            for row in visible_comments(&table, snapshot) {
                if let (Some(id), Some(text)) = (row.number("object_id"), row.text("value")) {
                    tags.objects.insert(id, text);
                }
            }
        }
        if let Some(table) = catalog.raw_table("ducklake_column_tag").await? {
            for row in visible_comments(&table, snapshot) {
                if let (Some(id), Some(column), Some(text)) =
                    (row.number("table_id"), row.number("column_id"), row.text("value"))
                {
                    tags.columns.insert((id, column), text);
                }
            }
        }
        Ok(tags)
    }

    fn object(&self, id: i64) -> Option<String> {
        self.objects.get(&id).cloned()
    }

    fn column(&self, table: i64, column: i64) -> Option<String> {
        self.columns.get(&(table, column)).cloned()
    }
}

fn visible_comments(table: &RawTable, snapshot: i64) -> impl Iterator<Item = RawRow<'_>> {
    table.rows.iter().map(|row| RawRow { table, row }).filter(move |row| {
        row.text("key").as_deref() == Some("comment")
            && row.number("begin_snapshot").is_some_and(|begin| begin <= snapshot)
            && row.number("end_snapshot").is_none_or(|end| snapshot < end)
    })
}

/// Net rows by table, as the catalog's statistics have them.
async fn row_counts(attached: &Attached) -> Result<HashMap<i64, i64>> {
    let Some(table) = attached.lake.catalog().raw_table("ducklake_table_stats").await? else {
        return Ok(HashMap::new());
    };
    let rows = table.rows.iter().map(|row| RawRow { table: &table, row });
    Ok(rows.filter_map(|row| Some((row.number("table_id")?, row.number("record_count")?))).collect())
}

struct RawRow<'a> {
    table: &'a RawTable,
    row: &'a [Cell],
}

impl RawRow<'_> {
    fn cell(&self, name: &str) -> Option<&Cell> {
        let index = self.table.columns.iter().position(|c| same_name(&c.name, name))?;
        self.row.get(index)
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.cell(name)?.as_i64()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.cell(name)?.clone().into_text()
    }
}

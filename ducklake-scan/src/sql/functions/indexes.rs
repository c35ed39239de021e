//! `duckdb_indexes()`: the indexes of all lakes, in the columns that DuckDB has for its own.

use arrow::array::RecordBatch;

use super::FunctionCall;
use super::rows::{batch, flags, ints, maps, texts};
use crate::error::Result;
use crate::search::{TableIndex, indexes};
use crate::session::Session;

pub(super) const NAME: &str = "duckdb_indexes";

pub(super) async fn call(session: &Session, call: &FunctionCall) -> Result<Option<RecordBatch>> {
    if call.name != NAME {
        return Ok(None);
    }
    let mut found: Vec<(i64, String, TableIndex)> = Vec::new();
    // Databases are numbered as `duckdb_databases()` numbers them.
    for (attached, oid) in session.names().attached.iter().zip(1..) {
        let view = session.view(attached).await?;
        let all = indexes(&attached.lake, &view).await?;
        found.extend(all.into_iter().map(|index| (oid, attached.name.clone(), index)));
    }
    let all = || found.iter();
    let note = |index: &TableIndex| index.definition.as_ref().err().map(ToString::to_string);
    let expressions = |index: &TableIndex| format!("[{}]", index.columns.join(", "));
    batch(vec![
        ("database_name", texts(all().map(|(_, lake, _)| Some(lake.clone())))),
        ("database_oid", ints(all().map(|(oid, ..)| Some(*oid)))),
        ("schema_name", texts(all().map(|(.., i)| Some(i.schema.clone())))),
        ("schema_oid", ints(all().map(|(.., i)| Some(i.schema_id)))),
        ("index_name", texts(all().map(|(.., i)| Some(i.name.clone())))),
        ("index_oid", ints(all().zip(0..).map(|(_, oid)| Some(oid)))),
        ("table_name", texts(all().map(|(.., i)| Some(i.table.clone())))),
        ("table_oid", ints(all().map(|(.., i)| Some(i.table_id)))),
        ("comment", texts(all().map(|(.., i)| note(i)))),
        ("tags", maps(all().map(|_| Vec::new()))?),
        ("is_unique", flags(all().map(|_| false))),
        ("is_primary", flags(all().map(|_| false))),
        ("expressions", texts(all().map(|(.., i)| Some(expressions(i))))),
        ("sql", texts(all().map(|(.., i)| i.create_sql()))),
    ])
    .map(Some)
}

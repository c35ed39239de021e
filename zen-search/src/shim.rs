
use ducklake_scan::{Session, SnapshotSelector};
use ducklake_text::TextQuery;
use datafusion::prelude::Expr;
use arrow::array::RecordBatch;
pub struct VectorSearch { pub table: String, pub column: String, pub query: Vec<f32>, pub metric: Option<()>, pub k: usize, pub ef: Option<usize>, pub filter: Option<Expr>, pub snapshot: SnapshotSelector, pub rescore: bool }
pub struct TextSearch { pub table: String, pub query: TextQuery, pub columns: Vec<(String, f32)>, pub k: usize, pub filter: Option<Expr>, pub snapshot: SnapshotSelector }
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey { a: i64 }
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FoundRow { pub key: RowKey, pub score: f32 }
#[derive(Debug, Clone)]
pub struct Found { pub rows: Vec<FoundRow> }
impl Found { pub async fn rows_of(&self, _s: &Session, _k: &[RowKey], _c: &[&str]) -> ducklake_scan::Result<RecordBatch> { unreachable!() } }
pub trait Ext { async fn vector_search(&self, s: &VectorSearch) -> ducklake_scan::Result<Found>; async fn text_search(&self, s: &TextSearch) -> ducklake_scan::Result<Found>; }
impl Ext for Session { async fn vector_search(&self, _s: &VectorSearch) -> ducklake_scan::Result<Found> { unreachable!() } async fn text_search(&self, _s: &TextSearch) -> ducklake_scan::Result<Found> { unreachable!() } }

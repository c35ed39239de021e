//! Bind, run, decode: one arm for each database, no knowledge of tables.

use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _};
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow};
use sqlx::{
    Column as _, ConnectOptions as _, Connection as _, PgConnection, PgPool, Postgres, Row as _, Sqlite,
    SqliteConnection, SqlitePool, Transaction, TypeInfo as _, ValueRef as _,
};

use crate::dialect::{DUCKDB, Dialect, POSTGRES, SQLITE, classify};
use crate::duckdb::{DuckDbFile, Mirror};
use crate::error::{CatalogError, FailureKind};
use crate::sql::Sql;
use crate::sqlite_file::SqliteFile;
use crate::uri::{CatalogUri, PostgresTarget};

/// A value of a catalog cell, or one bound to a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// SQL NULL.
    Null,
    /// A boolean.
    Bool(bool),
    /// Any integer.
    Int(i64),
    /// A 32-bit float.
    Float32(f32),
    /// A 64-bit float.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_string())
    }
}

impl Cell {
    /// The cell as an integer; text of digits counts, as SQLite is typed by value.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Bool(value) => Some(i64::from(*value)),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => Some(*value as i64),
            _ => None,
        }
    }

    /// The cell as a boolean: native, 0/1, or `true`/`false`.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Int(value) => Some(*value != 0),
            Self::Text(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "t" | "1" => Some(true),
                "false" | "f" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// A letter for its type.
    fn kind(&self) -> char {
        match self {
            Self::Null => 'n',
            Self::Bool(_) => 'l',
            Self::Int(_) => 'i',
            Self::Float32(_) => 'f',
            Self::Float(_) => 'd',
            Self::Text(_) => 't',
            Self::Bytes(_) => 'b',
        }
    }

    /// The cell as text; numbers are rendered.
    pub fn into_text(self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Text(text) => Some(text),
            Self::Int(value) => Some(value.to_string()),
            Self::Bool(value) => Some(value.to_string()),
            Self::Float(value) => Some(value.to_string()),
            Self::Float32(value) => Some(value.to_string()),
            Self::Bytes(bytes) => String::from_utf8(bytes).ok(),
        }
    }
}

/// A decoded result row; cells are taken out from the left in the order of the select list.
#[derive(Debug)]
pub(crate) struct Row {
    cells: std::vec::IntoIter<Cell>,
}

impl Row {
    pub(crate) fn new(cells: Vec<Cell>) -> Self {
        Self { cells: cells.into_iter() }
    }

    pub(crate) fn next(&mut self) -> Cell {
        self.cells.next().unwrap_or(Cell::Null)
    }

    /// A number, or NULL. SQLite is typed by value, so text may be where a number should be.
    pub(crate) fn opt_i64(&mut self) -> Result<Option<i64>, CatalogError> {
        match self.next() {
            Cell::Null => Ok(None),
            cell => match cell.as_i64() {
                Some(value) => Ok(Some(value)),
                None => Err(CatalogError::invalid(format!("the catalog has {cell:?} where a number should be"))),
            },
        }
    }

    pub(crate) fn opt_text(&mut self) -> Option<String> {
        self.next().into_text()
    }

    pub(crate) fn opt_bool(&mut self) -> Option<bool> {
        self.next().as_bool()
    }

    pub(crate) fn i64(&mut self, what: &str) -> Result<i64, CatalogError> {
        let cell = self.next();
        cell.as_i64()
            .ok_or_else(|| CatalogError::invalid(format!("the catalog has {cell:?} where {what} should be a number")))
    }

    pub(crate) fn text(&mut self, what: &str) -> Result<String, CatalogError> {
        self.next()
            .into_text()
            .ok_or_else(|| CatalogError::invalid(format!("the catalog has NULL where {what} should be")))
    }

    pub(crate) fn rest(self) -> Vec<Cell> {
        self.cells.collect()
    }
}

/// A pool of connections to one metadata database.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    /// Many connections that cannot write, and one that can: writers of this process queue for it.
    Sqlite { file: SqliteFile, read: SqlitePool, write: SqlitePool },
    Postgres {
        uri: CatalogUri,
        pool: PgPool,
        /// Whether statements may be kept by name: not behind a pooler, which gives us another session each time.
        keeps_statements: bool,
    },
    /// Read only.
    DuckDb(DuckDbFile),
}

/// A transaction: one consistent view of the catalog where it only reads. Rolled back when dropped.
#[derive(Debug)]
pub(crate) enum DbTransaction {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres { tx: Transaction<'static, Postgres>, keeps_statements: bool },
    DuckDb(std::sync::Arc<Mirror>),
}

/// How long a server may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the pool looks for a connection before we ask the server ourselves what is wrong.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an idle connection is taken to be alive.
const TRUSTED_FOR: Duration = Duration::from_millis(500);

/// How long users of this process wait for each other's connections.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(60);

/// How long readers wait for a locked SQLite file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

/// Connections kept for one lake: planning joins a few reads, scanning holds none.
const POOL_SIZE: u32 = 4;

impl Database {
    pub(crate) async fn connect(uri: &CatalogUri, busy_timeout: Option<Duration>) -> Result<Self, CatalogError> {
        let failed = |e: sqlx::Error| connect_error(uri, e);
        match uri {
            CatalogUri::Sqlite(path) => {
                let file = SqliteFile::find(path)?;
                let options = sqlite_options(path).busy_timeout(busy_timeout.unwrap_or(BUSY_TIMEOUT));
                // SQLite falls back to reading by itself where the file may not be written.
                let reading = options.clone().pragma("query_only", "1");
                let read = sqlite_pool(POOL_SIZE).connect_with(reading).await.map_err(failed)?;
                let write = sqlite_pool(1)
                    .acquire_timeout(QUEUE_TIMEOUT)
                    // BEGIN is repeated by us, in shorter steps than SQLite's own.
                    .connect_lazy_with(options.busy_timeout(Duration::from_millis(5)));
                Ok(Self::Sqlite { file, read, write })
            }
            CatalogUri::Postgres(target) => {
                // No start-up parameter beyond the usual: works behind PgBouncer.
                let options = postgres_options(target)?.extra_float_digits(None).application_name("quacklake");
                let (options, keeps_statements) = postgres_session(options).await.map_err(failed)?;
                let pool = PgPoolOptions::new()
                    .max_connections(POOL_SIZE)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    // One that was in use a moment ago is not asked whether it is still there.
                    .test_before_acquire(false)
                    .before_acquire(|connection, state| {
                        Box::pin(async move { Ok(state.idle_for < TRUSTED_FOR || connection.ping().await.is_ok()) })
                    })
                    .connect_lazy_with(options);
                Ok(Self::Postgres { uri: uri.clone(), pool, keeps_statements })
            }
            CatalogUri::DuckDb(path) => Ok(Self::DuckDb(DuckDbFile::open(path).await?)),
        }
    }

    pub(crate) fn dialect(&self) -> &'static Dialect {
        match self {
            Self::Sqlite { .. } => &SQLITE,
            Self::Postgres { .. } => &POSTGRES,
            Self::DuckDb(_) => &DUCKDB,
        }
    }

    /// Makes a SQLite file that does not exist yet, in WAL mode: readers do not block writers then.
    pub(crate) async fn create_sqlite(path: &std::path::Path) -> Result<(), CatalogError> {
        let failed = |e: sqlx::Error| connect_error(&CatalogUri::Sqlite(path.to_path_buf()), e);
        let options = sqlite_options(path).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        let mut connection = options.connect().await.map_err(failed)?;
        // An empty file is no database yet; a first write makes it one.
        sqlx::query("PRAGMA user_version = 0").execute(&mut connection).await.map_err(failed)?;
        connection.close().await.map_err(failed)
    }

    /// Starts a transaction that writes, and that waits for others as long as `patience`. SQLite's takes the write lock
    /// at once.
    pub(crate) async fn begin_write(&self, patience: Duration) -> Result<DbTransaction, CatalogError> {
        let doing = "starting to write to the catalog";
        match self {
            Self::Sqlite { file, write, .. } => {
                let deadline = Instant::now() + patience;
                loop {
                    file.check()?;
                    match write.begin_with("BEGIN IMMEDIATE").await {
                        Ok(tx) => return Ok(DbTransaction::Sqlite(tx)),
                        Err(e) if classify(&e) == FailureKind::Busy && Instant::now() < deadline => {
                            // Random steps: nobody is always last.
                            tokio::time::sleep(Duration::from_micros(fastrand::u64(500..8_000))).await;
                        }
                        Err(e) => return Err(run_error(doing, e)),
                    }
                }
            }
            Self::Postgres { uri, pool, keeps_statements } => {
                let timeout = patience.as_millis().clamp(1, 1 << 30);
                // Both in one message to the server.
                let begin = format!("BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = {timeout}");
                let ask = || pool.begin_with(sqlx::AssertSqlSafe(begin.clone())).boxed();
                let tx = patiently(uri, pool, doing, ask).await?;
                Ok(DbTransaction::Postgres { tx, keeps_statements: *keeps_statements })
            }
            Self::DuckDb(file) => Err(file.read_only()),
        }
    }

    pub(crate) async fn begin_read(&self) -> Result<DbTransaction, CatalogError> {
        let doing = "starting to read the catalog";
        let begin = self.dialect().begin_read;
        match self {
            Self::Sqlite { file, read, .. } => {
                file.check()?;
                let tx = read.begin_with(begin).await.map_err(|e| run_error(doing, e))?;
                Ok(DbTransaction::Sqlite(tx))
            }
            Self::Postgres { uri, pool, keeps_statements } => {
                let tx = patiently(uri, pool, doing, || pool.begin_with(begin).boxed()).await?;
                Ok(DbTransaction::Postgres { tx, keeps_statements: *keeps_statements })
            }
            Self::DuckDb(file) => Ok(DbTransaction::DuckDb(file.current().await?)),
        }
    }

    /// Runs one query that is a transaction of its own; `doing` as in [`DbTransaction::query`].
    pub(crate) async fn query(&self, doing: &str, sql: Sql<'_>) -> Result<Vec<Row>, CatalogError> {
        if let Self::DuckDb(file) = self {
            return file.current().await?.query(doing, sql).await;
        }
        let (text, binds) = sql.into_parts();
        let failed = |e: sqlx::Error| run_error(doing, e);
        match self {
            Self::Sqlite { file, read, .. } => {
                file.check()?;
                let mut connection = read.acquire().await.map_err(failed)?;
                query_sqlite(&mut connection, text, binds).await.map_err(failed)
            }
            Self::Postgres { uri, pool, keeps_statements } => {
                // A pooler may give the two messages of a statement with bound values to different sessions.
                let begin = (!keeps_statements && !binds.is_empty()).then_some(POSTGRES.begin_read);
                let ask = || {
                    let (text, binds, keeps) = (text.clone(), binds.clone(), *keeps_statements);
                    async move {
                        let Some(begin) = begin else {
                            return query_postgres(&mut *pool.acquire().await?, text, binds, keeps).await;
                        };
                        let mut tx = pool.begin_with(begin).await?;
                        let rows = query_postgres(&mut tx, text, binds, keeps).await?;
                        tx.commit().await?;
                        Ok(rows)
                    }
                    .boxed()
                };
                patiently(uri, pool, doing, ask).await
            }
            Self::DuckDb(_) => Ok(Vec::new()),
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { read, write, .. } => {
                write.close().await;
                read.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
            Self::DuckDb(file) => file.close().await,
        }
    }
}

/// Asks for something that needs a connection and changes nothing until there is an answer, it is clear why there is
/// none, or users of this process kept all connections for too long.
async fn patiently<'a, T>(
    uri: &CatalogUri,
    pool: &PgPool,
    doing: &str,
    ask: impl Fn() -> BoxFuture<'a, Result<T, sqlx::Error>>,
) -> Result<T, CatalogError> {
    let deadline = Instant::now() + QUEUE_TIMEOUT;
    let mut broken = 0;
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            // Each connection of the pool may have been cut since it was last in use.
            Err(e) if classify(&e) == FailureKind::Unreachable && !is_timeout(&e) && broken < POOL_SIZE => broken += 1,
            Err(sqlx::Error::PoolTimedOut) if Instant::now() < deadline => {
                // Either all connections are in use, or there are none to be had, of which a pool says nothing.
                let own = connect_postgres(&pool.connect_options()).await.map_err(|e| connect_error(uri, e))?;
                let _ = own.close().await;
            }
            Err(e) => return Err(run_error(doing, e)),
        }
    }
}

fn is_timeout(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::PoolTimedOut)
}

impl DbTransaction {
    /// Runs a query to its end; `doing` is said in errors ("reading snapshots").
    pub(crate) async fn query(&mut self, doing: &str, sql: Sql<'_>) -> Result<Vec<Row>, CatalogError> {
        if let Self::DuckDb(mirror) = self {
            return mirror.query(doing, sql).await;
        }
        let (text, binds) = sql.into_parts();
        let failed = |e: sqlx::Error| run_error(doing, e);
        match self {
            Self::Sqlite(tx) => query_sqlite(tx, text, binds).await,
            Self::Postgres { tx, keeps_statements } => query_postgres(tx, text, binds, *keeps_statements).await,
            Self::DuckDb(_) => Ok(Vec::new()),
        }
        .map_err(failed)
    }

    /// Runs a query whose rows arrive while it runs. Not for DuckDB files, which have no statement to run.
    pub(crate) fn stream<'a>(
        &'a mut self,
        doing: &'static str,
        sql: Sql<'_>,
    ) -> BoxStream<'a, Result<Row, CatalogError>> {
        let (text, binds) = sql.into_parts();
        let failed = move |e: sqlx::Error| run_error(doing, e);
        match self {
            Self::Sqlite(tx) => {
                let query = binds.into_iter().fold(sqlx::query(sqlx::AssertSqlSafe(text)), bind_sqlite);
                query.fetch(&mut **tx).map(move |row| decode_sqlite(&row.map_err(failed)?).map_err(failed)).boxed()
            }
            Self::Postgres { tx, keeps_statements } => {
                let query = postgres_query(text, binds, *keeps_statements);
                query.fetch(&mut **tx).map(move |row| decode_postgres(&row.map_err(failed)?).map_err(failed)).boxed()
            }
            Self::DuckDb(_) => futures::stream::empty().boxed(),
        }
    }

    /// Runs a statement; gives the number of rows it changed.
    pub(crate) async fn execute(&mut self, doing: &str, sql: Sql<'_>) -> Result<u64, CatalogError> {
        if let Self::DuckDb(mirror) = self {
            return Err(mirror.read_only());
        }
        let (text, binds) = sql.into_parts();
        let failed = |e: sqlx::Error| run_error(doing, e);
        match self {
            Self::Sqlite(tx) => {
                let query = binds.into_iter().fold(sqlx::query(sqlx::AssertSqlSafe(text)), bind_sqlite);
                query.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
            Self::Postgres { tx, keeps_statements } => {
                let query = postgres_query(text, binds, *keeps_statements);
                query.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
            Self::DuckDb(_) => Ok(0),
        }
        .map_err(failed)
    }

    /// Makes what was written permanent. After an error it may or may not be.
    pub(crate) async fn commit(self) -> Result<(), CatalogError> {
        let failed = |e: sqlx::Error| run_error("committing to the catalog", e);
        match self {
            Self::Sqlite(tx) => tx.commit().await.map_err(failed),
            Self::Postgres { tx, .. } => tx.commit().await.map_err(failed),
            Self::DuckDb(_) => Ok(()),
        }
    }

    /// Takes back what was written. An error leaves that to the database, which takes back what was not committed.
    pub(crate) async fn rollback(self) {
        let _ = match self {
            Self::Sqlite(tx) => tx.rollback().await,
            Self::Postgres { tx, .. } => tx.rollback().await,
            Self::DuckDb(_) => Ok(()),
        };
    }

    /// Ends the transaction. Nothing was written; errors do not matter.
    pub(crate) async fn finish(self) {
        let _ = match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres { tx, .. } => tx.commit().await,
            Self::DuckDb(_) => Ok(()),
        };
    }
}

async fn query_sqlite(
    connection: &mut SqliteConnection,
    text: String,
    binds: Vec<Cell>,
) -> Result<Vec<Row>, sqlx::Error> {
    let query = binds.into_iter().fold(sqlx::query(sqlx::AssertSqlSafe(text)), bind_sqlite);
    query.fetch_all(connection).await?.iter().map(decode_sqlite).collect()
}

async fn query_postgres(
    connection: &mut PgConnection,
    text: String,
    binds: Vec<Cell>,
    keeps_statements: bool,
) -> Result<Vec<Row>, sqlx::Error> {
    let rows = if binds.is_empty() {
        // One round trip, where a new statement with bound values takes two.
        sqlx::raw_sql(sqlx::AssertSqlSafe(text)).fetch_all(connection).await?
    } else {
        postgres_query(text, binds, keeps_statements).fetch_all(connection).await?
    };
    rows.iter().map(decode_postgres).collect()
}

/// Statements with more bound values than this are not kept: each takes memory in the server.
const KEPT_BINDS: usize = 512;

fn postgres_query(mut text: String, binds: Vec<Cell>, keeps_statements: bool) -> Query<'static, Postgres, PgArguments> {
    let keeps = keeps_statements && binds.len() <= KEPT_BINDS;
    if keeps {
        // The driver knows a kept statement by its text, the server also by the types of the values.
        text.push_str(" --");
        text.extend(binds.iter().map(Cell::kind));
    }
    binds.into_iter().fold(sqlx::query(sqlx::AssertSqlSafe(text)).persistent(keeps), bind_postgres)
}

/// A setting of ours that only a server can have from us.
const OWN_SESSION: &str = "quacklake.own_session";

/// Connects once, which says at once what is wrong where a pool would try for as long as it may; gives the options to
/// connect with, and whether what we prepare stays ours.
///
/// A pooler (PgBouncer) may run each transaction in another server session, where prepared statements are not known or
/// are another client's. Either it refuses a start-up parameter that it does not know, or the session does not have it.
async fn postgres_session(options: PgConnectOptions) -> Result<(PgConnectOptions, bool), sqlx::Error> {
    let own = options.clone().options([(OWN_SESSION, "yes")]);
    let mut connection = match connect_postgres(&own).await {
        Err(sqlx::Error::Database(e)) if e.code().as_deref() == Some("08P01") => {
            let pooled = options.statement_cache_capacity(0);
            // Nothing depends on how a connection ends.
            let _ = connect_postgres(&pooled).await?.close().await;
            return Ok((pooled, false));
        }
        result => result?,
    };
    let asked = sqlx::raw_sql(sqlx::AssertSqlSafe(format!("SELECT current_setting('{OWN_SESSION}', true)")));
    let row = asked.fetch_one(&mut connection).await?;
    let is_ours = row.try_get::<Option<String>, _>(0)?.as_deref() == Some("yes");
    let _ = connection.close().await;
    Ok(if is_ours { (own, true) } else { (options.statement_cache_capacity(0), false) })
}

async fn connect_postgres(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let connecting = tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await;
    connecting.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

pub(crate) fn bind_sqlite<'q>(
    query: Query<'q, Sqlite, SqliteArguments>,
    cell: Cell,
) -> Query<'q, Sqlite, SqliteArguments> {
    match cell {
        Cell::Null => query.bind(None::<i64>),
        Cell::Bool(v) => query.bind(v),
        Cell::Int(v) => query.bind(v),
        Cell::Float32(v) => query.bind(v),
        Cell::Float(v) => query.bind(v),
        Cell::Text(v) => query.bind(v),
        Cell::Bytes(v) => query.bind(v),
    }
}

fn bind_postgres<'q>(query: Query<'q, Postgres, PgArguments>, cell: Cell) -> Query<'q, Postgres, PgArguments> {
    match cell {
        // Text is what PostgreSQL casts to every type.
        Cell::Null => query.bind(None::<String>),
        Cell::Bool(v) => query.bind(v),
        Cell::Int(v) => query.bind(v),
        Cell::Float32(v) => query.bind(v),
        Cell::Float(v) => query.bind(v),
        Cell::Text(v) => query.bind(v),
        Cell::Bytes(v) => query.bind(v),
    }
}

pub(crate) fn decode_sqlite(row: &SqliteRow) -> Result<Row, sqlx::Error> {
    let cells = (0..row.len())
        .map(|i| {
            let value = row.try_get_raw(i)?;
            if value.is_null() {
                return Ok(Cell::Null);
            }
            // SQLite types values, not columns: the storage class decides, whatever was declared.
            let class = value.type_info();
            Ok(match class.name() {
                "INTEGER" | "BOOLEAN" => Cell::Int(row.try_get_unchecked(i)?),
                "REAL" => Cell::Float(row.try_get_unchecked(i)?),
                "BLOB" => Cell::Bytes(row.try_get_unchecked(i)?),
                _ => Cell::Text(row.try_get_unchecked(i)?),
            })
        })
        .collect::<Result<Vec<_>, sqlx::Error>>()?;
    Ok(Row { cells: cells.into_iter() })
}

fn decode_postgres(row: &PgRow) -> Result<Row, sqlx::Error> {
    let cells = (0..row.len())
        .map(|i| {
            if row.try_get_raw(i)?.is_null() {
                return Ok(Cell::Null);
            }
            Ok(match row.column(i).type_info().name() {
                "BOOL" => Cell::Bool(row.try_get(i)?),
                "INT2" => Cell::Int(row.try_get::<i16, _>(i)?.into()),
                "INT4" => Cell::Int(row.try_get::<i32, _>(i)?.into()),
                "INT8" => Cell::Int(row.try_get(i)?),
                "FLOAT4" => Cell::Float32(row.try_get(i)?),
                "FLOAT8" => Cell::Float(row.try_get(i)?),
                "BYTEA" => Cell::Bytes(row.try_get(i)?),
                _ => Cell::Text(row.try_get_unchecked(i)?),
            })
        })
        .collect::<Result<Vec<_>, sqlx::Error>>()?;
    Ok(Row { cells: cells.into_iter() })
}

/// A pool that parts with connections whose transaction cannot be ended: after some failures SQLite has taken it back by
/// itself, which the driver does not know.
fn sqlite_pool(connections: u32) -> SqlitePoolOptions {
    let is_usable = |connection: &mut sqlx::SqliteConnection| !connection.is_in_transaction();
    SqlitePoolOptions::new()
        .max_connections(connections)
        .after_release(move |connection, _| Box::pin(std::future::ready(Ok(is_usable(connection)))))
}

fn sqlite_options(path: &std::path::Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).create_if_missing(false).foreign_keys(false)
}

/// What a file is that SQLite says is no database of its own.
fn not_sqlite(path: &std::path::Path, error: sqlx::Error) -> CatalogError {
    let shown = path.display();
    CatalogError::new(FailureKind::NotALake, format!("'{shown}' is not a SQLite database")).with_source(error)
}

fn postgres_options(target: &PostgresTarget) -> Result<PgConnectOptions, CatalogError> {
    let bad = |message: String| CatalogError::new(FailureKind::BadUri, message);
    match target {
        PostgresTarget::Url(url) => {
            let url = url.replacen("postgresql://", "postgres://", 1);
            let options = url.parse::<PgConnectOptions>();
            let options = options.map_err(|e| bad(format!("the PostgreSQL URL cannot be understood: {e}")))?;
            let names_user = url.contains('@') || url.contains("user=");
            Ok(if names_user { options } else { default_user(options) })
        }
        PostgresTarget::KeyValues(pairs) => {
            let mut options = default_user(PgConnectOptions::new());
            for (key, value) in pairs {
                options = match key.as_str() {
                    "dbname" => options.database(value),
                    "host" | "hostaddr" => options.host(value),
                    "port" => options.port(value.parse().map_err(|_| bad(format!("port '{value}' is not a number")))?),
                    "user" => options.username(value),
                    "password" => options.password(value),
                    "sslmode" => {
                        options.ssl_mode(value.parse().map_err(|_| bad(format!("unknown sslmode '{value}'")))?)
                    }
                    "sslrootcert" => options.ssl_root_cert(value),
                    "sslcert" => options.ssl_client_cert(value),
                    "sslkey" => options.ssl_client_key(value),
                    // Neither changes what is read.
                    "connect_timeout" | "application_name" | "keepalives" | "client_encoding" => options,
                    other => return Err(bad(format!("the connection parameter '{other}' is not supported"))),
                };
            }
            Ok(options)
        }
    }
}

/// As libpq does: without `PGUSER`, the name of the operating system's user.
fn default_user(options: PgConnectOptions) -> PgConnectOptions {
    if std::env::var_os("PGUSER").is_some_and(|user| !user.is_empty()) {
        return options;
    }
    match os_user() {
        Some(user) => options.username(&user),
        None => options,
    }
}

#[cfg(unix)]
fn os_user() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let uid = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_string())
    });
    named.or_else(|| std::env::var("USER").ok())
}

#[cfg(not(unix))]
fn os_user() -> Option<String> {
    std::env::var("USERNAME").ok()
}

fn connect_error(uri: &CatalogUri, error: sqlx::Error) -> CatalogError {
    if let (FailureKind::NotALake, CatalogUri::Sqlite(path)) = (classify(&error), uri) {
        return not_sqlite(path, error);
    }
    let kind = match (classify(&error), uri) {
        (FailureKind::Database, CatalogUri::Sqlite(_)) => FailureKind::NotALake,
        (kind, _) => kind,
    };
    let (message, hint) = match kind {
        FailureKind::Denied => (
            format!("access to the catalog {uri} was refused: {error}"),
            Some("check user and password (PGUSER, PGPASSWORD, ~/.pgpass)"),
        ),
        FailureKind::NotFound => {
            (format!("the catalog {uri} does not exist: {error}"), Some("check the database's name"))
        }
        FailureKind::NotALake => (format!("{uri} is not a DuckLake catalog: {error}"), None),
        FailureKind::Unreachable => {
            (format!("the catalog {uri} cannot be reached: {error}"), Some("check host, port and that the server runs"))
        }
        _ => (format!("connecting to the catalog {uri} failed: {error}"), None),
    };
    let result = CatalogError::new(kind, message).with_source(error);
    match hint {
        Some(hint) => result.with_hint(hint),
        None => result,
    }
}

pub(crate) fn run_error(doing: &str, error: sqlx::Error) -> CatalogError {
    let kind = classify(&error);
    let is_server =
        !matches!(&error, sqlx::Error::Database(e) if e.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some());
    let message = match kind {
        FailureKind::Unreachable if is_server => format!("{doing} failed, the connection was lost: {error}"),
        _ => format!("{doing} failed: {error}"),
    };
    let result = CatalogError::new(kind, message).with_source(error);
    match kind {
        FailureKind::NotALake => result.with_hint("the catalog file is damaged or no database"),
        FailureKind::Busy => result.with_hint("another process holds the catalog; try again"),
        FailureKind::NoSpace => result.with_hint("make room where the catalog is; try again"),
        FailureKind::Denied if !is_server => {
            result.with_hint("the catalog may be read, but not changed; READ_ONLY attaches it so")
        }
        _ => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SQLite takes a transaction back by itself when the disk is full: that must not be the end of writing.
    #[tokio::test]
    async fn a_full_disk_is_told_and_survived() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("meta.sqlite");
        Database::create_sqlite(&path).await.unwrap();
        let database = Database::connect(&CatalogUri::Sqlite(path), None).await.unwrap();
        let patience = Duration::from_secs(5);
        let sql = |text: &str| {
            let mut sql = Sql::new(&SQLITE, "main");
            sql.push(text);
            sql
        };
        let mut tx = database.begin_write(patience).await.unwrap();
        tx.execute("making a table", sql("CREATE TABLE t (v)")).await.unwrap();
        tx.commit().await.unwrap();
        for _ in 0..2 {
            let mut tx = database.begin_write(patience).await.unwrap();
            tx.query("limiting", sql("PRAGMA max_page_count = 4")).await.unwrap();
            let error = tx.execute("filling", sql("INSERT INTO t VALUES (zeroblob(100000))")).await.unwrap_err();
            assert_eq!(error.kind(), FailureKind::NoSpace, "{error}");
            tx.rollback().await;
        }
        let mut tx = database.begin_write(patience).await.unwrap();
        tx.execute("writing", sql("INSERT INTO t VALUES (1)")).await.unwrap();
        tx.commit().await.unwrap();
    }
}

//! Every difference between the databases' SQL, one value for each database.

use crate::error::FailureKind;

/// What the catalog needs to know of a database's SQL.
#[derive(Debug)]
pub(crate) struct Dialect {
    /// The name DuckLake gives the backend (`ducklake_settings`).
    pub(crate) name: &'static str,
    /// Placeholder of the n-th bound value, counted from 1.
    pub(crate) placeholder: fn(usize) -> String,
    /// Schema that holds the metadata tables unless the user names one.
    pub(crate) default_schema: &'static str,
    /// Statement that starts a read-only transaction with one consistent view.
    pub(crate) begin_read: &'static str,
    /// Tables and columns of the metadata schema: rows (table, column, declared type) in column order. One bound
    /// value, the schema, where `probe_binds_schema`; the list of names is appended by the caller.
    pub(crate) probe: &'static str,
    /// The table-name expression of `probe`.
    pub(crate) probe_name: &'static str,
    /// Order clause of `probe`.
    pub(crate) probe_order: &'static str,
    /// Whether `probe` has the schema as its first bound value.
    pub(crate) probe_binds_schema: bool,
    /// An expression cast to text, for types that the driver does not decode.
    pub(crate) as_text: fn(&str) -> String,
    /// An inlined column of the given declared type as the expression to select.
    pub(crate) inlined_value: fn(expr: &str, declared: &str) -> String,
    /// A text bound as a comparable value, NULL where the text is no such value; never an error.
    /// Arguments: expression and what is compared. `None`: cannot be done safely, so the SQL must not prune by it.
    pub(crate) comparable: fn(expr: &str, Comparable) -> Option<String>,
    /// A bound placeholder as a value of the column's kind.
    pub(crate) typed: fn(placeholder: &str, declared: &str) -> String,
    /// How a metadata column of this kind is declared.
    pub(crate) declared: fn(Kind) -> &'static str,
    /// Most bound values of a statement.
    pub(crate) max_binds: usize,
    /// Statement that writers queue at until the transaction ends, for a number.
    pub(crate) lock_writers: Option<fn(i64) -> String>,
    /// A bound placeholder brought to the type of `comparable`'s result.
    pub(crate) comparable_bind: fn(placeholder: &str, Comparable) -> String,
}

/// Kinds of metadata columns (DuckLake spec, "Physical types").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Ids and counts.
    Int,
    /// Text.
    Text,
    /// Flags.
    Bool,
    /// UUIDs.
    Uuid,
    /// Instants.
    Time,
}

/// How bounds are compared inside the database. Coarser than the exact rules: what remains is pruned exactly later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparable {
    /// Integers of up to 18 digits.
    Integer,
    /// Floating point and decimals, with a margin added by the caller.
    Float,
    /// Text compared bytewise.
    Text,
    /// ISO dates and timestamps with four-digit years: text of equal layout compares like time.
    IsoTime,
}

pub(crate) static SQLITE: Dialect = Dialect {
    name: "sqlite",
    placeholder: |n| format!("?{n}"),
    default_schema: "main",
    begin_read: "BEGIN",
    probe: "SELECT m.name, p.name, p.type FROM sqlite_master m JOIN pragma_table_info(m.name) p \
            WHERE m.type IN ('table', 'view')",
    probe_name: "m.name",
    probe_order: " ORDER BY m.name, p.cid",
    probe_binds_schema: false,
    as_text: |expr| expr.to_string(),
    inlined_value: |expr, _| expr.to_string(),
    comparable: |expr, kind| {
        Some(match kind {
            // CAST never fails in SQLite but makes 0 of nonsense, so the text is checked first.
            Comparable::Integer => format!(
                "CASE WHEN {expr} NOT GLOB '*[^-0-9]*' AND {expr} GLOB '*[0-9]*' AND length({expr}) <= 18 \
                 THEN CAST({expr} AS INTEGER) END"
            ),
            Comparable::Float => format!(
                "CASE WHEN {expr} NOT GLOB '*[^-+.eE0-9]*' AND {expr} GLOB '*[0-9]*' THEN CAST({expr} AS REAL) END"
            ),
            Comparable::Text => format!("CAST({expr} AS TEXT)"),
            Comparable::IsoTime => {
                format!(
                    "CASE WHEN {expr} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' AND {expr} NOT GLOB '*(*' THEN {expr} END"
                )
            }
        })
    },
    comparable_bind: |placeholder, _| placeholder.to_string(),
    typed: |placeholder, _| placeholder.to_string(),
    declared: |kind| match kind {
        Kind::Int | Kind::Bool => "BIGINT",
        Kind::Text | Kind::Uuid | Kind::Time => "VARCHAR",
    },
    max_binds: 32_000,
    // BEGIN IMMEDIATE has locked already.
    lock_writers: None,
};

/// Of the SQLite database in memory in which the metadata of a DuckDB file is queried. Its columns have no declared
/// types, which would make SQLite convert values; those of the file stand in a table.
pub(crate) static DUCKDB: Dialect = Dialect {
    name: "duckdb",
    probe: "SELECT c.table_name, c.column_name, c.column_type FROM main.quacklake_columns c \
            WHERE c.schema_name = ?1 COLLATE NOCASE",
    probe_name: "c.table_name",
    probe_order: " ORDER BY c.table_name, c.position",
    probe_binds_schema: true,
    ..SQLITE
};

pub(crate) static POSTGRES: Dialect = Dialect {
    name: "postgres",
    placeholder: |n| format!("${n}"),
    default_schema: "public",
    begin_read: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    probe: "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod) \
            FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
            WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0 AND NOT a.attisdropped",
    probe_name: "c.relname",
    probe_order: " ORDER BY c.relname, a.attnum",
    probe_binds_schema: true,
    as_text: |expr| format!("CAST({expr} AS text)"),
    inlined_value: postgres_inlined_value,
    comparable: |expr, kind| {
        Some(match kind {
            Comparable::Integer => format!("CASE WHEN {expr} ~ '^-?[0-9]{{1,18}}$' THEN {expr}::bigint END"),
            Comparable::Float => format!(
                "CASE WHEN {expr} ~ '^-?[0-9]{{0,40}}[.]?[0-9]{{0,40}}([eE][-+]?[0-9]{{1,2}})?$' AND {expr} ~ '[0-9]' \
                 AND {expr} !~ '^-?[.]?[eE]' THEN {expr}::float8 END"
            ),
            Comparable::Text => format!("{expr} COLLATE \"C\""),
            Comparable::IsoTime => format!(
                "CASE WHEN {expr} ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}' AND {expr} !~ '[(]' THEN {expr} COLLATE \"C\" END"
            ),
        })
    },
    comparable_bind: |placeholder, kind| match kind {
        Comparable::Integer => format!("CAST({placeholder} AS bigint)"),
        Comparable::Float => format!("CAST({placeholder} AS float8)"),
        Comparable::Text | Comparable::IsoTime => format!("CAST({placeholder} AS text)"),
    },
    typed: |placeholder, declared| format!("CAST({placeholder} AS {declared})"),
    declared: |kind| match kind {
        Kind::Int => "bigint",
        Kind::Text => "character varying",
        Kind::Bool => "boolean",
        Kind::Uuid => "uuid",
        Kind::Time => "timestamp with time zone",
    },
    max_binds: 65_000,
    lock_writers: Some(|key| format!("SELECT 1 FROM (SELECT pg_advisory_xact_lock({key})) l")),
};

/// PostgreSQL's own types in inlined tables, as text that the format's decoder knows, or as themselves where the
/// driver decodes them.
fn postgres_inlined_value(expr: &str, declared: &str) -> String {
    let declared = declared.to_ascii_lowercase();
    let native = ["smallint", "integer", "bigint", "real", "double precision", "boolean", "bytea", "text"];
    if native.contains(&declared.as_str()) || declared.starts_with("character varying") {
        return expr.to_string();
    }
    if declared.starts_with("interval") {
        // Independent of the session's IntervalStyle.
        return format!(
            "CASE WHEN {expr} IS NOT NULL THEN (extract(year FROM {expr}) * 12 + extract(month FROM {expr}))::bigint::text \
             || ' months ' || extract(day FROM {expr})::bigint::text || ' days ' || \
             (extract(hour FROM {expr}) * 3600000000 + extract(minute FROM {expr}) * 60000000 \
             + extract(microseconds FROM {expr}))::bigint::text || ' microseconds' END"
        );
    }
    if declared == "date" || declared.starts_with("timestamp") {
        // PostgreSQL puts BC outside of brackets.
        return format!("regexp_replace(CAST({expr} AS text), ' BC$', ' (BC)')");
    }
    format!("CAST({expr} AS text)")
}

/// Class of a database error, from its code alone.
pub(crate) fn classify(error: &sqlx::Error) -> FailureKind {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => {
            FailureKind::Unreachable
        }
        sqlx::Error::Configuration(_) => FailureKind::BadUri,
        sqlx::Error::Database(db) => {
            let code = db.code().unwrap_or_default();
            if db.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
                // Primary result code: the low byte of the extended code (sqlite3.h).
                match code.parse::<i32>().map(|c| c & 0xff) {
                    Ok(5 | 6) => FailureKind::Busy,
                    Ok(13) => FailureKind::NoSpace,
                    Ok(14) => FailureKind::NotFound,
                    Ok(3 | 8 | 23) => FailureKind::Denied,
                    // Of constraints, primary keys and unique ones: somebody else took the value.
                    Ok(19) if matches!(code.as_ref(), "1555" | "2067") => FailureKind::LostRace,
                    Ok(11 | 26) => FailureKind::NotALake,
                    Ok(10) => FailureKind::Unreachable,
                    _ => FailureKind::Database,
                }
            } else {
                match code.as_ref() {
                    "28P01" | "28000" | "42501" => FailureKind::Denied,
                    "3D000" => FailureKind::NotFound,
                    "23505" | "40001" | "40P01" => FailureKind::LostRace,
                    "42P01" => FailureKind::MissingTable,
                    "53100" => FailureKind::NoSpace,
                    "53300" | "55P03" | "57P03" => FailureKind::Busy,
                    c if c.starts_with("08") || c.starts_with("57P0") => FailureKind::Unreachable,
                    _ => FailureKind::Database,
                }
            }
        }
        _ => FailureKind::Database,
    }
}

//! The tables of the schema `zen`, as statements.

/// The schema that all tables are in.
pub(super) const SCHEMA: &str = "CREATE SCHEMA IF NOT EXISTS zen";

/// A table and how it is laid out.
pub(super) struct Table {
    pub(super) name: &'static str,
    /// Statements that make it, in order.
    pub(super) statements: &'static [&'static str],
    /// Its search indexes by name, with what comes after that. Segments are made when a command ends, by
    /// [`super::ZenLake::refresh`]: making them at every commit would make small ones.
    pub(super) indexes: &'static [(&'static str, &'static str)],
}

/// Files of a package version are below `ecosystem=…/package=…/version=…`.
pub(super) const TABLES: &[Table] = &[
    Table {
        name: "indexed_packages",
        statements: &["CREATE TABLE zen.indexed_packages (
                ecosystem VARCHAR NOT NULL,
                name VARCHAR NOT NULL,
                version VARCHAR NOT NULL,
                repo_url VARCHAR,
                description VARCHAR,
                license VARCHAR,
                downloads BIGINT,
                indexed_at TIMESTAMP WITH TIME ZONE NOT NULL,
                file_count BIGINT NOT NULL,
                symbol_count BIGINT NOT NULL)"],
        indexes: &[],
    },
    Table {
        name: "api_symbols",
        statements: &[
            "CREATE TABLE zen.api_symbols (
                id VARCHAR NOT NULL,
                ecosystem VARCHAR NOT NULL,
                package VARCHAR NOT NULL,
                version VARCHAR NOT NULL,
                file_path VARCHAR NOT NULL,
                kind VARCHAR NOT NULL,
                name VARCHAR NOT NULL,
                signature VARCHAR NOT NULL,
                doc_comment VARCHAR,
                line_start INTEGER NOT NULL,
                line_end INTEGER NOT NULL,
                visibility VARCHAR NOT NULL,
                is_async BOOLEAN NOT NULL,
                is_unsafe BOOLEAN NOT NULL,
                return_type VARCHAR,
                generics VARCHAR,
                attributes JSON,
                metadata JSON,
                embedding FLOAT[])",
            "ALTER TABLE zen.api_symbols SET PARTITIONED BY (ecosystem, package, version)",
            "ALTER TABLE zen.api_symbols SET SORTED BY (kind, name)",
        ],
        indexes: &[
            (
                "api_symbols_text",
                "ON zen.api_symbols USING FTS (name AS name, metadata AS code, doc_comment AS text,
                signature AS code BOOST 0.6, file_path AS code BOOST 0.6) WITH (refresh = 'manual')",
            ),
            (
                "api_symbols_near",
                "ON zen.api_symbols USING HNSW (embedding) WITH (metric = 'cosine', refresh = 'manual')",
            ),
        ],
    },
    Table {
        name: "doc_chunks",
        statements: &[
            "CREATE TABLE zen.doc_chunks (
                id VARCHAR NOT NULL,
                ecosystem VARCHAR NOT NULL,
                package VARCHAR NOT NULL,
                version VARCHAR NOT NULL,
                chunk_index INTEGER NOT NULL,
                title VARCHAR NOT NULL,
                content VARCHAR NOT NULL,
                source_file VARCHAR NOT NULL,
                format VARCHAR NOT NULL,
                embedding FLOAT[])",
            "ALTER TABLE zen.doc_chunks SET PARTITIONED BY (ecosystem, package, version)",
            "ALTER TABLE zen.doc_chunks SET SORTED BY (source_file, chunk_index)",
        ],
        indexes: &[
            (
                "doc_chunks_text",
                "ON zen.doc_chunks USING FTS (title AS text BOOST 2, content AS text) WITH (refresh = 'manual')",
            ),
            (
                "doc_chunks_near",
                "ON zen.doc_chunks USING HNSW (embedding) WITH (metric = 'cosine', refresh = 'manual')",
            ),
        ],
    },
    Table {
        name: "symbol_refs",
        statements: &[
            "CREATE TABLE zen.symbol_refs (
                ecosystem VARCHAR NOT NULL,
                package VARCHAR NOT NULL,
                version VARCHAR NOT NULL,
                from_id VARCHAR,
                to_id VARCHAR,
                to_name VARCHAR NOT NULL,
                relation VARCHAR NOT NULL,
                file_path VARCHAR NOT NULL,
                line INTEGER NOT NULL)",
            "ALTER TABLE zen.symbol_refs SET PARTITIONED BY (ecosystem, package, version)",
            "ALTER TABLE zen.symbol_refs SET SORTED BY (relation, to_name)",
        ],
        indexes: &[],
    },
    Table {
        name: "project_dependencies",
        statements: &["CREATE TABLE zen.project_dependencies (
                project VARCHAR NOT NULL,
                ecosystem VARCHAR NOT NULL,
                name VARCHAR NOT NULL,
                version VARCHAR,
                requirement VARCHAR,
                is_direct BOOLEAN NOT NULL,
                is_dev BOOLEAN NOT NULL,
                source VARCHAR NOT NULL,
                indexed BOOLEAN NOT NULL)"],
        indexes: &[],
    },
];

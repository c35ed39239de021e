#!/usr/bin/env python3
"""Make the lakes of old format versions that are kept in tests/golden, with the DuckDB that wrote each.

    pip install --no-deps --target P duckdb==1.4.4 duckdb-extension-{ducklake,sqlite-scanner,icu,json}==1.4.4
    PYTHONPATH=P python golden.py make v0.3           likewise v0.2 with 1.3.2, v0.4 with 1.5.0, v1.0 with 1.5.5
    PYTHONPATH=P python golden.py first               v0.1: the layout of v0.2 taken back, see first_layout()
    python golden.py sample v01.db.gz                 a catalog of DuckLake's own tests, from a DuckDB file to SQLite
"""

import argparse
import gzip
import json
import os
import shutil
import sqlite3
import sys

sys.dont_write_bytecode = True

import oracle  # noqa: E402

HERE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "golden")

# Every version understands these.
COMMON = [
    "CREATE TABLE types (id INTEGER, b BOOLEAN, i8 TINYINT, u64 UBIGINT, h HUGEINT, f FLOAT, d DOUBLE, m DECIMAL(9,2), s VARCHAR, bl BLOB, "
    "day DATE, t TIME, ts TIMESTAMP, tz TIMESTAMPTZ, u UUID, l INTEGER[], st STRUCT(a INTEGER, b VARCHAR), mp MAP(VARCHAR, INTEGER), j JSON)",
    "INSERT INTO types VALUES (1, true, -128, 18446744073709551615, 7, 0.1, 1e100, 1.50, 'text', 'a\\x00', '2024-02-29', '12:30:00.5', "
    "'2024-02-29 12:30:00.123456', '2024-02-29 12:30:00+02', 'f79c3e09-677c-4bbd-a479-3f349cb785e7', [1, NULL], {'a': 1, 'b': 'x'}, MAP {'k': 1}, "
    "'{\"a\": 1}'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    "CREATE TABLE t (a INTEGER, b VARCHAR)",
    "INSERT INTO t SELECT i, 'row ' || i FROM range(10) r(i)",
    "DELETE FROM t WHERE a = 3",
    "DELETE FROM t WHERE a IN (4, 5)",
    "UPDATE t SET b = 'updated' WHERE a = 6",
    "ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 7",
    "INSERT INTO t VALUES (10, 'ten', 10)",
    "ALTER TABLE t RENAME COLUMN b TO label",
    "ALTER TABLE t ALTER COLUMN a SET DATA TYPE BIGINT",
    "INSERT INTO t VALUES (6000000000, 'big', NULL)",
    "ALTER TABLE t DROP COLUMN c",
    "CREATE SCHEMA s",
    "CREATE TABLE s.parts (v INTEGER, p VARCHAR, day DATE)",
    "ALTER TABLE s.parts SET PARTITIONED BY (p, year(day))",
    "INSERT INTO s.parts SELECT i, 'p ' || (i % 2), DATE '2023-12-30' + i::INTEGER FROM range(6) r(i)",
    "DELETE FROM s.parts WHERE v = 2",
    "CREATE VIEW v AS SELECT a FROM t WHERE a > 5",
    "CREATE TABLE gone (x INTEGER)",
    "INSERT INTO gone VALUES (1)",
    "DROP TABLE gone",
    "CREATE TABLE small (i INTEGER)",
    "INSERT INTO small VALUES (1)",
    "INSERT INTO small VALUES (2)",
    "INSERT INTO small VALUES (3)",
    "CALL {merge}",
    "INSERT INTO small VALUES (4)",
]

# version of the format: statements its DuckDB knows besides
MORE = {
    "v0.2": [],
    "v0.3": [
        "CREATE TABLE added (i INTEGER, s VARCHAR)",
        "COPY (SELECT 's' AS s, 1 AS i) TO 'data/main/added/outside.parquet' (FORMAT parquet)",
        "CALL ducklake_add_data_files('lk', 'added', 'data/main/added/outside.parquet')",
        "DELETE FROM added WHERE i = 99",
        "ALTER TABLE added RENAME COLUMN s TO label",
    ],
    "v0.4": [
        "CREATE TABLE added (i INTEGER, s VARCHAR)",
        "COPY (SELECT 's' AS s, 1 AS i) TO 'data/main/added/outside.parquet' (FORMAT parquet)",
        "CALL ducklake_add_data_files('lk', 'added', 'data/main/added/outside.parquet')",
        "ALTER TABLE added ADD COLUMN d DATE DEFAULT '2024-01-01'",
        "CREATE TABLE variants (v VARIANT)",
        "INSERT INTO variants VALUES (1::VARIANT), ({'a': [1, 2]}::VARIANT)",
    ],
}

MORE["v1.0"] = MORE["v0.4"] + [
    "CALL lk.set_option('write_deletion_vectors', true)",
    "CREATE TABLE vectors (i INTEGER)",
    "INSERT INTO vectors SELECT * FROM range(100)",
    "DELETE FROM vectors WHERE i % 7 = 3",
    "COMMENT ON TABLE vectors IS 'every seventh row is gone'",
]

INLINED = [
    "CREATE TABLE inl (i INTEGER, s VARCHAR, l INTEGER[], st STRUCT(a INTEGER))",
    "INSERT INTO inl VALUES (1, 'one', [1, NULL], {'a': 1}), (2, NULL, NULL, NULL)",
    "ALTER TABLE inl ADD COLUMN c INTEGER DEFAULT 3",
    "INSERT INTO inl VALUES (3, 'three', [], {'a': NULL}, 4)",
    "UPDATE inl SET s = 'drei' WHERE i = 3",
    "DELETE FROM inl WHERE i = 1",
]


def compact(path):
    """Small pages and no free ones: the files are kept in the repository."""
    catalog = sqlite3.connect(path)
    catalog.execute("PRAGMA page_size = 1024")
    catalog.execute("VACUUM")
    catalog.close()


def fresh(name):
    folder = os.path.join(HERE, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder + "/data/main/added")
    os.chdir(folder)
    return folder


def keep(content):
    """Keep a table's state where it differs from that of the snapshot before, and at the end. One line each."""
    latest, before, kept = content["snapshots"][-1]["id"], {}, []
    for state in content["states"]:
        key = (state["schema"], state["table"])
        if before.get(key) != state.get("rows") or state["snapshot"] == latest:
            kept.append({k: v for k, v in state.items() if k != "columns"})
        before[key] = state.get("rows")
    lines = ",\n".join(json.dumps(state, ensure_ascii=False) for state in kept)
    content = {"name": content["name"], "latest": latest, "states": []}
    with open("expected.json", "w", encoding="utf-8") as file:
        file.write(json.dumps(content).replace('"states": []', f'"states": [\n{lines}\n]') + "\n")


def lake(name, read_only=False):
    lake = oracle.Lake(lambda: oracle.connect(strict=False), name, "sqlite", "sqlite:meta.sqlite", "data", 0, [])
    lake.virtual = ("rowid",)
    return lake


def make(version):
    fresh(version)
    writer = lake(version)
    writer.attach()
    merge = "lk.merge_adjacent_files()" if version == "v0.2" else "ducklake_merge_adjacent_files('lk')"
    for statement in COMMON + MORE[version]:
        writer.sql(statement.replace("{merge}", merge))
    if version != "v0.2":  # which inlines in DuckDB files only
        writer.reattach(inline=10)
        writer.sql(*INLINED)
    keep(writer.dump())
    writer.con.close()
    compact("meta.sqlite")
    if not os.listdir("data/main/added"):
        os.rmdir("data/main/added")


def first_layout():
    """Format 0.1 with data. No DuckDB that can be installed writes it, so a lake of format 0.2 is taken back by the
    steps in which the extension's own migration brings 0.1 forward: no paths of schemas and tables (files are
    relative to the data path), no scopes, no mappings, partition columns by ordinal, the old name of the statistics."""
    fresh("v0.1")
    writer = lake("v0.1")
    writer.attach()
    for statement in COMMON:
        writer.sql(statement.replace("{merge}", "lk.merge_adjacent_files()"))
    content = writer.dump()
    writer.con.close()
    catalog = sqlite3.connect("meta.sqlite")
    rows = catalog.execute(
        "SELECT s.path, t.path, t.table_id FROM ducklake_table t JOIN ducklake_schema s USING (schema_id) GROUP BY t.table_id"
    ).fetchall()
    for schema, table, table_id in rows:
        for kind in ("data", "delete"):
            catalog.execute(
                f"UPDATE ducklake_{kind}_file SET path = ? || path WHERE table_id = ?", (schema + table, table_id)
            )
    for table in ("schema", "table"):
        catalog.execute(f"ALTER TABLE ducklake_{table} DROP COLUMN path")
        catalog.execute(f"ALTER TABLE ducklake_{table} DROP COLUMN path_is_relative")
    catalog.execute("ALTER TABLE ducklake_metadata DROP COLUMN scope")
    catalog.execute("ALTER TABLE ducklake_metadata DROP COLUMN scope_id")
    catalog.execute("ALTER TABLE ducklake_data_file DROP COLUMN mapping_id")
    catalog.execute("DROP TABLE ducklake_column_mapping")
    catalog.execute("DROP TABLE ducklake_name_mapping")
    catalog.execute("UPDATE ducklake_partition_column SET column_id = column_id - 1")
    catalog.execute("UPDATE ducklake_metadata SET value = '0.1' WHERE key = 'version'")
    catalog.execute("UPDATE ducklake_metadata SET value = 'data' WHERE key = 'data_path'")
    catalog.commit()
    catalog.close()
    keep(content)
    compact("meta.sqlite")


SQLITE_TYPES = {"BIGINT": "BIGINT", "BOOLEAN": "BIGINT"}


def sample(path):
    """A catalog in a DuckDB file, table by table into SQLite: versions, columns and values as they are."""
    name = "sample-" + os.path.basename(path).removesuffix(".db.gz")
    source = os.path.abspath(path)
    folder = fresh(name)
    shutil.rmtree(folder + "/data")
    with gzip.open(source) as packed, open("source.db", "wb") as plain:
        shutil.copyfileobj(packed, plain)
    con = oracle.connect()
    con.execute("ATTACH 'source.db' AS old (READ_ONLY)")
    catalog = sqlite3.connect("meta.sqlite")
    tables = con.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'old' ORDER BY 1").fetchall()
    for (table,) in tables:
        described = con.execute(f"DESCRIBE old.{oracle.quote(table)}").fetchall()
        columns = ", ".join(f"{oracle.quote(c)} {SQLITE_TYPES.get(t, 'VARCHAR')}" for c, t, *_ in described)
        catalog.execute(f"CREATE TABLE {oracle.quote(table)} ({columns})")
        cells = ", ".join(
            f"CAST({oracle.quote(c)} AS {'BIGINT' if t in SQLITE_TYPES else 'VARCHAR'})" for c, t, *_ in described
        )
        marks = ", ".join("?" * len(described))
        rows = con.execute(f"SELECT {cells} FROM old.{oracle.quote(table)}").fetchall()
        catalog.executemany(f"INSERT INTO {oracle.quote(table)} VALUES ({marks})", rows)
    catalog.commit()
    catalog.close()
    con.close()
    os.remove("source.db")
    compact("meta.sqlite")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["make", "first", "sample"])
    parser.add_argument("name", nargs="*")
    args = parser.parse_args()
    if args.what == "first":
        first_layout()
    for name in args.name:
        {"make": make, "sample": sample}[args.what](name)


if __name__ == "__main__":
    main()

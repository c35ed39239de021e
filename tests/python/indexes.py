#!/usr/bin/env python3
"""Indexes of the engine in a lake that DuckDB goes on using: neither may disturb the other.

    python indexes.py --backend sqlite|postgres --out DIR

DuckDB writes, alters, maintains and drops tables that have indexes: what it does has to succeed, definitions have to
say afterwards what is true, and files below `_indexes` have to stay. Then both write while indexes come and go: no
INSERT of either may fail. At last the engine is killed while it makes segments.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True

import lakes  # noqa: E402
import oracle  # noqa: E402
from cli import Cli  # noqa: E402

# How often each writer inserts while indexes are made.
INSERTS = 25
# How often the engine is killed while it makes segments, and how long it has until then at most, in seconds.
KILLS, KILLED_WITHIN = 10, 1.2


class Lake:
    """One lake, open in the engine and in DuckDB."""

    def __init__(self, backend, folder):
        self.folder, self.data = folder, f"{folder}/data"
        self.uri = lakes.catalog_uri(backend, folder, "indexes")
        self.attach = f"ATTACH 'ducklake:{self.uri}' AS lk (DATA_PATH '{self.data}/')"
        self.reopen()
        self.con = connect(self.attach)
        self.wrong = []

    def ours(self, sql):
        return self.engine.run(sql)

    def reopen(self):
        """A new process of the engine."""
        self.engine = Cli()
        self.ours(self.attach)
        self.ours("USE lk")

    def theirs(self, sql):
        return self.con.execute(sql).fetchall()

    def check(self, what, found, expected):
        if found != expected:
            self.wrong.append(f"{what}: {found!r} instead of {expected!r}")

    def indexes(self):
        """What the engine shows of each index: table, name, kind, columns; and whether there is a note."""
        rows = self.ours("SELECT table_name, index_name, expressions, comment FROM duckdb_indexes() ORDER BY ALL")
        return [(table, name, columns, note is None) for table, name, columns, note in rows]

    def same_rows(self, table):
        sql = f"SELECT id, title FROM {table} ORDER BY ALL"
        self.check(f"rows of {table}", self.ours(sql), [list(row) for row in self.theirs(sql)])

    def files(self):
        """Files below `_indexes`."""
        found = os.walk(f"{self.data}/_indexes")
        return sorted(os.path.relpath(os.path.join(path, name), self.data) for path, _, names in found for name in names)


def connect(attach):
    con = oracle.connect()
    con.execute(attach)
    con.execute("USE lk")
    return con


def put_segments(lake):
    """A file where segments of each index are, and an orphan where DuckDB looks for orphans; both are old."""
    definitions = "SELECT value FROM __ducklake_metadata_lk.ducklake_tag WHERE key LIKE 'quacklake.index.%' AND end_snapshot IS NULL"
    put = [f"{lake.data}/main/orphan.parquet"]
    for (text,) in lake.ours(definitions):
        uuid = json.loads(text)["uuid"]
        put.append(f"{lake.data}/_indexes/{uuid}/{uuid}.qlx")
    for path in put:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write("not a segment")
        os.utime(path, (0, 0))
    return put[0]


def life(lake):
    """DuckDB does with an indexed table whatever can be done with a table."""
    lake.ours("CREATE TABLE docs (id INTEGER, title VARCHAR, v FLOAT[])")
    lake.ours("CREATE TABLE other (id INTEGER, title VARCHAR)")
    lake.ours("CREATE INDEX near ON docs USING HNSW (v) WITH (metric = 'cosine')")
    lake.ours("CREATE INDEX words ON docs USING FTS (title AS name BOOST 2)")
    lake.ours("CREATE INDEX titles ON other USING FTS (title)")
    both = [("docs", "near", "[v]", True), ("docs", "words", "[title]", True), ("other", "titles", "[title]", True)]
    lake.check("indexes", lake.indexes(), both)
    orphan = put_segments(lake)
    segments = lake.files()
    lake.check("segments", len(segments), 3)
    for sql in (
        "INSERT INTO docs VALUES (1, 'a', [1, 2]), (2, 'b', [3, 4])",
        "INSERT INTO docs SELECT i, 'title ' || i, [i, i] FROM range(10, 3000) r(i)",
        "INSERT INTO docs SELECT i, 'title ' || i, [i, i] FROM range(3000, 5000) r(i)",
        "DELETE FROM docs WHERE id % 3 = 0",
        "UPDATE docs SET title = upper(title) WHERE id % 5 = 0",
        "MERGE INTO docs USING (SELECT 1 AS id, 'merged' AS title) s ON docs.id = s.id WHEN MATCHED THEN UPDATE SET title = s.title",
        "COMMENT ON TABLE docs IS 'a comment'",
        "COMMENT ON TABLE docs IS NULL",
        "COMMENT ON COLUMN docs.title IS 'of the column'",
        "CALL ducklake_flush_inlined_data('lk')",
        "CALL ducklake_merge_adjacent_files('lk')",
        "CALL ducklake_rewrite_data_files('lk', delete_threshold => 0)",
        "CALL ducklake_expire_snapshots('lk', older_than => now() + INTERVAL 1 DAY)",
        "CALL ducklake_cleanup_old_files('lk', cleanup_all => true)",
        "CALL ducklake_delete_orphaned_files('lk', cleanup_all => true)",
        "CHECKPOINT",
        "FROM ducklake_snapshots('lk')",
    ):
        lake.theirs(sql)
        lake.same_rows("docs")
    lake.check("whether the orphan is there", os.path.exists(orphan), False)
    lake.check("segments after maintenance", lake.files(), segments)
    lake.check("indexes after maintenance", lake.indexes(), both)
    # Columns keep their ids under new names.
    for sql in (
        "ALTER TABLE docs ADD COLUMN more INTEGER DEFAULT 7",
        "ALTER TABLE docs RENAME COLUMN v TO vector",
        "ALTER TABLE docs RENAME TO papers",
        "INSERT INTO papers VALUES (7000, 'c', [5, 6], 1)",
    ):
        lake.theirs(sql)
    lake.same_rows("papers")
    other = ("other", "titles", "[title]", True)
    lake.check("indexes after renames", lake.indexes(), [other, ("papers", "near", "[vector]", True), ("papers", "words", "[title]", True)])
    # A column that DuckDB drops leaves a definition that says so and is not used.
    lake.theirs("ALTER TABLE papers DROP COLUMN vector")
    lake.check("indexes after a dropped column", lake.indexes(), [other, ("papers", "near", "[]", False), ("papers", "words", "[title]", True)])
    lake.ours("DROP INDEX near")
    lake.theirs("INSERT INTO papers VALUES (7001, 'd', 1)")
    lake.same_rows("papers")
    # A table that is dropped takes its indexes along; one of the same name is another.
    lake.theirs("DROP TABLE papers")
    lake.theirs("CREATE TABLE papers (id INTEGER, title VARCHAR)")
    lake.check("indexes after a dropped table", lake.indexes(), [other])
    lake.theirs("CREATE OR REPLACE TABLE other AS SELECT 1 AS id, 'e' AS title")
    lake.check("indexes after a replaced table", lake.indexes(), [])
    lake.same_rows("other")
    lake.check("segments at the end", lake.files(), segments)
    kept = "SELECT count(*) FROM __ducklake_metadata_lk.ducklake_tag WHERE key LIKE 'quacklake.%' AND end_snapshot IS NULL"
    lake.check("definitions that live on", lake.ours(kept), [[0]])


def beside_transactions(lake):
    """DuckDB's transaction is open while an index is made. On SQLite it cannot commit after anybody else."""
    lake.ours("CREATE TABLE beside (id INTEGER, title VARCHAR)")
    lake.ours("INSERT INTO beside VALUES (1, 'a'), (2, 'b')")
    for sql in ("INSERT INTO beside VALUES (3, 'c')", "UPDATE beside SET title = 'x' WHERE id = 1", "DELETE FROM beside WHERE id = 2"):
        lake.theirs("BEGIN")
        lake.theirs(sql)
        lake.ours("CREATE INDEX beside_words ON beside USING FTS (title)")
        lake.theirs("COMMIT")
        lake.ours("DROP INDEX beside_words")
        lake.same_rows("beside")
    # The other way round: what DuckDB drops meanwhile is not indexed.
    lake.ours("BEGIN")
    lake.ours("CREATE INDEX beside_words ON beside USING FTS (title)")
    lake.theirs("ALTER TABLE beside DROP COLUMN title")
    try:
        lake.ours("COMMIT")
        lake.wrong.append("an index of a dropped column was made")
    except Exception as error:  # noqa: BLE001  (whatever it is, it is told)
        if "dropped" not in str(error):
            lake.wrong.append(f"the conflict says {error}")


def meanwhile(lake):
    """Both insert while indexes are made and dropped."""
    lake.ours("CREATE TABLE busy (writer INTEGER, number INTEGER, title VARCHAR)")
    writers = [
        subprocess.Popen([sys.executable, __file__, "--writer", str(n), "--attach", lake.attach], stdout=subprocess.PIPE, text=True)
        for n in (0, 1)
    ]
    made = 0
    while any(writer.poll() is None for writer in writers):
        lake.ours("CREATE INDEX busy_words ON busy USING FTS (title)")
        lake.ours("DROP INDEX busy_words")
        made += 1
    for writer in writers:
        said, _ = writer.communicate()
        lake.wrong += said.splitlines() or ([] if writer.returncode == 0 else [f"a writer ended with {writer.returncode}"])
    lake.check("whether indexes were made", made > 0, True)
    for rows in (lake.ours("SELECT count(*) FROM busy"), [list(row) for row in lake.theirs("SELECT count(*) FROM busy")]):
        lake.check("rows that were inserted meanwhile", rows, [[2 * INSERTS]])


def killed(lake):
    """The engine is killed while it makes segments: what it says afterwards is what reading everything says."""
    chance = random.Random(6)
    vector = "[sin(i)::FLOAT, cos(i * 7)::FLOAT, sin(i * 13)::FLOAT, cos(i * 29)::FLOAT]"
    rows = f"SELECT i::INTEGER, 'row ' || i || CASE WHEN i % 10 = 0 THEN ' marked' ELSE '' END, {vector} FROM range"
    lake.theirs("CREATE TABLE torn (id INTEGER, title VARCHAR, v FLOAT[])")
    total, unmade = 0, 0
    for number in range(KILLS):
        if number % 3 == 2:
            lake.ours("DROP INDEX IF EXISTS torn_near")
        lake.theirs(f"INSERT INTO torn {rows}({total}, {total + 1500}) r(i)")
        total += 1500
        known = {name for table, name, *_ in lake.indexes() if table == "torn"}
        work = [f"CREATE INDEX {name} ON torn USING {of}" for name, of in (("torn_near", "HNSW (v)"), ("torn_words", "FTS (title)")) if name not in known]
        for sql in [*work, "CALL ducklake_refresh_indexes('lk')"]:
            lake.engine.send(sql)
        time.sleep(chance.uniform(0, KILLED_WITHIN))
        lake.engine.kill()
        lake.reopen()
        unmade += len(lake.indexes()) < 2
        torn_rows(lake, total)
    lake.ours("CALL ducklake_refresh_indexes('lk')")
    torn_rows(lake, total)
    plan = str(lake.ours("EXPLAIN SELECT id FROM torn ORDER BY array_distance(v, [1, 0, 0, 1]) LIMIT 10"))
    lake.check("whether the index is used", "index=" in plan, True)
    left = [name for name in lake.files() if not name.endswith(".qlx")]
    lake.check("what is left over", left, [])
    print(f"{KILLS} kills, after {unmade} an index was still to be made", file=sys.stderr)


def torn_rows(lake, total):
    """Searches of `torn`, with whatever segments there are, equal DuckDB's answers."""
    nearest = "SELECT id FROM torn ORDER BY {} LIMIT 10"
    lake.ours(f"SET hnsw_ef_search = {total}")
    for query in ("[1, 0, 0, 1]", "[0.3, -0.2, 0.9, 0.1]"):
        found = lake.ours(nearest.format(f"list_distance(v, {query})"))
        expected = [list(row) for row in lake.theirs(nearest.format(f"list_distance(v, {query}::FLOAT[])"))]
        lake.check(f"nearest of {total} rows", found, expected)
    for sql, count in (("title @@ 'marked'", total // 10), ("title @@ 'row'", total)):
        lake.check(f"rows where {sql}", lake.ours(f"SELECT count(*) FROM torn WHERE {sql}"), [[count]])
    lake.check("rows of torn", lake.theirs("SELECT count(*) FROM torn"), [(total,)])


def writer(number, attach):
    """Inserts, as DuckDB (0) or as the engine (1); tells what failed."""
    session = patient(attach) if number == 0 else Cli(limit=120)
    run = session.execute if number == 0 else session.run
    if number:
        run(attach)
        run("USE lk")
    for i in range(INSERTS):
        deadline = time.time() + 60
        while True:
            try:
                run(f"INSERT INTO busy VALUES ({number}, {i}, 'row {i}')")
                break
            except Exception as error:  # noqa: BLE001  (whatever it is, it is told)
                # DuckDB does not wait for others' locks of SQLite files, whatever they do.
                locked = "database is locked" in str(error) and "sqlite" in attach and number == 0
                if not locked or time.time() > deadline:
                    print(f"{'engine' if number else 'DuckDB'}, insert {i}: {str(error)[:300]!r}", flush=True)
                    break
                session.close()
                session = patient(attach)
                run = session.execute
    session.close()


def patient(attach):
    """DuckDB that goes on trying: against two others that commit without a pause it can lose ten times in a row."""
    session = connect(attach)
    session.execute("SET ducklake_max_retry_count = 1000")
    session.execute("SET ducklake_retry_backoff = 1.0")
    return session


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=["sqlite", "postgres"])
    parser.add_argument("--out")
    parser.add_argument("--writer", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--attach", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.writer is not None:
        writer(args.writer, args.attach)
        return
    folder = os.path.join(os.path.abspath(args.out), "indexes")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    lake = Lake(args.backend, folder)
    life(lake)
    meanwhile(lake)
    if args.backend == "postgres":
        beside_transactions(lake)
    killed(lake)
    lake.engine.close()
    if lake.wrong:
        raise SystemExit("\n".join(lake.wrong[:20]))


if __name__ == "__main__":
    main()

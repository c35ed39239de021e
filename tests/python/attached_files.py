#!/usr/bin/env python3
"""DuckDB files for the engine to read beside a lake, with what DuckDB answers from them.

    attached_files.py --out FOLDER make     files, a lake, and answers.json; a write-ahead log is left behind
    attached_files.py --out FOLDER change   writes to the files, and says what is in them then
    attached_files.py --out FOLDER check    compares tables that the engine copied into the lake with the files' own
"""

import argparse
import json
import os
import sys

sys.dont_write_bytecode = True

import oracle  # noqa: E402

# The last instant is one that DuckDB prints wrong with a zone. In files of the default version geometries are in the
# encoding of the spatial extension.
ALL_TYPES = """SELECT * REPLACE (least(timestamp_tz, TIMESTAMPTZ '9999-12-31 00:00:00+00') AS timestamp_tz)
    FROM test_all_types()"""

ROWS = """SELECT i::INTEGER AS id, i * 3 AS big, (i % 5)::UTINYINT AS small, (i / 7.0)::DOUBLE AS ratio,
    (i * 1.25)::DECIMAL(12, 2) AS price, DATE '2020-01-01' + (i // 100)::INTEGER AS day,
    TIMESTAMP '2020-01-01' + INTERVAL (i) MINUTE AS moment, 'name ' || (i % 1000) AS name,
    CASE WHEN i % 10 = 0 THEN NULL ELSE 'note of row ' || i END AS note, (i::HUGEINT << 64) AS huge,
    [i, i + 1] AS list, {'a': i, 'b': 'x' || i} AS pair FROM range(300000) t(i)"""

# Of a version that has variants, and geometries of DuckDB's own. Of regular variants DuckDB makes columns.
NEW_TYPES = {
    "objects": "SELECT i, {'a': i, 'b': 'x' || i, 'c': [i, i + 1]}::VARIANT AS v FROM range(130000) t(i)",
    "numbers": "SELECT i, i::VARIANT AS v FROM range(130000) t(i)",
    "lists": "SELECT i, [i, i + 1, NULL]::VARIANT AS v FROM range(130000) t(i)",
    "mixed": """SELECT i, CASE WHEN i % 1000 = 0 THEN ('t' || i)::VARIANT WHEN i % 1000 = 1 THEN NULL
        WHEN i % 1000 = 2 THEN [i]::VARIANT WHEN i % 1000 = 3 THEN {'a': 1, 'z': i}::VARIANT
        ELSE {'a': CASE WHEN i % 50 = 0 THEN NULL ELSE i END, 'b': {'x': (i / 2.0)::DECIMAL(10, 2), 'y': DATE '2020-01-01'}}::VARIANT
        END AS v FROM range(130000) t(i)""",
    "few": """SELECT i, CASE i % 9 WHEN 0 THEN i::VARIANT WHEN 1 THEN ('t, ' || i)::VARIANT WHEN 2 THEN {'a b': i, 'z': NULL}::VARIANT
        WHEN 3 THEN ['a, b', 'c']::VARIANT WHEN 4 THEN (i::HUGEINT << 90)::VARIANT WHEN 5 THEN TIMESTAMP '2020-01-01 10:00:00'::VARIANT
        WHEN 6 THEN true::VARIANT WHEN 7 THEN (i / 3.0)::DOUBLE::VARIANT ELSE NULL END AS v FROM range(100) t(i)""",
    "shapes": "SELECT geometry FROM test_all_types()",
}

QUERIES = [
    "SELECT * FROM new.few",
    "SELECT * FROM new.objects WHERE i % 997 = 0",
    "SELECT * FROM new.numbers WHERE i % 997 = 0",
    "SELECT * FROM new.lists WHERE i % 997 = 0",
    "SELECT * FROM new.mixed WHERE i % 1000 < 6",
    "SELECT count(v) FROM new.mixed",
    "SELECT * FROM new.shapes",
    "SELECT * FROM types.all_types",
    "SELECT count(*) FROM d.many",
    "SELECT count(*), count(note), sum(id), sum(big), sum(price), min(day), max(moment), sum(huge) FROM d.many",
    "SELECT small, count(*), avg(id), sum(price), min(name), max(note) FROM d.main.many GROUP BY small",
    "SELECT * FROM d.many WHERE id BETWEEN 122870 AND 122890",
    "SELECT * FROM d.many WHERE id >= 299990 OR id = 5 OR id = 250001",
    "SELECT * FROM d.many WHERE day = DATE '2021-06-01'",
    "SELECT count(*) FROM d.many WHERE name = 'name 77'",
    "SELECT count(*) FROM d.many WHERE name > 'name 99' AND note IS NULL",
    "SELECT count(*) FROM d.many WHERE name = 'changed'",
    "SELECT id, note FROM d.many WHERE note = 'late'",
    "SELECT id, price FROM d.many WHERE price > 374980.00",
    "SELECT id FROM d.many WHERE moment >= TIMESTAMP '2020-07-27 07:00:00'",
    "SELECT id FROM d.many WHERE id IN (1, 2, 3, 7, 150000, 299999)",
    "SELECT id FROM d.many WHERE huge > CAST('5533966665498898431508480' AS HUGEINT)",
    "SELECT max(id) FROM d.many WHERE ratio < 100",
    "SELECT id FROM d.many WHERE id < 0",
    "SELECT day, count(*) FROM d.many WHERE id % 1000 = 1 GROUP BY day ORDER BY day LIMIT 20",
    "SELECT count(*) FROM (SELECT id FROM d.many LIMIT 150000)",
    "SELECT m.id, l.word FROM d.many m JOIN lk.words l ON m.id = l.id",
    "SELECT l.word, count(*), sum(m.price) FROM lk.words l LEFT JOIN d.many m ON m.small = l.id GROUP BY l.word",
    "SELECT word FROM lk.words WHERE id NOT IN (SELECT id FROM d.many)",
    "SELECT a.name, b.value FROM d.other.few a JOIN d.other.few b ON a.id = b.id + 1",
    "WITH x AS (SELECT * FROM d.other.few) SELECT count(*), max(value) FROM x",
    "SELECT * FROM d.\"Odd Name\".\"a \"\"b\"\"\"",
    "SELECT count(*) FROM d.empty",
    "SELECT * FROM d.emptied",
    "SELECT i FROM d.computed",
    "SELECT t.* FROM d.unions t",
    "SELECT id, added FROM d.widened",
]


def connect(folder):
    con = oracle.connect(strict=False)
    path = lambda name: oracle.literal(os.path.join(folder, name))  # noqa: E731
    con.execute(f"ATTACH {path('many.duckdb')} AS d")
    con.execute(f"ATTACH {path('types.duckdb')} AS types")
    con.execute(f"ATTACH {oracle.literal(lake(folder))} AS lk (DATA_PATH {path('data')})")
    return con


def lake(folder):
    return "ducklake:sqlite:" + os.path.join(folder, "meta.sqlite")


def answers(con, queries):
    def answer(sql):
        try:
            return {"sql": sql, "rows": oracle.text_rows(con, sql)[1]}
        except oracle.duckdb.Error as error:
            raise SystemExit(f"{sql}: {error}")

    return [answer(sql) for sql in queries]


def make(folder):
    con = connect(folder)
    con.execute(f"ATTACH {oracle.literal(os.path.join(folder, 'new.duckdb'))} AS new (STORAGE_VERSION 'v1.5.0')")
    for name, sql in NEW_TYPES.items():
        con.execute(f"CREATE TABLE new.{name} AS {sql}")
    con.execute("CHECKPOINT new")
    con.execute(f"CREATE TABLE types.all_types AS {ALL_TYPES}")
    con.execute(f"CREATE TABLE d.many AS {ROWS}")
    con.execute("CREATE SCHEMA d.other")
    con.execute("CREATE TABLE d.other.few AS SELECT i AS id, 'n' || i AS name, i * 0.5 AS value FROM range(10) t(i)")
    con.execute('CREATE SCHEMA d."Odd Name"')
    con.execute('CREATE TABLE d."Odd Name"."a ""b""" AS SELECT 1 AS "The Answer", 2 AS "select"')
    con.execute("CREATE TABLE d.empty (i INTEGER)")
    con.execute("CREATE TABLE d.emptied AS SELECT i FROM range(200000) t(i)")
    con.execute("CREATE TABLE d.computed (i INTEGER, j INTEGER GENERATED ALWAYS AS (i + 1))")
    con.execute("INSERT INTO d.computed VALUES (1), (2)")
    con.execute("CREATE TABLE d.unions (u UNION(n INTEGER, s VARCHAR, l DATE[]))")
    con.execute("INSERT INTO d.unions VALUES (1), ('x y'), ([DATE '2020-01-02']), (NULL)")
    con.execute("CREATE TABLE d.widened AS SELECT i AS id FROM range(5) t(i)")
    con.execute("CREATE VIEW d.looking AS SELECT 1 AS i")
    con.execute("CREATE MACRO d.twice(x) AS x * 2")
    con.execute("CREATE MACRO d.rows_of(n) AS TABLE SELECT * FROM range(n)")
    con.execute("CREATE TABLE lk.words AS SELECT i::INTEGER AS id, 'word ' || i AS word FROM range(8) t(i)")
    con.execute("INSERT INTO lk.words VALUES (299999, 'last'), (1000000, 'new'), (-1, 'none')")
    for name in ("d", "types"):
        con.execute(f"CHECKPOINT {name}")
    # From here on into the logs, which this process leaves behind.
    con.execute("DELETE FROM d.many WHERE id % 7 = 3 OR id BETWEEN 122880 AND 130000")
    con.execute("UPDATE d.many SET name = 'changed' WHERE id IN (5, 250001)")
    con.execute("UPDATE d.many SET note = 'late', price = -1 WHERE id = 299998")
    con.execute("INSERT INTO d.many SELECT * REPLACE (id + 1000000 AS id, 'name 77' AS name) FROM d.many WHERE id < 10")
    con.execute("DELETE FROM d.emptied")
    con.execute("ALTER TABLE d.widened ADD COLUMN added VARCHAR DEFAULT 'a default'")
    con.execute("INSERT INTO d.widened VALUES (9, 'given')")
    con.execute(f"INSERT INTO types.all_types {ALL_TYPES}")
    types = {
        table: con.execute(f"SELECT column_name, column_type FROM (DESCRIBE {table})").fetchall()
        for table in ("types.all_types", "d.many")
    }
    with open(os.path.join(folder, "answers.json"), "w") as file:
        json.dump({"lake": lake(folder)[len("ducklake:"):], "queries": answers(con, QUERIES), "types": types}, file)
    for name in ("many.duckdb", "types.duckdb"):
        assert os.path.getsize(os.path.join(folder, name + ".wal")) > 0, name
    # Closed like this, DuckDB writes no checkpoint.
    sys.stdout.flush()
    os._exit(0)


def change(folder):
    con = connect(folder)
    con.execute("INSERT INTO d.other.few VALUES (100, 'more', 7.5)")
    con.execute("CREATE TABLE d.made AS SELECT 42 AS i")
    con.execute("DROP TABLE d.computed")
    print(json.dumps(answers(con, ["SELECT * FROM d.other.few", "SELECT * FROM d.made"])))


# What the engine copied, and what it has to be equal to.
COPIES = {
    "copied_types": "SELECT * EXCLUDE (geometry) FROM types.all_types",
    "copied_shapes": "SELECT geometry FROM types.all_types",
    "copied_rows": "SELECT * FROM d.many WHERE id >= 290000",
    "inserted": "SELECT * FROM d.other.few",
}
# Types that lakes do not have.
AS_TEXT = ("BIT", "BIGNUM", "ENUM", "UNION")


def check(folder):
    con = connect(folder)
    for copy, source in COPIES.items():
        columns, rows = oracle.text_rows(con, f"SELECT * FROM lk.{copy}")
        truth, expected = oracle.text_rows(con, source)
        key = lambda row: [(cell is not None, cell or "") for cell in row]  # noqa: E731
        rows, expected = sorted(rows, key=key), sorted(expected, key=key)
        for got, want in zip(rows, expected):
            assert got == want, f"{copy}: {got}, expected {want}"
        assert len(rows) == len(expected), f"{copy}: {len(rows)} rows, expected {len(expected)}"
        for got, want in zip(columns, truth):
            kind = want["type"]
            if kind.startswith(AS_TEXT):
                kind = "VARCHAR"
            # Arrays are lists there.
            while "[3]" in kind:
                kind = kind.replace("[3]", "[]")
            assert (got["name"], got["type"]) == (want["name"], kind), f"{copy}: {got}, expected {want}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("what", choices=["make", "change", "check"])
    arguments = parser.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    {"make": make, "change": change, "check": check}[arguments.what](os.path.abspath(arguments.out))


if __name__ == "__main__":
    main()

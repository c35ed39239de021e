"""The states of databases that are compared, one function a case."""

import glob
import os

import duckdb

VERSION = tuple(int(part) for part in duckdb.__version__.split(".")[:2])

MIXED = """SELECT i AS id, i::INTEGER % 97 AS small, CASE WHEN i % 7 = 0 THEN NULL ELSE i * 1000 END AS wide,
    i % 3 = 0 AS flag, CASE WHEN i % 5 = 0 THEN NULL ELSE 'value ' || (i % 1000) END AS word,
    uuid_of(i) AS id128, i / 7.0 AS ratio, TIMESTAMPTZ '2024-01-01 00:00:00+00' + i * INTERVAL 1 MINUTE AS moment
    FROM range({rows}) t(i)"""

NESTED = """SELECT i AS id,
    CASE WHEN i % 11 = 0 THEN NULL ELSE {'a': i, 'b': CASE WHEN i % 3 = 0 THEN NULL ELSE 'x' || i END, 'c': {'d': [i, NULL]}} END AS s,
    CASE WHEN i % 5 = 0 THEN NULL WHEN i % 5 = 1 THEN [] ELSE list_transform(range(i % 9), LAMBDA) END AS l,
    CASE WHEN i % 13 = 0 THEN NULL ELSE [[i], NULL, [], [i, i + 1]] END AS ll,
    (CASE WHEN i % 4 = 0 THEN NULL ELSE [i, NULL, 3] END)::BIGINT[3] AS arr,
    (CASE WHEN i % 6 = 0 THEN NULL ELSE [['a' || i, NULL], ['b', 'c']] END)::VARCHAR[2][2] AS aarr,
    CASE WHEN i % 3 = 0 THEN NULL ELSE MAP([i, i + 1], ['k' || i, NULL]) END AS m,
    CASE WHEN i % 7 = 0 THEN NULL WHEN i % 2 = 0 THEN union_value(num := i)::UNION(num BIGINT, str VARCHAR)
        ELSE union_value(str := 's' || i)::UNION(num BIGINT, str VARCHAR) END AS u,
    CASE WHEN i % 8 = 0 THEN NULL ELSE (['red', 'green', 'blue'])[i % 3 + 1]::ENUM('red', 'green', 'blue') END AS e,
    CASE WHEN i % 9 = 0 THEN NULL ELSE [{'p': i, 'q': ['z' || i]}, NULL] END AS ls
    FROM range(ROWS) t(i)"""


def lambda_text(version, variable, body):
    return f"{variable} -> {body}" if version < (1, 3) else f"lambda {variable}: {body}"


def mixed(rows):
    uuid = "CAST(substr(md5(i::VARCHAR), 1, 32) AS UUID)"
    return MIXED.format(rows=rows).replace("uuid_of(i)", uuid)


def nested(version, rows):
    return NESTED.replace("LAMBDA", lambda_text(version, "x", "'e' || x")).replace("ROWS", str(rows))


def all_types(con, storage):
    """All types that the release has, with extreme values; those that have no canonical text are left out."""
    columns = con.execute("DESCRIBE SELECT * FROM test_all_types()").fetchall()
    # Two types that no text cast keeps apart or that DuckDB cannot convert to text here.
    skipped = {"variant"}
    version = tuple(int(part) for part in duckdb.__version__.split(".")[:2])
    if storage is None and version < (2, 0):
        skipped.add("geometry")  # there in the encoding of the spatial extension
    return ", ".join('"' + c[0] + '"' for c in columns if c[0] not in skipped)


# --- containers and catalogs ---


def empty(case):
    case.open()
    case.snap("new")
    case.close()
    case.snap("closed")


def small_blocks(case):
    case.open(options="BLOCK_SIZE 16384")
    case.sql(f"CREATE TABLE t AS {mixed(20000)}", "CHECKPOINT db", "INSERT INTO t SELECT * FROM t WHERE id < 100")
    case.snap("live")


def catalog(case):
    version = tuple(int(part) for part in duckdb.__version__.split(".")[:2])
    case.open()
    case.sql(
        "CREATE SCHEMA s1", 'CREATE SCHEMA "Weird ""name"""',
        "CREATE TABLE plain (a INTEGER, b VARCHAR DEFAULT 'x', c DECIMAL(10, 2) DEFAULT 1.5, d DATE DEFAULT '2020-01-01')",
        "INSERT INTO plain (a) VALUES (1), (2)",
        "CREATE TABLE checked (a INTEGER PRIMARY KEY, b INTEGER CHECK (b > 0 AND b < 100), c VARCHAR UNIQUE NOT NULL)",
        "INSERT INTO checked VALUES (1, 5, 'x'), (2, 6, 'y')",
        "CREATE TABLE refers (a INTEGER REFERENCES checked (a), b INTEGER)",
        "INSERT INTO refers VALUES (1, 10)",
        "CREATE TABLE generated (a INTEGER, b INTEGER GENERATED ALWAYS AS (a * 2), c VARCHAR)",
        "INSERT INTO generated (a, c) VALUES (1, 'p'), (2, 'q')",
        "CREATE SEQUENCE seq START 5 INCREMENT 2",
        "CREATE TABLE numbered (id INTEGER DEFAULT nextval('seq'), t VARCHAR)",
        "INSERT INTO numbered (t) VALUES ('a'), ('b')",
        "CREATE TYPE mood AS ENUM ('sad', 'ok')", "CREATE TYPE pair AS STRUCT(a INTEGER, b VARCHAR)",
        "CREATE TABLE typed (m mood, p pair, j JSON, c VARCHAR COLLATE NOCASE)",
        """INSERT INTO typed VALUES ('ok', {'a': 1, 'b': 'x'}, '{"k": [1, 2]}', 'Abc'), (NULL, NULL, NULL, NULL)""",
        "CREATE VIEW v1 AS SELECT a, count(*) AS n FROM plain p JOIN checked USING (a) WHERE p.b IS NOT NULL GROUP BY ALL ORDER BY 1 DESC LIMIT 3",
        "CREATE VIEW v2 AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r",
        "CREATE VIEW v3 AS SELECT a, row_number() OVER (PARTITION BY b ORDER BY a NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM plain QUALIFY row_number() OVER (ORDER BY a) < 3",
        "CREATE VIEW v4 AS SELECT * EXCLUDE (b) REPLACE (a + 1 AS a) FROM plain WHERE a IN (SELECT b FROM refers) OR EXISTS (SELECT 1) OR a BETWEEN 1 AND 2",
        "CREATE VIEW v5 AS PIVOT plain ON b USING sum(a)" if False else "CREATE VIEW v5 AS SELECT CASE WHEN a > 1 THEN 'x' ELSE NULL END, a::VARCHAR, [a, 1], {'k': a} FROM plain",
        "CREATE VIEW v6 AS (SELECT 1 AS x UNION SELECT 2 EXCEPT SELECT 3) INTERSECT SELECT 1",
        "CREATE VIEW v7 AS SELECT * FROM (VALUES (1, 'a'), (2, 'b')) t(x, y) TABLESAMPLE 50 PERCENT",
        "CREATE VIEW v8 AS SELECT * FROM plain LEFT JOIN LATERAL (SELECT plain.a + 1 AS z) ON TRUE CROSS JOIN range(3) r(i)",
        "CREATE VIEW v9 AS SELECT list_transform([1, 2], " + lambda_text(version, "x", "x + 1") + ") AS l, sum(a) FILTER (WHERE a > 0), string_agg(b, ',' ORDER BY a) FROM plain GROUP BY GROUPING SETS ((), (a)), a HAVING count(*) > 0",
        "CREATE VIEW v10 AS SELECT * FROM plain UNPIVOT (val FOR col IN (b))",
        "CREATE MACRO add1(x) AS x + 1", "CREATE MACRO opt(x, y := 5) AS x * y",
        "CREATE MACRO tab(n) AS TABLE SELECT * FROM range(n) t(i) WHERE i > 1",
        "CREATE MACRO over(x) AS x, (x, y) AS x + y",
        "CREATE INDEX ix ON plain (a)", "CREATE UNIQUE INDEX ux ON s1.t (a, (b || 'x'))" if False else "CREATE INDEX ix2 ON plain ((a + 1))",
        "COMMENT ON TABLE plain IS 'a comment'", "COMMENT ON COLUMN plain.a IS 'of a column'",
        "CREATE TABLE s1.t (a INTEGER, b VARCHAR)", "INSERT INTO s1.t VALUES (7, 'seven')",
        'CREATE TABLE "Weird ""name"""."Table With "" Quote" ("Column ""x""" INTEGER, "UPPER" VARCHAR)',
        'INSERT INTO "Weird ""name"""."Table With "" Quote" VALUES (1, \'v\')',
        "CREATE TABLE wide AS SELECT " + ", ".join(f"i + {c} AS c{c}" for c in range(300)) + " FROM range(50) t(i)",
        # Behind everything else, so that it is found only if all of it was understood.
        "CREATE TABLE zz_last AS SELECT 42 AS answer",
    )
    case.snap("live")
    case.sql("CHECKPOINT db")
    case.snap("checkpointed")
    case.sql("DROP VIEW v1", "DROP MACRO add1", "DROP INDEX ix2", "DROP SEQUENCE seq CASCADE" if False else "DROP VIEW v2", "INSERT INTO plain (a) VALUES (99)")
    case.snap("changed")


# --- types ---


def types(storage):
    def make(case):
        case.open(storage)
        columns = all_types(case.con, storage)
        case.sql(f"CREATE TABLE extremes AS SELECT {columns} FROM test_all_types()")
        case.snap("live")
        case.sql("CHECKPOINT db")
        case.snap("checkpointed")
        # The same many times over, so that columns are compressed.
        case.sql(f"CREATE TABLE many AS SELECT {columns} FROM test_all_types(), range(1000)", "CHECKPOINT db")
        case.snap("many")
        case.sql("INSERT INTO extremes SELECT * FROM extremes", "DELETE FROM many WHERE rowid % 3 = 1", "CHECKPOINT db")
        case.snap("edited")

    return make


def sizes(storage):
    def make(case):
        version = tuple(int(part) for part in duckdb.__version__.split(".")[:2])
        case.open(storage)
        for rows in (0, 5, 3000, 40000):
            case.sql(f"CREATE TABLE mixed_{rows} AS {mixed(rows)}", f"CREATE TABLE nested_{rows} AS {nested(version, rows)}")
        case.snap("live")
        case.sql("CHECKPOINT db")
        case.snap("checkpointed")
        case.sql("CREATE TABLE long_text AS SELECT i, CASE WHEN i % 4 = 0 THEN NULL ELSE repeat(chr(65 + (i % 26)::INT) || i, 1000 * (i + 1)) END AS t, repeat('y', (i % 3) * 5000)::BLOB AS b FROM range(60) t(i)", "CHECKPOINT db")
        case.snap("long")

    return make


def groups(storage):
    def make(case):
        version = tuple(int(part) for part in duckdb.__version__.split(".")[:2])
        case.open(storage)
        # Over 122,880 rows in one transaction go to blocks before they are committed.
        case.sql(f"CREATE TABLE t AS {mixed(300000)}", f"CREATE TABLE n AS {nested(version, 130000)}")
        case.snap("live")
        case.sql(f"INSERT INTO t {mixed(250000)}", "DELETE FROM t WHERE id BETWEEN 100 AND 200000", "UPDATE t SET wide = -1 WHERE id % 1000 = 0")
        case.snap("more")
        case.sql("CHECKPOINT db")
        case.snap("checkpointed")

    return make


def large(case):
    case.open()
    case.sql("CREATE TABLE big AS SELECT i, i % 1000 AS m, CASE WHEN i % 3 = 0 THEN NULL ELSE 'w' || (i % 50000) END AS w, (i * 37 % 10007) / 8.0 AS d FROM range(3000000) t(i)", "CHECKPOINT db")
    case.snap("checkpointed")
    case.sql("DELETE FROM big WHERE i % 5 = 0 OR i < 700000", "UPDATE big SET m = NULL WHERE i % 100 = 1")
    case.snap("edited")
    case.sql("CHECKPOINT db")
    case.snap("again")


# --- compressions ---

DATA = {
    "ints": """SELECT i, 7::INTEGER AS constant, i * 3 + 5 AS linear, (i * i) % 1000003 AS wild, i // 100 AS runs, (i % 200 - 100)::TINYINT AS tiny,
        (i * 7919 % 65536)::USMALLINT AS us, (i * 104729)::UINTEGER % 4000000000 AS ui, (i * 1234567891)::UBIGINT AS ub, -(i // 2048) AS stairs,
        CASE WHEN i % 10 < 3 THEN NULL ELSE i END AS holes, i % 2 = 0 AS flag, (i // 500) % 2 = 0 AS slow_flag, i % 997 = 0 AS rare, i % 997 <> 0 AS common,
        CASE WHEN i % 3000 < 2500 THEN NULL ELSE i END AS runs_of_null, CASE WHEN i % 601 = 0 THEN NULL ELSE 1 END AS rare_null,
        CASE WHEN hash(i) % 2 = 0 THEN NULL ELSE hash(i) END AS random_null, CASE WHEN (i // 700) % 2 = 0 THEN NULL ELSE i % 5 END AS long_nulls,
        (i * 1000000007)::HUGEINT * 1000000007 AS huge, i::UHUGEINT * 99999999999 AS uhuge, (i % 50)::HUGEINT AS small_huge,
        (i / 100.0)::DECIMAL(18, 3) AS dec18, (i % 100)::DECIMAL(4, 1) AS dec4, (i * 12345.678)::DECIMAL(38, 10) AS dec38,
        DATE '2000-01-01' + (i % 5000)::INTEGER AS day, TIMESTAMP '2000-01-01' + i * INTERVAL 1 SECOND AS moment, to_days((i % 30)::INTEGER) AS span,
        CAST(md5(i::VARCHAR) AS UUID) AS id128, (i % 4)::BIGINT AS two_bits FROM range(ROWS) t(i)""",
    "floats": """SELECT i / 100.0::DOUBLE AS cents, sqrt(i) AS roots, (i / 8.0)::FLOAT AS eighths, sqrt(i)::FLOAT AS root_floats, 3.25::DOUBLE AS constant,
        CASE WHEN i % 50 = 0 THEN NULL ELSE i * 0.1 END AS holes, (i // 1000)::DOUBLE AS steps, CASE WHEN i % 100 = 0 THEN 'nan'::DOUBLE WHEN i % 100 = 1
        THEN 'infinity'::DOUBLE WHEN i % 100 = 2 THEN -0.0 ELSE i / 3.0 END AS special, hash(i)::DOUBLE AS noise, (hash(i) / 1e10)::FLOAT AS noise_float,
        (i % 1000) * 1e-7 AS tiny, i * 1e15 AS giant, ln(i + 1) AS logs FROM range(ROWS) t(i)""",
    "strings": """SELECT 'same' AS constant, 'value ' || (i % 50) AS few, 'https://example.com/path/' || i || '?query=' || (i * 31 % 1009) AS urls, md5(i::VARCHAR) AS hashes,
        CASE WHEN i % 3 = 0 THEN NULL WHEN i % 3 = 1 THEN '' ELSE 'x' END AS holes, CASE WHEN i % 1000 = 0 THEN repeat('long ' || i, 400) ELSE 'short' END AS mixed,
        NULL::VARCHAR AS nothing, 'größe ' || chr((19968 + i % 2000)::INTEGER) AS unicode, md5(i::VARCHAR)::BLOB AS bytes, CASE WHEN i % 7 = 0 THEN NULL ELSE 'prefix-common-' || (i % 3000) END AS prefixed,
        ['a' || i, 'b'] AS listed, {'k': 'v' || (i % 20)} AS held FROM range(ROWS) t(i)""",
}
METHODS = ["auto", "uncompressed", "rle", "bitpacking", "dictionary", "fsst", "alp", "alprd", "zstd", "roaring", "dict_fsst"]


def compressions(storage, method):
    def make(case):
        case.open(storage)
        case.sql(f"PRAGMA force_compression = '{method}'")
        for name, select in DATA.items():
            case.sql(f"CREATE TABLE {name} AS {select.replace('ROWS', '20000')}")
            case.sql(f"CREATE TABLE {name}_small AS {select.replace('ROWS', '100')}")
        case.sql("CHECKPOINT db")
        used = set()
        for name in DATA:
            used |= {row[0].lower() for row in case.con.execute(f"SELECT DISTINCT compression FROM pragma_storage_info('{name}')").fetchall()}
        case.used = used
        with open(os.path.join(case.out, f"{case.name}.used"), "w") as file:
            file.write(" ".join(sorted(used)))
        case.snap("checkpointed")

    return make


# --- deletes and updates ---


def changes(storage):
    def make(case):
        case.open(storage)
        case.sql(f"CREATE TABLE t AS {mixed(10000)}", "CREATE TABLE whole AS SELECT * FROM range(130000) t(i)", "CHECKPOINT db")
        case.sql("DELETE FROM t WHERE id % 10 = 3", "DELETE FROM t WHERE id BETWEEN 2048 AND 4095", "DELETE FROM t WHERE id BETWEEN 5000 AND 6900")
        case.sql("DELETE FROM whole WHERE i < 122880")
        case.snap("deleted_live")
        case.sql("CHECKPOINT db")
        case.snap("deleted")
        case.sql("UPDATE t SET word = 'new ' || id, flag = NULL WHERE id % 4 = 1", "UPDATE t SET word = NULL WHERE id % 8 = 1", "UPDATE t SET wide = 5 WHERE wide IS NULL")
        case.snap("updated_live")
        case.sql("DELETE FROM t WHERE id % 16 = 1", "INSERT INTO t SELECT * FROM t WHERE id < 500", "UPDATE t SET ratio = 0.5 WHERE id < 50", "UPDATE whole SET i = -i WHERE i > 125000")
        case.snap("mixed_live")
        case.sql("CHECKPOINT db")
        case.snap("mixed")
        case.sql("DELETE FROM t", "INSERT INTO t SELECT * FROM (" + mixed(10) + ")", "UPDATE t SET id = id + 1 WHERE id = 3")
        case.snap("emptied_live")
        case.sql("CHECKPOINT db")
        case.snap("emptied")

    return make


# --- write-ahead log ---


def wal(storage):
    def make(case):
        version = tuple(int(part) for part in duckdb.__version__.split(".")[:2])
        case.open(storage)
        case.sql("CREATE TABLE a (id BIGINT, s VARCHAR)", "INSERT INTO a VALUES (1, 'x'), (NULL, 'hello')", "CREATE TABLE st (id INTEGER, s STRUCT(a INTEGER, b STRUCT(c VARCHAR, d BOOLEAN)))")
        case.snap("created")
        case.sql("INSERT INTO st VALUES (1, {'a': 1, 'b': {'c': 'x', 'd': true}}), (2, NULL), (3, {'a': NULL, 'b': NULL}), (4, {'a': 4, 'b': {'c': NULL, 'd': NULL}})")
        case.sql("UPDATE st SET s = {'a': 9, 'b': {'c': 'nine', 'd': false}} WHERE id = 1", "UPDATE st SET s = NULL WHERE id = 4", "UPDATE st SET s = {'a': 2, 'b': NULL} WHERE id = 2")
        case.snap("structs")
        case.sql("BEGIN", "INSERT INTO a VALUES (3, 'committed')", "DELETE FROM a WHERE id = 1", "UPDATE a SET s = 'changed' WHERE id IS NULL", "COMMIT")
        case.sql("BEGIN", "INSERT INTO a VALUES (4, 'rolled back')", "ROLLBACK")
        case.snap("transactions")
        case.sql("ALTER TABLE a ADD COLUMN n INTEGER DEFAULT 7", "ALTER TABLE A ADD COLUMN t VARCHAR", "INSERT INTO a VALUES (5, 'five', 55, 't')", "ALTER TABLE a RENAME COLUMN S TO Label")
        case.sql("ALTER TABLE a ADD COLUMN ts TIMESTAMP DEFAULT TIMESTAMP '2020-01-02 03:04:05'", "ALTER TABLE a ADD COLUMN d DECIMAL(6, 2) DEFAULT 1.25", "ALTER TABLE a ADD COLUMN f DOUBLE DEFAULT 0.1",
                 "ALTER TABLE a ADD COLUMN b BOOLEAN DEFAULT true", "ALTER TABLE a ADD COLUMN neg BIGINT DEFAULT -5", "ALTER TABLE a ADD COLUMN da DATE DEFAULT '2021-02-03'")
        case.snap("added")
        case.sql("UPDATE a SET n = n + 1 WHERE id = 3", "UPDATE a SET label = NULL, t = 'set' WHERE id = 5")
        case.sql("ALTER TABLE a DROP COLUMN LABEL", "UPDATE a SET n = -1 WHERE id = 5", "INSERT INTO a (id, n) VALUES (6, 66)", "UPDATE a SET t = 'six' WHERE id = 6")
        case.snap("dropped")
        case.sql("CHECKPOINT db")
        case.snap("checkpointed")
        case.sql("ALTER TABLE a ADD COLUMN late INTEGER DEFAULT 3", "UPDATE a SET late = 4 WHERE id = 6", "ALTER TABLE a RENAME TO Renamed", "DELETE FROM renamed WHERE id = 3")
        case.sql("CREATE SCHEMA x", "CREATE TABLE x.t AS SELECT range AS i FROM range(3000)", "DELETE FROM x.t WHERE i % 2 = 0", "CREATE TABLE x.gone (i INTEGER)", "DROP TABLE x.gone", "CREATE TABLE x.again (i INTEGER)", "INSERT INTO x.again VALUES (1)", "DROP TABLE x.again", "CREATE TABLE x.again (v VARCHAR)", "INSERT INTO x.again VALUES ('second')")
        case.sql("CREATE OR REPLACE TABLE st AS SELECT 'replaced' AS v", "CREATE VIEW x.v AS SELECT * FROM x.t", "DROP VIEW x.v", "CREATE SEQUENCE q", "CREATE MACRO m(a) AS a + 1", "CREATE TYPE e AS ENUM ('p', 'q')", "CREATE TABLE enums (v e)", "INSERT INTO enums VALUES ('q'), (NULL), ('p')", "DROP SEQUENCE q", "CREATE INDEX i1 ON x.t (i)", "DROP INDEX x.i1")
        case.sql("CREATE SCHEMA dropped", "CREATE TABLE dropped.t (i INTEGER)", "DROP SCHEMA dropped CASCADE", "COMMENT ON TABLE st IS 'text'", "ALTER TABLE x.t ALTER COLUMN i SET DEFAULT 5", "ALTER TABLE x.t ALTER COLUMN i SET NOT NULL", "ALTER TABLE x.t ALTER COLUMN i DROP NOT NULL", "TRUNCATE enums", "INSERT INTO enums VALUES ('p')")
        case.snap("ddl")
        case.sql(f"CREATE TABLE n AS {nested(version, 5000)}", "UPDATE n SET l = ['updated'], m = NULL WHERE id % 10 = 0", "UPDATE n SET s = NULL WHERE id % 10 = 1", "UPDATE n SET e = 'blue' WHERE id % 3 = 0", "DELETE FROM n WHERE id % 17 = 0")
        case.snap("nested")
        case.sql("CREATE TABLE keyed (k INTEGER PRIMARY KEY, v VARCHAR)", "INSERT INTO keyed SELECT i, 'v' || i FROM range(100) t(i)", "INSERT INTO keyed VALUES (5, 'upserted') ON CONFLICT (k) DO UPDATE SET v = excluded.v", "INSERT OR REPLACE INTO keyed VALUES (6, 'replaced')")
        case.snap("keyed")
        case.sql("CREATE TABLE gen (a INTEGER, g INTEGER GENERATED ALWAYS AS (a + 1), b VARCHAR)", "INSERT INTO gen (a, b) VALUES (1, 'x')", "UPDATE gen SET b = 'y'", "ALTER TABLE gen ADD COLUMN c INTEGER DEFAULT 4")
        case.snap("generated")
        case.con.execute("BEGIN")
        case.sql("INSERT INTO keyed SELECT i, 'uncommitted' FROM range(1000, 2000) t(i)", "DROP TABLE st")
        case.snap("uncommitted")
        case.con.execute("ROLLBACK")

    return make


def constants(case):
    """Vectors that are written in a short form."""
    case.open(case.storage if hasattr(case, "storage") else None)
    case.sql("CREATE TABLE c AS SELECT 5 AS k, 'text' AS t, i AS seq, NULL::BIGINT AS n, [1, 2, 3] AS l, {'a': 'x', 'b': i} AS s, 'v' || (i % 3) AS dict FROM range(5000) t(i)")
    case.snap("live")
    case.sql("UPDATE c SET k = 6 WHERE seq < 4000", "DELETE FROM c WHERE seq >= 3000")
    case.snap("changed")


def row_ids(case):
    """A whole row group is dropped by a checkpoint, then rows behind it are changed."""
    case.open()
    case.sql("CREATE TABLE t AS SELECT i, 'v' || i AS v FROM range(400000) t(i)", "CHECKPOINT db", "DELETE FROM t WHERE i BETWEEN 122880 AND 245759", "CHECKPOINT db")
    case.snap("hole")
    case.sql("DELETE FROM t WHERE i % 1000 = 7", "UPDATE t SET v = 'changed' WHERE i % 1000 = 8", "INSERT INTO t VALUES (-1, 'new')", "UPDATE t SET v = 'newer' WHERE i = -1")
    case.snap("changed")
    case.sql("CHECKPOINT db")
    case.snap("again")


def aborted(point):
    """A checkpoint that dies: its log still holds the marker, or the file already the rows."""

    def make(case):
        case.open()
        case.sql(f"CREATE TABLE t AS {mixed(3000)}", "CHECKPOINT db", "INSERT INTO t SELECT * FROM t WHERE id < 10", "DELETE FROM t WHERE id = 5")
        case.sql(f"SET debug_checkpoint_abort = '{point}'")
        try:
            case.sql("CHECKPOINT db")
        except duckdb.Error:
            pass
        case.snap("dead")

    return make


def variant(case):
    """Their values are compared by what they were made of (`check_variants` of the Rust test)."""
    case.open("v1.5.0" if VERSION < (2, 0) else None)
    case.sql("CREATE TABLE v AS SELECT i, (CASE WHEN i % 3 = 0 THEN i::VARIANT WHEN i % 3 = 1 THEN ('t' || i)::VARIANT ELSE NULL END) AS v FROM range(100) t(i)")
    case.snap("live", rows=False)
    case.sql("CREATE TABLE shredded AS SELECT i, ({'a': i, 'b': 'y' || i})::VARIANT AS v FROM range(200000) t(i)", "CHECKPOINT db")
    case.snap("checkpointed", rows=False)


def geometry(case):
    case.open("v1.5.0")
    shapes = {
        "mixed": "CASE WHEN i % 3 = 0 THEN NULL WHEN i % 3 = 1 THEN 'POINT (' || i || ' 2)' ELSE 'LINESTRING (0 0, ' || i || ' 1)' END",
        "points": "'POINT (' || i || ' ' || i / 2 || ')'",
        "lines": "CASE WHEN i % 5 = 0 THEN NULL ELSE 'LINESTRING Z (0 0 1, ' || i || ' 1 2)' END",
        "polygons": "'POLYGON ((0 0, ' || i || ' 0, 0 1, 0 0), (1 1, 2 1, 1 2, 1 1))'",
        "multipoints": "'MULTIPOINT (1 2, ' || i || ' 4)'",
        "multilines": "'MULTILINESTRING ((0 0, 1 1), (2 2, ' || i || ' 3))'",
        "multipolygons": "'MULTIPOLYGON (((0 0, ' || i || ' 0, 0 1, 0 0)), ((5 5, 6 5, 5 6, 5 5)))'",
        "measured": "'POINT ZM (1 2 3 ' || i || ')'",
        "with_m": "'LINESTRING M (1 2 3, 4 5 ' || i || ')'",
        "with_z": "'MULTIPOINT Z (1 2 3, 4 5 ' || i || ')'",
    }
    for name, text in shapes.items():
        case.sql(f"CREATE TABLE {name} AS SELECT i, ({text})::GEOMETRY AS g FROM range(40000) t(i)")
    case.snap("live")
    case.sql("CHECKPOINT db")
    case.snap("checkpointed")


# --- refused ---


def encrypted(case):
    case.open(options="ENCRYPTION_KEY 'secret'")
    case.sql("CREATE TABLE t (i INTEGER)", "INSERT INTO t VALUES (1)")
    case.snap("live", expect_error="encrypted")


def rewritten(case):
    case.open()
    case.sql("CREATE TABLE t AS SELECT 1 AS i", "CREATE TABLE fine AS SELECT 2 AS i", "CHECKPOINT db", "ALTER TABLE t ALTER COLUMN i TYPE VARCHAR", "INSERT INTO t VALUES ('x')")
    case.snap("live")


def cuts(case):
    """Logs that end anywhere, and logs and files with a wrong bit or of another database."""
    case.open()
    case.sql("CREATE TABLE t (i BIGINT, s VARCHAR)", "INSERT INTO t VALUES (0, 'zero')", "CHECKPOINT db")
    for i in range(4):
        case.sql("BEGIN", f"INSERT INTO t VALUES ({i}, 'v{i}')", f"UPDATE t SET s = 'u{i}' WHERE i = {i - 1}", "COMMIT")
    with open(case.path + ".wal", "rb") as file:
        log = file.read()
    boundaries, at = [], log.index(b"\xff\xff") + 2
    while at < len(log):
        boundaries.append(at)
        at += 16 + int.from_bytes(log[at : at + 8], "little")
    positions = {p + d for p in boundaries for d in (-1, 0, 1, 8, 17) if 0 < p + d < len(log)} | {3, len(log) - 1}
    for position in sorted(positions):
        case.snap_changed(f"at{position}", ".wal", lambda data, end=position: data[:end])

    def flip(at):
        def change(data):
            data[at] ^= 4
            return data

        return change

    for boundary in boundaries[1::3]:
        case.snap_changed(f"flip{boundary}", ".wal", flip(boundary + 18), expect_error="bad checksum (write-ahead log")
    for page in range(3):
        case.snap_changed(f"page{page}", "", flip(page * 4096 + 200), expect_error=f"bad checksum (header page {page}")
    case.snap_changed("magic", "", flip(9), expect_error="not a DuckDB database")
    case.snap_changed("short", "", lambda data: data[:9000], expect_error="not a DuckDB database")
    with open(case.path, "rb") as file:
        pages = [file.read(4096) for _ in range(3)][1:]
    _, meta = max((int.from_bytes(page[8:16], "little"), int.from_bytes(page[16:24], "little")) for page in pages)
    meta &= (1 << 56) - 1
    case.snap_changed("block", "", flip(12288 + meta * 262144 + 100), expect_error="bad checksum (block")


def foreign(case):
    """Logs that do not belong to the file."""
    case.open("v1.4.0")
    case.sql("CREATE TABLE t (i BIGINT)", "INSERT INTO t VALUES (1)")
    with open(case.path + ".wal", "rb") as file:
        old = file.read()
    case.sql("CHECKPOINT db", "INSERT INTO t VALUES (2)")
    case.snap("own")
    case.snap_changed("old", ".wal", lambda data: old, expect_error="does not match")

    def other_id(data):
        at = data.index(b"f\x00\x10") + 3
        data[at] ^= 1
        return data

    case.snap_changed("other", ".wal", other_id, expect_error="does not match")


# --- DuckLake ---


def ducklake_extension():
    root = os.path.dirname(os.path.dirname(duckdb.__file__))
    homes = [f"{root}/duckdb_extension_ducklake/extensions/v{duckdb.__version__}", os.path.expanduser(f"~/.duckdb/extensions/v{duckdb.__version__}/linux_amd64")]
    return next((found for home in homes for found in glob.glob(f"{home}/ducklake.duckdb_extension")), None)


def ducklake(case):
    case.con = duckdb.connect(config={"allow_unsigned_extensions": "true", "autoinstall_known_extensions": "false"})
    case.con.execute(f"LOAD '{ducklake_extension()}'")
    case.con.execute("SET TimeZone = 'UTC'")
    path = os.path.join(case.folder, "lake.ducklake")
    case.sql(f"ATTACH 'ducklake:{path}' AS lk (DATA_PATH '{case.folder}/data', DATA_INLINING_ROW_LIMIT 100)", "USE lk")
    case.snap("fresh", path)
    case.sql("CREATE TABLE t (id BIGINT, name VARCHAR, price DECIMAL(10, 2), moment TIMESTAMP, tags VARCHAR[], s STRUCT(a INTEGER, b VARCHAR), f DOUBLE, ok BOOLEAN, d DATE, u UUID)")
    for i in range(20):
        case.sql(f"INSERT INTO t VALUES ({i}, 'name {i}', {i}.25, TIMESTAMP '2024-01-01' + INTERVAL {i} HOUR, ['a', NULL, 't{i}'], {{'a': {i}, 'b': 'x'}}, {i} / 3.0, {i % 2 == 0}, DATE '2024-01-01', uuid())")
    case.sql("DELETE FROM t WHERE id % 5 = 0", "UPDATE t SET name = 'changed' WHERE id = 7", "INSERT INTO t (id) SELECT i FROM range(1000) r(i)", "CREATE SCHEMA s2", "CREATE TABLE s2.p (a INTEGER, b VARCHAR)")
    case.sql("ALTER TABLE s2.p SET PARTITIONED BY (a)", "INSERT INTO s2.p SELECT i % 3, 'x' FROM range(300) r(i)", "ALTER TABLE t ADD COLUMN extra INTEGER", "CREATE VIEW v AS SELECT * FROM t", "DROP TABLE s2.p")
    case.snap("live", path)
    case.sql("CHECKPOINT __ducklake_metadata_lk")
    case.snap("checkpointed", path)
    case.sql("INSERT INTO t (id, name) VALUES (5000, 'after')", "DELETE FROM t WHERE id = 5000", "UPDATE t SET ok = NULL WHERE id < 4", "CREATE TABLE t2 AS SELECT 1 AS one")
    case.snap("later", path)
    case.sql("USE memory", "DETACH lk")
    case.snap("closed", path)


def all_cases(version, with_large):
    """Names and functions of what this DuckDB release can make."""
    newest = "v2.0.0" if version >= (2, 0) else f"v{version[0]}.{version[1]}.0"
    storages = {"default": None, "newest": newest}
    yield "empty", empty
    yield "small_blocks", small_blocks
    yield "catalog", catalog
    for label, storage in storages.items():
        yield f"wal_{label}", wal(storage)
        yield f"types_{label}", types(storage)
        yield f"sizes_{label}", sizes(storage)
        yield f"groups_{label}", groups(storage)
        yield f"changes_{label}", changes(storage)
        for method in METHODS:
            if supports(version, storage, method):
                yield f"compressed_{label}_{method}", compressions(storage, method)
    yield "constants", constants
    yield "row_ids", row_ids
    for point in ("before_truncate", "before_header", "after_free_list_write"):
        yield f"aborted_{point}", aborted(point)
    yield "rewritten", rewritten
    yield "cuts", cuts
    if version >= (1, 4):
        yield "foreign", foreign
    if version >= (1, 5):
        yield "geometry", geometry
        yield "variant", variant
    if ducklake_extension():
        yield "ducklake", ducklake
    if with_large:
        yield "large", large


def supports(version, storage, method):
    """Whether a release knows the method for the storage; forcing one that it does not know fails."""
    newest = storage is not None
    return {
        "zstd": newest,
        "roaring": newest,
        "dict_fsst": newest and version >= (1, 3),
    }.get(method, True)

"""ALTER TABLE: columns, nested fields, names, defaults."""

from two_lakes import case

TABLE = "CREATE TABLE t (i INTEGER, s VARCHAR, f FLOAT)"
FILL = "INSERT INTO t SELECT i, 'row ' || i, i * 0.5 FROM range(20) r(i)"
FEW = "INSERT INTO t VALUES (100, 'few', 1), (101, NULL, NULL)"


def columns(w, fill):
    w.run(
        TABLE,
        fill,
        "ALTER TABLE t ADD COLUMN a INTEGER",
        "ALTER TABLE t ADD COLUMN b VARCHAR DEFAULT 'old rows too'",
        "ALTER TABLE t ADD COLUMN IF NOT EXISTS b INTEGER",
        "INSERT INTO t (i, a) SELECT i, i FROM range(12) r(i)",
        "INSERT INTO t (i, b) VALUES (7, NULL)",
        "UPDATE t SET b = 'changed' WHERE i = 3",
        "ALTER TABLE t RENAME COLUMN s TO name",
        "ALTER TABLE t RENAME a TO s",
        "INSERT INTO t (name, s) VALUES ('new name', 1)",
        "ALTER TABLE t DROP COLUMN s",
        "ALTER TABLE t ADD COLUMN s DOUBLE",
        "INSERT INTO t (s) VALUES (0.5)",
        "ALTER TABLE t ALTER COLUMN i TYPE BIGINT",
        "ALTER TABLE t ALTER f SET DATA TYPE DOUBLE",
        "INSERT INTO t (i, f) VALUES (5000000000, 0.1)",
        "DELETE FROM t WHERE i < 5",
        "UPDATE t SET f = 0.25 WHERE i > 10",
    )
    w.query("SELECT count(*), sum(i), max(name), min(b) FROM t")
    w.refused(
        "ALTER TABLE t ADD COLUMN i INTEGER",
        "ALTER TABLE t DROP COLUMN nothing",
        "ALTER TABLE t RENAME COLUMN i TO name",
        "ALTER TABLE t ALTER COLUMN i TYPE INTEGER",
        "ALTER TABLE nowhere ADD COLUMN i INTEGER",
    )


@case()
def alter_columns(w):
    columns(w, FILL)


@case(inline=15)
def alter_columns_inlined(w):
    columns(w, FEW)


@case(inline=10)
def alter_defaults(w):
    w.run(
        TABLE,
        FEW,
        "ALTER TABLE t ALTER COLUMN s SET DEFAULT 'later'",
        "INSERT INTO t (i) VALUES (1)",
        "ALTER TABLE t ALTER COLUMN s DROP DEFAULT",
        "INSERT INTO t (i) VALUES (2)",
        "ALTER TABLE t ADD COLUMN n INTEGER DEFAULT 7",
        "ALTER TABLE t ALTER COLUMN n SET DEFAULT 8",
        "INSERT INTO t (i) VALUES (3)",
        "INSERT INTO t (i) SELECT i FROM range(20) r(i)",
    )


@case(inline=10)
def alter_not_null(w):
    w.run(
        "CREATE TABLE t (i INTEGER, s VARCHAR)",
        "INSERT INTO t SELECT i, 'x' FROM range(20) r(i)",
        "ALTER TABLE t ALTER COLUMN i SET NOT NULL",
    )
    w.refused("INSERT INTO t VALUES (NULL, 'x')")
    w.run(
        "INSERT INTO t VALUES (1, NULL)",
        "ALTER TABLE t ALTER COLUMN i DROP NOT NULL",
        "INSERT INTO t VALUES (NULL, 'now it may')",
    )
    w.refused("ALTER TABLE t ALTER COLUMN i SET NOT NULL", "ALTER TABLE t ALTER COLUMN s SET NOT NULL")


def nested(w, rows):
    w.run(
        "CREATE TABLE t (id INTEGER, s STRUCT(a INTEGER, b STRUCT(x INTEGER)), l STRUCT(y INTEGER)[], m MAP(VARCHAR, STRUCT(z INTEGER)))",
        "INSERT INTO t SELECT i, {'a': i, 'b': {'x': i}}, [{'y': i}], MAP {'k': {'z': i}} FROM range(%d) r(i)" % rows,
        "ALTER TABLE t ADD COLUMN s.c VARCHAR",
        "ALTER TABLE t ADD COLUMN s.b.w INTEGER DEFAULT 9",
        "INSERT INTO t VALUES (100, {'a': 1, 'b': {'x': 2, 'w': 3}, 'c': 'new'}, [], MAP {})",
        "ALTER TABLE t RENAME COLUMN s.b.x TO xx",
        "ALTER TABLE t ALTER COLUMN s TYPE STRUCT(a BIGINT, b STRUCT(xx INTEGER, w INTEGER), c VARCHAR)",
        "ALTER TABLE t DROP COLUMN s.c",
        "ALTER TABLE t ADD COLUMN l.element.n INTEGER",
        "ALTER TABLE t ADD COLUMN m.value.n VARCHAR",
        "INSERT INTO t VALUES (101, {'a': 5000000000, 'b': {'xx': 2, 'w': 3}}, [{'y': 1, 'n': 2}], MAP {'q': {'z': 1, 'n': 'n'}})",
        "UPDATE t SET id = -id WHERE id IN (1, 101)",
    )


@case()
def alter_nested(w):
    nested(w, 20)


@case(inline=10)
def alter_nested_inlined(w):
    nested(w, 5)


@case(inline=10)
def rename_tables(w):
    w.run(
        TABLE,
        FEW,
        "ALTER TABLE t RENAME TO u",
        "INSERT INTO u VALUES (1, 'in u', 1)",
        "CREATE TABLE t (other INTEGER)",
        "INSERT INTO t VALUES (1)",
        "DELETE FROM u WHERE i = 100",
        "BEGIN",
        "ALTER TABLE u RENAME TO v",
        "ALTER TABLE t RENAME TO u",
        "COMMIT",
        "INSERT INTO u VALUES (2)",
        "INSERT INTO v SELECT i, 'in v', i FROM range(20) r(i)",
    )
    w.refused("ALTER TABLE v RENAME TO u", "INSERT INTO t VALUES (1)")
    w.query("SELECT count(*) FROM v AT (VERSION => 9)")


@case(inline=10)
def promotions(w):
    w.run(
        "CREATE TABLE t (a TINYINT, b SMALLINT, c UTINYINT, d UINTEGER, e FLOAT, f DECIMAL(9,2))",
        "INSERT INTO t VALUES (-128, 32767, 255, 4294967295, 0.1, 1234567.89)",
        "INSERT INTO t SELECT i, i, i, i, i, i FROM range(20) r(i)",
        "ALTER TABLE t ALTER a TYPE SMALLINT",
        "ALTER TABLE t ALTER b TYPE BIGINT",
        "ALTER TABLE t ALTER c TYPE USMALLINT",
        "ALTER TABLE t ALTER d TYPE UBIGINT",
        "ALTER TABLE t ALTER e TYPE DOUBLE",
        "ALTER TABLE t ALTER f TYPE DECIMAL(18,2)",
        "INSERT INTO t VALUES (32767, 9223372036854775807, 65535, 18446744073709551615, 0.1, 1234567890123456.78)",
        "ALTER TABLE t ALTER a TYPE BIGINT",
        "UPDATE t SET a = a - 1 WHERE b > 10",
    )

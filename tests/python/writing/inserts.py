"""INSERT, CREATE TABLE AS and COPY: into files, and inlined."""

from two_lakes import case

ORDERS = "CREATE TABLE orders (id BIGINT, name VARCHAR, price DECIMAL(10,2), day DATE, ok BOOLEAN)"
ROWS = "SELECT i, 'name ' || i, (i * 0.25)::DECIMAL(10,2), DATE '2024-01-01' + i::INTEGER, i % 2 = 0 FROM range({}) r(i)"


def insert_kinds(w):
    w.run(
        ORDERS,
        "INSERT INTO orders VALUES (1, 'a', 1.25, '2024-02-29', true), (2, 'b', NULL, NULL, NULL)",
        "INSERT INTO orders (name, id) VALUES ('only some', 3)",
        "INSERT INTO orders BY NAME SELECT 4 AS id, DATE '2024-03-01' AS day",
        "INSERT INTO orders " + ROWS.format(12),
        "INSERT INTO orders " + ROWS.format(1000),
        "INSERT INTO orders SELECT * FROM orders WHERE id < 0",
        "INSERT INTO orders SELECT id + 5000, name, price, day, ok FROM orders WHERE id < 3 ORDER BY id, name",
        "INSERT INTO lk.main.orders VALUES (7, NULL, 99999999.99, '0001-01-01', false)",
    )
    w.query("SELECT count(*), sum(id), max(name), min(price) FROM orders")
    w.refused(
        "INSERT INTO orders VALUES (1, 2)",
        "INSERT INTO orders (id, nothing) VALUES (1, 2)",
        "INSERT INTO nowhere VALUES (1)",
        "INSERT INTO orders (id) VALUES ('no number')",
        "INSERT INTO orders (price) VALUES (1000000000000)",
    )


@case()
def insert_files(w):
    insert_kinds(w)


@case(inline=10)
def insert_inlined(w):
    insert_kinds(w)


@case(inline=10)
def inline_limit(w):
    w.run("CREATE TABLE t (a INTEGER, b VARCHAR)")
    for rows in (1, 9, 10, 11, 10, 30):
        w.run(f"INSERT INTO t SELECT i, 'x' || i FROM range({rows}) r(i)")


@case(inline=10)
def defaults(w):
    w.run(
        "CREATE TABLE t (id INTEGER, a INTEGER DEFAULT 42, b VARCHAR DEFAULT 'it''s', c DATE DEFAULT '2024-01-01', d DOUBLE)",
        "INSERT INTO t (id) VALUES (1)",
        "INSERT INTO t DEFAULT VALUES",
        "INSERT INTO t VALUES (2, DEFAULT, DEFAULT, DEFAULT, DEFAULT)",
        "INSERT INTO t (id, a) VALUES (3, NULL)",
        "INSERT INTO t (id) SELECT i FROM range(20) r(i)",
    )


@case()
def not_null(w):
    w.run("CREATE TABLE t (id INTEGER NOT NULL, s VARCHAR)", "INSERT INTO t VALUES (1, NULL)")
    w.refused(
        "INSERT INTO t VALUES (NULL, 'x')",
        "INSERT INTO t (s) VALUES ('x')",
        "UPDATE t SET id = NULL",
        "CREATE TABLE u (id INTEGER PRIMARY KEY)",
        "CREATE TABLE u (id INTEGER UNIQUE)",
        "CREATE TABLE u (id INTEGER CHECK (id > 0))",
    )
    w.run("INSERT INTO t VALUES (2, 'y')")


def tables_as_queries(w):
    w.run(
        "CREATE TABLE small AS SELECT 1::INTEGER AS a, 'x' AS b",
        "CREATE TABLE large AS SELECT i::BIGINT AS i, 'row ' || i AS s, (i % 7)::INTEGER AS k FROM range(500) r(i)",
        "CREATE TABLE none AS SELECT 1::INTEGER AS a WHERE false",
        "CREATE TABLE renamed (x, y) AS SELECT 1::INTEGER, 'two'",
        "CREATE TABLE groups AS SELECT k, count(*) AS n, sum(i)::BIGINT AS total FROM large GROUP BY k ORDER BY k",
        "CREATE TABLE IF NOT EXISTS small AS SELECT 2 AS other",
        "CREATE OR REPLACE TABLE small AS SELECT 3::INTEGER AS third, NULL::VARCHAR AS n",
    )
    w.refused("CREATE TABLE small AS SELECT 1")


@case()
def create_table_as(w):
    tables_as_queries(w)


@case(inline=10)
def create_table_as_inlined(w):
    tables_as_queries(w)


@case()
def copy_from(w):
    file = f"{w.folder}/source"
    w.theirs.con.execute(f"COPY (SELECT i::BIGINT AS id, 'n' || i AS name FROM range(50) r(i)) TO '{file}.parquet'")
    w.theirs.con.execute(f"COPY (SELECT i::BIGINT AS id, 'n' || i AS name FROM range(50) r(i)) TO '{file}.csv' (HEADER)")
    w.run(
        "CREATE TABLE t (id BIGINT, name VARCHAR)",
        f"COPY t FROM '{file}.parquet'",
        f"COPY t FROM '{file}.csv' (HEADER)",
        f"COPY t (id, name) FROM '{file}.parquet' (FORMAT parquet)",
    )


@case(inline=10)
def inlining_set_later(w):
    """The first inlined rows of a table made without inlining need an inlined table of their own."""
    w.run(
        "CALL lk.set_option('data_inlining_row_limit', 0)",
        "CREATE TABLE t (a INTEGER, s VARCHAR)",
        "INSERT INTO t VALUES (1, 'file')",
        "CALL lk.set_option('data_inlining_row_limit', 5)",
    )
    w.reopen()
    w.run(
        "INSERT INTO t VALUES (2, 'inlined')",
        "ALTER TABLE t ADD COLUMN b INTEGER",
        "INSERT INTO t VALUES (3, 'inlined too', 33)",
        "INSERT INTO t SELECT i, 'file', i FROM range(6) r(i)",
        "CALL lk.set_option('data_inlining_row_limit', 0, table_name => 't')",
    )
    w.reopen()
    w.run("INSERT INTO t VALUES (4, 'file again', 44)")


@case(inline=10)
def odd_names(w):
    w.run(
        'CREATE SCHEMA "s x"',
        'CREATE TABLE "s x"."t,1" ("Col A" INTEGER, "sélect" VARCHAR, "a.b" INTEGER)',
        """INSERT INTO "s x"."t,1" VALUES (1, 'it''s; quoted', 2)""",
        """INSERT INTO "s x"."t,1" SELECT i, 'ü' || i, i FROM range(20) r(i)""",
        """UPDATE "s x"."t,1" SET "sélect" = '"' WHERE "Col A" = 3""",
        """DELETE FROM "s x"."t,1" WHERE "a.b" = 4""",
        'CREATE TABLE "Tab\'le" ("x y" INTEGER)',
        'INSERT INTO "tab\'le" VALUES (1)',
        'DROP TABLE "tab\'le"',
    )

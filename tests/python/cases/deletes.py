"""Rows deleted: by Parquet delete files, by deletion vectors, in the catalog."""

from lakes import EVERYWHERE, case


def delete_some(lake):
    lake.sql(
        "CREATE TABLE t (i INTEGER, s VARCHAR)",
        "INSERT INTO t SELECT i, 'a' || i FROM range(20) r(i)",
        "INSERT INTO t SELECT i, 'b' || i FROM range(20, 40) r(i)",
        "DELETE FROM t WHERE i % 10 = 3",
        "DELETE FROM t WHERE i IN (4, 5)",
        "UPDATE t SET s = 'updated' WHERE i = 7",
        "DELETE FROM t WHERE i = 7",
        # A file without a single row left ends without a delete file.
        "DELETE FROM t WHERE i >= 20",
        "INSERT INTO t VALUES (100, 'again')",
        "BEGIN",
        "INSERT INTO t VALUES (200, 'never seen')",
        "DELETE FROM t WHERE i = 200",
        "COMMIT",
    )


@case(backends=EVERYWHERE)
def delete_files(lake):
    delete_some(lake)
    for predicate in ("i = 3", "i = 4", "i < 6", "s = 'updated'", "i >= 100"):
        lake.query(f"SELECT i, s FROM t WHERE {predicate}")
    lake.query("SELECT count(*), min(i), max(i) FROM t")


@case(backends=EVERYWHERE)
def deletion_vectors(lake):
    lake.sql("CALL lk.set_option('write_deletion_vectors', true)")
    delete_some(lake)


@case(backends=["sqlite"])
def deletion_vectors_large(lake):
    lake.sql(
        "CALL lk.set_option('write_deletion_vectors', true)",
        "CREATE TABLE t AS SELECT i::INTEGER AS i FROM range(200000) r(i)",
        # Runs, dense bitmaps and sparse arrays in the Roaring form.
        "DELETE FROM t WHERE i BETWEEN 1000 AND 60000 OR (i > 70000 AND i < 131072 AND i % 2 = 0) OR i % 9973 = 0",
    )
    lake.all_snapshots = False
    lake.sql("CREATE TABLE digest AS SELECT count(*) AS n, sum(i) AS total FROM t", "CREATE TABLE left_over AS SELECT 1 AS i")
    lake.query("SELECT count(*), sum(i), min(i), max(i) FROM t")
    lake.query("SELECT i FROM t WHERE i BETWEEN 990 AND 60010 OR i BETWEEN 131068 AND 131075")
    lake.skip_states = {"t"}


@case(backends=EVERYWHERE)
def deletes_across_row_groups(lake):
    lake.sql(
        "CALL lk.set_option('parquet_row_group_size', 2048)",
        "CREATE TABLE t AS SELECT i::INTEGER AS i, 'row ' || i AS s, i / 100 AS hundred FROM range(10000) r(i)",
        "DELETE FROM t WHERE i IN (0, 2047, 2048, 4095, 4096, 9999) OR i BETWEEN 5000 AND 7000",
        "DELETE FROM t WHERE i % 1000 = 1",
    )
    lake.skip_states = {"t"}
    for at in range(2, lake.snapshot + 1):
        lake.query(f"SELECT count(*), sum(i), min(i), max(i) FROM t AT (VERSION => {at})")
        lake.query(f"SELECT rowid, i, s FROM t AT (VERSION => {at}) WHERE i < 3 OR i BETWEEN 2045 AND 2050 OR i > 9990 OR i BETWEEN 4990 AND 7005")
        lake.query(f"SELECT rowid, file_row_number, i FROM t AT (VERSION => {at}) WHERE s = 'row 7001' OR s = 'row 8001' OR s = 'row 3'")


def inline_deletes(lake):
    lake.reattach(inline=0)
    lake.sql("CREATE TABLE t (i INTEGER, s VARCHAR)", "INSERT INTO t SELECT i, 's' || i FROM range(50) r(i)")
    lake.sql("DELETE FROM t WHERE i BETWEEN 10 AND 14")
    lake.reattach(inline=10)
    lake.sql("DELETE FROM t WHERE i = 20", "DELETE FROM t WHERE i IN (21, 22)", "UPDATE t SET s = 'new' WHERE i = 30")
    lake.sql("INSERT INTO t VALUES (100, 'inlined')", "DELETE FROM t WHERE i = 100 OR i = 31", "DELETE FROM t WHERE i BETWEEN 33 AND 48")


@case(inline=10, backends=("sqlite", "postgres"))
def inlined_deletes(lake):
    inline_deletes(lake)
    lake.query("SELECT count(*) FROM t")
    lake.query("SELECT i FROM t WHERE i BETWEEN 8 AND 36")


@case(inline=10, backends=("sqlite", "postgres"))
def inlined_deletes_flushed(lake):
    inline_deletes(lake)
    lake.sql("CALL ducklake_flush_inlined_data('lk')", "DELETE FROM t WHERE i = 0", "INSERT INTO t VALUES (101, 'after')")
    lake.query("SELECT count(*) FROM t")


@case(inline=5)
def inlined_deletes_beside_vectors(lake):
    lake.sql(
        "CALL lk.set_option('write_deletion_vectors', true)",
        "CREATE TABLE t AS SELECT i::INTEGER AS i FROM range(100) r(i)",
        "DELETE FROM t WHERE i BETWEEN 10 AND 40",
        "DELETE FROM t WHERE i IN (1, 50)",
        "INSERT INTO t VALUES (200)",
        "DELETE FROM t WHERE i IN (2, 51, 200)",
    )
    lake.query("SELECT count(*), sum(i) FROM t")


@case()
def deletes_with_changed_columns(lake):
    lake.sql(
        "CREATE TABLE t (a INTEGER, b VARCHAR)",
        "INSERT INTO t SELECT i, 'x' || i FROM range(10) r(i)",
        "DELETE FROM t WHERE a < 3",
        "ALTER TABLE t DROP COLUMN b",
        "ALTER TABLE t ADD COLUMN b INTEGER DEFAULT 5",
        "UPDATE t SET b = a WHERE a = 5",
        "DELETE FROM t WHERE b = 5 AND a > 7",
        "ALTER TABLE t ALTER COLUMN a SET DATA TYPE BIGINT",
        "DELETE FROM t WHERE a = 5",
    )


@case()
def merge_into(lake):
    lake.sql(
        "CREATE TABLE t (k INTEGER, v VARCHAR)",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')",
        "MERGE INTO t USING (VALUES (2, 'B'), (4, 'D')) s(k, v) ON t.k = s.k WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT VALUES (s.k, s.v)",
        "MERGE INTO t USING (VALUES (1)) s(k) ON t.k = s.k WHEN MATCHED THEN DELETE",
    )

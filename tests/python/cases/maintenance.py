"""What maintenance leaves behind: merged, rewritten and expired."""

from lakes import EVERYWHERE, case


def merged(lake):
    lake.sql("CREATE TABLE t (i INTEGER, s VARCHAR)")
    for i in range(5):
        lake.sql(f"INSERT INTO t VALUES ({i}, 'row {i}'), ({i} + 100, NULL)")


@case(backends=EVERYWHERE)
def merged_files(lake):
    merged(lake)
    lake.sql("CALL ducklake_merge_adjacent_files('lk')", "INSERT INTO t VALUES (50, 'after')", "DELETE FROM t WHERE i IN (2, 103)")
    lake.sql("INSERT INTO t VALUES (51, 'more')", "CALL ducklake_merge_adjacent_files('lk')")
    for at in (2, 4, 6, 8):
        lake.query(f"SELECT count(*), sum(i) FROM t AT (VERSION => {at})")
        lake.query(f"SELECT rowid, i FROM t AT (VERSION => {at}) WHERE i >= 100")


@case()
def merged_after_changes(lake):
    merged(lake)
    lake.sql("ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 3", "INSERT INTO t VALUES (60, 'c', 1)", "INSERT INTO t VALUES (61, 'c', 2)")
    lake.sql("ALTER TABLE t RENAME COLUMN s TO label", "INSERT INTO t VALUES (62, 'c', 2)", "INSERT INTO t VALUES (63, 'c', 2)")
    lake.sql("CALL ducklake_merge_adjacent_files('lk')")


@case()
def merged_with_deletes(lake):
    merged(lake)
    lake.sql("DELETE FROM t WHERE i = 1", "DELETE FROM t WHERE i = 103", "INSERT INTO t VALUES (70, 'x')", "INSERT INTO t VALUES (71, 'y')")
    lake.sql("CALL ducklake_merge_adjacent_files('lk')", "DELETE FROM t WHERE i IN (70, 2)")


@case()
def rewritten_files(lake):
    lake.sql(
        "CREATE TABLE t (i INTEGER, s VARCHAR)",
        "INSERT INTO t SELECT i, 's' || i FROM range(20) r(i)",
        "DELETE FROM t WHERE i < 15",
        "INSERT INTO t VALUES (30, 'z')",
        "CALL ducklake_rewrite_data_files('lk', 't', delete_threshold => 0.1)",
        "UPDATE t SET s = 'updated' WHERE i = 17",
        "DELETE FROM t WHERE i = 16",
        "CALL ducklake_rewrite_data_files('lk', 't', delete_threshold => 0.01)",
    )


@case(backends=EVERYWHERE)
def expired_snapshots(lake):
    lake.sql(
        "CREATE TABLE t (i INTEGER)",
        "INSERT INTO t VALUES (1), (2)",
        "INSERT INTO t VALUES (3)",
        "DELETE FROM t WHERE i = 1",
        "CREATE TABLE dropped (x INTEGER)",
        "INSERT INTO dropped VALUES (1)",
        "DROP TABLE dropped",
        "INSERT INTO t VALUES (4)",
        "CALL ducklake_expire_snapshots('lk', versions => [2, 3, 5, 6])",
        "CALL ducklake_cleanup_old_files('lk', cleanup_all => true)",
        "INSERT INTO t VALUES (5)",
    )
    lake.refused("SELECT * FROM t AT (VERSION => 3)")
    lake.refused("SELECT * FROM t AT (VERSION => 999)")
    lake.refused("SELECT * FROM t AT (TIMESTAMP => TIMESTAMPTZ '2000-01-01 00:00:00+00')")


@case(inline=10, backends=("sqlite", "postgres"))
def checkpointed(lake):
    lake.sql(
        "CREATE TABLE t (i INTEGER, s VARCHAR)",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
        "INSERT INTO t SELECT i, 's' FROM range(10, 40) r(i)",
        "DELETE FROM t WHERE i BETWEEN 12 AND 38",
        "UPDATE t SET s = 'u' WHERE i = 1",
        "CHECKPOINT lk",
        "INSERT INTO t VALUES (3, 'c')",
        "DELETE FROM t WHERE i = 11",
    )


@case()
def sorted_table(lake):
    lake.sql("CREATE TABLE t (i INTEGER, s VARCHAR)", "ALTER TABLE t SET SORTED BY (i DESC NULLS LAST)", "INSERT INTO t SELECT i, 's' || i FROM range(20) r(i)")
    lake.sql("ALTER TABLE t RESET SORTED BY", "INSERT INTO t VALUES (5, 'x')")

"""DELETE and TRUNCATE: delete files, inlined deletes, whole files, inlined rows."""

from two_lakes import case

TABLE = "CREATE TABLE t (i INTEGER, s VARCHAR)"
FILL = "INSERT INTO t SELECT i, 'row ' || i FROM range({}, {}) r(i)"


@case()
def delete_files(w):
    w.run(TABLE, FILL.format(0, 100), FILL.format(100, 200), "DELETE FROM t WHERE i % 10 = 3")
    # Delete files that replace others.
    w.run("DELETE FROM t WHERE i % 10 = 4", "DELETE FROM t WHERE i IN (0, 99, 100, 199)")
    w.run("DELETE FROM t WHERE i < 0")
    w.query("SELECT count(*), sum(i), min(i), max(i) FROM t")
    w.query("SELECT count(*), sum(i) FROM t AT (VERSION => 4)")
    w.refused("DELETE FROM t WHERE nothing = 1", "DELETE FROM nowhere")


@case()
def delete_whole_files(w):
    w.run(
        TABLE,
        *(FILL.format(10 * i, 10 * i + 10) for i in range(4)),
        "DELETE FROM t WHERE i BETWEEN 10 AND 19",
        "DELETE FROM t WHERE i BETWEEN 25 AND 29",
        # What is left of a file that has deletes.
        "DELETE FROM t WHERE i BETWEEN 20 AND 24",
        "DELETE FROM t",
        FILL.format(5, 8),
    )


@case(inline=10)
def delete_inlined(w):
    """Inlined rows, and few rows of files."""
    w.run(
        TABLE,
        FILL.format(0, 100),
        FILL.format(100, 105),
        "DELETE FROM t WHERE i IN (3, 50, 102)",
        "DELETE FROM t WHERE i IN (4, 103)",
        "DELETE FROM t WHERE i = 104",
        # Beside inlined deletes of the same file.
        "DELETE FROM t WHERE i BETWEEN 40 AND 70",
        "DELETE FROM t WHERE i IN (5, 71)",
        "DELETE FROM t WHERE i BETWEEN 1 AND 20",
    )
    w.query("SELECT count(*), sum(i) FROM t")


@case(inline=10)
def delete_small_file(w):
    """All rows of a file that is not larger than what is inlined."""
    w.run(
        TABLE,
        "CALL lk.set_option('data_inlining_row_limit', 0, table_name => 't')",
        FILL.format(0, 5),
        FILL.format(5, 9),
        "CALL lk.set_option('data_inlining_row_limit', 10, table_name => 't')",
    )
    w.reopen()
    w.run("DELETE FROM t WHERE i < 5", "DELETE FROM t WHERE i = 6")


@case()
def delete_using(w):
    w.run(
        TABLE,
        FILL.format(0, 100),
        "CREATE TABLE gone AS SELECT i * 3 AS id FROM range(10) r(i)",
        "DELETE FROM t USING gone WHERE gone.id = t.i",
        "DELETE FROM t WHERE i IN (SELECT id + 1 FROM gone)",
        "DELETE FROM t WHERE EXISTS (SELECT 1 FROM gone g WHERE g.id + 2 = t.i) AND i < 10",
    )
    w.query("SELECT count(*), sum(i) FROM t")


@case()
def truncate_files(w):
    w.run(TABLE, FILL.format(0, 50), "DELETE FROM t WHERE i = 7", FILL.format(50, 60), "TRUNCATE t", FILL.format(0, 3))


@case(inline=10)
def truncate_inlined(w):
    w.run(TABLE, FILL.format(0, 5), FILL.format(5, 40), "TRUNCATE t", FILL.format(0, 3), "TRUNCATE t", "TRUNCATE t")


@case(inline=10)
def delete_after_duckdb(w):
    """On top of what DuckDB has done to the table's files."""
    w.run(TABLE, FILL.format(0, 100), FILL.format(100, 105))
    w.duckdb("DELETE FROM t WHERE i IN (1, 2, 101)", "DELETE FROM t WHERE i BETWEEN 20 AND 40")
    w.run("DELETE FROM t WHERE i IN (3, 41, 102)", "UPDATE t SET s = 'x' WHERE i IN (4, 103)")
    w.duckdb("CALL ducklake_flush_inlined_data('lk')")
    w.run("DELETE FROM t WHERE i BETWEEN 42 AND 60", "DELETE FROM t WHERE i IN (5, 103)")
    w.duckdb("CALL ducklake_rewrite_data_files('lk', delete_threshold => 0)", "CALL ducklake_merge_adjacent_files('lk')")
    w.run("DELETE FROM t WHERE i IN (6, 104)", "UPDATE t SET s = 'y' WHERE i BETWEEN 70 AND 90")
    w.query("SELECT count(*), sum(i), count(DISTINCT rowid) FROM t")


VECTORS = ["WRITE_DELETION_VECTORS true"]


@case(options=VECTORS)
def deletion_vectors(w):
    """One for each data file."""
    w.run(
        TABLE,
        FILL.format(0, 100),
        FILL.format(100, 200),
        "DELETE FROM t WHERE i % 10 = 3 AND i < 100",
        "UPDATE t SET s = 'x' WHERE i % 10 = 4 AND i >= 100",
    )
    w.query("SELECT count(*), sum(i) FROM t AT (VERSION => 3)")
    w.query("SELECT count(*), sum(i) FROM t")


@case(options=VECTORS, same=False, write_on=False)
def deletion_vectors_replaced(w):
    """DuckDB's replaced vector forgets when rows were deleted; ours does not."""
    w.run(TABLE, FILL.format(0, 100), "DELETE FROM t WHERE i < 10", "DELETE FROM t WHERE i < 20 AND i % 2 = 0")
    rows = [w.by_engine(f"SELECT count(*) FROM t AT (VERSION => {at})")[1] for at in (2, 3, 4)]
    w.expect(rows, [[["100"]], [["90"]], [["85"]]])
    w.expect(w.read_at("ours", "SELECT count(*) FROM t AT (VERSION => {})", (2, 3, 4)), [100, 90, 85])

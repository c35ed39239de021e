"""UPDATE: rows in files and inlined rows keep their row ids."""

from two_lakes import case


def updates(w):
    w.run(
        "UPDATE t SET s = 'updated' WHERE i = 3",
        "UPDATE t SET i = i + 1000, d = NULL WHERE i BETWEEN 10 AND 14",
        "UPDATE t SET s = s || '!' WHERE i > 1000",
        "UPDATE t SET d = d * 2",
        "UPDATE t SET s = 'nobody' WHERE i < 0",
        "UPDATE t SET i = d::INTEGER, d = i WHERE i < 3",
        "UPDATE t SET s = u.name FROM (SELECT 5 AS id, 'joined' AS name UNION ALL SELECT 6, 'too') u WHERE u.id = t.i",
        "UPDATE t SET s = (SELECT max(s) FROM t) WHERE i = 7",
    )
    w.query("SELECT count(*), count(DISTINCT rowid), sum(i), max(s) FROM t")
    w.refused("UPDATE t SET nothing = 1", "UPDATE t SET i = 'no number'", "UPDATE nowhere SET i = 1")


TABLE = "CREATE TABLE t (i INTEGER, s VARCHAR, d DOUBLE)"


@case()
def update_files(w):
    w.run(TABLE, "INSERT INTO t SELECT i, 'row ' || i, i * 0.5 FROM range(100) r(i)")
    updates(w)


@case(inline=50)
def update_inlined(w):
    w.run(TABLE, "INSERT INTO t SELECT i, 'row ' || i, i * 0.5 FROM range(30) r(i)")
    updates(w)


@case(inline=10, row_order=False)
def update_mixed(w):
    """Few rows of files become inlined rows; many inlined rows become files."""
    w.run(
        TABLE,
        "INSERT INTO t SELECT i, 'file ' || i, i * 0.5 FROM range(100) r(i)",
        "INSERT INTO t SELECT i, 'inlined ' || i, i * 0.5 FROM range(8) r(i)",
        "INSERT INTO t SELECT i + 8, 'inlined ' || i, i * 0.5 FROM range(8) r(i)",
    )
    updates(w)


@case(inline=10)
def update_again(w):
    """The same row over and over, its row id in each file."""
    w.run(TABLE, "INSERT INTO t SELECT i, 'row', 0 FROM range(40) r(i)")
    for step in range(5):
        w.run(f"UPDATE t SET d = d + 1, s = 'step {step}' WHERE i % 10 < {step * 2 + 1}")
    w.query("SELECT rowid, i, d::INTEGER FROM t")


@case()
def update_nested(w):
    w.run(
        "CREATE TABLE t (id INTEGER, s STRUCT(a INTEGER, b VARCHAR), l INTEGER[], m MAP(VARCHAR, INTEGER))",
        "INSERT INTO t VALUES (1, {'a': 1, 'b': 'x'}, [1, 2], MAP {'k': 1}), (2, NULL, [], NULL), (3, {'a': NULL, 'b': 'z'}, NULL, MAP {})",
        "UPDATE t SET s = {'a': 9, 'b': 'new'} WHERE id = 2",
        "UPDATE t SET l = [7, NULL], m = MAP {'z': 26} WHERE id >= 2",
        "DELETE FROM t WHERE s.a = 1",
    )

"""Names, schemas, views, comments, paths, encryption, and time travel."""

import os

from lakes import EVERYWHERE, case


@case(backends=EVERYWHERE, data="däta path %41 +#")
def odd_names(lake):
    lake.sql(
        'CREATE SCHEMA "Schema with spaces"',
        'CREATE SCHEMA "été"',
        'CREATE TABLE "Schema with spaces"."Table ""quoted""" ("a b" INTEGER, "c""d" VARCHAR, "UPPER" INTEGER, "it\'s" INTEGER, "x.y" INTEGER)',
        'INSERT INTO "Schema with spaces"."Table ""quoted""" VALUES (1, $$x$$, 2, 3, 4)',
        'CREATE TABLE "été"."🦆 漢字" ("ключ" INTEGER, "naïve" VARCHAR)',
        """INSERT INTO "été"."🦆 漢字" VALUES (1, 'ü')""",
        'CREATE TABLE "select" ("from" INTEGER, "where" INTEGER)',
        'INSERT INTO "select" VALUES (1, 2)',
        'ALTER TABLE "select" RENAME COLUMN "from" TO "group by"',
        'CREATE TABLE "a/b..c" ("\\" INTEGER)',
        'INSERT INTO "a/b..c" VALUES (1)',
        "CREATE TABLE \"it's\" (\"'\" INTEGER, \" \" INTEGER)",
        "INSERT INTO \"it's\" VALUES (1, 2)",
        'CREATE TABLE MixedCase (Abc INTEGER)',
        "INSERT INTO MixedCase VALUES (7)",
    )
    lake.query('SELECT "UPPER", "c""d" FROM "Schema with spaces"."Table ""quoted"""')
    lake.query('SELECT "ключ" FROM "été"."🦆 漢字"')


@case()
def schemas_and_tables(lake):
    lake.sql(
        "CREATE SCHEMA s1",
        "CREATE TABLE s1.t (a INTEGER)",
        "INSERT INTO s1.t VALUES (1)",
        "CREATE TABLE t (b VARCHAR)",
        "INSERT INTO t VALUES ('main')",
        "DROP TABLE s1.t",
        "CREATE TABLE s1.t (c DATE)",
        "INSERT INTO s1.t VALUES ('2024-01-01')",
        "CREATE TABLE s1.empty (x INTEGER, y STRUCT(a INTEGER[]))",
        "DROP TABLE s1.t",
        "DROP TABLE s1.empty",
        "DROP SCHEMA s1",
        "CREATE SCHEMA s1",
        "CREATE TABLE s1.t (d BOOLEAN)",
        "INSERT INTO s1.t VALUES (true)",
    )
    lake.refused("SELECT * FROM s1.t AT (VERSION => 1)")
    lake.refused("SELECT * FROM t AT (VERSION => 2)")
    lake.query("SELECT b, d FROM t, s1.t AS u")


@case(backends=EVERYWHERE)
def empty_tables(lake):
    lake.sql("CREATE TABLE never (i INTEGER, s VARCHAR)", "CREATE TABLE emptied (i INTEGER)", "INSERT INTO emptied VALUES (1)", "DELETE FROM emptied")
    lake.sql("CREATE TABLE no_rows AS SELECT 1 AS i WHERE false", "INSERT INTO never SELECT 1, 'x' WHERE false")
    for table in ("never", "emptied", "no_rows"):
        lake.query(f"SELECT count(*), max(i) FROM {table}")


@case()
def empty_lake(lake):
    pass


@case()
def views_and_comments(lake):
    lake.sql(
        "CREATE TABLE t (i INTEGER, s VARCHAR)",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
        "CREATE VIEW v AS SELECT i, s FROM t WHERE i > 1",
        "CREATE VIEW aliased(x, y) AS SELECT i + 1, s FROM t",
        "CREATE VIEW only_duckdb AS SELECT list_transform([i], lambda k: k + 1) AS l FROM t",
        "CREATE VIEW gone AS SELECT 1 AS one",
        "DROP VIEW gone",
        "COMMENT ON TABLE t IS 'about t'",
        "COMMENT ON COLUMN t.s IS 'about s'",
        "COMMENT ON COLUMN t.i IS 'about i'",
        "COMMENT ON COLUMN t.i IS NULL",
        "COMMENT ON VIEW v IS 'about v'",
        "ALTER VIEW v RENAME TO w",
        "CREATE MACRO twice(x) AS x * 2",
        "CREATE MACRO listed(n) AS TABLE SELECT i FROM t WHERE i <= n",
    )
    lake.query("SELECT i, s FROM w")
    lake.query("SELECT x, y FROM aliased")
    lake.extra["comments"] = {"t": "about t", "t.s": "about s"}
    lake.extra["views"] = ["aliased", "only_duckdb", "w"]


@case(options=["ENCRYPTED"], backends=EVERYWHERE)
def encrypted(lake):
    lake.sql(
        "CREATE TABLE t (i INTEGER, s VARCHAR, l STRUCT(a INTEGER)[])",
        "INSERT INTO t SELECT i, 'secret ' || (i % 3), [{'a': i}] FROM range(3000) r(i)",
        "CREATE TABLE small (i INTEGER, s VARCHAR)",
        "INSERT INTO small VALUES (1, 'x'), (2, NULL), (3, 'z')",
        "DELETE FROM small WHERE i = 2",
        "UPDATE small SET s = 'new' WHERE i = 3",
        "DELETE FROM small WHERE i = 1",
        "ALTER TABLE small ADD COLUMN c INTEGER DEFAULT 4",
        "INSERT INTO small VALUES (4, 'w', 5)",
        "CALL ducklake_merge_adjacent_files('lk')",
    )
    lake.skip_states = {"t"}
    lake.query("SELECT count(*), sum(i), min(s), max(s) FROM t")
    lake.query("SELECT i, s, l FROM t WHERE i BETWEEN 1000 AND 1003")


@case(options=["ENCRYPTED"])
def encrypted_with_vectors(lake):
    """Deletion vectors are never encrypted."""
    lake.sql("CALL lk.set_option('write_deletion_vectors', true)", "CREATE TABLE t (i INTEGER)", "INSERT INTO t SELECT * FROM range(10)", "DELETE FROM t WHERE i < 4")


@case()
def time_travel(lake):
    """Snapshots at given times, some recorded with another offset, one by a clock that ran backwards."""
    lake.sql("CREATE TABLE t (i INTEGER)")
    for i in range(2, 7):
        lake.sql(f"INSERT INTO t VALUES ({i})")
    times = {
        0: "2024-01-01 00:00:00+00",
        1: "2024-01-01 00:00:01+00",
        2: "2024-01-31 07:15:40.99588-05",
        3: "2024-01-31 18:00:00.5+05:30",
        4: "2024-03-01 00:00:00+00",
        5: "2024-02-15 00:00:00+00",
        6: "2024-04-01 00:00:00-08",
    }
    lake.edit(*(f"UPDATE meta.ducklake_snapshot SET snapshot_time = '{text}' WHERE snapshot_id = {snapshot}" for snapshot, text in times.items()))
    lake.refused("SELECT i FROM t AT (TIMESTAMP => TIMESTAMPTZ '2023-12-31 23:59:59+00')")
    for text in (
        "2024-01-01 00:00:01+00", "2024-01-31 12:15:40.995879+00", "2024-01-31 12:15:40.99588+00", "2024-01-31 12:30:00+00", "2024-01-31 12:30:01+00",
        "2024-02-14 00:00:00+00", "2024-02-15 00:00:00+00", "2024-02-20 00:00:00+00", "2024-03-02 00:00:00+00", "2024-04-01 07:59:59+00",
        "2024-04-01 08:00:00+00", "2030-01-01 00:00:00+00",
    ):
        lake.query(
            f"SELECT i FROM t AT (TIMESTAMP => TIMESTAMPTZ '{text}')",
            ours=f"SELECT i FROM t AT (TIMESTAMP => '{text}')",
        )
    lake.query("SELECT a.i, b.i FROM (SELECT i FROM t AT (VERSION => 3)) AS a, (SELECT i FROM t AT (VERSION => 2)) AS b")
    lake.query("SELECT count(*) FROM t AT (VERSION => 5)")
    lake.refused("SELECT * FROM t AT (VERSION => 7)")
    lake.refused("SELECT * FROM t AT (VERSION => -1)")
    lake.refused("SELECT * FROM t AT (VERSION => 0)")


@case(inline=10, backends=("sqlite", "postgres"))
def virtual_columns(lake):
    lake.reattach(inline=0)
    lake.sql("CREATE TABLE t (i INTEGER)", "INSERT INTO t SELECT * FROM range(5)", "DELETE FROM t WHERE i = 1", "UPDATE t SET i = 20 WHERE i = 2")
    lake.reattach(inline=10)
    lake.sql("INSERT INTO t VALUES (100), (101)", "UPDATE t SET i = 102 WHERE i = 101")
    lake.sql("CREATE TABLE own (rowid VARCHAR, filename INTEGER, snapshot_id INTEGER)", "INSERT INTO own VALUES ('mine', 1, 2)")
    lake.query("SELECT rowid, snapshot_id, file_row_number, i FROM t")
    lake.query("SELECT DISTINCT filename FROM t")
    lake.query("SELECT i FROM t WHERE rowid = 3")
    lake.query("SELECT i FROM t WHERE snapshot_id > 2 AND i > 2")
    lake.query("SELECT rowid, filename, snapshot_id FROM own")
    lake.query("SELECT file_row_number FROM own")


@case(backends=("sqlite", "postgres"))
def path_kinds(lake):
    """Schemas, tables and files whose recorded paths are absolute, or take part of the way."""
    elsewhere = os.path.join(lake.folder, "elsewhere")
    lake.sql("CREATE SCHEMA far", "CREATE TABLE far.t (i INTEGER)", "INSERT INTO far.t VALUES (1)", "CREATE TABLE near (i INTEGER)", "INSERT INTO near VALUES (2)")
    lake.sql("CREATE TABLE own_folder (i INTEGER)", "INSERT INTO own_folder VALUES (3)", "CREATE TABLE absolute_file (i INTEGER)", "INSERT INTO absolute_file VALUES (4)", "DELETE FROM near WHERE i = 99")
    lake.detach()
    os.makedirs(elsewhere)
    os.rename(lake.data_path + "far", elsewhere + "/far schema")
    os.rename(lake.data_path + "main/own_folder", elsewhere + "/own")
    os.rename(lake.data_path + "main/absolute_file", elsewhere + "/files")
    lake.attach()
    lake.edit(
        f"UPDATE meta.ducklake_schema SET path = '{elsewhere}/far schema/', path_is_relative = false WHERE schema_name = 'far'",
        f"UPDATE meta.ducklake_table SET path = '{elsewhere}/own/', path_is_relative = false WHERE table_name = 'own_folder'",
        f"UPDATE meta.ducklake_data_file SET path = '{elsewhere}/files/' || path, path_is_relative = false WHERE table_id = (SELECT table_id FROM meta.ducklake_table WHERE table_name = 'absolute_file')",
    )


@case(options=["METADATA_SCHEMA 'Lake in here'"], backends=("postgres",))
def named_metadata_schema(lake):
    lake.sql("CREATE TABLE t (i INTEGER)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)")


@case(backends=EVERYWHERE)
def commit_messages(lake):
    lake.sql(
        "CREATE TABLE t (i INTEGER)",
        "BEGIN",
        "INSERT INTO t VALUES (1)",
        "CALL lk.set_commit_message('A. Uthor', 'first ''rows''', extra_info => '{\"k\": 1}')",
        "COMMIT",
        "BEGIN",
        "INSERT INTO t VALUES (2)",
        "CREATE TABLE \"o'd,d\" (j INTEGER)",
        "COMMIT",
    )

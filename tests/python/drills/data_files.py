"""Local data files: a disk that is full in the middle of one, and folders that cannot be written."""

import os

from .bench import Wrong, drill, refused, small_disk, with_files_up_to, without_privileges

# Text that does not compress: some 40 bytes a row.
ROWS = "SELECT i, i % 5 AS part, md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS what FROM range({}) r(i)"
MANY = "INSERT INTO t " + ROWS.format(220_000)
FEW = "INSERT INTO t " + ROWS.format(20)


def full_disk(bench, *settings):
    """Runs a statement that does not fit, and then one that does."""
    with small_disk(f"{bench.folder}/data", 6) as is_mounted:
        cause = "no space left" if is_mounted else "file too large"
        prepare = None if is_mounted else with_files_up_to(1 << 20)
        with bench.session(prepare=prepare) as cli:
            cli.run("CREATE TABLE t (id BIGINT, part BIGINT, what VARCHAR)")
            for statement in (*settings, FEW):
                cli.run(statement)
            with bench.unchanged("no room"):
                refused(cli, MANY, bench.data, ".parquet", cause)
            with bench.unchanged("no room in a transaction"):
                cli.run("BEGIN")
                cli.run(FEW)
                refused(cli, MANY, bench.data, ".parquet", cause)
                cli.run("ROLLBACK")
            before = bench.facts()
            for statement in ("BEGIN", FEW, "COMMIT"):
                cli.run(statement)
            bench.changed("there is room again", before, "main.t", 20)
        bench.lake.con.close()


@drill("sqlite")
def full_in_a_file(bench):
    """The disk is full in the middle of a large file."""
    full_disk(bench)


@drill("sqlite")
def full_after_files(bench):
    """The disk is full after files of the same statement were completed."""
    full_disk(bench, "SET ducklake_target_file_size = '2MB'")


@drill("sqlite")
def full_in_partitions(bench):
    """The disk is full while several files grow at once."""
    full_disk(bench, "ALTER TABLE t SET PARTITIONED BY (part)")


@drill("sqlite")
def full_in_an_update(bench):
    """The disk is full while new versions of rows are written."""
    with small_disk(f"{bench.folder}/data", 6) as is_mounted:
        cause = "no space left" if is_mounted else "file too large"
        with bench.session(prepare=None if is_mounted else with_files_up_to(1 << 20)) as cli:
            cli.run("CREATE TABLE t AS " + ROWS.format(60_000))
            with bench.unchanged("no room for an update"):
                refused(cli, "UPDATE t SET what = what || reverse(what)", bench.data, ".parquet", cause)
            before = bench.facts()
            cli.run("UPDATE t SET what = 'short'")
            bench.changed("a smaller update", before, "main.t", 0)
        bench.lake.con.close()


@drill("sqlite")
def folder_not_writable(bench):
    """Nothing can be made in the data folder."""
    os.makedirs(bench.data)
    with bench.session(prepare=without_privileges) as cli:
        cli.run("CREATE TABLE t (id BIGINT, part BIGINT, what VARCHAR)")
        os.chmod(bench.data, 0o555)
        try:
            for sql in (FEW, "CREATE TABLE u AS " + ROWS.format(20)):
                with bench.unchanged("not writable"):
                    refused(cli, sql, bench.data, "denied")
        finally:
            os.chmod(bench.data, 0o755)
        before = bench.facts()
        cli.run(FEW)
        bench.changed("writable again", before, "main.t", 20)
        os.chmod(f"{bench.data}main/t", 0o555)
        try:
            # New rows are not the only files: these go beside the data file.
            for sql in (FEW, "DELETE FROM t WHERE id % 2 = 0", "UPDATE t SET what = 'x' WHERE id < 5"):
                with bench.unchanged("the table's folder is not writable"):
                    refused(cli, sql, f"{bench.data}main/t", "denied")
        finally:
            os.chmod(f"{bench.data}main/t", 0o755)
        cli.run("DELETE FROM t WHERE id % 2 = 0")
        bench.changed("after all", before, "main.t", 10, commits=2)


@drill("sqlite")
def folder_is_a_file(bench):
    """Where the data folder should be is a file."""
    with open(bench.data.rstrip("/"), "w") as file:
        file.write("in the way")
    with bench.session() as cli:
        cli.run("CREATE TABLE t (id BIGINT, part BIGINT, what VARCHAR)")
        refused(cli, FEW, bench.data, "not a directory")
        os.remove(bench.data.rstrip("/"))
        before = bench.facts()
        cli.run(FEW)
        bench.changed("the file is gone", before, "main.t", 20)


@drill("sqlite")
def delete_file_missing(bench):
    """A delete file that has to be replaced is gone: the statement fails, and says which."""
    with bench.session() as cli:
        cli.run("CREATE TABLE t (id BIGINT, part BIGINT, what VARCHAR)")
        cli.run(FEW)
        cli.run("DELETE FROM t WHERE id = 3")
        name = next(name for name in bench.files() if "delete" in name)
        before = bench.facts()
        path = f"{bench.data}main/t/{name}"
        os.rename(path, f"{bench.folder}/kept")
        refused(cli, "DELETE FROM t WHERE id = 4", name)
        os.rename(f"{bench.folder}/kept", path)
        bench.same("a delete file was missing", before)
        cli.run("DELETE FROM t WHERE id = 4")
        rows = cli.run("SELECT count(*) FROM t")
        if rows not in ([[18]], [["18"]]):
            raise Wrong(f"after two deletes {rows}")

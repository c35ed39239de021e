"""Two transactions that cannot both be: the later one is refused, and told what was in its way."""

import contextlib
import re

import oracle
from cli import Refused
from .bench import Wrong, drill, says

# Each pair has a schema of its own, in which rows of `t` are in a file, rows of `n` in the catalog, and rows of `m` in two
# files that can be merged. `@` is the pair's number.
SETUP = {
    "t": ["CREATE TABLE t AS SELECT i AS id, 'old' AS what FROM range(30) r(i)"],
    "n": ["CREATE TABLE n AS SELECT i AS id, 'old' AS what FROM range(5) r(i)"],
    "m": [
        "CREATE TABLE m AS SELECT i AS id, 'old' AS what FROM range(30) r(i)",
        "INSERT INTO m SELECT 100 + i, 'old' FROM range(30) r(i)",
    ],
    "s@": ["CREATE SCHEMA s@"],
}


class Pair:
    """Two changes, as SQL, and the words of an error that tells of the first after the second; without words both can be.

    `outcome` is what queries give when both were done. `by` names who can do it, where not both can."""

    def __init__(self, name, mine, theirs, *words, outcome=None, mine_by=("engine", "duckdb"), theirs_by=("engine", "duckdb")):
        self.name, self.mine, self.theirs, self.words, self.outcome = name, mine, theirs, words, outcome or {}
        self.mine_by, self.theirs_by = mine_by, theirs_by


def both_ways(name, one, other, one_after, other_after, **more):
    """The pair and its reverse; words of the errors of each."""
    yield Pair(f"{name}, first", one, other, *one_after, **more)
    yield Pair(f"{name}, second", other, one, *other_after, **more)


DELETE, UPDATE = "DELETE FROM {} WHERE id = 3", "UPDATE {} SET what = 'new' WHERE id = 3"
MERGE = "CALL ducklake_merge_adjacent_files('lk', 'm', schema => 'p@')"
CREATE, IN_SCHEMA = "CREATE TABLE u (i INTEGER)", "CREATE TABLE s@.u (i INTEGER)"
INSERT, ADD = "INSERT INTO t SELECT 50 + i, 'more' FROM range(20) r(i)", "ALTER TABLE t ADD COLUMN more INTEGER"

PAIRS = [
    *(
        Pair(f"{name} of {place}", mine, theirs, "delete from table", f'"{table}"', "deleted")
        for table, place in (("t", "rows in a file"), ("n", "inlined rows"))
        for name, mine, theirs in (
            ("delete and delete", DELETE.format(table), DELETE.format(table)),
            ("update and update", UPDATE.format(table), UPDATE.format(table)),
            ("delete and update", DELETE.format(table), UPDATE.format(table)),
            ("update and delete", UPDATE.format(table), DELETE.format(table)),
        )
    ),
    Pair("delete and merge", DELETE.format("m"), MERGE, "delete from table", '"m"', "rewritten", theirs_by=("duckdb",)),
    Pair("update and merge", UPDATE.format("m"), MERGE, "delete from table", '"m"', "rewritten", theirs_by=("duckdb",)),
    Pair("insert and drop", INSERT, "DROP TABLE t", "insert into table", '"t"', "dropped"),
    Pair("drop and insert", "DROP TABLE t", INSERT, outcome={"SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'p@' AND table_name = 't'": "0"}),
    Pair("delete and drop", DELETE.format("t"), "DROP TABLE t", "delete from table", '"t"', "dropped"),
    Pair("drop and drop", "DROP TABLE t", "DROP TABLE t", "drop table", '"t"', "dropped"),
    Pair("insert and alter", INSERT, ADD, "insert into table", '"t"', "altered"),
    Pair("alter and insert", ADD, INSERT, outcome={"SELECT count(*), count(more) FROM t": "50, 0"}),
    Pair("alter and alter", ADD, "ALTER TABLE t RENAME COLUMN what TO that", "alter table", '"t"', "altered"),
    Pair("alter and the same", ADD, ADD, "alter table", '"t"', "altered"),
    Pair("alter and drop", ADD, "DROP TABLE t", "alter table", '"t"', "dropped"),
    Pair("create and create", CREATE, CREATE, "create", "p@.u", "created"),
    Pair("create and create a view", CREATE, "CREATE VIEW u AS SELECT 1 AS i", "create", "p@.u", "created"),
    *both_ways("drop schema and create in it", "DROP SCHEMA s@", IN_SCHEMA, ("drop schema s@", "created s@.u"), ("create", "schema s@", "dropped")),
    Pair("create schema twice", "CREATE SCHEMA z@", "CREATE SCHEMA z@", "create schema z@", "created"),
    Pair("insert and insert", INSERT, INSERT, outcome={"SELECT count(*), count(DISTINCT rowid) FROM t": "70, 70"}),
    Pair(
        "delete other files",
        # More than are inlined.
        "DELETE FROM m WHERE id < 15",
        "DELETE FROM m WHERE id BETWEEN 100 AND 114",
        outcome={"SELECT count(*) FROM m": "30"},
    ),
]


class Engine:
    """A session of the engine; it goes on after a conflict."""

    failures = (Refused,)

    def __init__(self, bench):
        self.cli = bench.session()

    def run(self, sql):
        self.cli.run(sql)

    def close(self):
        self.cli.close()

    recover = lambda self: None  # noqa: E731


class Duck:
    """A session of DuckDB."""

    failures = (oracle.duckdb.Error,)

    def __init__(self, bench):
        self.bench, self.con = bench, None

    def run(self, sql):
        if self.con is None:
            self.con = oracle.connect()
            self.con.execute(self.bench.attach())
        self.con.execute(sql)

    def close(self):
        if self.con:
            self.con.close()
        self.con = None

    # After a failed commit it keeps its lock on a SQLite catalog until it is closed.
    recover = close


WHO = {"engine": Engine, "duckdb": Duck}


def clash(bench, pair, number, mine, theirs):
    """One pair: `mine` in a transaction that began before `theirs` was committed."""
    fill = lambda text: text.replace("@", str(number))  # noqa: E731
    what, schema = f"{pair.name}: {type(mine).__name__} after {type(theirs).__name__}", f"p{number}"
    for session in (mine, theirs):
        session.run(f"USE lk.{schema}")
    mine.run("BEGIN")
    mine.run(fill(pair.mine))
    theirs.run(fill(pair.theirs))
    before = bench.facts(schema)
    try:
        mine.run("COMMIT")
    except mine.failures as error:
        text = str(error)
        mine.recover()
        # Any commit in between keeps DuckDB from writing to a SQLite catalog.
        if not pair.words and not (isinstance(mine, Duck) and "database is locked" in text):
            raise Wrong(f"{what} is refused: {text}") from None
        if isinstance(mine, Engine):
            says(what, text, "transaction conflict", f"snapshot {before.snapshots[-1]} ", *map(fill, pair.words))
        elif not re.search("conflict|lock", text.lower()):
            raise Wrong(f"{what}: DuckDB says {text}") from None
        bench.same(what, before, schema=schema)
        return
    if pair.words:
        raise Wrong(f"{what} is committed")
    bench.facts(schema)
    bench.lake.attach()
    bench.lake.sql(f"USE lk.{schema}")
    for sql, wanted in pair.outcome.items():
        found = ", ".join(str(value) for value in bench.lake.all(fill(sql))[0])
        if found != wanted:
            raise Wrong(f"{what}: {sql} gives {found}, not {wanted}")
    bench.lake.detach()


def all_pairs(bench, mine_by, theirs_by):
    pairs = [(n, pair) for n, pair in enumerate(PAIRS) if mine_by in pair.mine_by and theirs_by in pair.theirs_by]
    with bench.session() as cli:
        cli.run("BEGIN")
        for number, pair in pairs:
            used = set(re.findall(r"[\w@]+", f"{pair.mine} {pair.theirs}"))
            needed = [sql for name, statements in SETUP.items() if name in used for sql in statements]
            for sql in ("CREATE SCHEMA p@", "USE lk.p@", *needed):
                cli.run(sql.replace("@", str(number)))
        cli.run("COMMIT")
    wrong = []
    with contextlib.closing(WHO[mine_by](bench)) as mine, contextlib.closing(WHO[theirs_by](bench)) as theirs:
        for number, pair in pairs:
            try:
                clash(bench, pair, number, mine, theirs)
            except (Wrong, Refused, oracle.duckdb.Error) as error:
                wrong.append(str(error))
    bench.facts()
    if wrong:
        raise Wrong("\n  ".join(wrong))


@drill("sqlite", "postgres", inline=10)
def engine_and_engine(bench):
    """Two sessions of the engine."""
    all_pairs(bench, "engine", "engine")


@drill("sqlite", "postgres", inline=10)
def engine_after_duckdb(bench):
    """DuckDB is faster."""
    all_pairs(bench, "engine", "duckdb")


@drill("sqlite", "postgres", inline=10)
def duckdb_after_engine(bench):
    """The engine is faster, and DuckDB has to notice."""
    all_pairs(bench, "duckdb", "engine")

"""Real DuckDB as the judge: lakes made by it, and what it reads from them, as JSON.

Everything runs in UTC: DuckDB's casts of zoned timestamps depend on the session and on the process.
"""

import glob
import json
import os
import time

os.environ["TZ"] = "UTC"
time.tzset()

import duckdb  # noqa: E402  (the zone has to be set first)

EXTENSIONS = ("sqlite_scanner", "postgres_scanner", "ducklake", "icu", "json", "httpfs")


def connect(strict=True):
    """A DuckDB connection with the extensions of the installed packages; nothing is downloaded. `strict` wants all
    of them."""
    con = duckdb.connect(config={"allow_unsigned_extensions": "true", "autoinstall_known_extensions": "false"})
    root = os.path.dirname(os.path.dirname(duckdb.__file__))
    for name in EXTENSIONS:
        pattern = f"{root}/duckdb_extension_{name}/extensions/v{duckdb.__version__}/{name}.duckdb_extension"
        found = glob.glob(pattern)
        if not found and not strict:
            continue
        if not found:
            raise SystemExit(f"the DuckDB extension {name} is not installed: no {pattern}")
        con.execute(f"LOAD '{found[0]}'")
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET threads = 2")
    return con


def quote(name):
    return '"' + name.replace('"', '""') + '"'


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def text_rows(con, sql, described=None):
    """The result of a query as (columns, rows): every value cast to DuckDB's text, NULL as None."""
    # Names may repeat (a join), which a subquery would refuse: number them.
    described = described or con.execute(f"DESCRIBE {sql}").fetchall()
    names, types = [row[0] for row in described], [row[1] for row in described]
    numbered = [f"c{i}" for i in range(len(names))]
    casts = ", ".join(f"CAST({c} AS VARCHAR)" for c in numbered)
    rows = con.execute(f"SELECT {casts} FROM ({sql}) AS q({', '.join(numbered)})").fetchall()
    columns = [{"name": n, "type": t} for n, t in zip(names, types)]
    return columns, [list(row) for row in rows]


def first_line(error):
    return str(error).strip().split("\n")[0][:300]


class Lake:
    """One lake under construction, attached as `lk`."""

    # Virtual columns to compare besides the table's own.
    virtual = ("rowid", "snapshot_id")

    def __init__(self, connect, name, backend, uri, data_path, inline, options):
        self.connect, self.name, self.backend = connect, name, backend
        self.con = connect()
        self.uri, self.data_path, self.inline, self.options = uri, data_path, inline, options
        self.queries, self.rights, self.extra = [], [], {}
        # Tables also kept in DuckDB's memory, each with the columns DuckDB is known to misread from the lake.
        self.truth = {}
        self.all_snapshots, self.skip_states = True, set()

    def attach(self, read_only=False):
        settings = [f"DATA_PATH {literal(self.data_path)}", f"DATA_INLINING_ROW_LIMIT {self.inline}", *self.options]
        if read_only:
            settings = ["READ_ONLY"] + [o for o in self.options if "SCHEMA" in o]
        self.con.execute(f"ATTACH {literal('ducklake:' + self.uri)} AS lk ({', '.join(settings)})")
        self.con.execute("USE lk")

    def detach(self):
        self.con.execute("USE memory")
        self.con.execute("DETACH lk")

    def reattach(self, inline=None):
        """Open the lake anew, as another process would; optionally with another inlining limit."""
        self.detach()
        if inline is not None:
            self.inline = inline
        self.attach()

    def sql(self, *statements):
        for statement in statements:
            self.con.execute(statement)

    def all(self, sql):
        return self.con.execute(sql).fetchall()

    def one(self, sql):
        return self.con.execute(sql).fetchone()[0]

    @property
    def snapshot(self):
        return self.one("SELECT max(snapshot_id) FROM ducklake_snapshots('lk')")

    @property
    def schema(self):
        """The schema of the catalog database that holds the lake, where it is not the default."""
        return next((o.split("'")[1] for o in self.options if "SCHEMA" in o), None)

    def catalog(self, query):
        """A query of the catalog's own tables, named as `meta.ducklake_…`."""
        place = "__ducklake_metadata_lk" + (f".{quote(self.schema)}" if self.schema else "")
        return self.con.execute(query.replace("meta.", place + "."))

    def edit(self, *statements):
        """Change the catalog's own tables behind DuckLake's back."""
        self.detach()
        kind, address = ("duckdb", self.uri) if self.backend == "duckdb" else self.uri.split(":", 1)
        self.con.execute(f"ATTACH {literal(address)} AS meta (TYPE {kind})")
        for statement in statements:
            self.con.execute(statement)
        self.con.execute("DETACH meta")
        self.attach()

    def query(self, sql, ours=None, right=None, why=None):
        """Compare this query too. `ours` is its text for us where the dialects differ; `right` is the
        answer where DuckDB's is wrong (and says `why`)."""
        self.queries.append({"sql": sql, "ours": ours or sql, "right": right, "why": why})

    def refused(self, sql):
        """This query has to be refused by both."""
        self.queries.append({"sql": sql, "ours": sql, "refused": True})

    def right(self, table, rows, why, snapshot=None):
        """DuckDB reads `table` wrongly (at `snapshot`, or at the latest): these are the right rows, without
        row id and snapshot id columns. It is an error if DuckDB does agree."""
        self.rights.append({"table": table, "snapshot": snapshot, "rows": rows, "why": why, "used": False})

    # --- reading back ---

    def dump(self):
        """What DuckDB reads, from a fresh attach."""
        inserted = {table: text_rows(self.con, f"SELECT * FROM memory.{table} ORDER BY id") for table in self.truth}
        self.detach()
        self.attach(read_only=True)
        columns = [row[0] for row in self.all("DESCRIBE FROM ducklake_snapshots('lk')") if row[0] != "changes"]
        columns = [f"CAST({c} AS VARCHAR)" if c == "snapshot_time" else c for c in columns]
        names = ["id", "time", "schema_version", "author", "message", "extra_info"]
        found = self.all(f"SELECT {', '.join(columns)} FROM ducklake_snapshots('lk') ORDER BY 1")
        snapshots = [dict(zip(names, row)) for row in found]
        latest = snapshots[-1]["id"]
        tables = self.catalog(
            """SELECT s.schema_name, t.table_name, t.begin_snapshot, t.end_snapshot
               FROM meta.ducklake_table t JOIN meta.ducklake_schema s ON s.schema_id = t.schema_id
                AND t.begin_snapshot >= s.begin_snapshot
                AND (s.end_snapshot IS NULL OR t.begin_snapshot < s.end_snapshot) ORDER BY 1, 2, 3"""
        ).fetchall()
        states = []
        for snapshot in snapshots:
            at = snapshot["id"]
            if not self.all_snapshots and at != latest:
                continue
            for schema, table, begin, end in tables:
                if table not in self.skip_states and begin <= at and (end is None or at < end):
                    state = self.state(schema, table, at)
                    if at == latest and table in self.truth:
                        self.check_truth(state, table, *inserted[table])
                    self.apply_rights(state, at, latest)
                    states.append(state)
        unused = [r for r in self.rights if not r["used"]]
        if unused:
            raise SystemExit(f"{self.name}: right() names no state: {unused}")
        return {
            "name": self.name,
            "backend": self.backend,
            "uri": self.uri,
            "data_path": self.data_path,
            "metadata_schema": self.schema,
            "snapshots": snapshots,
            "states": states,
            "queries": [self.answer(q) for q in self.queries],
            **self.extra,
        }

    def state(self, schema, table, at):
        state = {"snapshot": at, "schema": schema, "table": table}
        name = f"{quote(schema)}.{quote(table)} AT (VERSION => {at})"
        described = self.all(f"DESCRIBE SELECT * FROM {name}")
        names = [row[0] for row in described]
        state["columns"] = [{"name": row[0], "type": row[1]} for row in described]
        # A user's column of that name hides the virtual one.
        hidden = {n.lower() for n in names}
        virtual = [v for v in self.virtual if v not in hidden]
        selected = ", ".join(virtual + ["*"])
        state["virtual"] = len(virtual)
        state["select"] = f"SELECT {selected} FROM {name}"
        try:
            _, state["rows"] = text_rows(self.con, state["select"], [(v, "BIGINT") for v in virtual] + described)
        except duckdb.Error as error:
            state["error"] = first_line(error)
            if isinstance(error, (duckdb.FatalException, duckdb.InternalException)):
                # Its faults take the whole instance down.
                self.con = self.connect()
                self.attach(read_only=True)
        return state

    def apply_rights(self, state, at, latest):
        for right in self.rights:
            if right["table"] == state["table"] and at == (latest if right["snapshot"] is None else right["snapshot"]):
                right["used"] = True
                key = lambda row: json.dumps(row)  # noqa: E731
                if "rows" in state:
                    read = sorted((row[state["virtual"] :] for row in state["rows"]), key=key)
                    if read == sorted(right["rows"], key=key):
                        raise SystemExit(f"{self.name}.{state['table']}: DuckDB agrees by now, drop right(): {right['why']}")
                state.pop("error", None)
                state.update(
                    select=f"SELECT * FROM {quote(state['schema'])}.{quote(state['table'])} AT (VERSION => {at})",
                    virtual=0,
                    rows=right["rows"],
                    why=right["why"],
                )

    def check_truth(self, state, table, columns, rows):
        """Replace what DuckDB misreads by what was inserted; only in the columns known for it."""
        names = [c["name"] for c in columns]
        if "rows" not in state:
            wrong = names
            rowids = [[None] * state["virtual"]] * len(rows)
        else:
            read = sorted(state["rows"], key=lambda row: int(row[state["virtual"]]))
            cells = [row[state["virtual"] :] for row in read]
            wrong = [n for i, n in enumerate(names) if [r[i] for r in cells] != [r[i] for r in rows]]
            rowids = [row[: state["virtual"]] for row in read]
            if not set(wrong) <= set(self.truth[table]):
                first = next((n, r[i], t[i]) for i, n in enumerate(names) for r, t in zip(cells, rows) if n in wrong and n not in self.truth[table] and r[i] != t[i])
                raise SystemExit(f"{self.name}.{table}: column {first[0]} reads as {first[1]!r}, inserted was {first[2]!r}")
        if wrong:
            state["why"] = f"inserted values; DuckDB misreads {', '.join(wrong)}: {state.pop('error', 'other values')}"
            if "rows" not in state:
                state["virtual"], rowids = 0, [[]] * len(rows)
                state["select"] = state["select"].replace("rowid, snapshot_id, ", "")
            state["rows"] = [i + r for i, r in zip(rowids, rows)]

    def answer(self, query):
        answer = {"sql": query["ours"]}
        try:
            answer["columns"], answer["rows"] = text_rows(self.con, query["sql"])
        except duckdb.Error as error:
            answer["error"] = first_line(error)
        if query.get("refused"):
            if "error" not in answer:
                raise SystemExit(f"{self.name}: DuckDB does not refuse {query['sql']}")
        elif query["right"] is not None:
            if answer.pop("error", None) is None and answer["rows"] == query["right"]:
                raise SystemExit(f"{self.name}: DuckDB agrees by now on {query['sql']}")
            answer.update(rows=query["right"], why=query["why"])
        elif "error" in answer:
            raise SystemExit(f"{self.name}: {query['sql']}: {answer['error']}")
        return answer

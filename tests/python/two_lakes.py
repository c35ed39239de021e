"""The same statements on two lakes: by the engine on one, by DuckDB on the other. Then both have to be the same."""

import os
import shutil
from collections import Counter
from itertools import permutations

import catalogs
import oracle
from cli import Cli, Died, Refused
from oracle import duckdb, first_line, literal, quote, text_rows

CASES = {}
# Types without an order; and DuckDB's filters on blobs find nothing in some of its own files.
UNORDERED = ("[", "(", "BLOB", "VARIANT", "GEOMETRY", "JSON", "INTERVAL")


def case(inline=0, options=(), row_order=True, backends=("sqlite", "postgres"), write_on=True, compare_catalogs=True, same=True):
    """Register a function that changes both lakes. `inline` is the inlining limit, `options` further ATTACH settings.
    Without `row_order` the engines may give row ids to new rows in different orders, as they do for several
    partitions. Where DuckDB's lake goes wrong they are not the `same`: DuckDB and the engine still read ours alike."""

    def register(function):
        name = function.__name__
        assert name not in CASES, name
        CASES[name] = (function, inline, list(options), row_order, backends, write_on, compare_catalogs and same, same)
        return function

    return register


class Pair:
    """Two lakes, each attached as `lk`: `ours` by the engine, `theirs` by DuckDB."""

    def __init__(self, name, backend, folder, make_uri, connections):
        self.function, inline, options, self.row_order, _, self.writes_on, self.compares_catalogs, self.same = CASES[name]
        self.name, self.backend, self.folder = name, backend, folder
        self.wrong = []
        shutil.rmtree(folder, ignore_errors=True)
        self.lakes = {}
        for side in ("ours", "theirs"):
            place = f"{folder}/{side}"
            os.makedirs(place)
            uri = make_uri(f"{name}_{side}", place)
            lake = oracle.Lake(lambda side=side: connections.get(side), name, backend, uri, f"{place}/data/", inline, options)
            lake.folder, lake.attached = place, False
            self.lakes[side] = lake
        self.ours, self.theirs = self.lakes["ours"], self.lakes["theirs"]
        self.cli = None

    # --- what cases are written with ---

    def run(self, *statements):
        """By the engine on its lake, by DuckDB on the other; both have to do it, and give as many rows."""
        for sql in statements:
            theirs, expected = self.by_duckdb(sql)
            ours, got = self.by_engine(sql)
            if theirs:
                raise SystemExit(f"{self.name}: DuckDB refuses {sql}: {theirs}")
            if ours:
                self.wrong.append(f"refused: {sql}: {ours}")
            elif got and got != expected:
                self.wrong.append(f"answer: {sql}: {got}, DuckDB's is {expected}")

    def refused(self, *statements):
        """Both have to refuse."""
        for sql in statements:
            theirs, _ = self.by_duckdb(sql)
            ours, _ = self.by_engine(sql)
            if not theirs:
                raise SystemExit(f"{self.name}: DuckDB does not refuse {sql}")
            if not ours:
                self.wrong.append(f"not refused: {sql}; DuckDB: {theirs}")

    def query(self, sql):
        """Both have to read the same, in any order."""
        theirs, expected = self.by_duckdb(sql)
        ours, got = self.by_engine(sql)
        if theirs:
            raise SystemExit(f"{self.name}: DuckDB refuses {sql}: {theirs}")
        key = lambda rows: sorted(rows, key=str)  # noqa: E731
        if ours:
            self.wrong.append(f"refused: {sql}: {ours}")
        elif key(got) != key(expected):
            self.wrong.append(f"query: {sql}: {got}, DuckDB's is {expected}")

    def expect(self, found, wanted):
        """What is written down is right."""
        if found != wanted:
            self.wrong.append(f"{found}, expected {wanted}")

    def read_at(self, side, sql, snapshots):
        """A number that DuckDB reads from one of the lakes at each snapshot."""
        lake = self.lakes[side]
        was_attached = lake.attached
        self.attach(lake)
        found = [lake.all(sql.format(at))[0][0] for at in snapshots]
        if not was_attached:
            self.detach(lake)
        return found

    def duckdb(self, *statements):
        """By DuckDB on both lakes, while the engine has its own open."""
        for lake in self.lakes.values():
            was_attached = lake.attached
            self.attach(lake)
            for sql in statements:
                lake.con.execute(sql)
            if not was_attached:
                self.detach(lake)

    def reopen(self):
        """Both lakes are opened anew, as by another process."""
        self.detach(self.theirs)
        self.attach(self.theirs)
        self.cli.close()
        self.start()

    # --- how it is done ---

    def attach(self, lake, read_only=False):
        if not lake.attached:
            lake.attach(read_only)
            lake.attached = True

    def detach(self, lake):
        if lake.attached:
            lake.detach()
            lake.attached = False

    def start(self):
        lake = self.ours
        settings = [f"DATA_PATH {literal(lake.data_path)}", f"DATA_INLINING_ROW_LIMIT {lake.inline}", *lake.options]
        self.cli = Cli()
        self.cli.run(f"ATTACH {literal('ducklake:' + lake.uri)} AS lk ({', '.join(settings)})")
        self.cli.run("USE lk")

    def by_engine(self, sql):
        try:
            return None, [[plain(value) for value in row] for row in self.cli.run(sql)]
        except Refused as error:
            return first_line(error), None

    def by_duckdb(self, sql):
        try:
            found = self.theirs.con.execute(sql)
            return None, [[plain(value) for value in row] for row in found.fetchall()] if found.description else []
        except duckdb.Error as error:
            return first_line(error), None

    def make(self):
        """Runs the case and compares; what differs is left in `wrong`. Gives what DuckDB reads from our lake in the
        end, for the engine to be compared with."""
        try:
            self.attach(self.theirs)
            self.start()
            self.function(self)
            self.cli.close()
        except (Died, Refused) as error:
            self.wrong.append(f"{type(error).__name__}: {error}")
            self.cli and self.cli.close()
        finally:
            self.detach(self.theirs)
        ours, theirs = self.read(self.ours), self.read(self.theirs)
        if not ours or not theirs:
            return None
        if self.same:
            self.compare("", ours, theirs, self.row_order)
        if self.compares_catalogs and not self.wrong:
            self.wrong += catalogs.compare(catalogs.Catalog(self.ours), catalogs.Catalog(self.theirs), self.row_order)
        return self.write_on(ours) if self.writes_on else ours

    def write_on(self, before):
        """DuckDB goes on with both lakes. What was there before must stay, what comes must be the same."""
        failures, unsound = {}, {}
        for side, lake in self.lakes.items():
            self.attach(lake)
            try:
                write_on(lake)
            except duckdb.Error as error:
                failures[side] = first_line(error)
            unsound[side] = statistics_errors(lake)
            self.detach(lake)
        if len(failures) == 1:
            self.wrong.append(f"DuckDB fails on one lake alone: {failures}")
        # What DuckDB does to its own lake as well is its fault.
        self.wrong += [error for error in unsound["ours"] if error not in unsound["theirs"]]
        self.theirs.all_snapshots = False
        ours, theirs = self.read(self.ours), self.read(self.theirs)
        if not ours or not theirs:
            return None
        latest = ours["snapshots"][-1]["id"]
        last = {**ours, "states": [state for state in ours["states"] if state["snapshot"] == latest]}
        self.compare("after DuckDB wrote on: ", last, theirs, False)
        known = {place(state) for state in before["states"]}
        kept = [state for state in ours["states"] if place(state) in known]
        for state in kept:
            was = next(s for s in before["states"] if place(s) == place(state))
            changed = first_difference("states", state, was, True)
            if changed and not self.changes_too(state):
                self.wrong.append(f"history after DuckDB wrote on: {place(state)}: {changed}")
            elif changed:
                # DuckDB spoils its own history like this: nobody has to read it as DuckDB does.
                ours["states"].remove(state)
        return ours

    def changes_too(self, state):
        """Whether DuckDB's own lake has this history now."""
        self.attach(self.theirs, read_only=True)
        theirs = self.theirs.state(state["schema"], state["table"], state["snapshot"])
        self.detach(self.theirs)
        return not first_difference("states", state, theirs, False)

    def read(self, lake):
        """What DuckDB reads: every table at every snapshot, views, changes."""
        lake.attached = True
        try:
            lake.attach()
            content = lake.dump()
            content["changes"], content["views"] = changes(lake, content), views(lake)
            return content
        except duckdb.Error as error:
            self.wrong.append(f"DuckDB does not read {'our' if lake is self.ours else 'its own'} lake: {first_line(error)}")
            return None
        finally:
            self.detach(lake)

    def compare(self, when, ours, theirs, has_row_ids):
        for what in ("snapshots", "states", "changes", "views"):
            # What DuckDB's merges and rewrites do to the change feed depends on the files they find.
            if what == "changes" and when:
                continue
            self.wrong += [when + text for text in differences(what, ours[what], theirs[what], has_row_ids)]
        if not has_row_ids and not when and histories(ours) != histories(theirs):
            surplus, missing = (list((a - b).items())[:2] for a, b in permutations((histories(ours), histories(theirs))))
            self.wrong.append(f"rows do not keep their ids as in DuckDB's lake: surplus {surplus}, missing {missing}")

def plain(value):
    """Values as both engines' answers hold them."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)


def statistics_errors(lake):
    """Where filters, MIN and MAX, which DuckDB answers from statistics, do not agree with the rows."""
    wrong = []
    for schema, table in tables(lake):
        name = f"{quote(schema)}.{quote(table)}"
        rows = f"(SELECT * FROM {name} LIMIT 1000000000)"
        described = lake.all(f"SELECT column_name, column_type FROM (DESCRIBE {name})")
        columns = [(quote(c), kind) for c, kind in described if "DECIMAL" in kind or not any(mark in kind for mark in UNORDERED)]
        facts = ", ".join(f"min({c})::VARCHAR, max({c})::VARCHAR, count({c})" for c, _ in columns)
        quick, right = (lake.all(f"SELECT count(*), {facts} FROM {source}")[0] for source in (name, rows))
        if quick != right:
            wrong.append(f"statistics: {facts} of {name} is {quick}, rows give {right}")
        tests = []
        for (c, kind), low, high in zip(columns, right[1::3], right[2::3]):
            values = [v for v in dict.fromkeys((low, high)) if v is not None]
            tests += [f"{c} IS NULL"] + [f"{c} = CAST({literal(v)} AS {kind})" for v in values]
        wanted = lake.all("SELECT " + ", ".join(f"count(*) FILTER (WHERE {test})" for test in tests) + f" FROM {rows}")[0]
        found = lake.all("SELECT " + ", ".join(f"(SELECT count(*) FROM {name} WHERE {test})" for test in tests))[0]
        wrong += [f"statistics: {name} has {w} rows with {t}, a filter finds {f}" for t, w, f in zip(tests, wanted, found) if w != f]
    return wrong


def tables(lake):
    return lake.catalog(
        """SELECT s.schema_name, t.table_name FROM meta.ducklake_table t JOIN meta.ducklake_schema s USING (schema_id)
           WHERE t.end_snapshot IS NULL AND s.end_snapshot IS NULL ORDER BY 1, 2"""
    ).fetchall()


def views(lake):
    """Rows of all views."""
    names = lake.catalog(
        """SELECT s.schema_name, v.view_name FROM meta.ducklake_view v JOIN meta.ducklake_schema s USING (schema_id)
           WHERE v.end_snapshot IS NULL AND s.end_snapshot IS NULL ORDER BY 1, 2"""
    ).fetchall()
    read = lambda schema, view: text_rows(lake.con, f"SELECT * FROM {quote(schema)}.{quote(view)}")[1]  # noqa: E731
    return [{"what": f"{schema}.{view}", "rows": read(schema, view)} for schema, view in names]


def changes(lake, content):
    """DuckDB's feed of changes for each table, over its whole life."""
    found, latest = [], content["snapshots"][-1]["id"]
    for schema, table in tables(lake):
        begin = min(s["snapshot"] for s in content["states"] if (s["schema"], s["table"]) == (schema, table))
        sql = f"SELECT * FROM ducklake_table_changes('lk', {literal(schema)}, {literal(table)}, {begin}, {latest})"
        change = {"what": f"{schema}.{table}"}
        try:
            _, change["rows"] = text_rows(lake.con, sql)
        except duckdb.Error as error:
            change["error"] = first_line(error)
        found.append(change)
    return found


def histories(content):
    """For each row id the row's contents at all snapshots, however ids are given: how often each history occurs."""
    rows = {}
    for state in content["states"]:
        for row in state.get("rows", []):
            if state["virtual"]:
                row_id = (state["schema"], state["table"], row[0])
                rows.setdefault(row_id, []).append((state["snapshot"], *row[1:]))
    return Counter((schema, table, *sorted(seen, key=str)) for (schema, table, _), seen in rows.items())


def place(state):
    return f"{state['schema']}.{state['table']} at {state['snapshot']}"


def differences(what, ours, theirs, has_row_ids):
    """The first difference of each table."""
    name = {"snapshots": lambda item: f"snapshot {item['id']}", "states": place}.get(what, lambda item: f"{what} of {item['what']}")
    a, b = ({name(item): item for item in items} for items in (ours, theirs))
    for key in list(a) + [key for key in b if key not in a]:
        if key not in a or key not in b:
            yield f"{key}: only in {'ours' if key in a else 'DuckDBs'}: {a.get(key) or b.get(key)}"
        elif difference := first_difference(what, a[key], b[key], has_row_ids):
            yield f"{key}: {difference}"


def first_difference(what, ours, theirs, has_row_ids):
    if what == "snapshots":
        facts = [{k: v for k, v in item.items() if k != "time"} for item in (ours, theirs)]
        return None if facts[0] == facts[1] else f"{facts[0]}, DuckDB's is {facts[1]}"
    if ours.get("columns") != theirs.get("columns"):
        return f"columns {ours.get('columns')}, DuckDB's are {theirs.get('columns')}"
    if "error" in ours or "error" in theirs:
        same = "error" in ours and "error" in theirs
        return None if same else f"{ours.get('error', 'rows')}, on DuckDB's lake {theirs.get('error', 'rows')}"
    # Where the row id stands.
    at = None if has_row_ids else {"states": 0, "changes": 1}.get(what)
    a, b = (sorted(([v for i, v in enumerate(row) if i != at] for row in item["rows"]), key=str) for item in (ours, theirs))
    if a == b:
        return None
    a, b = (Counter(map(tuple, rows)) for rows in (a, b))
    surplus, missing = (list(map(list, x - y))[:2] for x, y in permutations((a, b)))
    return f"{a.total()} rows, DuckDB's lake has {b.total()}; surplus {surplus}, missing {missing}"


def write_on(lake):
    """What DuckDB then does to every table: the same on both lakes, by the contents of rows."""
    for schema, table in tables(lake):
        name = f"{quote(schema)}.{quote(table)}"
        described = lake.all(f"DESCRIBE {name}")
        columns = [row[0] for row in described]
        _, rows = text_rows(lake.con, f"SELECT rowid, * FROM {name}")
        ids = [row[0] for row in sorted(rows, key=lambda row: (str(row[1:]), int(row[0])))]
        if not ids:
            continue
        first = quote(columns[0])
        picked = ", ".join(dict.fromkeys((ids[0], ids[len(ids) // 2], ids[-1])))
        lake.sql(
            f"INSERT INTO {name} SELECT * FROM {name} WHERE rowid IN ({picked})",
            f"UPDATE {name} SET {first} = {first} WHERE rowid IN ({picked})",
            f"DELETE FROM {name} WHERE rowid = {ids[len(ids) // 3]}",
        )
    lake.sql(
        "CALL ducklake_flush_inlined_data('lk')",
        "CALL ducklake_rewrite_data_files('lk', delete_threshold => 0)",
        "CALL ducklake_merge_adjacent_files('lk')",
    )
    for schema, table in tables(lake):
        name = f"{quote(schema)}.{quote(table)}"
        _, rows = text_rows(lake.con, f"SELECT rowid, * FROM {name}")
        ids = [row[0] for row in sorted(rows, key=lambda row: (str(row[1:]), int(row[0])))]
        if ids:
            lake.sql(f"INSERT INTO {name} SELECT * FROM {name} WHERE rowid = {ids[0]}", f"DELETE FROM {name} WHERE rowid = {ids[-1]}")

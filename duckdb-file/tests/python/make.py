"""DuckDB files made by real DuckDB, and what DuckDB reads from them.

    make.py --out FOLDER [--only CASE ...]

For every state of every case it leaves `<case>-<state>.duckdb`, perhaps with `.wal`, and `<case>-<state>.json`, which
names the tables, their columns and for each a file with one line a row (see `canonical`). The name of each state is
printed once it is there. Nothing is downloaded.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
import traceback

os.environ["TZ"] = "UTC"
time.tzset()

import duckdb  # noqa: E402  (the zone has to be set first)

import cases  # noqa: E402
from canonical import VERSION, literal, quote, row_expression  # noqa: E402

FILES = ("", ".wal", ".wal.checkpoint")


class Case:
    """A database under construction."""

    def __init__(self, name, out):
        self.name, self.out = name, out
        self.folder = tempfile.mkdtemp(prefix="duckdb-file-")
        self.path = os.path.join(self.folder, "db.duckdb")
        self.con = None

    def open(self, storage=None, options="", config=None):
        """Attaches the file as `db`; `storage` only where this DuckDB knows it."""
        if self.con:
            self.con.close()
        self.con = duckdb.connect(config={"allow_unsigned_extensions": "true", **(config or {})})
        settings = ([f"STORAGE_VERSION '{storage}'"] if storage else []) + ([options] if options else [])
        self.con.execute(f"ATTACH {literal(self.path)} AS db" + (f" ({', '.join(settings)})" if settings else ""))
        self.con.execute("USE db")
        self.con.execute("SET threads = 1")
        self.con.execute("SET TimeZone = 'UTC'")
        # Checkpoints happen where a case says so.
        self.con.execute("SET checkpoint_threshold = '1TB'")
        return self

    def sql(self, *statements):
        for statement in statements:
            self.con.execute(statement)

    def one(self, sql):
        return self.con.execute(sql).fetchone()[0]

    def close(self):
        self.con.execute("USE memory")
        self.con.execute("DETACH db")

    def snap(self, state, path=None, rows=True, expect_error=None):
        """Keeps the files as a process that is killed now would leave them, and what DuckDB reads from them."""
        path = path or self.path
        kept = os.path.join(self.out, f"{self.name}-{state}")
        # Of the same name: a log may name the catalog, which is called as the file is.
        os.makedirs(os.path.join(self.folder, state))
        copy = os.path.join(self.folder, state, "db.duckdb")
        for suffix in FILES:
            if os.path.exists(path + suffix):
                shutil.copyfile(path + suffix, kept + ".duckdb" + suffix)
                shutil.copyfile(path + suffix, copy + suffix)
        manifest = {"duckdb": duckdb.__version__, "error": expect_error, "tables": []}
        if rows and not expect_error:
            manifest["tables"] = dump(copy, kept)
        with open(kept + ".json", "w") as file:
            json.dump(manifest, file)
        for suffix in FILES:
            if os.path.exists(copy + suffix):
                os.remove(copy + suffix)
        print(f"{self.name}-{state}", flush=True)

    def snap_changed(self, state, suffix, change, expect_error=None):
        """As `snap`, of files one of which is changed: `change` gets its bytes."""
        folder = os.path.join(self.folder, "changed-" + state)
        os.makedirs(folder)
        path = os.path.join(folder, "db.duckdb")
        for each in FILES:
            if os.path.exists(self.path + each):
                shutil.copyfile(self.path + each, path + each)
        with open(path + suffix, "rb") as file:
            data = change(bytearray(file.read()))
        with open(path + suffix, "wb") as file:
            file.write(data)
        if expect_error:
            try:
                dump(path, os.path.join(folder, "refused"))
            except Exception:
                pass
            else:
                raise SystemExit(f"DuckDB reads {self.name}-{state}, which should be refused")
            for each in FILES:
                if os.path.exists(self.path + each):
                    shutil.copyfile(self.path + each, path + each)
            with open(path + suffix, "wb") as file:
                file.write(data)
        self.snap(state, path, expect_error=expect_error)

    def remove(self):
        if self.con:
            self.con.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def dump(path, kept):
    """What DuckDB reads from the file: a list of tables, rows in files beside `kept`."""
    config = {"allow_unsigned_extensions": "true"}
    try:
        con = duckdb.connect(path, config=config)
    except duckdb.Error:
        # Some logs are replayed by ATTACH only, others only without it.
        con = duckdb.connect(config=config)
        con.execute(f"ATTACH {literal(path)} AS db")
        con.execute("USE db")
    con.execute("SET threads = 1")
    con.execute("SET TimeZone = 'UTC'")
    found = con.execute(
        """SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'db' ORDER BY 1, 2"""
    ).fetchall()
    tables = []
    for number, (schema, name) in enumerate(found):
        full = f"db.{quote(schema)}.{quote(name)}"
        generated = generated_columns(con, schema, name, full)
        described = [row[:2] for row in con.execute(f"DESCRIBE {full}").fetchall()]
        shown = [(column, kind) for column, kind in described if column not in generated]
        relation = con.sql(f"SELECT {', '.join(quote(column) for column, _ in shown)} FROM {full}")
        columns = list(zip(relation.columns, relation.types))
        rows = f"{os.path.basename(kept)}-{number}.rows"
        with open(os.path.join(os.path.dirname(kept), rows), "w") as file:
            count = 0
            cursor = con.execute(f"SELECT {row_expression(columns)} FROM {full} ORDER BY rowid")
            while lines := cursor.fetchmany(20000):
                count += len(lines)
                file.writelines(line + "\n" for (line,) in lines)
        tables.append({"schema": schema, "name": name, "columns": shown, "rows": rows, "count": count})
    con.close()
    return tables


def generated_columns(con, schema, name, full):
    """Names of the generated columns, which a file does not hold."""
    text = con.execute(
        "SELECT sql FROM duckdb_tables() WHERE database_name = 'db' AND schema_name = ? AND table_name = ?", [schema, name]
    ).fetchone()[0]
    if "GENERATED ALWAYS" not in text:
        return set()
    definitions = [part.strip() for part in text[text.index("(") + 1 :].split(",") if "GENERATED ALWAYS" in part]
    return {row[0] for row in con.execute(f"DESCRIBE {full}").fetchall() if any(d.startswith(row[0] + " ") for d in definitions)}


def write_on(path, seconds):
    """Changes a database again and again, with checkpoints: batches of ten rows that belong together."""
    con = duckdb.connect()
    con.execute(f"ATTACH {literal(path)} AS db")
    con.execute("USE db")
    con.execute("SET threads = 1")
    con.execute("CREATE TABLE IF NOT EXISTS batches (batch BIGINT, word VARCHAR)")
    con.execute("CREATE TABLE IF NOT EXISTS counted (batches BIGINT)")
    con.execute("INSERT INTO counted SELECT 0 WHERE NOT EXISTS (FROM counted)")
    print("writing", flush=True)
    end, batch = time.time() + seconds, 0
    while time.time() < end:
        con.execute("BEGIN")
        con.execute(f"INSERT INTO batches SELECT {batch}, 'batch {batch}' FROM range(10)")
        if batch % 7 == 6:
            con.execute(f"DELETE FROM batches WHERE batch = {batch - 3}")
            con.execute("UPDATE counted SET batches = batches - 1")
        con.execute("UPDATE counted SET batches = batches + 1")
        con.execute("COMMIT")
        if batch % 5 == 4:
            con.execute("CHECKPOINT db")
        batch += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out")
    parser.add_argument("--write-on", metavar="FILE", help="change this database for some seconds instead")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--large", action="store_true", help="tables of millions of rows too")
    arguments = parser.parse_args()
    if arguments.write_on:
        write_on(arguments.write_on, arguments.seconds)
        return
    os.makedirs(arguments.out, exist_ok=True)
    failed = False
    for name, make in cases.all_cases(VERSION, arguments.large):
        if arguments.only and not any(name.startswith(only) for only in arguments.only):
            continue
        case = Case(name, arguments.out)
        try:
            make(case)
        except Exception:
            failed = True
            print(f"case {name} failed:", file=sys.stderr)
            traceback.print_exc()
        finally:
            case.remove()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

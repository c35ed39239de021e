#!/usr/bin/env python3
"""Lakes whose catalogs are DuckDB files, with a DuckDB at work on them; and copies of them in other databases.

    python duckdb_files.py --out DIR --backend duckdb|sqlite|postgres --drill NAME [--seconds N]

A drill that copies catalogs copies them to the backend. QUACKLAKE_CLI is the engine's command line.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True

import cases.types  # noqa: E402  (registers the cases)
import lakes  # noqa: E402
import oracle  # noqa: E402
from cli import PROGRAM, Cli, Refused  # noqa: E402
from oracle import literal  # noqa: E402

# Lakes to copy: every kind of row that a catalog can have.
COPIED = [
    "views_and_comments", "encrypted", "path_kinds", "inlined_deletes",
    "inlined_odd_names", "inlined_schema_versions", "types_to_copy", "added_hive_files",
    "partition_changes", "merged_files", "expired_snapshots", "variants",
]  # fmt: skip
# DuckDB is slow to read many states from PostgreSQL.
COPIED_TO = {"sqlite": COPIED, "postgres": ["views_and_comments", "inlined_deletes", "types_to_copy"]}


@lakes.case(inline=100, all_snapshots=False, backends=("duckdb_files",))
def types_to_copy(lake):
    """Inlined rows of all types, but for NULL in lists of JSON."""
    cases.types.sources(lake, inlined=True)
    names = [f"{kind}_{name}" for name in cases.types.SCALARS for kind in ("scalar", "nested")]
    cases.types.copy(lake, [name for name in names if name != "nested_json"])


def fail(message):
    raise SystemExit(message)


def engine(*arguments):
    """One run of the command line: (whether it succeeded, what it said)."""
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120)
    return done.returncode == 0, done.stdout + done.stderr


def new_lake(folder, inline=10):
    uri = f"{folder}/meta.ducklake"
    lake = oracle.Lake(oracle.connect, "lake", "duckdb", uri, f"{folder}/data/", inline, [])
    lake.attach()
    return lake


def live(out, _):
    """What DuckDB has committed is read at once: from its log, and after a checkpoint."""
    lake = new_lake(out)
    steps = [
        "CREATE TABLE t (id INTEGER, d DECIMAL(20,3), ts TIMESTAMPTZ, s STRUCT(a VARCHAR, b INTEGER[]), m MAP(VARCHAR, BLOB))",
        "INSERT INTO t VALUES (1, 1.5, '2024-01-01 12:00:00+00', {'a': 'it''s', 'b': [1, NULL]}, MAP {'k': '\\x00a'::BLOB})",
        "INSERT INTO t SELECT i, i, NULL, NULL, NULL FROM range(1000) r(i)",
        "UPDATE t SET d = d + 1 WHERE id = 1",
        "ALTER TABLE t ADD COLUMN u UUID",
        "INSERT INTO t VALUES (2, 2, NULL, {'a': NULL, 'b': []}, MAP {}, 'f79c3e09-677c-4bbd-a479-3f349cb785e7')",
        "DELETE FROM t WHERE id > 995",
        "CHECKPOINT __ducklake_metadata_lk",
        "DELETE FROM t WHERE id = 7",
        "CREATE VIEW v AS SELECT id, d FROM t WHERE id < 3",
    ]
    with Cli() as cli:
        cli.run(f"ATTACH {literal('ducklake:' + lake.uri)} AS lk (READ_ONLY)")

        def compare(step):
            names = ["t"] + ["v"] * (lake.one("SELECT count(*) FROM duckdb_views() WHERE database_name = 'lk'"))
            for name in names:
                casts = "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM lk.main." + name
                right = sorted(lake.all(casts), key=repr)
                columns = ", ".join(f"CAST({c[0]} AS VARCHAR)" for c in lake.all(f"DESCRIBE lk.main.{name}"))
                rows = sorted((tuple(r) for r in cli.run(f"SELECT {columns} FROM lk.main.{name}")), key=repr)
                if rows != right:
                    wrong = next((pair for pair in zip(rows, right) if pair[0] != pair[1]), (len(rows), len(right)))
                    fail(f"after {step}: {wrong}")

        for step in steps:
            lake.sql(step)
            compare(step)
        right = lake.all("SELECT count(*) FROM lk.main.t")
        lake.con.close()
        if cli.run("SELECT count(*) FROM lk.main.t") != [list(right[0])]:
            fail("after DuckDB has closed the file")


def bank(out, args):
    """A DuckDB moves money between accounts and logs each transfer, as fast as it can; every read sees all of a
    transaction or nothing."""
    lake = new_lake(out, inline=20)
    lake.sql("CREATE TABLE accounts (id INTEGER, amount INTEGER)", "CREATE TABLE log (n INTEGER)")
    lake.sql("INSERT INTO accounts SELECT i, 100 FROM range(10) r(i)")
    base = lake.snapshot
    lake.con.close()
    writer = subprocess.Popen(
        [sys.executable, __file__, "--out", out, "--backend", "duckdb", "--drill", "transfers", "--seconds", str(args.seconds)]
    )
    query = "SELECT (SELECT sum(amount) FROM lk.main.accounts), count(*), max(snapshot_id) FROM lk.main.log"
    attach = f"ATTACH {literal('ducklake:' + lake.uri)} AS lk"
    seen, reads = set(), 0
    try:
        with Cli() as cli:
            cli.run(attach)
            while writer.poll() is None:
                rows = [cli.run(query)[0]]
                if reads % 20 == 0:
                    with Cli() as fresh:
                        fresh.run(attach)
                        rows.append(fresh.run(query)[0])
                for total, count, last in rows:
                    if total != 1000 or (count and last != base + count):
                        fail(f"sum {total}, {count} transfers, the last of snapshot {last}, base {base}")
                    if seen and count < max(seen):
                        fail(f"{count} transfers, after {max(seen)} were seen")
                    seen.add(count)
                reads += 1
    finally:
        writer.kill()
    if writer.wait() != 0:
        fail("the writer failed")
    print(f"{reads} reads saw {len(seen)} states of {max(seen)}")
    if len(seen) < 3:
        fail("too few states were seen")


def transfers(out, args):
    """The writer of `bank`."""
    lake = new_lake(out, inline=20)
    until, n = time.time() + args.seconds, 0
    while time.time() < until:
        a, b = random.sample(range(10), 2)
        amount = random.randrange(1, 50)
        lake.sql(
            "BEGIN",
            f"UPDATE accounts SET amount = amount + CASE id WHEN {a} THEN -{amount} ELSE {amount} END WHERE id IN ({a}, {b})",
            f"INSERT INTO log VALUES ({n})",
            "COMMIT",
        )
        n += 1
        if n % 7 == 0:
            lake.sql("CHECKPOINT __ducklake_metadata_lk")
        if n % 31 == 0:
            lake.reattach()
    lake.con.close()


def refused(out, _):
    """Whatever would write says what to do instead."""
    lake = new_lake(out)
    lake.sql("CREATE TABLE t (i INTEGER)", "INSERT INTO t VALUES (1)", "CREATE TABLE j (l JSON[])", "INSERT INTO j VALUES ([NULL])")
    done, said = engine("catalog", "copy", lake.uri, f"sqlite:{out}/new.sqlite")
    if done or "ducklake_flush_inlined_data" not in said or os.path.exists(f"{out}/new.sqlite"):
        fail(said)
    lake.sql("CALL ducklake_flush_inlined_data('lk')")
    lake.con.close()
    before = open(lake.uri, "rb").read()
    for sql in ("INSERT INTO t VALUES (2)", "CREATE TABLE u (i INTEGER)", "DELETE FROM t", "DROP TABLE t",
                "CALL lake.set_option('target_file_size', '1MB')", "CREATE SCHEMA s"):  # fmt: skip
        done, said = engine("--lake", lake.uri, "sql", "-c", sql)
        if done or "catalog copy" not in said:
            fail(f"{sql}: {said}")
    for arguments in (["catalog", "copy", lake.uri, f"duckdb:{out}/new.ducklake"],
                      ["init", f"{out}/new.ducklake", "--data-path", f"{out}/d"]):  # fmt: skip
        done, said = engine(*arguments)
        if done or "by DuckDB only" not in said or os.path.exists(f"{out}/new.ducklake"):
            fail(f"{arguments}: {said}")
    done, said = engine("catalog", "copy", f"{out}/missing.ducklake", f"sqlite:{out}/new.sqlite")
    if done or "does not exist" not in said or os.path.exists(f"{out}/new.sqlite"):
        fail(said)
    for expected in (True, False):
        done, said = engine("catalog", "copy", lake.uri, f"sqlite:{out}/new.sqlite")
        if done != expected or (not done and "already" not in said):
            fail(said)
    if open(lake.uri, "rb").read() != before:
        fail("the DuckDB file has changed")


def copied(name, args, out):
    """A lake made by DuckDB in a DuckDB file and copied by the engine: (what DuckDB reads from it, the copy)."""
    content = lakes.make(name, "duckdb", out)
    target = lakes.catalog_uri(args.backend, f"{out}/{name}", f"copy_{name}")
    done, said = engine("catalog", "copy", content["uri"], target)
    if not done:
        fail(f"{name}: {said}")
    _, inline, options, *_ = lakes.CASES[name]
    return content, oracle.Lake(oracle.connect, name, args.backend, target, content["data_path"], inline, options)


def copies(out, args):
    """DuckDB and the engine read from the copy what they read from the original, at every snapshot."""
    for name in COPIED_TO[args.backend]:
        content, lake = copied(name, args, out)
        lake.all_snapshots = lakes.CASES[name][4]
        lake.attach()
        again = lake.dump()
        lake.con.close()
        if again["snapshots"] != content["snapshots"]:
            fail(f"{name}: the copy has other snapshots: {again['snapshots']}")
        found = {(s["snapshot"], s["schema"], s["table"]): s for s in again["states"]}
        for state in content["states"]:
            key = (state["snapshot"], state["schema"], state["table"])
            if "why" not in state and found.get(key) != state:
                fail(f"{name}: DuckDB reads another {key} from the copy: {found.get(key)} and not {state}")
        with Cli() as cli:
            cli.run(f"ATTACH {literal('ducklake:' + content['uri'])} AS original")
            cli.run(f"ATTACH {literal('ducklake:' + lake.uri)} AS copy")
            for state in content["states"]:
                table = oracle.quote(state["schema"]) + "." + oracle.quote(state["table"])
                read = [cli.run(f"SELECT * FROM {side}.{table} AT (VERSION => {state['snapshot']})") for side in ("original", "copy")]
                if sorted(map(repr, read[0])) != sorted(map(repr, read[1])):
                    fail(f"{name}: the engine reads another {table} at {state['snapshot']} from the copy")


def goes_on(out, args):
    """DuckDB and the engine write to the copy in turn."""
    _, lake = copied("inlined_rows", args, out)
    lake.attach()
    lake.sql("CREATE TABLE shared (i INTEGER, s VARCHAR)")
    with Cli() as cli:
        cli.run(f"ATTACH {literal('ducklake:' + lake.uri)} AS lk")
        for round in range(3):
            lake.sql(f"INSERT INTO shared VALUES ({round}, 'DuckDB')", f"UPDATE shared SET i = i + 10 WHERE i = {round} AND s = 'engine'")
            cli.run(f"INSERT INTO lk.main.shared VALUES ({round}, 'engine')")
            cli.run(f"DELETE FROM lk.main.shared WHERE i = {round} AND s = 'DuckDB'")
            cli.run(f"INSERT INTO lk.main.shared SELECT value, 'file' FROM generate_series(1, 100) s(value)")
            rows = "SELECT i, s, count(*) FROM lk.main.shared GROUP BY ALL"
            ours = sorted(map(tuple, cli.run("SELECT i, s, count(*) FROM lk.main.shared GROUP BY i, s")))
            theirs = sorted(lake.all(rows))
            if ours != theirs:
                fail(f"round {round}: the engine reads {ours}, DuckDB {theirs}")
    lake.con.close()


DRILLS = {drill.__name__: drill for drill in (live, bank, transfers, refused, copies, goes_on)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--backend", required=True, choices=["duckdb", "sqlite", "postgres"])
    parser.add_argument("--drill", required=True, choices=DRILLS)
    parser.add_argument("--seconds", type=float, default=4)
    args = parser.parse_args()
    out = os.path.abspath(args.out)
    if args.drill != "transfers":
        shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out, exist_ok=True)
    DRILLS[args.drill](out, args)


if __name__ == "__main__":
    main()

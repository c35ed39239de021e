#!/usr/bin/env python3
"""Processes of the engine and of DuckDB write to one lake at the same time; afterwards nothing may be lost or doubled.

    python contention.py --backend sqlite|postgres --out DIR [--seconds N]

The engine's workers are tasks of a few processes of the program that QUACKLAKE_WRITERS names (`tests/src/bin/writers.rs`).
Each worker moves money between accounts (two updates in a transaction, repeated after a conflict), appends rows to a
journal, deletes some of its own again, and adds columns. What was answered with success has to be there once, what was
refused not at all; the sum of the accounts has to be the same at every snapshot.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True

import lakes  # noqa: E402
import oracle  # noqa: E402
from cli import Cli  # noqa: E402
from two_lakes import statistics_errors  # noqa: E402

ACCOUNTS, START = 60, 1000
# Processes of the engine, and tasks in each.
PROCESSES, TASKS = 4, 4
# What each DuckDB process does, by weight. Two that change the same files would meet faults of DuckDB's own.
EVERYTHING = (("transfer", 5), ("append", 4), ("delete", 1), ("column", 0.3))
DUCKS = (EVERYTHING, (("append", 1),))
WRITERS = os.environ.get("QUACKLAKE_WRITERS", "writers")
ATTEMPTS = 30


class Duck:
    """A session of DuckDB, in a process of its own."""

    name, failures = "duckdb", (oracle.duckdb.Error,)

    def __init__(self, attach):
        self.attach, self.con = attach, None
        self.open()

    def open(self):
        self.con = oracle.connect()
        self.con.execute(self.attach)
        self.con.execute("USE lk")

    def run(self, sql):
        if self.con is None:
            self.open()
        self.con.execute(sql)

    def give_up(self):
        if "postgres:" in self.attach:
            try:
                self.run("ROLLBACK")
            except self.failures:
                pass
            return
        # After a failed commit it keeps its lock on a SQLite catalog until it is closed.
        if self.con:
            self.con.close()
        self.con = None

    def close(self):
        self.con and self.con.close()


class Worker:
    """Random transactions until the time is over; remembers what was answered with success."""

    def __init__(self, number, session, deadline):
        self.number, self.session, self.deadline = number, session, deadline
        self.random = random.Random(number)
        self.next, self.kept = 0, []
        self.done = {"transfer": 0, "append": 0, "delete": 0, "column": 0, "refused": 0, "given up": 0}
        self.odd = []

    def work(self, kinds):
        while time.time() < self.deadline:
            kind = self.random.choices([k for k, _ in kinds], [w for _, w in kinds])[0]
            if getattr(self, kind)():
                self.done[kind] += 1
        return {"number": self.number, "kept": self.kept, "done": self.done, "name": self.session.name, "odd": self.odd[:5]}

    def commit(self, *statements):
        """Runs a transaction until it is done; whether it is."""
        for attempt in range(ATTEMPTS):
            try:
                for sql in statements:
                    self.session.run(sql)
                return True
            except self.session.failures as error:
                text = str(error).lower()
                self.done["refused"] += 1
                if not any(word in text for word in ("conflict", "lock", "busy", "serialize", "retry", "overtaken", "concurrent")):
                    self.odd.append(str(error)[:300])
                self.session.give_up()
                time.sleep(self.random.uniform(0.01, 0.05) * (attempt + 1))
                if time.time() > self.deadline + 10:
                    break
        self.done["given up"] += 1
        return False

    def transfer(self):
        a, b = self.random.sample(range(ACCOUNTS), 2)
        amount = self.random.randint(1, 9)
        return self.commit(
            "BEGIN",
            f"UPDATE accounts SET balance = balance - {amount} WHERE id = {a}",
            f"UPDATE accounts SET balance = balance + {amount} WHERE id = {b}",
            "COMMIT",
        )

    def append(self):
        count = self.random.choice((1, 3, 20))
        rows = range(self.next, self.next + count)
        self.next += count
        values = ", ".join(f"({self.number}, {i}, 'worker {self.number}')" for i in rows)
        done = self.commit(f"INSERT INTO journal VALUES {values}")
        self.kept.extend(rows if done else [])
        return done

    def delete(self):
        gone = set(self.random.sample(self.kept, min(len(self.kept), 3)))
        if not gone or not self.commit(f"DELETE FROM journal WHERE worker = {self.number} AND number IN ({', '.join(map(str, gone))})"):
            return False
        self.kept = [i for i in self.kept if i not in gone]
        return True

    def column(self):
        name = f"c_{self.number}_{self.next}"
        self.next += 1
        return self.commit("BEGIN", f"ALTER TABLE wide ADD COLUMN {name} INTEGER", f"INSERT INTO wide (id, {name}) VALUES ({self.next}, 1)", "COMMIT")


def duck_worker(number, attach, deadline, kinds):
    """In a process of its own: the result on standard output."""
    worker = Worker(number, Duck(attach), deadline)
    print(json.dumps(worker.work(kinds)), flush=True)
    worker.session.close()


def run(backend, out, seconds):
    folder = os.path.join(out, "contention")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    uri = lakes.catalog_uri(backend, folder, "contention")
    attach = f"ATTACH 'ducklake:{uri}' AS lk (DATA_PATH '{folder}/data/')"
    with Cli(limit=120) as first:
        for sql in (
            attach,
            "USE lk",
            "CREATE TABLE accounts (id INTEGER, balance BIGINT)",
            f"INSERT INTO accounts SELECT i, {START} FROM range({ACCOUNTS}) r(i)",
            "CREATE TABLE journal (worker INTEGER, number INTEGER, note VARCHAR)",
            "CREATE TABLE wide (id INTEGER)",
        ):
            first.run(sql)
    deadline = time.time() + seconds
    last = PROCESSES * TASKS
    commands = [[WRITERS, uri, str(seconds), str(ACCOUNTS), str(n), str(TASKS)] for n in range(0, last, TASKS)]
    commands += [[sys.executable, __file__, "--duck", json.dumps([n, attach, deadline, kinds])] for n, kinds in enumerate(DUCKS, last)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    results, died = {}, []
    for process in running:
        said, _ = process.communicate()
        if process.returncode:
            died.append(f"{process.args[0]} ended with {process.returncode}")
        for result in map(json.loads, said.splitlines()):
            results[result["number"]] = result
    for number, result in sorted(results.items()):
        print(f"{result['name']} {number}: {result['done']}" + "".join(f"\n  {odd}" for odd in result["odd"]), flush=True)
    # DuckDB may fail in ways of its own; the engine's failures are conflicts, or faults.
    died += [f"{result['name']} {number}: {odd}" for number, result in results.items() if result["name"] == "engine" for odd in result["odd"]]
    return died or check(uri, folder, results)


def check(uri, folder, results):
    """What is wrong with the lake, as DuckDB and the engine read it."""
    wrong = []
    lake = oracle.Lake(oracle.connect, "contention", "", uri, f"{folder}/data/", 10, [])
    lake.attach(read_only=True)
    snapshots = [row[0] for row in lake.all("SELECT snapshot_id FROM ducklake_snapshots('lk') ORDER BY 1")]
    if snapshots != list(range(len(snapshots))):
        wrong.append(f"snapshot ids have gaps: {[i for i in range(max(snapshots)) if i not in set(snapshots)]}")
    with Cli() as cli:
        cli.run(f"ATTACH 'ducklake:{uri}' AS lk (READ_ONLY)")
        cli.run("USE lk")
        for at in snapshots[2:]:
            sums = [f"SELECT count(*), sum(balance)::BIGINT, count(DISTINCT rowid) FROM accounts AT (VERSION => {at})"]
            for sql in sums:
                ours, theirs = cli.run(sql)[0], list(lake.all(sql)[0])
                if not ours == theirs == [ACCOUNTS, ACCOUNTS * START, ACCOUNTS]:
                    wrong.append(f"accounts at {at}: the engine reads {ours}, DuckDB {theirs}")
        for table in ("accounts", "journal", "wide"):
            sql = f"SELECT rowid, * FROM {table} ORDER BY rowid"
            ours, theirs = cli.run(sql), [list(row) for row in lake.all(sql)]
            if ours != theirs:
                wrong.append(f"{table}: the engine reads {len(ours)} rows, DuckDB {len(theirs)}, or other ones")
            ids = [row[0] for row in theirs]
            if len(ids) != len(set(ids)):
                wrong.append(f"{table}: row ids are there twice: {sorted(i for i in set(ids) if ids.count(i) > 1)[:9]}")
            next_row_id = lake.catalog(f"SELECT next_row_id FROM meta.ducklake_table_stats JOIN meta.ducklake_table USING (table_id) WHERE table_name = '{table}'").fetchall()
            if ids and max(ids) >= next_row_id[0][0]:
                wrong.append(f"{table}: row id {max(ids)} although the next is {next_row_id}")
    rows = [tuple(row) for row in lake.all("SELECT worker, number FROM journal")]
    wanted = {(number, i) for number, result in results.items() for i in result["kept"]}
    doubled = len(rows) - len(set(rows))
    if doubled or set(rows) != wanted:
        missing, surplus = wanted - set(rows), set(rows) - wanted
        wrong.append(f"journal: {doubled} rows twice, missing {sorted(missing)[:5]}, surplus {sorted(surplus)[:5]}")
    columns = [name for (name,) in lake.all("SELECT column_name FROM (DESCRIBE wide)")]
    added = sum(result["done"]["column"] for result in results.values())
    if len(columns) != len(set(columns)) or len(columns) != 1 + added:
        wrong.append(f"wide has {len(columns)} columns, {added} were added")
    wrong += statistics_errors(lake)
    commits = sum(result["done"][kind] for result in results.values() for kind in ("transfer", "append", "delete", "column"))
    if len(snapshots) != commits + 5:
        wrong.append(f"{commits} commits were answered with success, {len(snapshots)} snapshots are there")
    if commits < 20:
        wrong.append(f"only {commits} commits: nothing was tested")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=["sqlite", "postgres"])
    parser.add_argument("--out")
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("QUACKLAKE_CONTENTION_SECONDS", 15)))
    parser.add_argument("--duck", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.duck:
        duck_worker(*json.loads(args.duck))
        return
    wrong = run(args.backend, os.path.abspath(args.out), args.seconds)
    if wrong:
        raise SystemExit("\n".join(wrong[:20]))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Kill the engine while it commits; what it has acknowledged has to be there, and nothing half done.

    python crash.py --backend sqlite|postgres --out DIR [--rounds N]

Each round runs transactions in a process that is killed at some moment: at a random time, or, with QUACKLAKE_FAILPOINT,
at a named step of a commit. Then DuckDB reads the lake. It must hold the acknowledged transactions; the one that was
under way may be there too, but whole. Files that no catalog row names may be left over; none may be missing.
"""

import argparse
import os
import random
import shutil
import sys
import time

sys.dont_write_bytecode = True

import lakes  # noqa: E402
import oracle  # noqa: E402
from cli import Cli, Died, Refused  # noqa: E402
from two_lakes import statistics_errors  # noqa: E402

# Steps of a commit at which the engine can be made to end (`failpoint` in ducklake-transact), and whether the commit has
# happened by then.
FAILPOINTS = {"files-written": False, "snapshot-written": False, "rows-written": False, "committed": True}


class Model:
    """What the table has to hold: number of transaction and part, value."""

    def __init__(self, rows=None):
        self.rows = dict(rows or {})

    def after(self, transaction):
        model = Model(self.rows)
        for _, change in transaction:
            change(model.rows)
        return model


def transaction(number, chance):
    """Statements, each with what it does to the rows."""

    def insert(count):
        def change(rows):
            rows.update({(number, part): 0 for part in range(count)})

        return f"INSERT INTO t SELECT {number}, i::INTEGER, 0 FROM range({count}) r(i)", change

    def update(rest):
        def change(rows):
            rows.update({key: value + 1 for key, value in rows.items() if key[1] % 7 == rest})

        return f"UPDATE t SET value = value + 1 WHERE part % 7 = {rest}", change

    def delete(of):
        def change(rows):
            for key in [key for key in rows if key[0] == of]:
                del rows[key]

        return f"DELETE FROM t WHERE number = {of}", change

    kind = chance.randrange(5)
    if kind == 0:
        return [insert(3)]
    if kind == 1:
        return [insert(30)]
    if kind == 2:
        return [update(chance.randrange(7))]
    if kind == 3:
        return [delete(number - chance.randrange(1, 6))]
    return [insert(5), update(chance.randrange(7)), insert_more(number), delete(number - chance.randrange(1, 6))]


def insert_more(number):
    def change(rows):
        rows.update({(number, 100 + part): 5 for part in range(20)})

    return f"INSERT INTO t SELECT {number}, (100 + i)::INTEGER, 5 FROM range(20) r(i)", change


def statements(changes):
    texts = [sql for sql, _ in changes]
    return texts if len(texts) == 1 else ["BEGIN", *texts, "COMMIT"]


class Crashes:
    def __init__(self, backend, out, seed):
        self.folder = os.path.join(out, "crash")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.backend, self.chance = backend, random.Random(seed)
        self.uri = lakes.catalog_uri(backend, self.folder, "crash")
        self.lake = oracle.Lake(oracle.connect, "crash", backend, self.uri, f"{self.folder}/data/", 10, [])
        self.model, self.number, self.snapshots = Model(), 0, 1
        self.unacknowledged = 0
        with self.session() as cli:
            cli.run("CREATE TABLE t (number INTEGER, part INTEGER, value INTEGER)")

    def session(self, **environment):
        cli = Cli(limit=60, **environment)
        cli.run(f"ATTACH 'ducklake:{self.uri}' AS lk (DATA_PATH '{self.folder}/data/')")
        cli.run("USE lk")
        return cli

    def killed_at_random(self):
        """Some transactions, the last of which the engine does not survive."""
        cli = self.session()
        for _ in range(self.chance.randrange(1, 5)):
            changes = self.next_transaction()
            for sql in statements(changes):
                cli.run(sql)
            self.model = self.model.after(changes)
        changes = self.next_transaction()
        for sql in statements(changes):
            cli.send(sql)
        time.sleep(self.chance.uniform(0, 0.08))
        cli.kill()
        return self.model.after(changes)

    def killed_at_failpoint(self, step):
        changes = self.next_transaction()
        cli = self.session(QUACKLAKE_FAILPOINT=step)
        try:
            for sql in statements(changes):
                cli.run(sql)
            cli.close()
        except Died:
            cli.release()
            return self.model.after(changes) if FAILPOINTS[step] else self.model
        except Refused as error:
            raise SystemExit(f"at failpoint {step}: {error}") from None
        after = self.model.after(changes)
        if after.rows != self.model.rows:
            raise SystemExit(f"the engine does not stop at failpoint {step}")
        return after

    def next_transaction(self):
        self.number += 1
        return transaction(self.number, self.chance)

    def check(self, what, *possible):
        """DuckDB reads one of the models; its ids and files are in order."""
        if self.backend == "postgres":
            # The server takes a moment to notice that its client is gone.
            time.sleep(0.1)
        lake = self.lake
        lake.attach()
        rows = {(number, part): value for number, part, value in lake.all("SELECT * FROM t")}
        count, ids = lake.all("SELECT count(*), count(DISTINCT rowid) FROM t")[0]
        matching = [model for model in possible if model.rows == rows]
        if not matching or not count == ids == len(rows):
            wanted = [len(model.rows) for model in possible]
            raise SystemExit(f"{what}: DuckDB reads {count} rows with {ids} row ids, {len(rows)} different; possible are {wanted}")
        self.unacknowledged += matching[0] is not possible[0]
        self.model = matching[0]
        ids = [row[0] for row in lake.all("SELECT snapshot_id FROM ducklake_snapshots('lk') ORDER BY 1")]
        if ids != list(range(len(ids))):
            raise SystemExit(f"{what}: snapshot ids are {ids}")
        wrong = statistics_errors(lake)
        known = set()
        for kind in ("data", "delete"):
            known |= {row[0] for row in lake.catalog(f"SELECT path FROM meta.ducklake_{kind}_file").fetchall()}
        there = {name for _, _, names in os.walk(f"{self.folder}/data") for name in names}
        if not known <= there:
            wrong.append(f"files are missing: {sorted(known - there)}")
        lake.detach()
        if wrong:
            raise SystemExit(f"{what}: {wrong}")
        return there - known

    def finish(self):
        """The engine reads what DuckDB reads, and both go on."""
        with self.session() as cli:
            cli.run("INSERT INTO t VALUES (-1, 0, 0)")
            self.model.rows[-1, 0] = 0
            rows = {(number, part): value for number, part, value in cli.run("SELECT * FROM t")}
            if rows != self.model.rows:
                raise SystemExit(f"the engine reads {len(rows)} rows, not {len(self.model.rows)}")
        self.lake.attach()
        self.lake.sql("DELETE FROM t WHERE number = -1", "CALL ducklake_flush_inlined_data('lk')", "CALL ducklake_merge_adjacent_files('lk')")
        self.lake.detach()
        del self.model.rows[-1, 0]
        return self.check("after DuckDB went on", self.model)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=["sqlite", "postgres"], required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("QUACKLAKE_CRASH_ROUNDS", 25)))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("QUACKLAKE_CRASH_SEED", 1)))
    args = parser.parse_args()
    crashes = Crashes(args.backend, os.path.abspath(args.out), args.seed)
    for round in range(args.rounds):
        after = crashes.killed_at_random()
        crashes.check(f"round {round}", crashes.model, after)
    survived = crashes.unacknowledged
    for step in FAILPOINTS:
        for _ in range(5):
            crashes.check(f"failpoint {step}", crashes.killed_at_failpoint(step))
    left = crashes.finish()
    print(f"{args.rounds} kills, after {survived} the commit under way was there; {len(left)} files are left over")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Let the engine and DuckDB run the same statements, each on a lake of its own, and compare the lakes.

    python writes.py --out DIR --backend sqlite|postgres [--only NAME …] [--jobs N]
    python writes.py --out DIR --backend sqlite --list
    python writes.py --out DIR --backend sqlite --serve     runs the cases named on its input, one a line

QUACKLAKE_CLI is the engine's command line. For each case NAME there is then DIR/NAME.json: what DuckDB reads from our
lake after it has written to it too, for the engine to be compared with (see `oracle.Lake.dump`).
"""

import argparse
import json
import multiprocessing
import os
import sys
import time
import traceback

sys.dont_write_bytecode = True

import lakes  # noqa: E402
import oracle  # noqa: E402
import two_lakes  # noqa: E402
import writing  # noqa: E402, F401  (registers the cases)

# Differences of a case that are told.
TOLD = 8


class Connections:
    """DuckDB instances of this process, one for each side; loading extensions takes longer than most cases."""

    def __init__(self):
        self.open = {}

    def get(self, side):
        try:
            self.open[side].execute("USE memory; SELECT 1")
        except (KeyError, oracle.duckdb.Error):
            self.open[side] = oracle.connect()
        return self.open[side]


CONNECTIONS = Connections()


def work(task):
    name, backend, out = task
    start = time.time()
    try:
        pair = two_lakes.Pair(name, backend, f"{out}/{name}", lambda n, place: lakes.catalog_uri(backend, place, n), CONNECTIONS)
        content, wrong = pair.make(), pair.wrong
        path = os.path.join(out, name + ".json")
        if content:
            with open(path, "w", encoding="utf-8") as file:
                json.dump(content, file, ensure_ascii=False)
    except (Exception, SystemExit):
        wrong = [traceback.format_exc()]
        CONNECTIONS.open.clear()
    more = [f"and {len(wrong) - TOLD} more"] if len(wrong) > TOLD else []
    return name, time.time() - start, "\n  ".join(wrong[:TOLD] + more)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--backend", required=True, choices=["sqlite", "postgres"])
    parser.add_argument("--only", nargs="*", help="these cases alone")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="print the names of the backend's cases")
    parser.add_argument("--serve", action="store_true", help="read names; answer each with a line of JSON")
    args = parser.parse_args()
    out = os.path.abspath(args.out)
    os.makedirs(out, exist_ok=True)
    names = [name for name, case in two_lakes.CASES.items() if args.backend in case[4]]
    if args.list:
        print("\n".join(names))
        return
    names = lakes.requests() if args.serve else [n for n in names if not args.only or n in args.only]
    failed = 0
    with multiprocessing.get_context("fork").Pool(args.jobs) as pool:
        for name, seconds, failure in pool.imap_unordered(work, ((name, args.backend, out) for name in names)):
            if args.serve:
                print(json.dumps({"name": name, "failure": failure or None}), flush=True)
                continue
            failed += bool(failure)
            print(f"{seconds:5.1f} s  {name}: {'FAILED' if failure else 'ok'}" + (f"\n  {failure}" if failure else ""), flush=True)
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()

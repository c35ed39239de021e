#!/usr/bin/env python3
"""Bad input and outages while the engine writes: a clear error, nothing lost, nothing half done, no file left over.

    python outages.py --backend sqlite|postgres|s3 --out DIR [--subject NAME] [--only DRILL …]
    python outages.py --backend sqlite|postgres|s3 --out DIR --list

A drill (`drills`) lets the engine's command line write while something fails, reads what it says, and has DuckDB look
at the lake then.
"""

import argparse
import multiprocessing
import os
import sys
import time
import traceback

sys.dont_write_bytecode = True

import lakes  # noqa: E402
import drills  # noqa: E402
from drills.bench import Bench, Wrong  # noqa: E402


def run(task):
    """How long a drill took, and what is wrong, or nothing."""
    (subject, drill), backend, out = task
    start, wrong = time.time(), None
    try:
        drill(Bench(backend, out, f"outage_{drill.__name__}", drill.inline))
    except Wrong as error:
        wrong = str(error)
    except Exception:
        wrong = traceback.format_exc(limit=-4)
    return f"{time.time() - start:5.1f} s  {subject}: {drill.__name__}" + (f": WRONG\n  {wrong}" if wrong else ""), wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=["sqlite", "postgres", "s3"], required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--subject", choices=drills.SUBJECTS)
    parser.add_argument("--only", nargs="*", help="these drills alone")
    parser.add_argument("--jobs", type=int, default=3)
    parser.add_argument("--list", action="store_true", help="print the backend's subjects")
    args = parser.parse_args()
    chosen = [(subject, drill) for subject, drill in drills.load() if args.backend in drill.backends]
    if args.list:
        print("\n".join(dict.fromkeys(subject for subject, _ in chosen)))
        return
    if args.backend == "s3":
        lakes.create_bucket()
    tasks = [
        ((subject, drill), args.backend, os.path.abspath(args.out))
        for subject, drill in chosen
        if args.subject in (None, subject) and (not args.only or drill.__name__ in args.only)
    ]
    failed = 0
    # Much of the time is spent waiting. A process each: some change what holds for a whole process.
    with multiprocessing.get_context("fork").Pool(args.jobs, maxtasksperchild=1) as pool:
        for said, wrong in pool.imap_unordered(run, tasks):
            failed += wrong is not None
            print(said, flush=True)
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()

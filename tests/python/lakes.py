#!/usr/bin/env python3
"""Make lakes with real DuckDB and keep what DuckDB reads from each, for the engine to be compared with.

    python lakes.py --out DIR --backend sqlite|postgres|s3|duckdb [--only NAME …] [--jobs N]
    python lakes.py --out DIR --backend sqlite --list
    python lakes.py --out DIR --backend sqlite --serve     makes what is asked for on its input, one name a line

For each lake NAME there is then DIR/NAME.json: the address of the lake, its snapshots, and the contents of every
table at every snapshot as DuckDB prints them (see `oracle.Lake.dump`). Catalogs are SQLite files, DuckDB files (for every
lake that SQLite has), or databases on the server that PGHOST, PGPORT and PGUSER name; data is below DIR, or in the bucket
`lakes` of QUACKLAKE_S3_ENDPOINT.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True

import oracle  # noqa: E402

BUCKET = "lakes"
EVERYWHERE = ("sqlite", "postgres", "s3")
CASES = {}


def case(inline=0, options=(), backends=("sqlite", "postgres"), all_snapshots=True, data="data"):
    """Register a function that fills a lake. `inline` is the inlining limit, `options` further ATTACH settings, `data`
    the name of the folder for files.

    Where only the contents of files are at stake one backend is enough."""

    def register(function):
        name = function.__name__
        assert name not in CASES, name
        CASES[name] = (function, inline, list(options), backends, all_snapshots, data)
        return function

    return register


def is_made_on(backends, backend):
    return backend in backends or (backend == "duckdb" and "sqlite" in backends)


def catalog_uri(backend, folder, name):
    if backend == "duckdb":
        return f"{folder}/meta.ducklake"
    if backend != "postgres":
        return f"sqlite:{folder}/meta.sqlite"
    database = f"lake_{name}"
    commands = (f"DROP DATABASE IF EXISTS {database}", f"CREATE DATABASE {database}")
    psql = ["psql", "-qX", "-d", "postgres", *(part for command in commands for part in ("-c", command))]
    made = subprocess.run(psql, stderr=subprocess.PIPE, text=True)
    if made.returncode != 0:
        raise RuntimeError(f"{database} cannot be made: {made.stderr}")
    host, port, user = (os.environ[k] for k in ("PGHOST", "PGPORT", "PGUSER"))
    return f"postgres:host={host} port={port} user={user} dbname={database}"


def connect(backend):
    con = oracle.connect()
    if backend == "s3":
        endpoint = os.environ["QUACKLAKE_S3_ENDPOINT"].removeprefix("http://")
        con.execute(
            f"CREATE SECRET (TYPE s3, KEY_ID 'quack', SECRET 'quackquack', REGION 'us-east-1', "
            f"ENDPOINT '{endpoint}', URL_STYLE 'path', USE_SSL false)"
        )
    return con


def make(name, backend, out):
    function, inline, options, _, all_snapshots, data = CASES[name]
    folder = os.path.join(out, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    data_path = f"s3://{BUCKET}/{name}/{data}/" if backend == "s3" else f"{folder}/{data}/"
    lake = oracle.Lake(lambda: connect(backend), name, backend, catalog_uri(backend, folder, name), data_path, inline, options)
    lake.folder, lake.all_snapshots = folder, all_snapshots
    lake.attach()
    function(lake)
    content = lake.dump()
    lake.con.close()
    with open(os.path.join(out, name + ".part"), "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
    os.replace(os.path.join(out, name + ".part"), os.path.join(out, name + ".json"))
    return content


def work(task):
    name, backend, out = task
    start = time.time()
    try:
        content = make(name, backend, out)
    except (Exception, SystemExit) as error:
        return name, time.time() - start, 0, 0, f"{type(error).__name__}: {error}"
    errors = sum("error" in state for state in content["states"])
    return name, time.time() - start, len(content["states"]), errors, None


def s3_client():
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=os.environ["QUACKLAKE_S3_ENDPOINT"],
        aws_access_key_id="quack",
        aws_secret_access_key="quackquack",
        region_name="us-east-1",
    )


def create_bucket():
    s3_client().create_bucket(Bucket=BUCKET)


def requests():
    """The lines of standard input. Read below Python's own stream: workers fork while a thread waits here, and would
    wait for ever for that stream's lock."""
    asked = b""
    while chunk := os.read(0, 4096):
        *lines, asked = (asked + chunk).split(b"\n")
        yield from (line.decode() for line in lines)


def main():
    import cases  # noqa: F401  (registers the cases)

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--backend", required=True, choices=["sqlite", "postgres", "s3", "duckdb"])
    parser.add_argument("--only", nargs="*", help="these lakes alone")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="print the names of the backend's lakes")
    parser.add_argument("--serve", action="store_true", help="read names; answer each with a line of JSON")
    args = parser.parse_args()
    out = os.path.abspath(args.out)
    os.makedirs(out, exist_ok=True)
    if args.backend == "s3" and not args.list:
        create_bucket()
    names = [name for name, (_, _, _, backends, *_) in CASES.items() if is_made_on(backends, args.backend)]
    if args.list:
        print("\n".join(names))
        return
    names = requests() if args.serve else [n for n in names if not args.only or n in args.only]
    tasks = ((name, args.backend, out) for name in names)
    failed = 0
    with multiprocessing.get_context("fork").Pool(args.jobs, maxtasksperchild=8) as pool:
        for name, seconds, states, errors, failure in pool.imap_unordered(work, tasks):
            if args.serve:
                print(json.dumps({"name": name, "failure": failure}), flush=True)
                continue
            failed += failure is not None
            print(f"{seconds:5.1f} s  {name}: {failure or f'{states} states'}" + (f", {errors} refused" if errors else ""), flush=True)
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    sys.modules["lakes"] = sys.modules["__main__"]
    main()

#!/usr/bin/env python3
"""Other engines over the vectors of the benchmark: what they take to build, and what they find, as JSON.

    vector.py usearch|vss FOLDER DIMENSIONS K THREADS

It needs numpy and usearch, or duckdb-extension-vss, from PyPI.
FOLDER holds vectors.f32 and queries.f32, 32-bit floating point numbers of vectors of unit length.
"""

import json
import os
import sys
import time

import numpy

EFS = (32, 64, 128, 256)

# Queries of DuckDB, once: planning one with its vector takes many times what the index takes.
VSS_QUERIES = 50


def read(folder, name, dimensions):
    return numpy.fromfile(os.path.join(folder, name), dtype="<f4").reshape(-1, dimensions)


def ask(queries, search, times=3):
    """Each query by itself: processor seconds of one, the best of some times, and the rows found."""
    best = float("inf")
    for _ in range(times):
        started = time.thread_time()
        found = [search(query) for query in queries]
        best = min(best, (time.thread_time() - started) / len(queries))
    return {"seconds": best, "found": found}


def usearch(folder, dimensions, k, threads):
    from usearch.index import Index

    vectors, queries = read(folder, "vectors.f32", dimensions), read(folder, "queries.f32", dimensions)
    started = time.process_time()
    index = Index(ndim=dimensions, metric="cos", dtype="f16", connectivity=16, expansion_add=128)
    index.add(numpy.arange(len(vectors)), vectors, threads=threads)
    build = time.process_time() - started
    path = os.path.join(folder, "index.usearch")
    index.save(path)
    runs = []
    for ef in EFS:
        index.expansion_search = ef
        search = lambda query: index.search(query, k, threads=1).keys.tolist()  # noqa: E731
        runs.append({"name": f"ef {ef}", **ask(queries, search)})
    return {"build": build, "bytes": os.path.getsize(path), "runs": runs}


def vss(folder, dimensions, k, threads):
    from duck import connect

    vectors, queries = read(folder, "vectors.f32", dimensions), read(folder, "queries.f32", dimensions)
    con = connect("vss", threads=threads)
    con.execute(f"CREATE TABLE t (id BIGINT, v FLOAT[{dimensions}])")
    for start in range(0, len(vectors), 10_000):
        con.register("numbers", {"n": vectors[start : start + 10_000].reshape(-1)})
        con.execute(
            f"INSERT INTO t SELECT {start} + p // {dimensions} AS i, list(n ORDER BY p)::FLOAT[{dimensions}]"
            " FROM (SELECT row_number() OVER () - 1 AS p, n FROM numbers) GROUP BY i ORDER BY i"
        )
    started = time.process_time()
    con.execute("CREATE INDEX i ON t USING HNSW (v) WITH (metric = 'cosine', M = 16, ef_construction = 128)")
    build = time.process_time() - started
    size = con.execute("SELECT approx_memory_usage FROM pragma_hnsw_index_info()").fetchone()[0]
    # A statement of its own for each query: what an application pays.
    con.execute("SET threads = 1")
    statement = f"SELECT id FROM t ORDER BY array_cosine_distance(v, $1::FLOAT[{dimensions}]) LIMIT {k}"
    runs = []
    for ef in EFS:
        con.execute(f"SET hnsw_ef_search = {ef}")
        search = lambda query: [row[0] for row in con.execute(statement, [query.tolist()]).fetchall()]  # noqa: E731
        runs.append({"name": f"ef {ef}", **ask(queries[:VSS_QUERIES], search, times=1)})
    return {"build": build, "bytes": size, "runs": runs}


if __name__ == "__main__":
    engine, folder, *numbers = sys.argv[1:]
    json.dump({"usearch": usearch, "vss": vss}[engine](folder, *map(int, numbers)), sys.stdout)

"""Vectors in lists, and what DuckDB's functions over two of them give."""

from lakes import case

# With what a difference in the last digits is relative to, where that is more than the value itself: the terms of a sum may
# be much greater than the sum.
FUNCTIONS = {
    "distance": 0.0,
    "cosine_similarity": 1.0,
    "cosine_distance": 1.0,
    "inner_product": 100.0,
    "negative_inner_product": 100.0,
}
LENGTH = 24


def numbers(seed, divisor):
    """Numbers from -20 to 20 over `divisor`, the same whenever they are made."""
    return f"[((hash({seed} * 1000 + x) % 4001)::INTEGER - 2000) / {divisor} FOR x IN range({LENGTH})]"


@case(inline=10, backends=("sqlite",), all_snapshots=False)
def vectors(lake):
    lake.sql(
        "CREATE TABLE t (id INTEGER, v FLOAT[], d DOUBLE[], w FLOAT[])",
        f"INSERT INTO t SELECT i, {numbers('i', 100.0)}, {numbers('i + 7', 100.0)}, "
        f"[(hash(i * 1000 + x) % 9)::INTEGER - 4 FOR x IN range({LENGTH})] FROM range(500) r(i)",
        f"INSERT INTO t SELECT i, {numbers('i', 100.0)}, NULL, NULL FROM range(500, 505) r(i)",
        "INSERT INTO t VALUES (505, NULL, NULL, NULL)",
    )
    whole = "[" + ", ".join(str(i % 5 - 2) for i in range(LENGTH)) + "]"
    broken = "[" + ", ".join(f"{(i * 37 % 41 - 20) / 16}" for i in range(LENGTH)) + "]"
    double = f"{broken}::DOUBLE[]"
    # What the lengths and products of whole numbers add up to does not depend on the order in which they are added.
    for function in FUNCTIONS:
        lake.query(f"SELECT id, list_{function}(w, {whole}) FROM t")
        lake.query(f"SELECT id, list_{function}({whole}, w::DOUBLE[]) FROM t")
        arrays = f"array_{function}(w::FLOAT[{LENGTH}], {whole}::FLOAT[{LENGTH}])"
        lake.query(f"SELECT id, {arrays} FROM t")
        # Ours are for lists too.
        lake.query(f"SELECT id, {arrays} FROM t", ours=f"SELECT id, array_{function}(w, {whole}) FROM t")
    lake.query(f"SELECT id, w <-> {whole}, {whole} <=> w, typeof(w <-> d) FROM t")
    lake.query(f"SELECT id, list_negative_inner_product(w, {whole}) FROM t", ours=f"SELECT id, w <#> {whole} FROM t")
    lake.query(f"SELECT id, list_dot_product(w, w), list_negative_dot_product({whole}, w) FROM t")
    lake.query(f"SELECT id FROM t WHERE w <-> {whole} < 16 AND list_cosine_similarity(w, {whole}) > 0")

    pairs = [f"v, {broken}", f"{double}, v", f"d, {broken}", "v, d", "d, w", "v, v"]
    for function, scale in FUNCTIONS.items():
        columns = ", ".join(f"list_{function}({pair}) AS c{i}" for i, pair in enumerate(pairs))
        lake.sql(f"CREATE TABLE {function} AS SELECT id, {columns} FROM t")
        for i, pair in enumerate(pairs):
            ours = f"list_{function}({pair})"
            near = f"abs({ours} - c{i}) <= 2e-6 * greatest(abs(c{i}), {scale})"
            lake.query(f"SELECT {near}, typeof({ours}) = typeof(c{i}), count(*) FROM t JOIN {function} USING (id) GROUP BY ALL")
    for order in (f"v <-> {broken}", f"{double} <=> v", f"list_inner_product(v, {broken}) DESC", "v <-> d"):
        lake.query(f"SELECT id FROM t ORDER BY {order}, id LIMIT 20")
        lake.query(f"SELECT id FROM t WHERE id % 3 = 1 ORDER BY {order}, id LIMIT 20")

    lake.refused("SELECT list_distance(v, [1.0, 2]) FROM t")
    lake.refused("SELECT list_distance(v, [NULL::FLOAT]) FROM t")
    lake.refused("SELECT list_distance(v, ['a']) FROM t")
    lake.refused("SELECT list_distance(id, id) FROM t")
    lake.refused("SELECT list_distance(NULL, NULL) FROM t")
    lake.refused(f"SELECT array_distance(w::FLOAT[{LENGTH}], [1, 2]::FLOAT[2]) FROM t")

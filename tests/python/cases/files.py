"""Files written elsewhere and registered: matched to the table's columns by name."""

import os

from lakes import EVERYWHERE, case


def outside(lake, name):
    """A path for a file of somebody else's making, beside the lake's own data."""
    if lake.backend == "s3":
        return f"s3://lakes/outside_{lake.name}/{name}"
    path = os.path.join(lake.folder, "outside", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def add(lake, table, path, **options):
    settings = "".join(f", {key} => {value}" for key, value in options.items())
    lake.sql(f"CALL ducklake_add_data_files('lk', '{table}', '{path}'{settings})")


def write(lake, query, path, options=""):
    lake.sql(f"COPY ({query}) TO '{path}' (FORMAT parquet{options})")
    return path


@case(backends=EVERYWHERE)
def added_files(lake):
    lake.sql("CREATE TABLE t (id BIGINT, name VARCHAR, f DOUBLE, l INTEGER[], s STRUCT(a INTEGER, b VARCHAR), m MAP(VARCHAR, INTEGER))")
    lake.sql("INSERT INTO t VALUES (0, 'own', 0.5, [0], {'a': 0, 'b': 'own'}, MAP {'own': 0})")
    full = "SELECT 1::BIGINT AS id, 'added' AS name, 1.5::DOUBLE AS f, [1, NULL] AS l, {'a': 1, 'b': 'x'} AS s, MAP {'k': 1} AS m"
    add(lake, "t", write(lake, full, outside(lake, "plain.parquet")))
    swapped = "SELECT MAP {'k': 2} AS M, {'b': 'y', 'a': 2} AS s, [2] AS l, 2.5::DOUBLE AS F, 'swapped' AS NAME, 2::BIGINT AS ID"
    add(lake, "t", write(lake, swapped, outside(lake, "swapped.parquet")))
    add(lake, "t", write(lake, "SELECT 3::BIGINT AS id, 'few' AS name", outside(lake, "few.parquet")), allow_missing="true")
    extra = "SELECT 'extra' AS surplus, 4::BIGINT AS id, 'more' AS name, 4.5::DOUBLE AS f, [4] AS l, {'a': 4, 'b': 'z'} AS s, MAP {'k': 4} AS m"
    add(lake, "t", write(lake, extra, outside(lake, "extra.parquet")), ignore_extra_columns="true")
    # Narrower types than the table's.
    narrow = "SELECT 5::INTEGER AS id, 'narrow' AS name, 5.5::FLOAT AS f, [5::TINYINT] AS l, {'a': 5::SMALLINT, 'b': 'n'} AS s, MAP {'k': 5} AS m"
    add(lake, "t", write(lake, narrow, outside(lake, "narrow.parquet")))
    # Field ids in a registered file mean nothing.
    path = write(lake, full, outside(lake, "ids.parquet"), ", FIELD_IDS {id: 2, name: 1, f: 77}")
    add(lake, "t", path)
    lake.sql("ALTER TABLE t RENAME COLUMN name TO title", "ALTER TABLE t ADD COLUMN late INTEGER DEFAULT 6", "ALTER TABLE t DROP COLUMN f")
    lake.sql("ALTER TABLE t RENAME COLUMN s.b TO bb", "ALTER TABLE t ADD COLUMN s.c INTEGER")
    lake.sql("DELETE FROM t WHERE id = 2")
    lake.sql("INSERT INTO t VALUES (7, 'new', [7], {'a': 7, 'bb': 'new', 'c': 7}, MAP {'k': 7}, 7)")
    lake.query("SELECT id, title FROM t WHERE id >= 3")
    lake.query("SELECT count(*) FROM t")


@case(backends=EVERYWHERE)
def added_hive_files(lake):
    lake.sql("CREATE TABLE t (v INTEGER, part VARCHAR, day DATE, n BIGINT)")
    folder = outside(lake, "hive")
    rows = "SELECT * FROM (VALUES (1, 'a', '2024-01-01', 1), (2, 'with space/slash=é', '2024-01-02', 2), (3, NULL, '2024-01-03', 3), (4, '', '2024-01-04', 4)) r(v, part, day, n)"
    lake.sql(f"COPY ({rows}) TO '{folder}' (FORMAT parquet, PARTITION_BY (part, day, n))")
    add(lake, "t", folder + "/**/*.parquet", hive_partitioning="true")
    lake.sql("INSERT INTO t VALUES (5, 'own', '2024-01-05', 5)")
    lake.sql("ALTER TABLE t RENAME COLUMN part TO renamed")
    lake.query("SELECT v, renamed, day, n FROM t WHERE day > DATE '2024-01-02'")
    lake.query("SELECT v FROM t WHERE renamed IS NULL")


@case()
def hive_column_widened(lake):
    lake.sql("CREATE TABLE t (v INTEGER, n INTEGER)")
    folder = outside(lake, "hive")
    lake.sql(f"COPY (SELECT 1 AS v, 2 AS n UNION ALL SELECT 3, 4) TO '{folder}' (FORMAT parquet, PARTITION_BY (n))")
    add(lake, "t", folder + "/**/*.parquet", hive_partitioning="true")
    lake.sql("ALTER TABLE t ALTER COLUMN n SET DATA TYPE BIGINT")
    lake.sql("INSERT INTO t VALUES (5, 6000000000)")
    lake.query("SELECT v FROM t WHERE n > 2")


def arrow_file(lake, table, name, **options):
    """A file of pyarrow's: other encodings and annotations than DuckDB's own."""
    import pyarrow.parquet as pq

    local = os.path.join(lake.folder, name)
    pq.write_table(table, local, **options)
    if lake.backend != "s3":
        return local
    import boto3

    client = boto3.client("s3", endpoint_url=os.environ["QUACKLAKE_S3_ENDPOINT"], aws_access_key_id="quack", aws_secret_access_key="quackquack", region_name="us-east-1")
    client.upload_file(local, "lakes", f"outside_{lake.name}/{name}")
    return f"s3://lakes/outside_{lake.name}/{name}"


@case(backends=EVERYWHERE)
def added_arrow_files(lake):
    import datetime
    import decimal

    import pyarrow as pa

    lake.sql("CREATE TABLE t (i INTEGER, s VARCHAR, ts TIMESTAMP, d DECIMAL(18,3), l INTEGER[], b BLOB, tz TIMESTAMPTZ)")
    columns = {
        "i": pa.array([1, None, 3], pa.int32()),
        "s": pa.array(["x", "x", None]).dictionary_encode(),
        "ts": pa.array([datetime.datetime(2024, 1, 1, 12, 30, 0, 5), None, datetime.datetime(1900, 1, 1)], pa.timestamp("us")),
        "d": pa.array([decimal.Decimal("1.500"), decimal.Decimal("-2.000"), None], pa.decimal128(18, 3)),
        "l": pa.array([[1, None], [], None], pa.list_(pa.int32())),
        "b": pa.array([b"\x00\xff", b"", None], pa.binary()),
        "tz": pa.array([datetime.datetime(2024, 1, 1, 12), None, None], pa.timestamp("us", "UTC")),
    }
    table = pa.table(columns)
    large = pa.table({**columns, "s": pa.array(["large", "", None], pa.large_string()), "b": pa.array([b"l", b"", None], pa.large_binary())})
    add(lake, "t", arrow_file(lake, table, "standard.parquet"))
    # A zoned timestamp as INT96 is not registered by DuckDB.
    naive = table.drop_columns(["tz"])
    add(lake, "t", arrow_file(lake, naive, "int96.parquet", use_deprecated_int96_timestamps=True), allow_missing="true")
    add(lake, "t", arrow_file(lake, table, "old_list.parquet", use_compliant_nested_type=False))
    add(lake, "t", arrow_file(lake, table, "v1.parquet", version="1.0", data_page_version="2.0"))
    add(lake, "t", arrow_file(lake, table, "lz4.parquet", compression="lz4", use_dictionary=False, write_page_index=True))
    add(lake, "t", arrow_file(lake, large, "large.parquet", compression="brotli"))
    add(lake, "t", arrow_file(lake, table, "decimal_int.parquet", store_decimal_as_integer=True, row_group_size=1))
    add(lake, "t", arrow_file(lake, table.slice(0, 0), "empty.parquet"))
    lake.query("SELECT count(*) FROM t WHERE s = 'x'")
    lake.query("SELECT i, ts FROM t WHERE ts < TIMESTAMP '2000-01-01 00:00:00'")


@case(backends=EVERYWHERE)
def added_inside_data_path(lake):
    """A registered file below the table's own folder is stored with a relative path."""
    lake.sql("CREATE TABLE t (i INTEGER)", "INSERT INTO t VALUES (1)")
    path = f"{lake.data_path}main/t/inside.parquet"
    write(lake, "SELECT 2 AS i", path)
    add(lake, "t", path)


@case()
def files_share_a_mapping(lake):
    lake.sql("CREATE TABLE t (i INTEGER, s VARCHAR)")
    for i in range(3):
        write(lake, f"SELECT 'row {i}' AS s, {i} AS i", outside(lake, f"f{i}.parquet"))
    add(lake, "t", outside(lake, "*.parquet"))
    lake.sql("UPDATE t SET s = 'updated' WHERE i = 1", "ALTER TABLE t RENAME COLUMN i TO j")

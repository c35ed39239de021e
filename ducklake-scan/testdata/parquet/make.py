#!/usr/bin/env python3
"""Writes the Parquet files of this folder anew, and keys.tsv with their keys.

Needs duckdb 1.5.5, the packages duckdb-extension-{ducklake,sqlite-scanner,httpfs} of the same version, and pyarrow.
DuckDB writes encrypted files only with the cryptography of its httpfs extension loaded.
"""
import base64, glob, os, shutil, sqlite3, tempfile

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS = """SELECT i::INT AS i, CASE WHEN i % 5 = 0 THEN NULL ELSE i::BIGINT * 1000 END AS n, 'v' || (i % 7) AS s,
                 'text ' || (i % 300) AS u, (i / 4)::DOUBLE AS d, [i, i + 1] AS l
          FROM range({0}) t(i)"""
keys = {}


def connect():
    con = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    root = os.path.dirname(os.path.dirname(duckdb.__file__))
    for name in ("sqlite_scanner", "ducklake", "httpfs"):
        for path in glob.glob(f"{root}/duckdb_extension_{name}/extensions/v{duckdb.__version__}/*.duckdb_extension"):
            con.execute(f"LOAD '{path}'")
    con.execute("SET threads = 1")
    return con


def plain(con):
    for codec in ("uncompressed", "snappy", "gzip", "zstd", "lz4", "lz4_raw", "brotli"):
        con.execute(f"COPY ({ROWS.format(50)}) TO '{HERE}/{codec}.parquet' (FORMAT parquet, COMPRESSION {codec})")
    con.execute(f"""COPY (SELECT i::INT AS i, CASE WHEN i = 1 THEN NULL ELSE
        to_months(14 + i::INT) + to_days(3) + to_milliseconds(4005) END AS v,
        [to_months(i::INT)] AS l, {{'a': to_days(i::INT), 'b': i}} AS s FROM range(3) t(i))
        TO '{HERE}/interval.parquet' (FORMAT parquet, FIELD_IDS {{i: 1, v: 2}})""")


def lakes(con, work):
    """Files as DuckLake itself writes them: one lake plain, one encrypted."""
    for kind, option in (("lake", ""), ("encrypted", ", ENCRYPTED")):
        catalog = f"{work}/{kind}.sqlite"
        con.execute(f"ATTACH 'ducklake:sqlite:{catalog}' AS {kind} "
                    f"(DATA_PATH '{work}/{kind}', DATA_INLINING_ROW_LIMIT 0{option})")
        con.execute(f"CALL {kind}.set_option('parquet_row_group_size', '2048')")
        con.execute(f"CALL {kind}.set_option('parquet_compression', 'zstd')")
        # Snapshot 3: all rows. 4 and 5: deletes, the second writes a delete file with a snapshot for each position.
        con.execute(f"CREATE TABLE {kind}.t AS {ROWS.format(2100)}")
        con.execute(f"DELETE FROM {kind}.t WHERE i % 700 = 3")
        first_deletes = rows(catalog, "delete")[0]
        copy(f"{work}/{kind}/main/t", first_deletes, f"{kind}-delete.parquet")
        con.execute(f"DELETE FROM {kind}.t WHERE i = 5")
        copy(f"{work}/{kind}/main/t", rows(catalog, "data")[0], f"{kind}-data.parquet")
        copy(f"{work}/{kind}/main/t", rows(catalog, "delete")[0], f"{kind}-delete-snapshots.parquet")
        # Two inserts merged into one file, whose rows keep their snapshots.
        con.execute(f"CREATE TABLE {kind}.p (i INT)")
        for row in (10, 20, 30):
            con.execute(f"INSERT INTO {kind}.p VALUES ({row})")
        con.execute(f"CALL ducklake_merge_adjacent_files('{kind}', 'p')")
        copy(f"{work}/{kind}/main/p", rows(catalog, "data", "partial_max IS NOT NULL")[0], f"{kind}-partial.parquet")
        con.execute(f"DETACH {kind}")


def rows(catalog, kind, where="true"):
    with sqlite3.connect(catalog) as db:
        return list(db.execute(f"SELECT path, encryption_key FROM ducklake_{kind}_file WHERE end_snapshot IS NULL AND {where}"))


def copy(folder, row, name):
    shutil.copy(f"{folder}/{row[0]}", f"{HERE}/{name}")
    if row[1]:
        keys[name] = row[1]


def other_keys(con):
    """AES-256, data pages of version 2."""
    key = bytes(range(32))
    keys["aes256.parquet"] = base64.b64encode(key).decode()
    con.execute(f"PRAGMA add_parquet_key('k', '{keys['aes256.parquet']}')")
    con.execute(f"COPY ({ROWS.format(50)}) TO '{HERE}/aes256.parquet' "
                "(FORMAT parquet, PARQUET_VERSION V2, ENCRYPTION_CONFIG {footer_key: 'k'})")


class KeyKeeper(pe.KmsClient):
    """Wraps no key, but remembers each: a lake stores the file's key itself."""

    def __init__(self, config):
        super().__init__()
        self.seen = config.custom_kms_conf

    def wrap_key(self, key_bytes, master_key_identifier):
        KEPT[master_key_identifier] = base64.b64encode(key_bytes).decode()
        return KEPT[master_key_identifier]

    def unwrap_key(self, wrapped_key, master_key_identifier):
        return base64.b64decode(wrapped_key)


KEPT = {}


def standard():
    """Encrypted as the Parquet standard says, by another writer."""
    table = pa.table({
        "i": pa.array(range(50), pa.int32()),
        "s": [f"v{i % 7}" for i in range(50)],
        "d": [i / 4 for i in range(50)],
    })
    cases = {
        "standard.parquet": dict(uniform_encryption=True),
        "standard-column-keys.parquet": dict(column_keys={"column": ["s"]}),
        "standard-ctr.parquet": dict(uniform_encryption=True, encryption_algorithm="AES_GCM_CTR_V1"),
        "standard-plaintext-footer.parquet": dict(column_keys={"column": ["s"]}, plaintext_footer=True),
    }
    factory = pe.CryptoFactory(KeyKeeper)
    for name, options in cases.items():
        config = pe.EncryptionConfiguration(footer_key="footer", double_wrapping=False, data_key_length_bits=128, **options)
        properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), config)
        # Several row groups, several pages in each: their numbers are part of what is authenticated.
        with pq.ParquetWriter(f"{HERE}/{name}", table.schema, encryption_properties=properties, compression="snappy",
                              data_page_size=8, write_batch_size=5) as out:
            out.write_table(table, row_group_size=20)
        keys[name] = KEPT["footer"]


def main():
    con = connect()
    with tempfile.TemporaryDirectory() as work:
        plain(con)
        lakes(con, work)
        other_keys(con)
        standard()
    with open(f"{HERE}/keys.tsv", "w") as out:
        out.writelines(f"{name}\t{key}\n" for name, key in sorted(keys.items()))


main()

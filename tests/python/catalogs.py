"""The catalogs of two lakes that the same statements made, compared row by row.

What no two lakes have in common is left out (`IGNORED`, and uuids and folders in texts). Where the engine means to
differ from DuckDB is said in one place: `DEVIATIONS`.
"""

import re
import sqlite3
import uuid

# What tells the rows of a table apart.
KEYS = {
    "metadata": ("key", "scope", "scope_id"),
    "snapshot": ("snapshot_id",),
    "snapshot_changes": ("snapshot_id",),
    "schema": ("schema_id", "begin_snapshot"),
    "table": ("table_id", "begin_snapshot"),
    "view": ("view_id", "begin_snapshot"),
    "tag": ("object_id", "begin_snapshot", "key"),
    "column_tag": ("table_id", "column_id", "begin_snapshot", "key"),
    "data_file": ("data_file_id",),
    "file_column_stats": ("data_file_id", "column_id"),
    "file_variant_stats": ("data_file_id", "column_id", "variant_path"),
    "delete_file": ("delete_file_id",),
    "column": ("table_id", "column_id", "begin_snapshot"),
    "table_stats": ("table_id",),
    "table_column_stats": ("table_id", "column_id"),
    "partition_info": ("partition_id",),
    "partition_column": ("partition_id", "partition_key_index"),
    "file_partition_value": ("data_file_id", "partition_key_index"),
    "files_scheduled_for_deletion": ("data_file_id",),
    "inlined_data_tables": ("table_name",),
    "column_mapping": ("mapping_id",),
    "name_mapping": ("mapping_id", "column_id"),
    "schema_versions": ("table_id", "begin_snapshot", "schema_version"),
    "macro": ("macro_id",),
    "macro_impl": ("macro_id", "impl_id"),
    "macro_parameters": ("macro_id", "impl_id", "column_id"),
    "sort_info": ("sort_id",),
    "sort_expression": ("sort_id", "sort_key_index"),
    "inlined_data": ("row_id", "begin_snapshot"),
    "inlined_delete": ("file_id", "row_id"),
}

# Times, and sizes of files that two Parquet writers make; of keys only whether there is one.
IGNORED = {
    ("snapshot", "snapshot_time"),
    ("files_scheduled_for_deletion", "schedule_start"),
    ("data_file", "file_size_bytes"),
    ("data_file", "footer_size"),
    ("delete_file", "file_size_bytes"),
    ("delete_file", "footer_size"),
    ("table_stats", "file_size_bytes"),
    ("file_column_stats", "column_size_bytes"),
    ("file_variant_stats", "column_size_bytes"),
}
PRESENCE = {("data_file", "encryption_key"), ("delete_file", "encryption_key")}

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


class Catalog:
    """All tables of a lake's catalog: declared columns, and rows by name."""

    def __init__(self, lake):
        self.folder = lake.folder
        kind, _, address = lake.uri.partition(":")
        self.columns, self.rows = {}, {}
        (self.read_sqlite if kind == "sqlite" else self.read_postgres)(lake, address)

    def read_sqlite(self, lake, address):
        con = sqlite3.connect(f"file:{address}?mode=ro", uri=True)
        declared = con.execute(
            "SELECT m.name, p.name, p.type, p.pk, p.\"notnull\" FROM sqlite_master m, pragma_table_info(m.name) p "
            "WHERE m.type = 'table' ORDER BY m.name, p.cid"
        )
        for table, *column in declared.fetchall():
            self.columns.setdefault(table, []).append(tuple(column))
        for table in self.columns:
            self.add(table, con.execute(f'SELECT * FROM "{table}"').fetchall())
        con.close()

    def read_postgres(self, lake, address):
        con = lake.con
        con.execute(f"ATTACH '{address}' AS pg (TYPE postgres, READ_ONLY)")
        ask = lambda sql: con.execute("FROM postgres_query('pg', '" + sql.replace("'", "''") + "')").fetchall()  # noqa: E731
        declared = ask(
            "SELECT table_name::text, column_name::text, data_type::text, numeric_precision::int, numeric_scale::int, "
            "is_nullable::text FROM information_schema.columns WHERE table_schema = 'public' "
            "ORDER BY table_name, ordinal_position"
        )
        for table, *column in declared:
            self.columns.setdefault(table, []).append(tuple(column))
        for table in self.columns:
            self.add(table, ask(f'SELECT * FROM "{table}"'))
        con.execute("DETACH pg")

    def add(self, table, rows):
        names = [column[0] for column in self.columns[table]]
        self.rows[table] = [dict(zip(names, row)) for row in rows]

    def of(self, short):
        return self.rows.get(f"ducklake_{short}", [])

    # --- ids of files: nobody depends on the order in which they are given ---

    def name_files(self):
        """Replaces ids of files by names that tell what is in them."""
        partition, stats = {}, {}
        for row in self.of("file_partition_value"):
            partition.setdefault(row["data_file_id"], []).append((row["partition_key_index"], str(row["partition_value"])))
        for row in self.of("file_column_stats"):
            bounds = (row["column_id"], str(row["min_value"]), str(row["max_value"]))
            stats.setdefault(row["data_file_id"], []).append(bounds)
        names = {None: None}

        def name(letter, rows, key, content):
            order = lambda row: (row["table_id"], row["begin_snapshot"], row["end_snapshot"] or 0, *content(row), row[key])  # noqa: E731
            names.update({row[key]: f"{letter}{i}" for i, row in enumerate(sorted(rows, key=order))})

        def data_file(row):
            id = row["data_file_id"]
            return row["record_count"], sorted(partition.get(id, [])), sorted(stats.get(id, []))

        name("data", self.of("data_file"), "data_file_id", data_file)
        name("delete", self.of("delete_file"), "delete_file_id", lambda row: (names.get(row["data_file_id"], ""),))
        gone = sorted({row["data_file_id"] for row in self.of("files_scheduled_for_deletion")} - set(names))
        names.update({id: f"gone{i}" for i, id in enumerate(gone)})
        for table, rows in self.rows.items():
            for row in rows:
                for column in ("data_file_id", "delete_file_id", "file_id"):
                    if column in row and row[column] in names:
                        row[column] = names[row[column]]


    def forget_row_ids(self):
        """Replaces row ids and positions by the place of the row among the others."""
        for table, rows in self.rows.items():
            if short_name(table) in ("inlined_data", "inlined_delete"):
                rows.sort(key=lambda row: str([v for k, v in row.items() if k != "row_id"]))
                for place, row in enumerate(rows):
                    row["row_id"] = place


def short_name(table):
    """`ducklake_data_file` is `data_file`; all inlined tables of a kind are one."""
    name = table.removeprefix("ducklake_")
    return next((kind for kind in ("inlined_data", "inlined_delete") if re.fullmatch(rf"{kind}_\d+(_\d+)?", name)), name)


def canonical(value, folder):
    if isinstance(value, uuid.UUID):
        value = str(value)
    if not isinstance(value, str):
        return value
    return UUID.sub(lambda found: f"<uuid v{found[1]}>", value.replace(folder, "<folder>"))


# --- deviations ---


class Difference:
    """A cell, or with `column` None a row that only one has."""

    def __init__(self, catalogs, table, column, ours, theirs, row):
        self.ours_catalog, self.theirs_catalog = catalogs
        self.table, self.column, self.ours, self.theirs, self.row = table, column, ours, theirs, row


def entries(text):
    return re.findall(r'[^,":]+:(?:"(?:[^"]|"")*"\.?)+|[^,]+', text or "")


def more_entries(d):
    """The further entries belong to deletes of the same table, or to a rename."""
    ours, theirs = entries(d.ours), entries(d.theirs)
    # Names that a new table has had within the transaction.
    theirs = [entry for entry in theirs if not (entry.startswith("created_table:") and entry not in ours)]
    if not set(theirs) <= set(ours):
        return False
    deletes = {entry.split(":")[1] for entry in theirs if entry.startswith(("deleted_from_table:", "inlined_delete:"))}
    for kind, _, id in (entry.partition(":") for entry in set(ours) - set(theirs)):
        is_delete = kind in ("inlined_delete", "merge_adjacent", "inline_flush") and id in deletes
        is_rename = kind == "altered_table" and any(entry.startswith("created_table:") for entry in theirs)
        if not (is_delete or is_rename):
            return False
    return True


def has_new_type(d):
    """The column has had another type."""
    types = {
        row["column_type"]
        for row in d.theirs_catalog.of("column")
        if (row["table_id"], row["column_id"]) == (d.row["table_id"], d.row["column_id"])
    }
    return len(types) > 1


def unsound_bounds(d):
    """A later rewrite by DuckDB would make the row wrong, or it is already."""
    if d.ours is not None:
        return False
    table, column = d.row["table_id"], d.row["column_id"]
    if d.theirs["min_value"] is None or d.theirs["max_value"] is None:
        return True
    if has_new_type(d):
        return True
    stats = {(s["data_file_id"], s["column_id"]): s for s in d.theirs_catalog.of("file_column_stats")}
    for file in d.theirs_catalog.of("data_file"):
        if file["table_id"] != table:
            continue
        bounds = stats.get((file["data_file_id"], column))
        if bounds is None or bounds["min_value"] is None or bounds["max_value"] is None:
            return True
    return False


def column_type(d):
    columns = d.theirs_catalog.of("column")
    wanted = (d.row["table_id"], d.row["column_id"])
    return next(row["column_type"] for row in columns if (row["table_id"], row["column_id"]) == wanted)


def inlined_tables(d):
    return [t for t in d.ours_catalog.of("inlined_data_tables") if t["table_id"] == d.row["table_id"]]


# Where the engine's catalog differs from DuckDB's on purpose: table, column (None: a whole row; ...: any), when, why.
DEVIATIONS = (
    (
        "snapshot_changes",
        "changes_made",
        more_entries,
        "further entries make DuckDB see conflicts that its own check overlooks: deletes beside inlined deletes, delete "
        "files that replace others, alterations beside a rename",
    ),
    (
        "data_file",
        "row_id_start",
        lambda d: d.ours is None,
        "files with row ids inside have no first row id, or DuckDB's merge drops the ids inside",
    ),
    (
        "table_column_stats",
        None,
        unsound_bounds,
        "a row with unknown bounds reads as `only NULLs so far`: after DuckDB's next insert or rewrite filters lose rows",
    ),
    (
        "file_column_stats",
        None,
        lambda d: d.ours is None and has_new_type(d),
        "bounds written as text of a column's former type compare wrongly in the new one",
    ),
    (
        "column",
        "nulls_allowed",
        lambda d: d.row["parent_column"] is not None and bool(d.ours),
        "DuckDB writes false for fields added later, which means nothing",
    ),
    (
        "column",
        "default_value_type",
        lambda d: d.row["parent_column"] is not None and d.theirs == "",
        "DuckDB drops defaults of fields that are changed",
    ),
    (
        "snapshot",
        "next_file_id",
        lambda d: d.ours > d.theirs,
        "an inlined insert takes an id even if files come with it",
    ),
    *(
        ("file_column_stats", count, lambda d: column_type(d) in ("interval", "timetz"), "DuckDB does not count values of these types")
        for count in ("value_count", "null_count")
    ),
    *(
        ("table_column_stats", what, lambda d: column_type(d) in ("interval", "timetz"), "as above, and nobody uses their bounds")
        for what in ("contains_null", "min_value", "max_value")
    ),
    (
        "inlined_data",
        ...,
        lambda d: str(d.ours).replace("'", "") == str(d.theirs).replace("'", ""),
        "strings inside nested values are all quoted, for DuckDB does not read all of its own texts back",
    ),
    ("metadata", "value", lambda d: d.row["key"] == "created_by", "the engine's own name"),
    (
        "schema_versions",
        None,
        lambda d: d.theirs is None and any(t["schema_version"] == d.row["schema_version"] for t in inlined_tables(d)),
        "tables for inlined rows that are made on demand: without the version later readers take the wrong columns",
    ),
    ("view", "sql", lambda d: True, "the query as it was written; DuckDB prints it anew"),
    ("sort_expression", "expression", lambda d: d.ours == d.theirs.strip('"'), "names are quoted where they need to be"),
)


def is_meant(difference):
    return any(
        table == difference.table and column in (difference.column, ...) and when(difference)
        for table, column, when, _ in DEVIATIONS
    )


# --- comparison ---


def compare(ours, theirs, has_row_order=True):
    """What differs, as texts. Without `has_row_order` row ids may be given to rows in another order."""
    catalogs = (ours, theirs)
    for catalog in catalogs:
        catalog.name_files()
        if not has_row_order:
            catalog.forget_row_ids()
    wrong = []
    for table in sorted(ours.columns.keys() | theirs.columns.keys()):
        if ours.columns.get(table) != theirs.columns.get(table):
            wrong.append(f"catalog: columns of {table}: {ours.columns.get(table)}, DuckDB's are {theirs.columns.get(table)}")
            continue
        wrong.extend(compare_table(catalogs, table, has_row_order))
    return wrong


def compare_table(catalogs, table, has_row_order):
    short = short_name(table)
    keys = KEYS.get(short)
    if not keys:
        yield f"catalog: {table} is no table of DuckLake"
        return
    sides = []
    for catalog in catalogs:
        rows = {}
        for row in catalog.rows[table]:
            key = tuple(row[name] for name in keys)
            if key in rows:
                yield f"catalog: {table}{key} is there twice"
            rows[key] = row
        sides.append(rows)
    ours, theirs = sides
    for key in sorted(ours.keys() | theirs.keys(), key=lambda key: tuple(str(part) for part in key)):
        a, b = ours.get(key), theirs.get(key)
        if a is None or b is None:
            if not is_meant(Difference(catalogs, short, None, a, b, a or b)):
                yield f"catalog: {table}{key}: {'only ours ' + str(a) if a else 'missing ' + str(b)}"
            continue
        for column in a:
            x, y = (canonical(row[column], catalog.folder) for row, catalog in zip((a, b), catalogs))
            if (short, column) in PRESENCE:
                x, y = x is None, y is None
            unordered = not has_row_order and column == "row_id_start"
            if (short, column) in IGNORED or unordered or (type(x), x) == (type(y), y):
                continue
            if not is_meant(Difference(catalogs, short, column, x, y, a)):
                yield f"catalog: {table}{key}.{column}: {x!r}, DuckDB's is {y!r}"

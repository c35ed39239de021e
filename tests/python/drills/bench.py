"""A lake that something happens to while the engine writes, and DuckDB, which says what is in it then."""

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import uuid
from collections import Counter
from contextlib import contextmanager

import lakes
import oracle
from cli import Cli, Refused
from two_lakes import statistics_errors, tables


class Wrong(Exception):
    """A drill's result is not what it has to be."""


def drill(*backends, inline=0):
    """Registers a drill for these backends."""

    def register(function):
        function.backends, function.inline = backends, inline
        return function

    return register


class Facts:
    """A lake as DuckDB reads it, and the files that are there. With `only`, just the rows of that one's tables."""

    def __init__(self, lake, there, only=None):
        self.snapshots = [row[0] for row in lake.all("SELECT snapshot_id FROM ducklake_snapshots('lk') ORDER BY 1")]
        self.tables = {}
        for schema, table in tables(lake):
            if only not in (None, schema):
                continue
            name = f"{oracle.quote(schema)}.{oracle.quote(table)}"
            columns, rows = oracle.text_rows(lake.con, f"SELECT rowid, * FROM {name}")
            self.tables[f"{schema}.{table}"] = (columns, Counter(map(tuple, rows)))
        kinds = ("ducklake_data_file", "ducklake_delete_file", "ducklake_files_scheduled_for_deletion")
        named = [row[0] for kind in kinds for row in lake.catalog(f"SELECT path FROM meta.{kind}").fetchall()]
        self.known, self.there = {os.path.basename(path) for path in named}, there
        if missing := self.known - there:
            raise Wrong(f"files are missing: {sorted(missing)}")
        if self.snapshots != list(range(len(self.snapshots))):
            raise Wrong(f"snapshot ids are {self.snapshots}")
        if not only and (wrong := statistics_errors(lake)):
            raise Wrong(f"{wrong}")

    def rows(self, table):
        """Rows of a table without their ids, as text."""
        return sorted(row[1:] for row in self.tables[table][1].elements())

    @property
    def left(self):
        """Files that the catalog does not name."""
        return self.there - self.known


class Bench:
    """A lake of its own for each drill."""

    def __init__(self, backend, out, name, inline):
        self.backend, self.name, self.inline = backend, name, inline
        self.folder = os.path.join(out, name)
        self.reset()
        # What an earlier run has left in the bucket is none of ours.
        self.prefix = f"{name}/{uuid.uuid4()}/"
        self.data = f"s3://{lakes.BUCKET}/{self.prefix}" if backend == "s3" else f"{self.folder}/data/"
        self.lake = self.judge(self.uri, self.data)

    def reset(self):
        """An empty place for the lake."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.uri = lakes.catalog_uri(self.backend, self.folder, self.name)

    def judge(self, uri, data):
        """DuckDB, for a lake."""
        return oracle.Lake(lambda: lakes.connect(self.backend), self.name, self.backend, uri, data, self.inline, [])

    def session(self, uri=None, options="", prepare=None, limit=60, **environment):
        """A session of the engine in the lake."""
        cli = Cli(limit=limit, prepare=prepare, **environment)
        cli.run(self.attach(uri, options))
        cli.run("USE lk")
        return cli

    def attach(self, uri=None, options=""):
        settings = f"DATA_PATH '{self.data}', DATA_INLINING_ROW_LIMIT {self.inline}"
        return f"ATTACH 'ducklake:{uri or self.uri}' AS lk ({settings}{', ' if options else ''}{options})"

    def facts(self, schema=None):
        """What is there now."""
        self.lake.attach()
        try:
            return Facts(self.lake, self.files(), schema)
        finally:
            self.lake.detach()

    def files(self):
        """Names of all data files that are there."""
        if self.backend != "s3":
            return {name for _, _, names in os.walk(self.data) for name in names}
        pages = lakes.s3_client().get_paginator("list_objects_v2").paginate(Bucket=lakes.BUCKET, Prefix=self.prefix)
        return {os.path.basename(item["Key"]) for page in pages for item in page.get("Contents", [])}

    @contextmanager
    def unchanged(self, what, left=0):
        """Nothing that happens inside changes the lake, or leaves more files behind than `left`."""
        before = self.facts()
        yield
        self.same(what, before, left)

    def same(self, what, before, left=0, schema=None):
        after = self.facts(schema)
        for fact in ("snapshots", "tables", "known"):
            a, b = getattr(before, fact), getattr(after, fact)
            if a != b:
                raise Wrong(f"{what}: {fact} were {str(a)[:300]}, are {str(b)[:300]}")
        more = after.left - before.left
        if len(more) != left:
            raise Wrong(f"{what}: {len(more)} files are left, {left} may be: {sorted(more)}")
        return after

    def changed(self, what, before, table, count, commits=1, left=0):
        """The lake has so many rows more in `table`, by so many commits, and no other file than it needs."""
        after = self.facts()
        if len(after.snapshots) != len(before.snapshots) + commits:
            raise Wrong(f"{what}: {len(after.snapshots) - len(before.snapshots)} commits, not {commits}")
        rows = {name: facts.tables.get(table, ((), Counter()))[1].total() for name, facts in (("was", before), ("is", after))}
        if rows["is"] != rows["was"] + count:
            raise Wrong(f"{what}: {table} {rows}, not {count} more")
        if len(after.left - before.left) != left:
            raise Wrong(f"{what}: left are {sorted(after.left - before.left)}, not {left} files")
        return after


def refused(cli, sql, *words):
    """The engine answers with an error that says all these words; without `sql`, to the statement under way."""
    try:
        rows = cli.run(sql) if sql else cli.answer()["rows"]
    except Refused as error:
        return says(sql, str(error), *words)
    raise Wrong(f"no error, but {rows}: {sql}")


def says(what, text, *words):
    missing = [word for word in words if word.lower() not in text.lower()]
    if missing:
        raise Wrong(f"{what}\n    says nothing of {missing}: {text}")
    return text


def without_privileges():
    """In a new process: permissions of files count even for the superuser."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def with_files_up_to(size):
    """In a new process: no file grows beyond `size`, as on a disk that is full."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@contextmanager
def small_disk(folder, megabytes):
    """A file system of that size at `folder`; false where only the superuser could make one."""
    os.makedirs(folder, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder]
    is_mounted = os.geteuid() == 0 and subprocess.run(mount, stderr=subprocess.DEVNULL).returncode == 0
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", folder], check=True)

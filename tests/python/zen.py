#!/usr/bin/env python3
"""`zen` as its users run it, and DuckDB as the judge of what is in the lake then.

    python zen.py --backend sqlite|postgres --out DIR [--subject NAME]
    python zen.py --backend sqlite|postgres --out DIR --list

Packages come from their registries through the ecosystems' own clients, pinned.
"""

import argparse
import glob
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import traceback
import zipfile

sys.dont_write_bytecode = True

import lakes  # noqa: E402
import oracle  # noqa: E402
from drills.bench import Wrong, small_disk, with_files_up_to  # noqa: E402

SUBJECTS = {}
TABLES = ("indexed_packages", "api_symbols", "doc_chunks", "symbol_refs")


def subject(*backends):
    def register(function):
        SUBJECTS[function.__name__] = (function, backends)
        return function

    return register


class Place:
    """A lake and a folder for one subject."""

    def __init__(self, backend, out, name):
        self.folder = os.path.join(out, name)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.uri = lakes.catalog_uri(backend, self.folder, f"zen_{name}")
        self.data = f"{self.folder}/data/"

    def command(self, *arguments):
        return [os.environ["QUACKLAKE_ZEN"], "--lake", self.uri, "--data-path", self.data, "--json", "--quiet", *arguments]

    def zen(self, *arguments, ok=True, **options):
        """What `zen` answers, a value for each line."""
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=900, **options)
        if ok != (done.returncode == 0):
            raise Wrong(f"zen {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout[-800:]}{done.stderr[-2000:]}")
        return [json.loads(line) for line in done.stdout.splitlines()] if ok else done.stderr

    def duckdb(self):
        """DuckDB with the lake attached."""
        con = lakes.connect("sqlite")
        con.execute(f"ATTACH 'ducklake:{self.uri}' AS lk (DATA_PATH '{self.data}')")
        con.execute("USE lk.zen")
        return con

    def rows(self, sql, *values):
        con = self.duckdb()
        try:
            return con.execute(sql, values).fetchall()
        finally:
            con.close()

    def one(self, sql, *values):
        return self.rows(sql, *values)[0][0]

    def check(self):
        """The lake is whole: every package once, with the symbols it says it has, and no other."""
        con = self.duckdb()
        packages = con.execute("SELECT ecosystem, name, version, symbol_count FROM indexed_packages").fetchall()
        keys = [row[:3] for row in packages]
        equal("packages that are there once", len(set(keys)), len(keys))
        for table in TABLES[1:]:
            other = con.execute(f"SELECT DISTINCT ecosystem, package, version FROM {table}").fetchall()
            equal(f"packages of {table} that are in the list", set(other) - set(keys), set())
        counts = "SELECT count(*), count(DISTINCT id) FROM api_symbols WHERE (ecosystem, package, version) = (?, ?, ?)"
        for *key, symbols in packages:
            equal(f"symbols of {key}", con.execute(counts, key).fetchone(), (symbols, symbols))
        known = "SELECT count(*) FROM symbol_refs WHERE from_id NOT IN (SELECT id FROM api_symbols) OR to_id NOT IN (SELECT id FROM api_symbols)"
        equal("references into nothing", con.execute(known).fetchone()[0], 0)
        named = {os.path.basename(row[0]) for row in con.execute("SELECT path FROM __ducklake_metadata_lk.ducklake_data_file").fetchall()}
        con.close()
        return keys, {os.path.basename(path) for path in glob.glob(f"{self.data}**/*.parquet", recursive=True)} - named

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def package(self, name, version="1.0.0", functions=20):
        """A Rust package made here."""
        self.write(f"{name}/Cargo.toml", f'[package]\nname = "{name}"\nversion = "{version}"\nlicense = "MIT"\n')
        body = "".join(f"/// Does {i}.\npub fn f{i}(x: u32) -> u32 {{ g{i}(x) }}\nfn g{i}(x: u32) -> u32 {{ x }}\n" for i in range(functions))
        self.write(f"{name}/src/lib.rs", f"//! The crate {name}.\n{body}")
        self.write(f"{name}/README.md", f"# {name}\n\nDoes things.\n\n## Use\n\n```rust\nuse {name}::f1;\n```\n")
        return os.path.join(self.folder, name)


def equal(what, got, wanted):
    if got != wanted:
        raise Wrong(f"{what}: {str(got)[:500]}, not {str(wanted)[:500]}")


def at_least(what, got, wanted):
    if got < wanted:
        raise Wrong(f"{what}: {got}, not {wanted} or more")


@subject("sqlite", "postgres")
def a_folder(place):
    """A package of this machine: all tables, their layout, and the same again in its place."""
    path = place.package("small")
    place.write("small/.gitignore", "target/\n")
    place.write("small/target/debug/made.rs", "pub fn made() {}\n")
    place.write("small/tests/it.rs", "#[test]\nfn it() {}\n")
    place.write("small/src/broken.rs", "pub fn still_there() {}\npub fn ( {{{ \n")
    place.write("small/model.mojo", "fn main():\n    pass\n")
    with open(f"{path}/src/latin.rs", "wb") as file:
        file.write("/// Größe.\npub fn size() {}\n".encode("latin-1"))
    with open(f"{path}/src/huge.rs", "w") as file:
        file.write("pub const A: u8 = 1;\n" * 300_000)
    (told,) = place.zen("index", path, "--no-embeddings")
    equal("the package", (told["ecosystem"], told["name"], told["version"], told["replaced"]), ("rust", "small", "1.0.0", False))
    reasons = {row["path"]: row["reason"] for row in told["skipped"]}
    for path_, word in (("tests/", "test"), ("model.mojo", "Mojo"), ("src/huge.rs", "too large")):
        if word not in reasons.get(path_, "(no reason)"):
            raise Wrong(f"{path_} was skipped because: {reasons}")
    names = {row[0] for row in place.rows("SELECT name FROM api_symbols")}
    equal("names", {"f0", "g19", "size", "still_there"} <= names and "made" not in names and "it" not in names, True)
    equal("a function", place.rows("SELECT kind, signature, doc_comment, visibility, line_start, return_type, metadata->>'language' FROM api_symbols WHERE name = 'f1'"),
          [("function", "pub fn f1(x: u32) -> u32", "Does 1.", "public", 6, "u32", "rust")])
    equal("who calls g1", place.rows("SELECT f.name, r.relation FROM symbol_refs r JOIN api_symbols f ON f.id = r.from_id JOIN api_symbols t ON t.id = r.to_id WHERE t.name = 'g1' AND relation = 'calls'"), [("f1", "calls")])
    equal("chunks", place.rows("SELECT title, source_file, format FROM doc_chunks ORDER BY chunk_index")[0][1:], ("README.md", "md"))
    equal("paths", all("/rust/" in path.replace("ecosystem=", "").replace("package=", "") for path in glob.glob(f"{place.data}zen/api_symbols/**/*.parquet", recursive=True)), True)
    equal("path of the data", bool(glob.glob(f"{place.data}zen/api_symbols/ecosystem=rust/package=small/version=1.0.0/*.parquet")), True)
    before = place.one("SELECT max(snapshot_id) FROM ducklake_snapshots('lk')")
    ids = place.rows("SELECT id FROM api_symbols ORDER BY id")
    place.write("small/src/more.rs", "pub fn more() {}\n")
    (told,) = place.zen("index", path, "--no-embeddings")
    equal("the second time", told["replaced"], True)
    equal("snapshots of a package", place.one("SELECT max(snapshot_id) FROM ducklake_snapshots('lk')"), before + 1)
    after = place.rows("SELECT id FROM api_symbols ORDER BY id")
    equal("ids are kept, one is new", (len(after), set(ids) <= set(after)), (len(ids) + 1, True))
    equal("as it was", place.one(f"SELECT count(*) FROM api_symbols AT (VERSION => {before})"), len(ids))
    keys, left = place.check()
    equal("packages", (keys, left), ([("rust", "small", "1.0.0")], set()))
    # DuckDB goes on writing, and zen after it.
    con = place.duckdb()
    con.execute("UPDATE indexed_packages SET downloads = 7")
    con.execute("DELETE FROM doc_chunks WHERE chunk_index > 0")
    con.close()
    (shown,) = place.zen("show", "f1", "--package", "small")
    equal("what is shown", (shown["name"], shown["file_path"]), ("f1", "src/lib.rs"))
    equal("the list", [(row["name"], row["downloads"]) for row in place.zen("list")], [("small", 7)])
    place.zen("index", path, "--no-embeddings", "--version", "2.0.0")
    equal("versions side by side", sorted(row["version"] for row in place.zen("list")), ["1.0.0", "2.0.0"])
    place.zen("remove", "rust:small@1.0.0")
    place.check()
    equal("what is left", [row["version"] for row in place.zen("list")], ["2.0.0"])
    if "small@9" not in place.zen("remove", "rust:small@9", ok=False):
        raise Wrong("removing what is not there does not say so")


# Package, symbols at least, and symbols that have to be there: (name, kind, in the signature, in the documentation).
PACKAGES = [
    ("rust:tokio@1.40.0", 3000, [("spawn", "function", "pub fn spawn<F>(future: F) -> JoinHandle<F::Output>", "Spawns a new asynchronous task"), ("Runtime", "struct", "pub struct Runtime", "The Tokio runtime"), ("lock", "method", "pub async fn lock(&self) -> MutexGuard<'_, T>", "Locks this mutex")]),
    ("rust:serde@1.0.210", 300, [("Serialize", "trait", "pub trait Serialize", "A **data structure** that can be serialized"), ("deserialize", "method", "fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>", "Deserialize this value")]),
    ("pypi:requests@2.32.3", 200, [("get", "function", "def get(url, params=None, **kwargs)", "Sends a GET request."), ("Session", "class", "class Session(SessionRedirectMixin)", "A Requests session."), ("json", "method", "def json(self, **kwargs)", "json-encoded content of a response")]),
    ("pypi:pydantic@2.9.2", 1000, [("BaseModel", "class", "class BaseModel", "A base class for creating Pydantic models."), ("model_validate", "method", "def model_validate(", "Validate a pydantic model instance.")]),
    ("npm:zod@3.23.8", 500, [("ZodObject", "class", "class ZodObject", ""), ("safeParse", "method", "safeParse(", "")]),
    ("npm:express@4.21.0", 100, [("createApplication", "function", "function createApplication()", "Create an express application."), ("use", "method", "", "Proxy `Router#use()`")]),
]


@subject("sqlite")
def real_packages(place):
    """Whole packages of three registries, and the questions that the tables are made for."""
    told = place.zen("install", *[name for name, _, _ in PACKAGES], "--no-embeddings")
    equal("packages", [f"{row['ecosystem']}:{row['name']}@{row['version']}" for row in told], [name for name, _, _ in PACKAGES])
    for row, (name, least, symbols) in zip(told, PACKAGES):
        at_least(f"symbols of {name}", row["symbols"], least)
        package = name.split(":")[1].rsplit("@", 1)[0]
        for symbol, kind, signature, doc in symbols:
            found = place.rows("SELECT signature, coalesce(doc_comment, '') FROM api_symbols WHERE package = ? AND name = ? AND kind = ?", package, symbol, kind)
            if not any(signature in s and doc in d for s, d in found):
                raise Wrong(f"{name}: no {kind} {symbol} with {signature!r} and {doc!r} among {found[:5]}")
        at_least(f"documented symbols of {name}", place.one("SELECT count(doc_comment) FROM api_symbols WHERE package = ?", package), 1 if package == "zod" else least // 20)
        at_least(f"documentation of {name}", row["chunks"], 1)
    place.check()
    # By package, by name, by kind, and across packages.
    at_least("structs of tokio", place.one("SELECT count(*) FROM api_symbols WHERE package = 'tokio' AND version = '1.40.0' AND kind = 'struct' AND visibility = 'public'"), 150)
    at_least("async functions", place.one("SELECT count(*) FROM api_symbols WHERE package = 'tokio' AND is_async AND name LIKE 'read%'"), 5)
    kinds = dict(place.rows("SELECT kind, count(*) FROM api_symbols GROUP BY kind"))
    at_least("kinds", len(kinds), 10)
    both = place.rows("SELECT ecosystem, count(*) FROM api_symbols WHERE kind IN ('class', 'struct', 'interface') GROUP BY ecosystem")
    equal("ecosystems", {row[0] for row in both}, {"rust", "pypi", "npm"})
    at_least("calls that are resolved", place.one("SELECT count(*) FROM symbol_refs WHERE relation = 'calls' AND to_id IS NOT NULL AND package = 'tokio'"), 1000)
    at_least("who implements Future", place.one("SELECT count(*) FROM symbol_refs WHERE relation = 'implements' AND to_name LIKE '%Future' AND package = 'tokio'"), 20)
    equal("licenses", place.rows("SELECT name, license FROM indexed_packages WHERE name IN ('tokio', 'express') ORDER BY 1"), [("express", "MIT"), ("tokio", "MIT")])


@subject("sqlite", "postgres")
def at_the_same_time(place):
    """Indexers of one package, and of others, all at once: each package is there once."""
    same = place.package("same", functions=300)
    others = [place.package(f"other{i}", functions=50) for i in range(3)]
    for _ in range(2):
        started = [subprocess.Popen(place.command("index", path, "--no-embeddings"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for path in [same] * 4 + others]
        for process in started:
            _, said = process.communicate(timeout=600)
            equal(f"exit code ({said})", process.returncode, 0)
        keys, left = place.check()
        equal("packages", sorted(keys), sorted([("rust", name, "1.0.0") for name in ("same", "other0", "other1", "other2")]))
        equal("files that nobody knows", left, set())


@subject("sqlite", "postgres")
def killed(place):
    """kill -9 at any moment, and interrupts: the lake is as it was, or has the whole package."""
    path = place.package("victim", functions=2000)
    place.zen("index", place.package("first"), "--no-embeddings")
    begun = time.time()
    place.zen("index", path, "--no-embeddings", "--version", "0.0.0")
    whole = time.time() - begun
    done = 0
    for attempt in range(14):
        sent = signal.SIGKILL if attempt % 2 else signal.SIGINT
        before, left_before = place.check()
        process = subprocess.Popen(place.command("index", path, "--no-embeddings", "--version", f"1.0.{attempt}"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(random.uniform(0.05, whole * 1.1))
        process.send_signal(sent)
        process.communicate(timeout=60)
        keys, left = place.check()
        new = set(keys) - set(before)
        if new not in (set(), {("rust", "victim", f"1.0.{attempt}")}):
            raise Wrong(f"new packages: {new}")
        done += len(new)
        if sent == signal.SIGINT:
            equal("files left by an interrupt", left - left_before, set())
            if process.returncode not in (0, 130, -2):
                raise Wrong(f"exit code {process.returncode} after an interrupt")
    print(f"    killed: {done} of 14 had committed")
    place.zen("index", path, "--no-embeddings", "--version", "3.0.0")
    place.check()


@subject("sqlite")
def full_disk(place):
    """No room for the data files: a clear error, nothing in the lake, and room again is room."""
    path = place.package("large", functions=30_000)
    place.zen("index", place.package("first"), "--no-embeddings")
    os.rename(place.data, f"{place.folder}/kept")
    with small_disk(place.data.rstrip("/"), 1) as is_mounted:
        shutil.copytree(f"{place.folder}/kept", place.data, dirs_exist_ok=True)
        prepare = None if is_mounted else with_files_up_to(1 << 16)
        said = place.zen("index", path, "--no-embeddings", ok=False, preexec_fn=prepare)
        cause = "no space left" if is_mounted else "file too large"
        if cause not in said.lower():
            raise Wrong(f"the error does not say '{cause}': {said}")
        keys, left = place.check()
        equal("packages", (keys, left), ([("rust", "first", "1.0.0")], set()))
        place.zen("index", place.package("second"), "--no-embeddings")
        equal("room for less", len(place.check()[0]), 2)


@subject("sqlite")
def malicious(place):
    """An archive that would write elsewhere, handed out by the ecosystem's own client."""
    wheels = os.path.join(place.folder, "wheels")
    os.makedirs(wheels)
    outside = os.path.join(place.folder, "outside.py")
    with zipfile.ZipFile(f"{wheels}/evil-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("evil-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
        wheel.writestr("evil-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("evil-1.0.dist-info/RECORD", "")
        wheel.writestr("evil/__init__.py", "def fine(): pass\n")
        wheel.writestr("../" * 12 + outside.lstrip("/"), "def escaped(): pass\n")
    own = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels, "TMPDIR": os.path.join(place.folder, "tmp")}
    os.makedirs(own["TMPDIR"])
    place.zen("index", place.package("first"), "--no-embeddings")
    said = place.zen("install", "pypi:evil@1.0", "--no-embeddings", ok=False, env=own)
    if "evil" not in said:
        raise Wrong(f"the error names nothing: {said}")
    equal("a file outside", os.path.exists(outside), False)
    equal("temporary files", os.listdir(own["TMPDIR"]), [])
    equal("packages", place.check()[0], [("rust", "first", "1.0.0")])
    place.zen("install", "rust:no-such-crate-quacklake@1.0.0", "--no-embeddings", ok=False)
    place.zen("install", "rust:--version", "--no-embeddings", ok=False)


@subject("sqlite", "postgres")
def embeddings(place):
    """Vectors of the real model: at once, later, and once for equal texts."""
    path = place.package("vectors")
    place.write("vectors/src/net.rs", "/// Opens a TCP connection to a remote server.\npub fn connect(address: &str) -> Socket { todo!() }\n/// Sorts numbers ascending, in place.\npub fn sort(numbers: &mut [i32]) {}\n")
    (told,) = place.zen("index", path)
    equal("embedded", told["embedded"], told["symbols"] + told["chunks"])
    equal("their form", place.rows("SELECT DISTINCT len(embedding), round(list_sum(list_transform(embedding, lambda x: x * x)), 3) FROM api_symbols UNION SELECT DISTINCT len(embedding), round(list_sum(list_transform(embedding, lambda x: x * x)), 3) FROM doc_chunks"), [(384, 1.0)])
    nearest = "SELECT name FROM api_symbols, (SELECT embedding AS e FROM api_symbols WHERE name = 'connect') WHERE name IN ('sort', 'net', 'f1', 'connect') ORDER BY list_cosine_similarity(embedding, e) DESC LIMIT 1"
    equal("the nearest to itself", place.one(nearest), "connect")
    vectors = place.rows("SELECT id, embedding FROM api_symbols ORDER BY id")
    place.zen("index", path, "--no-embeddings")
    equal("without", place.one("SELECT count(embedding) FROM api_symbols"), 0)
    (filled,) = place.zen("embed")
    equal("filled in", filled["embedded"], told["embedded"])
    again = place.rows("SELECT id, embedding FROM api_symbols ORDER BY id")
    equal("the same ids", [row[0] for row in again], [row[0] for row in vectors])
    worst = max(abs(a - b) for (_, v), (_, w) in zip(vectors, again) for a, b in zip(v, w))
    equal(f"the same vectors ({worst})", worst < 1e-4, True)
    equal("nothing is missing", place.zen("embed"), [])
    place.check()
    nowhere = {**os.environ, "ZEN_MODEL_DIR": "/nonexistent", "HOME": place.folder}
    said = place.zen("index", path, ok=False, env=nowhere)
    for word in ("--no-embeddings", "--model-dir"):
        if word not in said:
            raise Wrong(f"without a model nothing is said of {word}: {said}")


@subject("sqlite")
def onboarding(place):
    """What a project's manifests name: indexed once, several at a time, and recorded."""
    project = os.path.join(place.folder, "project")
    place.write("project/Cargo.toml", '[package]\nname = "mine"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nitoa = "=1.0.11"\nryu = "=1.0.18"\n')
    place.write("project/src/lib.rs", "pub fn mine() {}\n")
    subprocess.run(["cargo", "generate-lockfile", "--quiet"], cwd=project, check=True)
    place.write("project/package.json", '{"name": "mine", "version": "0.1.0", "dependencies": {"ms": "2.1.3"}}')
    place.write("project/requirements.txt", "six==1.16.0\n")
    missing = {row["missing"] for row in place.zen("onboard", project, "--dry-run")}
    equal("missing", missing, {"rust:itoa@1.0.11", "rust:ryu@1.0.18", "npm:ms@2.1.3", "pypi:six@1.16.0"})
    told = place.zen("onboard", project, "--no-embeddings")
    equal("told", (len(told), told[-1]["dependencies"], told[-1]["indexed"]), (5, 4, 4))
    keys, left = place.check()
    equal("packages", {f"{e}:{n}@{v}" for e, n, v in keys}, missing)
    equal("recorded", place.rows("SELECT ecosystem, name, version, indexed FROM project_dependencies ORDER BY ALL"),
          [("npm", "ms", "2.1.3", True), ("pypi", "six", "1.16.0", True), ("rust", "itoa", "1.0.11", True), ("rust", "ryu", "1.0.18", True)])
    (told,) = place.zen("onboard", project, "--no-embeddings")
    equal("again", (told["dependencies"], told["indexed"]), (4, 4))
    at_least("functions of itoa", place.one("SELECT count(*) FROM api_symbols WHERE package = 'itoa'"), 5)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=["sqlite", "postgres"], required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--subject", choices=SUBJECTS)
    parser.add_argument("--list", action="store_true", help="print the backend's subjects")
    args = parser.parse_args()
    chosen = [name for name, (_, backends) in SUBJECTS.items() if args.backend in backends]
    if args.list:
        print("\n".join(chosen))
        return
    failed = 0
    for name in chosen:
        if args.subject not in (None, name):
            continue
        start, wrong = time.time(), None
        try:
            SUBJECTS[name][0](Place(args.backend, os.path.abspath(args.out), name))
        except Wrong as error:
            wrong = str(error)
        except Exception:
            wrong = traceback.format_exc(limit=-4)
        print(f"{time.time() - start:5.1f} s  {name}" + (f": WRONG\n  {wrong}" if wrong else ""), flush=True)
        failed += wrong is not None
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()

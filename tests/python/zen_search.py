#!/usr/bin/env python3
"""`zen search`, `zen refs` and `zen show` as their users run them, over real packages.

    python zen_search.py --backend sqlite|postgres --out DIR [--subject NAME]
    python zen_search.py --backend sqlite|postgres --out DIR --list
"""

import json
import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True

import zen  # noqa: E402
from drills.bench import Wrong  # noqa: E402
from zen import Place, at_least, equal, subject  # noqa: E402

# The subjects of this script are its own.
zen.SUBJECTS.clear()

PACKAGES = ["rust:semver@1.0.23", "rust:itoa@1.0.11", "pypi:six@1.16.0", "npm:ms@2.1.3"]


def said(place, *arguments, **options):
    """What a search answers, and what it says beside it."""
    command = place.command("search", *arguments)
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, **options)
    if done.returncode != 0:
        raise Wrong(f"zen search {arguments}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout), done.stderr


def search(place, *arguments, **options):
    return said(place, *arguments, **options)[0]


def names(found):
    return [hit.get("name") or hit.get("title") for hit in found["hits"]]


def first(what, found, **wanted):
    """The first hit is this."""
    if not found["hits"]:
        raise Wrong(f"{what}: nothing was found")
    hit = found["hits"][0]
    equal(what, {key: hit.get(key) for key in wanted}, wanted)
    return hit


def installed(place, *options):
    place.zen("install", *PACKAGES, *options)


@subject("sqlite", "postgres")
def words_and_names(place):
    """Text and name searches without any embeddings, and what a hit is."""
    installed(place, "--no-embeddings")
    found, beside = said(place, "parse a version requirement string", "--in", "symbols")
    equal("the mode", (found["mode"], found["mode_used"]), ("hybrid", "text"))
    if "zen embed" not in beside or len(found["notes"]) != 1:
        raise Wrong(f"nothing is said of the missing embeddings: {beside}")
    equal("hits", (len(found["hits"]), [hit["rank"] for hit in found["hits"]]), (10, list(range(1, 11))))
    keys = {"rank", "score", "name_fit", "text_score", "similarity", "lake", "type", "id", "ecosystem", "package", "version", "kind", "name", "container", "signature", "doc", "file", "line_start", "line_end", "visibility", "language", "more", "copies"}
    equal("keys of a symbol", set(found["hits"][0]) ^ keys, set())
    equal("keys of the answer", set(found), {"query", "mode", "mode_used", "notes", "unanswered", "hits", "near"})
    # What differs by less than is shown is equal.
    scores = [round(hit["score"], 3) for hit in found["hits"]]
    equal("scores fall", scores, sorted(scores, reverse=True))
    if "VersionReq" not in {hit["container"] for hit in found["hits"]} | set(names(found)):
        raise Wrong(f"no VersionReq: {names(found)}")
    # Names: exact first, whatever else has the word.
    for query in ("VersionReq::parse", "semver::VersionReq::parse"):
        first(query, search(place, query, "--mode", "text"), name="parse", container="VersionReq", package="semver", name_fit="exact")
    first("another spelling", search(place, "versionreq"), name="VersionReq", name_fit="spelling")
    by_name = search(place, "parse", "--mode", "name", "--limit", "50")
    fits = [hit["name_fit"] for hit in by_name["hits"]]
    equal("in the order of goodness", fits, sorted(fits, key=["exact", "spelling", "prefix", "wildcard", "part"].index))
    equal("exact", by_name["hits"][0]["name"], "parse")
    wild = search(place, "is_*", "--mode", "name", "--limit", "50")
    equal("a pattern", all(re.match("is_", hit["name"], re.I) for hit in wild["hits"]) and len(wild["hits"]) > 0, True)
    place.zen("search", "two words", "--mode", "name", ok=False)
    # Documentation.
    docs = search(place, "python 2 and 3 compatibility", "--in", "docs")
    first("documentation", docs, type="doc", package="six")
    equal("keys of documentation", {"title", "content", "file", "format", "chunk"} <= set(docs["hits"][0]), True)
    # Nothing is an answer, with names that are near.
    nothing, beside = said(place, "VersionReqq", "--mode", "name")
    equal("nothing", (nothing["hits"], "VersionReq" in nothing["near"], "VersionReq" in beside), ([], True, True))
    place.zen("search", "x", "--kind", "functoin", ok=False)
    place.zen("search", " ", ok=False)
    # As people see it.
    shown = subprocess.run([part for part in place.command("search", "VersionReq::parse") if part != "--json"], capture_output=True, text=True)
    line = shown.stdout.splitlines()[0]
    equal(f"a line ({line})", "method parse in VersionReq" in line and re.search(r"rust:semver@1\.0\.23 src/lib\.rs:\d+", line) is not None and "\x1b" not in shown.stdout, True)


@subject("sqlite", "postgres")
def filters_and_versions(place):
    """What is asked for and nothing else; the newest version unless another is; what is the same once."""
    installed(place, "--no-embeddings")
    place.zen("install", "rust:semver@1.0.9", "--no-embeddings")
    everything = ["--limit", "200", "--mode", "text"]
    newest = search(place, "version", *everything)
    equal("versions of semver", {hit["version"] for hit in newest["hits"] if hit["package"] == "semver"}, {"1.0.23"})
    old = search(place, "version", "--version", "1.0.9", *everything)
    equal("only the old", {(hit["package"], hit["version"]) for hit in old["hits"]}, {("semver", "1.0.9")})
    for package in ("semver", "rust:semver", "semver@1.0.23", "rust:semver@1.0.23"):
        of = search(place, "version", "--package", package, *everything)
        equal(package, {(hit["package"], hit["version"]) for hit in of["hits"]}, {("semver", "1.0.23")})
    both = search(place, "Version::parse", "--all-versions", "--mode", "text")
    hit = first("folded", both, name="parse", container="Version")
    equal("both versions", {hit["version"]} | {copy["version"] for copy in hit["copies"]}, {"1.0.9", "1.0.23"})
    equal("once", len([one for one in both["hits"] if (one.get("name"), one.get("container")) == ("parse", "Version")]), 1)
    for option, value, key in (("--ecosystem", "pypi", "ecosystem"), ("--kind", "method", "kind"), ("--language", "javascript", "language"), ("--visibility", "private", "visibility")):
        found = search(place, "parse format add to string", option, value, *everything)
        equal(option, {hit[key] for hit in found["hits"]}, {value})
        equal(f"{option} is of symbols", {hit["type"] for hit in found["hits"]} - ({"symbol"} if key != "ecosystem" else {"symbol", "doc"}), set())
    several = search(place, "version", "--kind", "fn,struct", *everything)
    equal("kinds", {hit["kind"] for hit in several["hits"]} <= {"function", "struct"}, True)
    missing, beside = said(place, "version", "--package", "semvr")
    equal("a package that is not there", (missing["hits"], missing["near"]), ([], ["semver"]))
    # What is removed is never seen again, whatever the indexes say.
    place.zen("remove", "rust:semver@1.0.23")
    gone = search(place, "version", "--all-versions", *everything)
    equal("after the removal", {hit["version"] for hit in gone["hits"] if hit["package"] == "semver"}, {"1.0.9"})
    place.zen("remove", "rust:semver")
    gone = search(place, "VersionReq::parse", "--all-versions", *everything)
    equal("after all", [hit for hit in gone["hits"] if hit["package"] == "semver"], [])
    # DuckDB deletes, too.
    con = place.duckdb()
    con.execute("DELETE FROM api_symbols WHERE name = 'ms'")
    con.close()
    equal("what DuckDB deleted", [hit for hit in search(place, "ms", "--package", "ms", *everything)["hits"] if hit.get("name") == "ms"], [])
    # Indexed later, found now.
    place.zen("install", "rust:semver@1.0.23", "--no-embeddings", "--no-refresh")
    first("without a refresh", search(place, "VersionReq::parse", "--mode", "text"), name="parse", container="VersionReq")
    place.zen("refresh")
    equal("nothing is left to do", place.zen("refresh"), [])
    first("after it", search(place, "VersionReq::parse", "--mode", "text"), name="parse", container="VersionReq")


@subject("sqlite")
def meaning(place):
    """With the real model: what is meant is found, and what has no embedding is found as well."""
    place.zen("install", "rust:semver@1.0.23", "pypi:six@1.16.0")
    place.zen("install", "rust:itoa@1.0.11", "--no-embeddings")
    found, beside = said(place, "does this version satisfy the constraint", "--in", "symbols")
    equal("the mode", (found["mode_used"], found["notes"], beside), ("hybrid", [], ""))
    if "matches" not in names(found)[:5]:
        raise Wrong(f"no 'matches' among {names(found)}")
    equal("similarities", all(-1 <= hit["similarity"] <= 1 for hit in found["hits"] if hit["similarity"] is not None), True)
    first("a name in a hybrid search", search(place, "VersionReq::matches"), name="matches", container="VersionReq", name_fit="exact")
    near = search(place, "turn an integer into text", "--mode", "vector", "--in", "symbols")
    equal("vectors only", {hit["package"] for hit in near["hits"]} <= {"semver", "six"} and all(hit["text_score"] is None for hit in near["hits"]), True)
    mixed = search(place, "fast integer to string conversion", "--limit", "20")
    equal("without embeddings", "itoa" in {hit["package"] for hit in mixed["hits"]}, True)
    # No model on the machine: by words, and it says so.
    nowhere = {**os.environ, "ZEN_MODEL_DIR": "/nonexistent", "HOME": place.folder}
    found, beside = said(place, "satisfy the constraint", env=nowhere)
    equal("without a model", (found["mode_used"], len(found["notes"]), "words only" in beside), ("text", 1, True))
    wrong = place.zen("search", "satisfy", "--mode", "vector", ok=False, env=nowhere)
    if "--mode text" not in wrong:
        raise Wrong(f"vectors without a model: {wrong}")
    place.zen("remove", "rust:semver")
    equal("removed", {hit["package"] for hit in search(place, "does this version satisfy the constraint", "--limit", "50")["hits"]} & {"semver"}, set())


@subject("sqlite", "postgres")
def references_and_sources(place):
    """Who refers to whom, and the source where it is at hand."""
    path = place.package("small", functions=5)
    place.write("small/src/shapes.rs", "pub struct Shape;\nimpl Shape {\n    /// Makes one.\n    pub fn new() -> Self { Self }\n    pub fn area(&self) -> u32 { helper(3) }\n}\nfn helper(x: u32) -> u32 { x }\npub fn both() -> u32 { helper(1) + Shape::new().area() }\n")
    place.zen("index", path, "--no-embeddings")
    (refs,) = place.zen("refs", "helper")
    equal("the symbol", [one["name"] for one in refs["symbols"]], ["helper"])
    equal("callers", sorted(one["symbol"]["name"] for one in refs["callers"]), ["area", "both"])
    equal("they are certain", {one["certainty"] for one in refs["callers"]}, {"certain"})
    (refs,) = place.zen("refs", "both", "--callees")
    equal("callees", ({"helper", "Shape::new"} <= {one["written"] for one in refs["callees"]}, refs["callers"]), (True, []))
    (refs,) = place.zen("refs", "Shape::new", "--callers")
    equal("of a method", [(one["symbol"]["name"], one["lines"]) for one in refs["callers"]], [("both", [8])])
    (refs,) = place.zen("refs", "nobody_has_this_name")
    equal("nobody", (refs["symbols"], refs["callers"], refs["callees"]), ([], [], []))
    (shown,) = place.zen("show", "Shape::area", "--context", "1", cwd=path)
    equal("the source", (shown["source"]["first_line"], len(shown["source"]["lines"]), "helper(3)" in shown["source"]["lines"][1]), (4, 3, True))
    (elsewhere,) = place.zen("show", "Shape::area", cwd="/")
    equal("elsewhere", elsewhere["source"], None)
    (by_id,) = place.zen("show", shown["id"][:8])
    equal("by its id", by_id["id"], shown["id"])
    # A file that has changed since is not shown as if it had not.
    place.write("small/src/shapes.rs", "// nothing\n" * 20)
    (changed,) = place.zen("show", "Shape::area", cwd=path)
    equal("changed", changed["source"], None)
    place.zen("install", "rust:itoa@1.0.11", "--no-embeddings")
    (cached,) = place.zen("show", "Buffer", "--kind", "struct", "--package", "itoa", cwd="/")
    equal("cargo's copy", any("pub struct Buffer" in line for line in cached["source"]["lines"]), True)


@subject("sqlite", "postgres")
def several_lakes(place):
    """Lakes searched together, one of which is not there."""
    place.zen("install", "rust:semver@1.0.23", "--no-embeddings")
    other = Place("sqlite", place.folder, "other")
    other.zen("install", "rust:semver@1.0.23", "rust:itoa@1.0.11", "--no-embeddings")
    tool = [os.environ["QUACKLAKE_ZEN"], "--json", "--quiet"]

    def run(*arguments, ok=True, **options):
        done = subprocess.run([*tool, *arguments], capture_output=True, text=True, timeout=300, **options)
        if ok != (done.returncode == 0):
            raise Wrong(f"zen {arguments}: exit code {done.returncode}\n{done.stderr[-1500:]}")
        return ([json.loads(line) for line in done.stdout.splitlines()], done.stderr)

    both = ["--lake", place.uri, "--lake", other.uri]
    ((found,), beside) = run(*both, "search", "VersionReq::parse", "--mode", "text")
    hit = first("in both", found, name="parse", container="VersionReq")
    equal("once, with where else", (hit["more"] >= 1, len({hit["lake"]} | {copy["lake"] for copy in hit["copies"]})), (True, 2))
    ((found,), _) = run(*both, "search", "Buffer", "--mode", "name")
    first("of the second", found, name="Buffer", package="itoa")
    listed, _ = run(*both, "list")
    equal("listed", sorted(row["name"] for row in listed), ["itoa", "semver", "semver"])
    # One that is not there, and one that never answers.
    missing = f"sqlite:{place.folder}/no-such-lake.sqlite"
    ((found,), beside) = run(*both, "--lake", missing, "search", "VersionReq::parse", "--mode", "text")
    equal("left out", ([one["lake"] for one in found["unanswered"]], "no-such-lake" in beside), (["no-such-lake"], True))
    first("all the same", found, name="parse", container="VersionReq")
    silent = "postgres:dbname=silent host=127.0.0.1 port=" + str(silent_port())
    ((found,), beside) = run(*both, "--lake", silent, "--timeout", "2", "search", "VersionReq::parse", "--mode", "text")
    equal("silent", [one["lake"] for one in found["unanswered"]], ["silent"])
    run("--lake", missing, "--lake", f"sqlite:{place.folder}/nor-this.sqlite", "search", "x", ok=False)
    _, wrong = run(*both, "install", "rust:ryu@1.0.18", ok=False)
    if "one lake" not in wrong:
        raise Wrong(f"writing to two lakes: {wrong}")
    # A profile.
    home = os.path.join(place.folder, "config")
    os.makedirs(f"{home}/zen")
    with open(f"{home}/zen/config.toml", "w") as file:
        file.write(f'[profiles.work]\nlakes = [{{ name = "team", uri = "{place.uri}", data_path = "{place.data}" }}, {{ name = "public", uri = "{other.uri}" }}]\n')
    own = {**os.environ, "XDG_CONFIG_HOME": home}
    ((found,), _) = run("--profile", "work", "search", "itoa::Buffer", "--mode", "text", env=own)
    first("by a profile", found, name="Buffer", lake="public")
    _, wrong = run("--profile", "wrok", "search", "x", ok=False, env=own)
    if "work" not in wrong:
        raise Wrong(f"an unknown profile: {wrong}")
    shutil.rmtree(home)


@subject("sqlite", "postgres")
def agents(place):
    """`zen serve --mcp` as the Python client of the protocol meets it, over both transports."""
    place.zen("install", "rust:semver@1.0.23", "pypi:six@1.16.0", "--no-embeddings")
    serve = f"{os.environ['QUACKLAKE_ZEN']} --lake '{place.uri}' --data-path {place.data} serve --mcp"
    token = "a-token-for-this-test-alone"
    asked = ["--query", "parse a version requirement", "--symbol", "parse", "--docs", "compatibility library", "--sql", "SELECT name FROM zen.api_symbols WHERE kind = 'struct'"]
    here = os.path.dirname(os.path.abspath(__file__))
    small, large = place.package("small", functions=10), place.package("large", functions=20_000)
    for transport in (["--stdio", serve], ["--http", f"{serve} --http 127.0.0.1:{{port}} --token-env MCP_TOKEN", "--token", token]):
        done = subprocess.run([sys.executable, os.path.join(here, "mcp.py"), *transport, *asked, "--index", small, "--cancel", large], capture_output=True, text=True, timeout=900, env={**os.environ, "MCP_TOKEN": token})
        if done.returncode != 0:
            raise Wrong(f"{transport[0]}: {done.stdout[-1500:]}{done.stderr[-3000:]}")
    keys, _ = place.check()
    equal("packages", {name for _, name, _ in keys}, {"semver", "six", "small"})
    open_to_all = subprocess.run([*place.command("serve", "--mcp", "--http", "0.0.0.0:0")], capture_output=True, text=True, timeout=60)
    if open_to_all.returncode == 0 or "token" not in open_to_all.stderr:
        raise Wrong(f"served to the network without a token: {open_to_all.stderr}")


def silent_port():
    """A port that takes connections and says nothing, as long as this process lives."""
    import socket

    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(8)
    silent_port.open = getattr(silent_port, "open", []) + [server]
    return server.getsockname()[1]


if __name__ == "__main__":
    zen.main()

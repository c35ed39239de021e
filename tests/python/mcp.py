#!/usr/bin/env python3
"""A Model Context Protocol server as a real client meets it: the Python SDK, over stdio and streamable HTTP.

    python mcp.py --stdio "zen serve --mcp" --query "spawn a task" --symbol spawn --docs "graceful shutdown"
    python mcp.py --http "zen serve --mcp --http 127.0.0.1:{port}" --token TOKEN ...

The server has to have something for --query, --symbol and --docs. --index names a package or folder to be indexed, --cancel a
large one whose indexing is cancelled. Needs the packages mcp and jsonschema (requirements.txt).
"""

import argparse
import asyncio
import contextlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

# This file is called as the package is, and its folder comes first.
sys.path = [path for path in sys.path if os.path.abspath(path) != os.path.dirname(os.path.abspath(__file__))]

import httpx2  # noqa: E402
import jsonschema  # noqa: E402
from mcp import Client, StdioServerParameters  # noqa: E402
from mcp.client.stdio import stdio_client  # noqa: E402
from mcp.client.streamable_http import streamable_http_client  # noqa: E402
from mcp.shared.exceptions import MCPError  # noqa: E402

TOOLS = ["search_symbols", "search_docs", "get_symbol", "find_references", "list_packages", "index_package", "query"]
# "legacy" shakes hands as all clients before 2026-07-28 do; "auto" finds the newer protocol.
MODES = ("legacy", "auto")


class Wrong(Exception):
    """The server did not do what it should."""


def check(holds, *what):
    if not holds:
        raise Wrong(" ".join(str(part) for part in what)[:3000])


class Session:
    """A connected client, with what every answer has to fulfil."""

    def __init__(self, client, tools):
        self.client = client
        self.tools = {tool.name: tool for tool in tools}

    async def result(self, tool, arguments, **options):
        result = await self.client.call_tool(tool, arguments, **options)
        check(len(result.content) == 1 and result.content[0].type == "text", tool, "is no text", result)
        check(len(result.content[0].text) < 25_000, tool, arguments, "answers with too much text")
        return result

    async def call(self, tool, arguments=None, **options):
        """The structured answer and the text."""
        result = await self.result(tool, arguments or {}, **options)
        text = result.content[0].text
        check(not result.is_error, tool, arguments, "failed:", text)
        jsonschema.Draft202012Validator(self.tools[tool].output_schema).validate(result.structured_content)
        return result.structured_content, text

    async def refused(self, tool, arguments, *expected):
        """The text of an answer that is an error."""
        result = await self.result(tool, arguments)
        text = result.content[0].text
        check(result.is_error, tool, arguments, "should fail:", text)
        for part in (*expected, "Next: "):
            check(part in text, tool, arguments, "should say", repr(part), "but says:", text)


async def says_what_it_is(session, asked):
    client = session.client
    check(client.server_info.name == "zen" and client.server_info.version, client.server_info)
    check("search_symbols" in (client.instructions or ""), "instructions:", client.instructions)
    check(client.server_capabilities.tools is not None, client.server_capabilities)


async def tools_are_described(session, asked):
    check(list(session.tools) == TOOLS, list(session.tools))
    for tool in session.tools.values():
        for schema in (tool.input_schema, tool.output_schema):
            jsonschema.Draft202012Validator.check_schema(schema)
            check(schema["type"] == "object", tool.name, schema)
        check(len(tool.description) > 300, tool.name, "is hardly described")
        for name, argument in tool.input_schema["properties"].items():
            check(argument.get("description"), tool.name, name, "is not described")
        hints = tool.annotations
        check(hints.read_only_hint == (tool.name != "index_package"), tool.name, hints)
        check(hints.destructive_hint is False and hints.idempotent_hint is True, tool.name, hints)
    check("read-only" in session.tools["query"].description, session.tools["query"].description)
    for table in ("zen.indexed_packages", "zen.api_symbols", "zen.doc_chunks", "zen.symbol_refs", "SHOW TABLES"):
        check(table in session.tools["query"].description, "query does not tell of", table)


async def symbols_are_found_and_shown(session, asked):
    found, text = await session.call("search_symbols", {"query": asked.query, "limit": 5})
    check(0 < len(found["hits"]) <= 5, "found", found)
    hit = found["hits"][0]
    check(f"{hit['file']}:{hit['line']}" in text and hit["id"] in text, text)
    details, text = await session.call("get_symbol", {"symbol": hit["id"]})
    check([of["symbol"]["id"] for of in details["symbols"]] == [hit["id"]], details)
    named, _ = await session.call("search_symbols", {"query": asked.symbol, "mode": "name"})
    check(asked.symbol in {of["name"] for of in named["hits"]}, "no", asked.symbol, "in", named)
    details, text = await session.call("get_symbol", {"symbol": asked.symbol, "context": 2})
    check(details["symbols"], text)
    one, _ = await session.call("search_symbols", {"query": asked.query, "package": hit["package"], "limit": 1})
    check([of["package"] for of in one["hits"]] == [hit["package"]], one)


async def references_documents_and_packages_are_found(session, asked):
    references, text = await session.call("find_references", {"symbol": asked.symbol, "direction": "both"})
    check(references["references"] or "Next: " in text, text)
    documents, text = await session.call("search_docs", {"query": asked.docs})
    check(documents["hits"] and documents["hits"][0]["file"] in text, text)
    packages, text = await session.call("list_packages")
    check(packages["packages"], text)
    name = packages["packages"][0]["name"]
    filtered, _ = await session.call("list_packages", {"filter": name.upper(), "limit": 1})
    check(name.lower() in filtered["packages"][0]["name"].lower(), filtered)


async def columns_are_as_described(session):
    described = session.tools["query"].description
    for table in ("indexed_packages", "api_symbols", "doc_chunks", "symbol_refs"):
        columns, _ = await session.call("query", {"sql": f"DESCRIBE zen.{table}"})
        names = [row[0] for row in columns["rows"]]
        told = described.split(f"zen.{table}(")[1].split(")")[0]
        check([column.split()[0] for column in told.split(", ")] == names, table, "has", names, "and not", told)


async def rows_are_read(session, asked):
    tables, text = await session.call("query", {"sql": "SHOW TABLES"})
    check(tables["rows"] and all(len(row) == len(tables["columns"]) for row in tables["rows"]), tables)
    if any("api_symbols" in row for row in tables["rows"]):
        await columns_are_as_described(session)
    if asked.sql:
        rows, text = await session.call("query", {"sql": asked.sql, "limit": 1000})
        check(rows["rows"], text)
    await session.refused("query", {"sql": "DROP TABLE zen.api_symbols"})
    await session.refused("query", {"sql": "SELECT nonsense FROM nowhere"})


async def errors_tell_what_to_do(session, asked):
    await session.refused("search_symbols", {}, "'query'")
    await session.refused("search_symbols", {"query": "x", "limit": 10_000}, "'limit'", "1 to 50")
    await session.refused("search_symbols", {"query": "x", "mode": "guess"}, "'mode'", "hybrid")
    await session.refused("search_docs", {"query": "x", "packge": "y"}, "`packge`", "`package`")
    await session.refused("index_package", {"spec": "/no/such/folder"})
    nothing, text = await session.call("search_symbols", {"query": "zyxwvutsrq", "mode": "name"})
    check(not nothing["hits"] and "Next: " in text, text)
    try:
        await session.client.call_tool("grep", {})
    except MCPError as error:
        check(error.error.code == -32602 and "search_symbols" in error.error.message, error)
    else:
        raise Wrong("an unknown tool has to be an error of the protocol")


async def calls_run_side_by_side(session, asked):
    queries = [asked.query, asked.symbol] * 10
    answers = await asyncio.gather(*(session.call("search_symbols", {"query": query}) for query in queries))
    for query, (_, text) in zip(queries, answers):
        check(f'"{query}"' in text, "the answer of another call:", text)


async def indexing_tells_how_far_it_is(session, asked):
    if not asked.index:
        return
    steps = []

    async def step(progress, total, message):
        steps.append((progress, total, message))

    indexed, text = await session.call("index_package", {"spec": asked.index}, progress_callback=step)
    check(indexed["already"] or steps, "no progress:", text)
    check(all(before[0] < after[0] for before, after in zip(steps, steps[1:])), steps)
    packages, _ = await session.call("list_packages", {"filter": indexed["package"]})
    check(indexed["package"] in [of["name"] for of in packages["packages"]], packages)
    again, _ = await session.call("index_package", {"spec": asked.index})
    check(again["version"] == indexed["version"], again)


async def a_cancelled_call_leaves_nothing(session, asked):
    if not asked.cancel:
        return
    before, _ = await session.call("list_packages", {"limit": 500})
    begun = asyncio.Event()

    async def step(progress, total, message):
        begun.set()

    call = asyncio.create_task(session.client.call_tool("index_package", {"spec": asked.cancel}, progress_callback=step))
    waiting = asyncio.create_task(begun.wait())
    await asyncio.wait([call, waiting], return_when=asyncio.FIRST_COMPLETED)
    check(not call.done(), "was done before it could be cancelled: give something larger")
    call.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await call
    # Whatever went on would be done by then.
    await asyncio.sleep(asked.patience)
    after, _ = await session.call("list_packages", {"limit": 500})
    check(after == before, "was indexed although cancelled:", after)


SUBJECTS = [
    says_what_it_is,
    tools_are_described,
    symbols_are_found_and_shown,
    references_documents_and_packages_are_found,
    rows_are_read,
    errors_tell_what_to_do,
    calls_run_side_by_side,
    indexing_tells_how_far_it_is,
    a_cancelled_call_leaves_nothing,
]


async def run_subjects(connect, what, asked):
    for mode in MODES:
        async with Client(connect(), mode=mode, read_timeout_seconds=asked.timeout) as client:
            session = Session(client, (await client.list_tools()).tools)
            for subject in SUBJECTS:
                await subject(session, asked)
                print(f"ok  {what} {client.protocol_version}  {subject.__name__}", flush=True)


def initialize():
    return {
        "jsonrpc": "2.0",
        "id": 0,
        "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bare", "version": "0"}},
    }


def bare_call(number, tool, arguments):
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


def bare_stdio(command, lines, timeout):
    """What a server writes that gets these lines and then the end of its input."""
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=timeout)
    check(done.returncode == 0, "exit code", done.returncode, done.stderr)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    check(all(answer["jsonrpc"] == "2.0" for answer in answers), done.stdout)
    return {answer.get("id"): answer for answer in answers}


def stdio_is_the_protocols_alone(command, asked):
    answers = bare_stdio(command, [], asked.timeout)
    check(answers == {}, answers)
    calls = [bare_call(number, "search_symbols", {"query": asked.query}) for number in range(1, 6)]
    begun = [initialize(), {"jsonrpc": "2.0", "method": "notifications/initialized"}]
    # Closed right behind the calls: all are answered all the same.
    answers = bare_stdio(command, [*begun, *calls], asked.timeout)
    check(set(answers) == set(range(6)), "not all were answered:", sorted(answers))
    rubbish = ["{", "nonsense", "", "[]", '{"jsonrpc": "2.0", "method": "notifications/nonsense"}']
    unknown = {"jsonrpc": "2.0", "id": 9, "method": "no/such/method"}
    answers = bare_stdio(command, [*begun, *rubbish, unknown, calls[0]], asked.timeout)
    check(answers[9]["error"]["code"] == -32601, answers[9])
    check(answers[1]["result"]["isError"] is False, answers[1])


def status(url, token, headers=None, body=None):
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        **({"Authorization": f"Bearer {token}"} if token else {}),
        **(headers or {}),
    }
    request = urllib.request.Request(url, (body or json.dumps(initialize())).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def http_is_guarded(url, token):
    check(status(url, token) == 200, "the right request is refused")
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}):
        check(status(url, token, headers) == 403, headers, "was let in")
    check(status(url, token, body="{") in (400, 415), "no JSON was taken")
    check(status(url.replace("/mcp", "/other"), token) == 404, "another path is served")
    if token:
        for wrong in (None, token[:-1], token + "x"):
            check(status(url, wrong) == 401, "served without the token")


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextlib.contextmanager
def http_server(command):
    """A server's URL; it has to end well when it is told to."""
    port = free_port()
    server = subprocess.Popen([part.replace("{port}", str(port)) for part in command], stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            check(server.poll() is None, "the server ended with", server.returncode)
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/mcp"
        server.send_signal(signal.SIGINT)
        check(server.wait(30) == 0, "the server ended with", server.returncode)
    finally:
        server.kill()


def over_stdio(asked):
    command = shlex.split(asked.stdio)
    server = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))
    asyncio.run(run_subjects(lambda: stdio_client(server), "stdio", asked))
    stdio_is_the_protocols_alone(command, asked)
    print("ok  stdio  stdio_is_the_protocols_alone")


def over_http(asked):
    headers = {"Authorization": f"Bearer {asked.token}"} if asked.token else {}
    timeout = httpx2.Timeout(asked.timeout)
    with http_server(shlex.split(asked.http)) as url:

        def connect():
            client = httpx2.AsyncClient(headers=headers, timeout=timeout)
            return streamable_http_client(url, http_client=client)

        asyncio.run(run_subjects(connect, "http", asked))
        http_is_guarded(url, asked.token)
        print("ok  http  http_is_guarded")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stdio", metavar="COMMAND", help="a server over standard input and output")
    parser.add_argument("--http", metavar="COMMAND", help="a server over HTTP; {port} is replaced by a free one")
    parser.add_argument("--token", help="what the HTTP server wants")
    parser.add_argument("--query", required=True, help="what a search for symbols finds something for")
    parser.add_argument("--symbol", required=True, help="the name of a symbol")
    parser.add_argument("--docs", required=True, help="what a search of documentation finds something for")
    parser.add_argument("--sql", help="a statement that gives rows")
    parser.add_argument("--index", metavar="SPEC", help="what to index")
    parser.add_argument("--cancel", metavar="SPEC", help="what to begin indexing, to cancel it")
    parser.add_argument("--patience", type=float, default=5, help="seconds that this would take at most")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for any call")
    asked = parser.parse_args()
    if not asked.stdio and not asked.http:
        parser.error("--stdio or --http is needed")
    try:
        if asked.stdio:
            over_stdio(asked)
        if asked.http:
            over_http(asked)
    except* Wrong as wrong:
        print("\n".join(f"WRONG  {error}" for error in leaves(wrong)), file=sys.stderr)
        sys.exit(1)


def leaves(group):
    for error in group.exceptions:
        yield from leaves(error) if isinstance(error, BaseExceptionGroup) else [error]


if __name__ == "__main__":
    main()

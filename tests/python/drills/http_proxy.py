"""An object store that fails at chosen requests."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

# What S3 says instead of a result.
ERROR = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>made to fail</Message></Error>'


class HttpProxy:
    """Stands between the engine and the store at `endpoint`.

    `fails(method, target, number)` gives for the `number`th request of that method and kind what becomes of it: None (it
    passes), a status, `"cut"` (the connection breaks in the middle of the body), `"lost"` (the store does it, and the
    connection breaks before the answer), or `"error in 200"` (the store does nothing and says so in a body with status 200)."""

    def __init__(self, endpoint, fails):
        self.store, self.fails, self.seen, self.failed = urlsplit(endpoint).netloc, fails, {}, 0
        self.lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_one(self):
                proxy.handle(self)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_one

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def handle(self, request):
        kind = (request.command, step(request.command, request.path))
        with self.lock:
            number = self.seen[kind] = self.seen.get(kind, 0) + 1
            fate = self.fails(*kind, number)
            self.failed += fate is not None
        length = int(request.headers.get("Content-Length") or 0)
        if fate == "cut":
            request.rfile.read(length // 2)
            return self.hang_up(request)
        body = request.rfile.read(length)
        if isinstance(fate, int):
            code = {403: b"AccessDenied", 503: b"SlowDown"}.get(fate, b"InternalError")
            return self.answer(request, fate, [], ERROR % code)
        if fate == "error in 200":
            return self.answer(request, 200, [], ERROR % b"InternalError")
        store = http.client.HTTPConnection(self.store)
        # The host is part of the signature.
        store.request(request.command, request.path, body, dict(request.headers))
        said = store.getresponse()
        content = said.read()
        store.close()
        if fate == "lost":
            return self.hang_up(request)
        self.answer(request, said.status, said.getheaders(), content)

    @staticmethod
    def answer(request, status, headers, content):
        request.send_response(status)
        length = str(len(content))
        for name, value in headers:
            if request.command == "HEAD" and name.lower() == "content-length":
                length = value
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                request.send_header(name, value)
        request.send_header("Content-Length", length)
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(content)

    @staticmethod
    def hang_up(request):
        request.close_connection = True
        request.connection.shutdown(2)


def step(method, target):
    """What a request is for: a `file` as a whole, or a step of an upload in parts."""
    query = urlsplit(target).query
    if "partNumber" in query:
        return "part"
    if "uploads" in query:
        return "start"
    if "uploadId" in query:
        return "complete" if method == "POST" else "abort"
    return "many" if method == "POST" else "file"

"""A PostgreSQL connection that breaks at a chosen message of the protocol."""

import re
import socket
import struct
import threading
import time


class Cut:
    """Breaks the connection on which a statement matches, in a transaction that writes.

    With `unreachable`, all other connections break too, and no more are taken. `when` is `before` (the server never sees it), `after` (it has done it, and nobody hears), or `late` (the connection
    breaks at once, and the server sees the statement only some time later, as one that was still on its way)."""

    def __init__(self, statement, when, unreachable=False):
        self.statement, self.when, self.unreachable = re.compile(statement), when, unreachable
        self.done = threading.Event()


class PgProxy:
    """Stands between the engine and the server at `host`, `port`. Connections must not ask for encryption."""

    # How long a statement is on its way that comes late.
    DELAY = 1.5

    def __init__(self, host, port):
        self.server, self.next, self.pairs = (host, port), None, []
        self.listener, self.port = None, 0
        self.listen()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def listen(self):
        """Takes connections (again)."""
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        self.listener.listen(16)
        threading.Thread(target=self.accept, args=[self.listener], daemon=True).start()

    def refuse(self):
        """Takes no more connections; those that are there stay."""
        listener, self.listener = self.listener, None
        if listener:
            # A thread waits in accept, which closing alone does not end.
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def stop(self, spared=None):
        """Breaks all connections but one, and takes no more."""
        self.refuse()
        for pair in self.pairs:
            if pair is not spared:
                pair.break_off()

    def cut(self, statement, when, unreachable=False):
        self.next = Cut(statement, when, unreachable)
        return self.next

    def accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.server)
            for end in (client, server):
                # Small messages do not wait for each other.
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = Pair(self, client, server)
            self.pairs.append(pair)
            for work in (pair.forward, pair.answer):
                threading.Thread(target=work, daemon=True).start()


class Pair:
    """A connection of the engine, and the one to the server that belongs to it."""

    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        # Set while answers are kept back; it then waits for the server to be ready for the next statement.
        self.ready = None
        self.writes = False
        # Texts of prepared statements by name.
        self.prepared = {}

    def break_off(self):
        """The engine's end sees a reset, the server's an end."""
        reset(self.client)
        try:
            self.server.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.server.close()

    def forward(self):
        """What the engine says, message by message."""
        try:
            (length,) = struct.unpack("!i", receive(self.client, 4))
            self.server.sendall(struct.pack("!i", length) + receive(self.client, length - 4))
            while True:
                kind, message = self.message()
                cut, text = self.proxy.next, self.statement(kind, message[5:])
                if text and text.startswith("BEGIN"):
                    self.writes = "READ COMMITTED" in text
                if cut and text and self.writes and cut.statement.search(text):
                    self.proxy.next = None
                    self.carry_out(cut, kind, message)
                    return
                self.server.sendall(message)
        except (OSError, EOFError):
            self.break_off()

    def statement(self, kind, body):
        """The SQL text that a message has the server run, if it does."""
        if kind == b"Q":
            return body.rstrip(b"\0").decode()
        if kind == b"P":
            name, text = body.split(b"\0")[:2]
            self.prepared[name] = text.decode()
        elif kind == b"B":
            return self.prepared.get(body.split(b"\0")[1])
        return None

    def message(self):
        head = receive(self.client, 5)
        kind, length = struct.unpack("!ci", head)
        return kind, head + receive(self.client, length - 4)

    def carry_out(self, cut, kind, message):
        if cut.unreachable:
            self.proxy.stop(spared=self)
        if cut.when != "before":
            self.ready = threading.Event()
        if cut.when == "late":
            reset(self.client)
            time.sleep(self.proxy.DELAY)
        if cut.when != "before":
            self.server.sendall(message)
            # The rest of the extended protocol follows the text.
            while kind not in b"QS":
                kind, message = self.message()
                self.server.sendall(message)
            self.ready.wait(30)
        self.break_off()
        cut.done.set()

    def answer(self):
        """What the server says."""
        try:
            while True:
                head = receive(self.server, 5)
                kind, length = struct.unpack("!ci", head)
                message = head + receive(self.server, length - 4)
                if self.ready is None:
                    self.client.sendall(message)
                elif kind == b"Z":
                    self.ready.set()
        except (OSError, EOFError):
            if self.ready is None:
                self.break_off()
            else:
                self.ready.set()


def reset(end):
    """Breaks a connection at once, as a failing network does."""
    try:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The other thread may wait on it, which keeps it from being closed.
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()


def receive(end, count):
    data = b""
    while len(data) < count:
        chunk = end.recv(count - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data

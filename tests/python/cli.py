"""The engine's command line as a process that answers one statement after the other."""

import json
import os
import select
import subprocess

# The engine under test: `cargo xtask test` sets it.
PROGRAM = os.environ.get("QUACKLAKE_CLI", "ducklake-cli")


class Refused(Exception):
    """The engine answers a statement with an error."""


class Died(Exception):
    """The engine ended, or does not answer in time."""


class Cli:
    """One process; used as a context it ends with it."""

    def __init__(self, limit=60, prepare=None, **environment):
        """`prepare` runs in the new process before the engine does."""
        self.limit, self.read = limit, b""
        self.process = subprocess.Popen(
            [PROGRAM, "sql", "--output", "jsonl", "--on-error", "continue"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
            preexec_fn=prepare,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, sql):
        """Hands a statement over; its answer is to be asked for."""
        try:
            self.process.stdin.write(f"{sql.strip().rstrip(';')};\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Died(self.last_words()) from None

    def answer(self):
        """The answer to the oldest statement that has none: `columns`, `types` and `rows`."""
        while b"\n" not in self.read:
            ready, _, _ = select.select([self.process.stdout], [], [], self.limit)
            if not ready:
                self.process.kill()
                raise Died(f"no answer in {self.limit} s")
            chunk = os.read(self.process.stdout.fileno(), 1 << 16)
            if not chunk:
                raise Died(self.last_words())
            self.read += chunk
        line, _, self.read = self.read.partition(b"\n")
        answer = json.loads(line)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer

    def run(self, sql):
        """Runs a statement: its rows."""
        self.send(sql)
        return self.answer()["rows"]

    def last_words(self):
        self.process.kill()
        _, said = self.process.communicate()
        return f"the engine ended with {self.process.returncode}: {said.decode(errors='replace').strip()[-2000:]}"

    def kill(self):
        """Ends it without warning."""
        self.process.kill()
        self.process.wait()
        self.release()

    def close(self):
        """Ends it in order."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.release()

    def release(self):
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                pass

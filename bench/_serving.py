"""What measurements of pages stand on: migrated databases, the server of production, and a small client."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from alembic import command

from app.factory import create_app
from app.kernel.schema import alembic_config
from app.web.application import Application
from config import Config
from tests.postgres import DURABLE, temporary_postgres

ROOT = Path(__file__).parent.parent
HOST = "127.0.0.1"
SECRET = "a secret that is only for measuring, and long enough"
CONNECTIONS = 4
PATIENCE = 60.0


def settings(database_url: str, port: int = 8000) -> dict[str, str]:
    """The environment of an installation in test mode whose gateway is never spoken to."""
    return {
        "SECRET_KEY": SECRET, "DATABASE_URL": database_url, "QUEUE_URL": "none", "LOG_LEVEL": "WARNING",
        "PUBLIC_URL": f"http://{HOST}:{port}", "STRIPE_SECRET_KEY": "sk_test_measuring",
        "STRIPE_WEBHOOK_SECRETS": "whsec_measuring", "STRIPE_API_BASE": f"http://{HOST}:1",
        "STRIPE_CHECKOUT_ORIGINS": f"http://{HOST}:1",
    }  # fmt: skip


def migrated(database_url: str, **changed: str) -> Application:
    """The product on a database that was just migrated; single settings can be changed."""
    made = create_app(Config.from_env({**settings(database_url), **changed}))
    with made.database.engine.connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    return made


@contextmanager
def both_databases(*, is_durable: bool = False) -> Iterator[dict[str, str]]:
    """The addresses of an empty database of each kind by its name; PostgreSQL on the disk where commits count."""
    postgres = temporary_postgres(DURABLE if is_durable else None, in_memory=not is_durable)
    with TemporaryDirectory() as folder, postgres as postgresql:
        yield {"SQLite": f"sqlite:///{Path(folder) / 'bench.db'}", "PostgreSQL": postgresql}


def free_port() -> int:
    """A port of this machine that nobody listens on now; `BENCH_PORT` names the first to try."""
    first = int(os.environ.get("BENCH_PORT", "0"))
    for port in range(first, first + 20) if first else (0,):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise OSError("No port is free")


SERVERS = {
    "granian": "-m granian --interface wsgi --host {host} --port {port} --workers 1 --blocking-threads 4"
    " --log-level warning {target}",
    "gunicorn": "-m gunicorn --bind {host}:{port} --workers 1 --threads 4 --log-level warning {target}",
}


@contextmanager
def served(
    target: str, port: int, env: Mapping[str, str], server_name: str = "granian"
) -> Iterator[subprocess.Popen[bytes]]:
    """The application under a server, one process with four threads, until the block ends; the server's process.

    What it logs of each request is written, and read by nobody.
    """
    words = SERVERS[server_name].format(host=HOST, port=port, target=target).split()
    with started(words, port, env) as server:
        yield server


@contextmanager
def started(words: Sequence[str], port: int, env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program of ours that listens on a port, until the block ends."""
    with running(words, env) as server:
        _wait_for(port, server)
        yield server


@contextmanager
def running(words: Sequence[str], env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program of ours until the block ends. One that logs each request is read by nobody."""
    is_told = env.get("LOG_LEVEL") == "INFO"
    program = subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, env={**os.environ, **env}, stderr=subprocess.DEVNULL if is_told else None
    )
    try:
        yield program
    finally:
        program.terminate()
        try:
            program.wait(30)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("The server did not start")


def requests_per_second(port: int, path: str, seconds: float) -> float:
    """How many answers with status 200 four connections that are kept open get in a second.

    Raises:
        RuntimeError: an answer was another one.

    """
    until, counts, wrong = time.monotonic() + seconds, [0] * CONNECTIONS, []

    def ask(number: int) -> None:
        try:
            with Line(port) as line:
                while time.monotonic() < until:
                    line.get(path)
                    counts[number] += 1
        except (OSError, RuntimeError, ValueError) as fault:
            wrong.append(fault)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise RuntimeError(f"{path}: {wrong[0]}")
    return sum(counts) / seconds


class Line:
    """One connection that is kept open. As little work as can be: the client shares the machine with the server."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HOST, port), timeout=30)
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    def get(self, path: str) -> bytes:
        """The body of the answer.

        Raises:
            RuntimeError: the status is not 200.

        """
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAccept-Language: fr\r\n\r\n".encode())
        return self._answer()

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The body of the answer to these bytes, which are JSON.

        Raises:
            RuntimeError: the status is not 200.

        """
        told = {"Host": HOST, "Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        self._socket.sendall(f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        return self._answer()

    def _answer(self) -> bytes:
        head = self._until(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head[:60].decode(errors="replace"))
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        while len(self._rest) < length:
            self._rest += self._more()
        body, self._rest = self._rest[:length], self._rest[length:]
        return body

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._rest += self._more()
        head, _mark, self._rest = self._rest.partition(mark)
        return head

    def _more(self) -> bytes:
        if not (received := self._socket.recv(65536)):
            raise OSError("The server hung up")
        return received

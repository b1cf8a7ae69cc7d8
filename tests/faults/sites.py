"""One web process of the product, or of another version of it, that a test starts and stops as it likes."""

import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.faults.browsing import Browser
from tests.stack import ENDS_WITH_US, HOST, ROOT, eventually

UNIT = ROOT / "docs" / "deploy" / "sahayog-web@.service"
LONGEST = 120.0
"""Seconds that a start may take on a busy machine."""


def as_deployed(port: int) -> list[str]:
    """The command of the unit that people install, with this Python."""
    lines = UNIT.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    (started,) = (line.partition("=")[2] for line in lines if line.startswith("ExecStart="))
    program, *options = shlex.split(started.replace("%i", str(port)))
    assert program.endswith("/granian")
    return [sys.executable, "-m", "granian", "--log-level", "warning", *options]


@contextmanager
def site(folder: Path, env: Mapping[str, str], log: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A web process of the programs in a folder, started as docs/deploy has it; stopped politely at the end."""
    with log.open("ab") as words:
        running = subprocess.Popen(
            [*ENDS_WITH_US, *as_deployed(port)],
            cwd=folder, env=dict(env), stdout=words, stderr=words, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    try:
        asking = Browser("192.0.2.1", time.monotonic() + LONGEST)
        eventually(lambda: asking.ask(f"http://{HOST}:{port}/healthz"), "the site", LONGEST)
        yield running
    finally:
        running.terminate()
        running.wait(40)

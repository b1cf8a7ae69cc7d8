"""Programs run one after the other, with a line for each, and ended together when someone stops us."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TextIO

ROOT = Path(__file__).parent.parent
PYTHON = sys.executable
#: Seconds after which a step is taken to hang.
LONGEST = 2700
TOO_LONG = 124
STOPPED = 130

_running: set[subprocess.Popen[bytes]] = set()
_is_over = Event()


@dataclass(frozen=True)
class Step:
    """A command with the name people know it by, and what it needs in its environment."""

    name: str
    command: Sequence[str]
    more_env: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Outcome:
    """How a step ended: its exit code, and how long it took in seconds."""

    name: str
    code: int
    seconds: float

    def __str__(self) -> str:
        """One line: what, how long, whether it is right."""
        word = "ok" if self.code == 0 else "took too long" if self.code == TOO_LONG else f"FAILED ({self.code})"
        return f"  {self.name:<36} {self.seconds:6.1f} s  {word}"


def run_step(step: Step, output: TextIO | None = None) -> Outcome:
    """Run one step from the top of the repository; its words go to `output`, or to the terminal.

    One whose words go to a file runs in a process group of its own, and `stop_all` ends it. After that none begins.
    """
    began = time.monotonic()
    if _is_over.is_set():
        return Outcome(step.name, STOPPED, 0.0)
    process = subprocess.Popen(
        step.command,
        cwd=ROOT,
        env={**os.environ, **(step.more_env or {})},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=output is not None,
    )
    _running.add(process)
    if _is_over.is_set():  # it was stopped in this very moment
        _end(process)
    try:
        code = process.wait(LONGEST)
    except subprocess.TimeoutExpired:
        _end(process)
        code = TOO_LONG
    finally:
        _running.discard(process)
    return Outcome(step.name, code, time.monotonic() - began)


def stop_all() -> None:
    """End every step that still runs, with all it started; the lanes go on to no other."""
    _is_over.set()
    for process in tuple(_running):
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(5)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            return


def say(text: str = "") -> None:
    """Print at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()

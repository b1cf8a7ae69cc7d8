"""Programs that live and die together: started by one parent, their words passed on, ended with it."""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import FileIO
    from pathlib import Path

#: Seconds the programs have to end by themselves, and then to be gone.
GRACE, LAST_GRACE = 3.0, 1.0
#: Seconds until the death of a program that said nothing is noticed.
HEARTBEAT = 0.2
PR_SET_PDEATHSIG = 1
LAST_WORDS = 30


class ChildStoppedError(Exception):
    """One of the programs ended by itself; the message names it."""


@dataclass
class _Child:
    name: str
    process: subprocess.Popen[bytes]
    may_end: bool = False
    rest: bytes = b""
    words: list[str] = field(default_factory=list)


class Children:
    """The programs. Each leads a process group of its own, so that what it starts itself ends too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._children: list[_Child] = []
        self._selector = selectors.DefaultSelector()
        self._quiet = True

    def start(self, name: str, command: list[str], env: dict[str, str], *, may_end: bool = False) -> None:
        """Start one. Until `speak` is called its words are only remembered. Only one that `may_end` may do so."""
        process = subprocess.Popen(
            command,
            cwd=self._folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
            preexec_fn=ending_with_parent(),  # noqa: PLW1509 -- this parent has one thread, so no lock is held
        )
        child = _Child(name, process, may_end)
        self._children.append(child)
        self._selector.register(_output(child), selectors.EVENT_READ, child)

    def watch(self, seconds: float) -> None:
        """Pass on for a while what the programs say.

        Raises:
            ChildStoppedError: one of them ended.

        """
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._read(min(left, HEARTBEAT))
            for child in self._children:
                if child.process.poll() is not None and not child.may_end:
                    while self._read(0):
                        pass
                    raise ChildStoppedError(
                        f"The program “{child.name}” ended by itself (exit code {child.process.returncode})."
                    )

    def speak(self) -> None:
        """From now on print what the programs say; if one has ended already, its last words first."""
        self._quiet = False
        for child in self._children:
            if child.process.poll() is not None:
                for line in child.words:
                    _print(child.name, line)
            child.words.clear()

    def stop(self) -> None:
        """End all of them, with what they started: politely, then by force, within four seconds."""
        self._signal(signal.SIGTERM)
        self._wait(GRACE)
        self._signal(signal.SIGKILL)
        self._wait(LAST_GRACE)
        for child in self._children:
            _output(child).close()
        self._selector.close()

    def _signal(self, number: signal.Signals) -> None:
        for child in self._children:
            if child.may_end and child.process.poll() is not None:
                continue  # it went long ago: its number may be another program's by now
            try:
                os.killpg(child.process.pid, number)
            except ProcessLookupError:
                continue

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and any(child.process.poll() is None for child in self._children):
            time.sleep(0.05)

    def _read(self, seconds: float) -> int:
        """Take in what waits, or comes within some seconds; from how many programs it came."""
        ready = self._selector.select(seconds)
        for key, _events in ready:
            child: _Child = key.data
            some = os.read(key.fd, 65_536)
            if not some:
                self._selector.unregister(key.fileobj)
            *lines, child.rest = (child.rest + some).split(b"\n")
            for line in lines:
                self._take(child, line.decode(errors="replace").rstrip())
        return len(ready)

    def _take(self, child: _Child, line: str) -> None:
        if not self._quiet:
            _print(child.name, line)
            return
        child.words = [*child.words, line][-LAST_WORDS:]


def _output(child: _Child) -> FileIO:
    return cast("FileIO", child.process.stdout)


def _print(name: str, line: str) -> None:
    sys.stdout.write(f"{name:>8} │ {line}\n")
    sys.stdout.flush()


def ending_with_parent() -> Callable[[], object]:
    """What a process does, once, to be asked to end when its parent is gone, even killed outright (Linux only)."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    libc = ctypes.CDLL(None, use_errno=True)
    return lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

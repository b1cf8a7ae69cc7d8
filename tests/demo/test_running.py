"""The demo refuses to start with one clear line, and its programs end together."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo import running
from demo.children import Children, ChildStoppedError
from demo.running import CannotStartError, Ports, claim_folder, environment, prepare_folder, welcome
from sandbox.mailbox import free_port

SLEEP = "import time; time.sleep(60)"
PARENT = (
    f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {SLEEP!r}]);"
    "print(child.pid, flush=True); child.wait()"
)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def has_ended(pid: int) -> bool:
    """Whether it is gone, or goes within the moment that the kernel takes to bury what was killed."""
    until = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not is_running(pid)


@pytest.fixture
def children(tmp_path: Path):
    started = Children(tmp_path)
    yield started
    started.stop()


@pytest.mark.parametrize("text", ["", "abc", "80", "70000", "-8000"])
def test_a_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(CannotStartError, match="PORT must be a number"):
        Ports.chosen(text)


def test_a_busy_port_is_named_with_a_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStartError, match=rf"Port {port} is taken .* make demo PORT=8100"):
            Ports.chosen(str(port))


def test_the_demo_keeps_its_secrets_until_it_starts_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "FOLDER", tmp_path / "demo")
    claim_folder()
    first = prepare_folder(fresh=False)
    assert (tmp_path / "demo" / "secrets.json").stat().st_mode & 0o077 == 0
    with pytest.raises(CannotStartError, match="already runs"):
        claim_folder()
    assert first["STRIPE_SECRET_KEY"].startswith("sk_test_")


def test_every_secret_and_address_of_the_demo_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_live_of_somebody")
    env = environment(Ports(4340), {"SECRET_KEY": "x" * 40, "STRIPE_SECRET_KEY": "sk_test_1"})
    assert env["STRIPE_SECRET_KEY"] == "sk_test_1"
    assert env["STRIPE_API_BASE"] == env["STRIPE_CHECKOUT_ORIGINS"] == "http://127.0.0.1:4341"
    assert env["SMTP_URL"] == "smtp://127.0.0.1:4342"


def test_the_welcome_says_where_everything_is() -> None:
    text = welcome(Ports(4340))
    for word in (":4340/give/", ":4341/_sandbox", ":4343/", running.PASSWORD, "admin@planete-nepal.example"):
        assert word in text
    assert len({len(line) for line in text.splitlines()}) == 1


def test_when_one_program_ends_its_name_and_last_words_are_said(
    children: Children, capsys: pytest.CaptureFixture[str]
) -> None:
    children.start("site", [sys.executable, "-c", SLEEP], dict(os.environ))
    children.start("worker", [sys.executable, "-c", "print('no database'); exit(3)"], dict(os.environ))
    with pytest.raises(ChildStoppedError, match=r"“worker” ended by itself \(exit code 3\)"):
        children.watch(30)
    children.speak()
    assert "worker │ no database" in capsys.readouterr().out


def test_one_that_may_end_does_not_end_the_others(children: Children) -> None:
    children.start("visitors", [sys.executable, "-c", "pass"], dict(os.environ), may_end=True)
    children.watch(1)


def test_stopping_ends_what_the_programs_started_themselves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    children = Children(tmp_path)
    children.speak()
    children.start("site", [sys.executable, "-c", PARENT], dict(os.environ))
    said = ""
    while "│" not in said:
        children.watch(0.2)
        said += capsys.readouterr().out
    grandchild = int(said.split("│")[1])
    assert is_running(grandchild)
    children.stop()
    assert has_ended(grandchild)


def test_the_mail_catcher_says_when_its_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = ["--smtp-port", str(taken.getsockname()[1]), "--http-port", str(free_port())]
        command = [sys.executable, "-m", "sandbox.mailbox", *ports, "--store", str(tmp_path)]
        done = subprocess.run(command, cwd=running.ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "is taken" in done.stderr

"""The lock files: exact, with hashes, the same for running and for working, and naming no package index."""

import json
import re

import pytest

from tests.architecture.tree import ROOT

PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)
LOCKS = ("requirements.txt", "requirements-dev.txt")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pins(name: str) -> dict[str, str]:
    return dict(PINNED.findall(read(name)))


@pytest.mark.parametrize("name", [*LOCKS, "assets/package-lock.json", "assets/.npmrc"])
def test_a_lock_names_no_address(name: str) -> None:
    text = read(name)
    if name.endswith(".json"):  # packages' own words about funding are addresses nobody installs from
        packages = json.loads(text)["packages"].values()
        text = json.dumps([{key: value for key, value in each.items() if key != "funding"} for each in packages])
    assert "://" not in text


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_with_a_hash(name: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", read(name).strip())
    without = [entry.splitlines()[0] for entry in entries if not PINNED.match(entry) or "--hash=sha256:" not in entry]
    assert without == []


def test_what_is_locked_for_work_contains_what_is_locked_for_running() -> None:
    work = pins("requirements-dev.txt")
    assert {
        name: (pin, work.get(name)) for name, pin in pins("requirements.txt").items() if work.get(name) != pin
    } == {}


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_package_asked_for_is_locked(name: str) -> None:
    asked = re.findall(r"^([A-Za-z0-9._-]+)", read(f"{name}.in"), re.MULTILINE)
    locked = {each.casefold().replace("_", "-") for each in pins(f"{name}.txt")}
    assert [each for each in asked if each != "-r" and each.casefold().replace("_", "-") not in locked] == []

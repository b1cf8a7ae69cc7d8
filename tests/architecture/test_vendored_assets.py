"""The copies of other people's files are what their manifest says: unchanged, licensed, and none unlisted."""

import hashlib
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"
ENTRIES = json.loads((APP / "static" / "vendor" / "manifest.json").read_text(encoding="utf-8"))


def test_every_vendored_file_still_has_the_hash_of_the_manifest() -> None:
    wrong = {
        entry["path"]
        for entry in ENTRIES
        if hashlib.sha256((APP / entry["path"]).read_bytes()).hexdigest() != entry["sha256"]
    }
    assert wrong == set()


def test_nothing_lies_among_the_vendored_files_that_the_manifest_does_not_name() -> None:
    listed = {entry["path"] for entry in ENTRIES}
    present = {
        path.relative_to(APP).as_posix()
        for folder in ("static/vendor", "giving/typst/fonts")
        for path in (APP / folder).rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert present == listed


def test_every_vendored_package_comes_with_its_licence() -> None:
    packages = {entry["package"] for entry in ENTRIES}
    licensed = {entry["package"] for entry in ENTRIES if "LICENSE" in entry["path"]}
    assert packages == licensed
    assert {entry["licence"] for entry in ENTRIES} <= {"MIT", "0BSD", "OFL-1.1"}


def test_the_vendored_versions_are_those_of_the_lock() -> None:
    lock = json.loads((ROOT / "assets" / "package-lock.json").read_text(encoding="utf-8"))
    locked = {
        name.removeprefix("node_modules/"): entry["version"]
        for name, entry in lock["packages"].items()
        if name
    }
    assert {entry["package"]: entry["version"] for entry in ENTRIES} == locked


def test_the_lock_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "assets" / "package-lock.json").read_text(encoding="utf-8")


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = (APP / "static" / "vendor" / "icons" / "icons.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'<symbol id="([a-z0-9-]+)"', sprite))
    named = {
        name
        for page in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r"""\bicon\(\s*['"]([a-z0-9-]+)['"]""", page.read_text(encoding="utf-8"))
    }
    assert named - drawn == set()

"""The copies of other people's files are what their manifest says: unchanged, licensed, and none unlisted."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from app.web.application import Application

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
    locked = {name.removeprefix("node_modules/"): entry["version"] for name, entry in lock["packages"].items() if name}
    assert {entry["package"]: entry["version"] for entry in ENTRIES} == locked


def test_the_lock_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "assets" / "package-lock.json").read_text(encoding="utf-8")


# Where each macro takes the name of its icon; all of them also take it as `icon_name`.
ICON_PLACE = {
    "icon": 0, "icon_link": 0, "button": 2, "link_button": 3, "post_button": 3, "menu": 1, "menu_link": 2,
    "menu_post": 2, "empty": 1, "event": 2, "step": 1, "badge": 2, "dialog_link": 4, "submit": 3,
}  # fmt: skip


def sprite() -> set[str]:
    """The names of the icons we ship."""
    text = (APP / "static" / "vendor" / "icons" / "icons.svg").read_text(encoding="utf-8")
    return set(re.findall(r'<symbol id="([a-z0-9-]+)"', text))


def icons_of(page: Path) -> set[str]:
    """The icons that a template's calls name."""
    tree = Environment(extensions=["jinja2.ext.i18n"]).parse(page.read_text(encoding="utf-8"))
    named = set()
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in ICON_PLACE:
            place = ICON_PLACE[call.node.name]
            given = [*call.args[place : place + 1], *(k.value for k in call.kwargs if k.key == "icon_name")]
            named |= {one.value for one in given if isinstance(one, nodes.Const) and one.value}
    return named


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    missing = {page.name: icons_of(page) - sprite() for page in (ROOT / "templates").rglob("*.html")}
    assert {name: icons for name, icons in missing.items() if icons} == {}


@pytest.mark.db
def test_every_icon_of_the_menu_is_in_the_sprite(app: Application) -> None:
    assert {entry.icon for entry in app.extensions["features"].navigation} - sprite() == set()

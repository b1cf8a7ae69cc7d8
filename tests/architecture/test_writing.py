"""Habits the architecture rests on, looked for in the text of the code itself."""

import ast
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.architecture.tree import ROOT, functions, modules, name_of, place, templates, tree

# A writing request commits here, and migrations, which have no session, there. Everything else says
# `with database.writing()`, which ends its transaction by itself.
TRANSACTIONS = {"app/web/application.py", "app/web/db_commands.py"}
LAZY_MARKS = re.compile(r"\b(TODO|FIXME|HACK)\b")
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
STYLE_ATTRIBUTE = re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE)
EVENT_ATTRIBUTE = re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE)
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc\s*=)(?![^>]*type=\"application/(ld\+)?json\")[^>]*>", re.IGNORECASE)


def without_jinja(text: str) -> str:
    """A template's own HTML: expressions and statements of the template language are no attributes."""
    return JINJA.sub("", text)


def calls(path: Path, *methods: str) -> Iterable[ast.Call]:
    """Calls of a method of one of these names."""
    found = (node for node in ast.walk(tree(path)) if isinstance(node, ast.Call))
    return (node for node in found if isinstance(node.func, ast.Attribute) and node.func.attr in methods)


def in_templates(pattern: re.Pattern[str], prepare: Callable[[str], str] = str) -> list[str]:
    """Where the pattern stands in templates, once each is prepared."""
    return [
        f"{name_of(path)}: {match[0][:60]}"
        for path in templates()
        for match in pattern.finditer(prepare(path.read_text(encoding="utf-8")))
    ]


def test_transactions_end_in_few_places() -> None:
    found = [
        place(path, node)
        for path in modules("app")
        if name_of(path) not in TRANSACTIONS
        for node in calls(path, "commit", "rollback")
    ]
    assert found == []


def test_no_amount_is_ever_a_float() -> None:
    found = [
        place(path, node)
        for path in modules("app")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
    ]
    assert found == []


def test_only_a_record_changes_its_own_status() -> None:
    def is_of_another(node: ast.Attribute) -> bool:
        return not (isinstance(node.value, ast.Name) and node.value.id == "self")

    found = [
        place(path, node)
        for path in modules("app")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "status" and isinstance(node.ctx, ast.Store)
        if is_of_another(node)
    ]
    assert found == []


def test_nothing_is_left_for_later() -> None:
    here = Path(__file__)
    tests = (path for path in sorted((ROOT / "tests").rglob("*.py")) if path != here)
    found = [name_of(path) for path in (*modules(), *templates(), *tests) if LAZY_MARKS.search(path.read_text("utf-8"))]
    assert found == []


def test_no_import_hides_in_a_function() -> None:
    found = [
        place(path, inner)
        for path in modules()
        for node in functions(path)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert found == []


def test_no_template_trusts_text_but_the_components() -> None:
    found = in_templates(re.compile(r"\|\s*safe\b"))
    assert [line for line in found if not line.startswith("templates/components")] == []


def test_no_template_needs_a_weaker_policy() -> None:
    for pattern in (STYLE_ATTRIBUTE, EVENT_ATTRIBUTE, INLINE_SCRIPT):
        assert in_templates(pattern, without_jinja) == []

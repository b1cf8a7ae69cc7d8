"""The product's own files, for the tests that hold them to its rules."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CODE = ("app", "demo", "sandbox", "tools", "bench")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules(*folders: str) -> tuple[Path, ...]:
    """Every module of these folders (of all of them when none is named), and `config.py` and `wsgi.py`."""
    found = [path for folder in folders or CODE for path in sorted((ROOT / folder).rglob("*.py"))]
    return (*found, ROOT / "config.py", ROOT / "wsgi.py")


@cache
def templates() -> tuple[Path, ...]:
    """Every template of the product and of its sandbox."""
    return tuple(path for folder in ("templates", "sandbox/templates") for path in sorted((ROOT / folder).rglob("*.*")))


@cache
def tree(path: Path) -> ast.Module:
    """A module, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions(path: Path) -> Iterator[Function]:
    """Every function and method of a module."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def name_of(path: Path) -> str:
    """The path as one says it: from the top of the repository, with forward slashes."""
    return path.relative_to(ROOT).as_posix()


def place(path: Path, node: ast.AST) -> str:
    """Where to look, in a form editors open."""
    return f"{name_of(path)}:{getattr(node, 'lineno', 1)}"

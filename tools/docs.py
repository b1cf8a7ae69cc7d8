"""`make docs`: writes what is made from the code: `.env.example`, and the map of the layers in docs/architecture.md."""

import ast
import sys
from configparser import ConfigParser
from pathlib import Path

from config import Config
from tools.steps import ROOT, say

BEGIN, END = "<!-- begin: made by `make docs` -->", "<!-- end: made by `make docs` -->"
FRAME = ("kernel", "web")
ARCHITECTURE = ROOT / "docs" / "architecture.md"


def layers() -> list[list[str]]:
    """The layers from the top down, each with the modules that exist, as the import contract has them."""
    contract = ConfigParser()
    contract.read(ROOT / ".importlinter", encoding="utf-8")
    lines = contract["importlinter:contract:layers"]["layers"].split("\n")
    found = [[name.strip(" ()") for name in line.split("|")] for line in lines if line.strip()]
    return [[name for name in names if _source(name) is not None] for names in found]


def _source(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    candidates = (path / "__init__.py", path.with_suffix(".py"))
    return next((each for each in candidates if each.is_file()), None)


def promise(path: Path) -> str:
    """What a module says of itself: the first paragraph of its docstring, on one line.

    Raises:
        ValueError: it says nothing.

    """
    words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    if not words:
        raise ValueError(f"{path} says nothing of itself")
    return " ".join(words.split("\n\n", 1)[0].split())


def layer_map() -> str:
    """The part of docs/architecture.md that is made: the layers, then the modules of the frame."""
    lines = ["| layer | says of itself |", "|---|---|"]
    for names in layers():
        lines += [f"| `{name}` | {promise(path)} |" for name in names if (path := _source(name))]
    for package in FRAME:
        lines += ["", f"**`app/{package}`**", "", "| module | says of itself |", "|---|---|"]
        modules = (path for path in sorted((ROOT / "app" / package).glob("*.py")) if path.stem != "__init__")
        lines += [f"| `{path.stem}` | {promise(path)} |" for path in modules]
    return "\n".join(lines)


def with_map(text: str) -> str:
    """The document with its made part as it is today.

    Raises:
        ValueError: the marks are not there.

    """
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{ARCHITECTURE} has lost its marks")
    return f"{before}{BEGIN}\n{layer_map()}\n{END}{after}"


def made_files() -> dict[Path, str]:
    """Every file that is made from the code, and what should stand in it."""
    return {
        ROOT / ".env.example": Config.example(),
        ARCHITECTURE: with_map(ARCHITECTURE.read_text(encoding="utf-8")),
    }


def main() -> int:
    """Write them, and say which have changed."""
    for path, text in made_files().items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            say(f"Wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

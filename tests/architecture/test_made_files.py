"""Files made from the code say what the code says."""

from tests.architecture.tree import ROOT
from tools.docs import ARCHITECTURE, layers, made_files


def test_what_make_docs_writes_is_up_to_date() -> None:
    stale = [path.name for path, text in made_files().items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run `make docs`"


def test_the_map_knows_every_layer_there_is() -> None:
    found = {name.removeprefix("app.") for names in layers() for name in names}
    packages = {path.parent.name for path in (ROOT / "app").glob("*/__init__.py")}

    assert packages <= found
    assert {"factory", "reactions"} <= found


def test_links_between_documents_lead_somewhere() -> None:
    folder = ARCHITECTURE.parent
    missing = [
        f"{path.name}: {target}"
        for path in (*folder.glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md")
        for target in _links(path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert missing == []


def _links(text: str) -> list[str]:
    found = [part.partition(")")[0].partition("#")[0] for part in text.split("](")[1:]]
    return [target for target in found if target and "://" not in target and not target.startswith("mailto:")]

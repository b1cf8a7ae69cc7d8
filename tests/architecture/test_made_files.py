"""Files made from the code say what the code says."""

from config import Config
from tests.architecture.tree import ROOT


def test_the_example_of_settings_is_what_make_docs_writes() -> None:
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == Config.example()

"""Whatever the trail writes down in codes, there is a word for it."""

import ast
from enum import StrEnum
from pathlib import Path

import pytest
from sqlalchemy import Enum

from app.kernel.audit import UNTOLD
from app.models import Base
from app.web.trail_words import RecordWords, TrailWords, Vocabulary

ROOT = Path(__file__).parent.parent.parent
AUDITED = [mapper for mapper in Base.registry.mappers if getattr(mapper.class_, "__audited__", False)]


@pytest.fixture
def words(whole_app):
    return whole_app.extensions["features"].vocabulary


def test_every_audited_record_and_each_of_its_fields_has_a_word(words):
    missing = []
    for mapper in AUDITED:
        record_type = mapper.class_.__tablename__
        ties = [tie.key for tie in mapper.relationships if tie.secondary is not None]
        names = [each.key for each in mapper.column_attrs if each.key not in UNTOLD] + ties
        missing += [f"{record_type}.{name}" for name in names if not words.has_field(record_type, name)]
        missing += [record_type] if record_type not in words.records else []

    assert missing == []


def test_no_words_are_kept_for_fields_that_are_no_more(words):
    gone = []
    for record_type, found in words.records.items():
        table = Base.metadata.tables[record_type]
        gone += [] if found.page is None or len(found.page) == 2 else [record_type]
        assert table is not None
    assert gone == []


def test_every_state_of_an_audited_record_has_a_word(words):
    missing = []
    for mapper in AUDITED:
        for column in mapper.local_table.columns:
            kind = getattr(column.type, "enum_class", None)
            if isinstance(column.type, Enum) and kind is not None and issubclass(kind, StrEnum):
                missing += [f"{kind.__name__}.{code}" for code in kind if code not in words.states.get(kind, {})]

    assert sorted(set(missing)) == []


def deeds_in(path):
    """Every deed that is noted in a module: the string with a dot in a call of `note`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in {
            "note",
            "note_each",
        }:
            for word in node.args[2:3]:
                if isinstance(word, ast.Constant) and isinstance(word.value, str):
                    yield word.value


def test_every_deed_that_is_written_down_has_a_word(words):
    noted = {deed for path in (ROOT / "app").rglob("*.py") for deed in deeds_in(path)}

    assert len(noted) > 40
    assert noted - set(words.deeds) == set()


def test_every_page_of_a_record_is_there(words, whole_app):
    pages = {found.page for found in words.records.values() if found.page}
    rules = {(rule.endpoint, argument) for rule in whole_app.url_map.iter_rules() for argument in rule.arguments}

    assert pages - rules == set()


def test_what_has_no_word_is_shown_by_its_code():
    words = Vocabulary([TrailWords((RecordWords("gift", "Gift", {"amount_minor": "Sum"}),))])

    assert (words.record("gift"), words.field("gift", "amount_minor")) == ("Gift", "Sum")
    assert (words.record("odd_thing"), words.field("odd_thing", "its_name_id")) == ("Odd thing", "Its name")
    assert words.deed("thing.done_twice") == "thing: done twice"

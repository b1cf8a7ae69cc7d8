"""What the audit trail calls things: each feature's records, their fields, states and deeds, in the reader's words.

The kernel writes the trail in codes and knows no features; each feature hands in its words through `Feature.trail`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.kernel.actors import Actor, Capability
from app.kernel.audit import AuditEntry
from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l

Names = Callable[[Session, Collection[int]], Mapping[int, str]]
Told = tuple[str, str | None, str | None]
"""What an entry says of a field in the reader's words: its name, before, after."""
Teller = Callable[[Session, Sequence[AuditEntry]], Mapping[int, Sequence[Told]]]
"""Puts the facts of entries of one deed into words, by the entries' keys; asks at most one question for many."""


@dataclass(frozen=True)
class ColumnNames:
    """Names that stand in one column. A page of many kinds asks for all such names by one question."""

    key: InstrumentedAttribute[int]
    name: InstrumentedAttribute[str]

    def __call__(self, db: Session, keys: Collection[int]) -> Mapping[int, str]:
        """Those of some records."""
        return {row[0]: row[1] for row in db.execute(select(self.key, self.name).where(self.key.in_(keys)))}


def names_in(key: InstrumentedAttribute[int], name: InstrumentedAttribute[str]) -> ColumnNames:
    """Names that stand in one column."""
    return ColumnNames(key, name)


def named(db: Session, wanted: Mapping[str, tuple[ColumnNames, Collection[int]]]) -> dict[tuple[str, int], str]:
    """(kind, key) → name of records of many kinds, by one question."""
    if not wanted:
        return {}
    each = [
        select(literal(kind).label("kind"), names.key.label("key"), names.name.label("name")).where(names.key.in_(keys))
        for kind, (names, keys) in wanted.items()
    ]
    return {(row[0], row[1]): row[2] for row in db.execute(union_all(*each))}


EVERYWHERE: Mapping[str, Text] = {
    "amount": _l("Amount"),
    "amount_minor": _l("Amount"),
    "code": _l("Code"),
    "country": _l("Country"),
    "currency": _l("Currency"),
    "email": _l("E-mail"),
    "is_test": _l("Test mode"),
    "language": _l("Language"),
    "message": _l("Message"),
    "method": _l("Method"),
    "name": _l("Name"),
    "note": _l("Note"),
    "reason": _l("Reason"),
    "reference": _l("Reference of the payment service"),
    "source": _l("Source"),
    "status": _l("Status"),
    "text": _l("Text"),
    "texts": _l("Texts"),
    "token": _l("Token"),
    "version": _l("Version"),
}
"""Fields that mean the same wherever they are."""
DONE: Mapping[str, Text] = {"created": _l("Created"), "changed": _l("Changed"), "deleted": _l("Deleted")}


@dataclass(frozen=True)
class RecordWords:
    """A kind of record: what it and its fields are called, the page it has, and what each one is called by key.

    `page` is an endpoint and the name of its argument for the key. `names` asks at most one question for many keys.
    """

    record_type: str
    label: Text
    fields: Mapping[str, Text] = field(default_factory=dict)
    page: tuple[str, str] | None = None
    names: Names | None = None


@dataclass(frozen=True)
class TrailWords:
    """All that one feature hands in; `fact_states`: which states a fact of a deed tells, by (deed, fact).

    `guarded` deeds are told only to those with the capability; `tellers` put facts into words that have names of
    their own, by deed.
    """

    records: Iterable[RecordWords] = ()
    states: Mapping[type[StrEnum], Mapping[Any, Text]] = field(default_factory=dict)
    deeds: Mapping[str, Text] = field(default_factory=dict)
    facts: Mapping[str, Text] = field(default_factory=dict)
    fact_states: Mapping[tuple[str, str], type[StrEnum]] = field(default_factory=dict)
    guarded: Mapping[str, Capability] = field(default_factory=dict)
    tellers: Mapping[str, Teller] = field(default_factory=dict)


class Vocabulary:
    """The words of all features. What has none is shown by its code, so that nothing is hidden."""

    def __init__(self, found: Iterable[TrailWords]) -> None:
        words = list(found)
        self.records = {each.record_type: each for part in words for each in part.records}
        self.states = {kind: states for part in words for kind, states in part.states.items()}
        self.deeds = {**DONE, **{code: text for part in words for code, text in part.deeds.items()}}
        self.fact_states = {each: kind for part in words for each, kind in part.fact_states.items()}
        self.tellers = {deed: teller for part in words for deed, teller in part.tellers.items()}
        self._guarded = {deed: capability for part in words for deed, capability in part.guarded.items()}
        self._facts = {**EVERYWHERE, **{name: text for part in words for name, text in part.facts.items()}}

    def record(self, record_type: str) -> str:
        """What a kind of record is called."""
        found = self.records.get(record_type)
        return str(found.label) if found else record_type.replace("_", " ").capitalize()

    def hidden_from(self, actor: Actor) -> tuple[str, ...]:
        """The deeds that this reader is not to know of."""
        return tuple(deed for deed, capability in self._guarded.items() if not actor.may(capability))

    def has_field(self, record_type: str, name: str) -> bool:
        """Whether there is a word for a field."""
        found = self.records.get(record_type)
        return name in self._facts or (found is not None and name in found.fields)

    def field(self, record_type: str, name: str) -> str:
        """What a field or a fact of a deed is called."""
        found = self.records.get(record_type)
        text = found.fields.get(name) if found else None
        return str(text or self._facts.get(name) or name.removesuffix("_id").replace("_", " ").capitalize())

    def deed(self, code: str) -> str:
        """What was done."""
        return str(self.deeds.get(code) or code.replace("_", " ").replace(".", ": "))

    def state(self, kind: type[StrEnum], code: str) -> str:
        """What a state or kind is called."""
        states = self.states.get(kind, {})
        return str(states[kind(code)]) if code in set(kind) and kind(code) in states else code.replace("_", " ")

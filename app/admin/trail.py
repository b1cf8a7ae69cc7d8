"""The audit trail in words: what each entry says, in the reader's language, with a fixed number of questions a page."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Date, DateTime, Enum, MetaData, Table, select
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from app.kernel.audit import MASK, NOT_READ, UNSHOWN_BYTES, AuditEntry
from app.kernel.i18n import LANGUAGES, babel_locale, format_day, format_instant, format_money
from app.kernel.i18n import gettext as _
from app.kernel.money import EXPONENTS, Money
from app.web.trail_words import ColumnNames, Teller, Told, Vocabulary, named

LONGEST = 300
"""Characters of a value that are shown; the export has all of it."""


@dataclass(frozen=True)
class Change:
    """One field: before and after, or what a deed says of it. `before` is None where there was nothing."""

    field: str
    before: str | None
    after: str | None
    is_fact: bool = False


@dataclass(frozen=True)
class Line:
    """An entry in words. `page` is the endpoint and its arguments, where the record has one."""

    entry: AuditEntry
    deed: str
    record: str
    name: str
    changes: Sequence[Change]
    page: tuple[str, dict[str, int]] | None


class Reading:
    """What a page of entries needs to be put into words: names of what they point to, currencies of amounts."""

    def __init__(self, db: Session, words: Vocabulary, tables: MetaData, entries: Sequence[AuditEntry]) -> None:
        self._db, self._words, self._tables = db, words, tables.tables
        self._names = self._ask_names(entries)
        self._told = self._ask_tellers(entries)
        self._currencies = self._ask_currencies(entries)

    def line(self, entry: AuditEntry) -> Line:
        """One entry in words."""
        found, key = self._words.records.get(entry.record_type), entry.record_id
        is_there = found is not None and found.page is not None and key is not None and entry.action != "deleted"
        page = (found.page[0], {found.page[1]: key}) if is_there and found and found.page and key else None
        name = self._names.get((entry.record_type, key or 0), "")
        return Line(
            entry, self._words.deed(entry.action), self._words.record(entry.record_type), name, self._changes(entry),
            page,
        )  # fmt: skip

    def _changes(self, entry: AuditEntry) -> list[Change]:
        """What an entry says: by the deed's own teller, if it has one."""
        if entry.action in self._words.tellers:
            told = self._told.get(entry.id, ())
            return [Change(_short(name), before and _short(before), now and _short(now)) for name, before, now in told]
        return [self._change(entry, field, said) for field, said in entry.changes.items()]

    def _change(self, entry: AuditEntry, field: str, said: Any) -> Change:
        label = self._words.field(entry.record_type, field)
        column = self._column(entry.record_type, field)
        is_pair = entry.action in {"created", "changed", "deleted"} and isinstance(said, list) and len(said) == 2
        if not is_pair:
            return Change(label, None, self._value(entry, field, column, said), is_fact=True)
        before, after = (None if each in (None, "") else self._value(entry, field, column, each) for each in said)
        return Change(label, before, after)

    def _column(self, record_type: str, field: str) -> Column[Any] | None:
        table = self._tables.get(record_type)
        return table.columns.get(field) if isinstance(table, Table) else None

    def _value(self, entry: AuditEntry, field: str, column: Column[Any] | None, value: Any) -> str:
        """A value in words; whatever is not what its column should hold is shown as it is."""
        if value in (MASK, UNSHOWN_BYTES):
            return _("(not shown)")
        if value == NOT_READ:
            return _("(not known)")
        try:
            return _short(self._typed(entry, field, column, value))
        except (ValueError, TypeError, KeyError, OverflowError):
            return _short(_plain(value))

    def _typed(self, entry: AuditEntry, field: str, column: Column[Any] | None, value: Any) -> str:
        kind = _kind(column)
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        if field.endswith("_minor") and isinstance(value, int):
            currency = _told(entry, field) or self._currencies.get((entry.record_type, entry.record_id))
            return format_money(Money(value, currency)) if currency in EXPONENTS else str(value)
        if isinstance(kind, Enum) and kind.enum_class is not None and issubclass(kind.enum_class, StrEnum):
            return self._words.state(kind.enum_class, str(value))
        if isinstance(kind, DateTime):
            return format_instant(datetime.fromisoformat(value))
        if isinstance(kind, Date):
            return format_day(date.fromisoformat(value))
        said = self._words.fact_states.get((entry.action, field))
        return self._words.state(said, str(value)) if said else self._pointing(entry, field, column, value)

    def _pointing(self, entry: AuditEntry, field: str, column: Column[Any] | None, value: Any) -> str:
        target = _target(column) or self._tie(entry.record_type, field, value)
        if target is not None:
            keys = value if isinstance(value, list) else [value]
            return ", ".join(self._names.get((target, key)) or f"{self._words.record(target)} {key}" for key in keys)
        if field == "language":
            return str(LANGUAGES.get(value, value))
        if field == "country":
            return str(babel_locale().territories.get(value, value))
        return _plain(value)

    def _tie(self, record_type: str, field: str, said: Any) -> str | None:
        """The table that a many-to-many tie ends in: `roles` of a staff user. A single number tells how many."""
        singular = field.removesuffix("s")
        is_tie = isinstance(said, list) and singular != field
        return singular if is_tie and singular in self._tables and record_type in self._tables else None

    def _ask_names(self, entries: Sequence[AuditEntry]) -> Mapping[tuple[str, int], str]:
        wanted: defaultdict[str, set[int]] = defaultdict(set)
        for entry in entries:
            if entry.record_id is not None:
                wanted[entry.record_type].add(entry.record_id)
            for field, said in entry.changes.items():
                target = _target(self._column(entry.record_type, field)) or self._tie(entry.record_type, field, said)
                if target is not None:
                    wanted[target].update(_keys(said))
        found: dict[tuple[str, int], str] = {}
        plain: dict[str, tuple[ColumnNames, set[int]]] = {}
        for record_type, keys in wanted.items():
            words = self._words.records.get(record_type)
            names = words.names if words is not None and keys else None
            if isinstance(names, ColumnNames):
                plain[record_type] = (names, keys)
            elif names is not None:
                found |= {(record_type, key): name for key, name in names(self._db, keys).items()}
        return found | named(self._db, plain)

    def _ask_tellers(self, entries: Sequence[AuditEntry]) -> Mapping[int, Sequence[Told]]:
        by_teller: defaultdict[Teller, list[AuditEntry]] = defaultdict(list)
        for entry in entries:
            if entry.action in self._words.tellers:
                by_teller[self._words.tellers[entry.action]].append(entry)
        return {key: told for teller, some in by_teller.items() for key, told in teller(self._db, some).items()}

    def _ask_currencies(self, entries: Sequence[AuditEntry]) -> Mapping[tuple[str, int | None], str]:
        """Where an entry tells an amount without its currency, that of the record as it is now."""
        wanted: defaultdict[str, set[int]] = defaultdict(set)
        for entry in entries:
            amounts = [field for field in entry.changes if field.endswith("_minor") and not _told(entry, field)]
            if amounts and entry.record_id is not None and self._column(entry.record_type, "currency") is not None:
                wanted[entry.record_type].add(entry.record_id)
        found: dict[tuple[str, int | None], str] = {}
        for record_type, keys in wanted.items():
            columns = self._tables[record_type].columns
            rows = self._db.execute(select(columns["id"], columns["currency"]).where(columns["id"].in_(keys)))
            found |= {(record_type, key): currency for key, currency in rows}
        return found


def _kind(column: Column[Any] | None) -> Any:
    if column is None:
        return None
    return column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type


def _target(column: Column[Any] | None) -> str | None:
    """The table a column points to."""
    return next((key.column.table.name for key in column.foreign_keys), None) if column is not None else None


def _keys(said: Any) -> Iterator[int]:
    """Every key in what an entry says of a field."""
    if isinstance(said, list):
        for each in said:
            yield from _keys(each)
    elif isinstance(said, int) and not isinstance(said, bool):
        yield said


def _told(entry: AuditEntry, field: str) -> str | None:
    """The currency that the entry itself tells of this amount."""
    name = "settlement_currency" if field in {"settlement_minor", "fee_minor", "net_minor"} else "currency"
    said = entry.changes.get(name)
    told = said[-1] or said[0] if isinstance(said, list) and said else said
    return told if isinstance(told, str) else None


def _plain(value: Any) -> str:
    """A value without words of its own, readable all the same."""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_plain(each)}" for name, each in value.items() if each not in (None, "", [], {}))
    if isinstance(value, list):
        return ", ".join(_plain(each) for each in value)
    return str(value).replace("_", " ") if isinstance(value, StrEnum) else str(value)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

"""An organisation's own fields on the page of a contact, and in the history of it: values in the reader's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from babel.numbers import format_decimal
from sqlalchemy.orm import Session

from app.contacts.access import READ_RESTRICTED
from app.contacts.models import Contact, CustomGroup
from app.contacts.queries.custom_fields import Filled, filled_fields
from app.contacts.rules.custom_fields import CustomType, Value
from app.kernel.i18n import babel_locale, format_day, format_money, language
from app.kernel.i18n import gettext as _
from app.kernel.money import Money
from app.web.auth import current_actor


@dataclass(frozen=True)
class Line:
    """A field as it is read: its words, or the contact that it points to."""

    label: str
    text: str
    contact_id: int | None = None
    is_long: bool = False


@dataclass(frozen=True)
class GroupShown:
    """A group on the page of a contact: the fields that say something, and those that must be filled in and are not."""

    group: CustomGroup
    name: str
    lines: list[Line]
    missing: list[str]


def panel(db: Session, contact: Contact) -> dict[str, Any]:
    """The groups of a contact that the reader may see, for their page. One question."""
    return {"groups": groups_shown(filled_fields(db, contact, with_restricted=may_read_restricted()))}


def may_read_restricted() -> bool:
    """Whether the person who asks may read what is restricted."""
    return current_actor().may(READ_RESTRICTED)


def groups_shown(filled: Sequence[Filled]) -> list[GroupShown]:
    """Fields in order as groups in order."""
    shown = []
    for _key, each in groupby(filled, key=lambda one: one.field.group_id):
        fields = list(each)
        group, code = fields[0].field.group, language()
        missing = [one.field.name(code) for one in fields if one.field.is_required and not one.values]
        lines = [_line(one) for one in fields if one.values]
        shown.append(GroupShown(group, group.name(code), lines, missing))
    return shown


def in_words(value: Value, decimals: int) -> str:
    """A number, an amount, a date, an answer or a text as people read it."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Money):
        return format_money(value)
    if isinstance(value, Decimal):
        pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
        return format_decimal(value, pattern if language() != "ne" else "#,##,##0" + pattern[5:], babel_locale())
    return format_day(value) if isinstance(value, date) else str(value)


def _line(filled: Filled) -> Line:
    field, code = filled.field, language()
    label, first = field.name(code), filled.values[0]
    if field.type is CustomType.CONTACT and isinstance(first, int):
        return Line(label, filled.names.get(first, str(first)), first)
    if field.type in {CustomType.CHOICE, CustomType.CHOICES}:
        return Line(label, ", ".join(choice.name(code) for choice in filled.choices.values()))
    return Line(label, in_words(first, field.decimals), is_long=field.type is CustomType.LONG_TEXT)


def names_changed(changes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The fields that an entry of the trail tells of, in the reader's words."""
    return [words_of_change(said)[0] for said in changes.values()]


def words_of_change(said: Mapping[str, Any]) -> tuple[str, str | None, str | None]:
    """What the trail keeps of a change of a field: its name, before and after, in the reader's words."""
    names = said.get("names") or {}
    name = str(names.get(language()) or next(iter(names.values()), ""))
    kind = str(said.get("type", ""))
    before, after = (", ".join(_told(kind, each) for each in said.get(side) or ()) for side in ("before", "after"))
    return name, before or None, after or None


def _told(kind: str, kept: Any) -> str:
    """One value of the trail; whatever cannot be read is shown as it is kept."""
    if isinstance(kept, dict):
        return str(kept.get(language()) or next(iter(kept.values()), ""))
    try:
        return in_words(_typed(kind, kept), max(-_exponent(kept), 0) if kind == CustomType.NUMBER else 0)
    except (ValueError, ArithmeticError, TypeError):
        return str(kept)


def _typed(kind: str, kept: Any) -> Value:
    if kind == CustomType.DATE:
        return date.fromisoformat(kept)
    if kind == CustomType.NUMBER:
        return Decimal(kept)
    if kind == CustomType.MONEY:
        return Money.parse(*str(kept).split(" "))
    found: Value = kept
    return found


def _exponent(kept: Any) -> int:
    exponent = Decimal(kept).as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0

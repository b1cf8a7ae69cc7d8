"""A file of contacts: which columns there are for the reader, and how each is written.

Everything that depends on the reader (words, rights) is settled before the first line: the lines are written while the
answer is on its way, when nobody is signed in any more.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.models import Contact, CustomField
from app.contacts.queries import export as queries
from app.contacts.queries.criteria import KINDS
from app.contacts.queries.custom_fields import fields_in_order, values_of_many
from app.contacts.rules.custom_fields import CustomType, Value
from app.contacts.showing.custom_fields import may_read_restricted
from app.kernel.clock import date_of, today
from app.kernel.csv_tables import csv_parts, plain
from app.kernel.db import Database
from app.kernel.i18n import LANGUAGES, country_names, language
from app.kernel.i18n import gettext as _
from app.kernel.spreadsheets import Cell, workbook
from app.web.columns import allowed_panels
from app.web.feature import Panel
from app.web.reading import reading_organisation

PLACE = "contacts_export"
"""Where features plug columns in: a panel that loads {"cells": {key: value}} of many contacts by one question."""
USUAL = (
    "title", "given_name", "family_name", "group_name", "language", "email", "phone", "street", "postcode", "city",
    "country",
)  # fmt: skip
Tell = Callable[[Contact], Cell]


@dataclass
class Sheet:
    """The columns that the reader may have, (key, words), and all that is needed to write them down."""

    headings: dict[str, str]
    own: dict[str, Tell]
    fields: Mapping[str, CustomField]
    panels: Mapping[str, Panel]
    owners: Mapping[int, str]
    with_restricted: bool
    locale: str
    yes_no: tuple[str, str]
    title: str
    currencies: Mapping[str, str]
    chosen: Sequence[str] = field(default_factory=list)

    @classmethod
    def of_reader(cls, db: Session) -> "Sheet":
        """For whoever is signed in."""
        restricted, code = may_read_restricted(), language()
        fields = {f"custom.{each.key}": each for each in fields_in_order(db, with_restricted=restricted)}
        panels = {f"added.{place}": panel for place, panel in enumerate(allowed_panels(PLACE))}
        headings = {key: str(words) for key, words in _headings().items()}
        headings |= {key: each.name(code) for key, each in fields.items()}
        headings |= {key: str(panel.title) for key, panel in panels.items()}
        owners = {row[0]: row[1] for row in db.execute(select(StaffUser.id, StaffUser.name))}
        own, yes_no = _own(reading_organisation().time_zone, _("Yes"), _("No")), (_("Yes"), _("No"))
        units = {key: each.currency or "" for key, each in fields.items() if each.type is CustomType.MONEY}
        units |= {key: reading_organisation().currency for key, panel in panels.items() if panel.is_money}
        return cls(headings, own, fields, panels, owners, restricted, code, yes_no, _("Contacts"), units)

    def lines(self, database: Database, whom: Sequence[ColumnElement[bool]]) -> Iterator[str]:
        """The file as CSV: a heading and a line for each contact, by name, read as it is sent."""
        return csv_parts(self._headed(), queries.rows(database, whom, self._told), locale=self.locale)

    def workbook(self, database: Database, whom: Sequence[ColumnElement[bool]]) -> Iterator[bytes]:
        """The same for Excel, where figures are figures and days are days."""
        return workbook(self.title, self._headed(), chain.from_iterable(queries.rows(database, whom, self._told)))

    def _headed(self) -> list[str]:
        """The headings of the chosen columns; what holds amounts says of which currency."""
        units = {key: self.currencies.get(key, "") for key in self.chosen}
        return [f"{self.headings[key]} ({unit})" if unit else self.headings[key] for key, unit in units.items()]

    def _told(self, db: Session, contacts: Sequence[Contact]) -> list[list[Cell]]:
        keys = [each.id for each in contacts]
        added = {key: panel.load(db, contacts)["cells"] for key, panel in self.panels.items() if key in self.chosen}
        is_custom = any(key in self.fields for key in self.chosen)
        values = values_of_many(db, keys, with_restricted=self.with_restricted) if is_custom else {}
        others = self._others(db, values)
        return [
            [self._cell(each, key, added, values.get(each.id, {}), others) for key in self.chosen] for each in contacts
        ]

    def _cell(
        self, contact: Contact, key: str, added: Mapping[str, Any], values: Mapping[str, list[Value]],
        others: Mapping[int, str],
    ) -> Cell:  # fmt: skip
        if key in self.own:
            return self.own[key](contact)
        if key in self.fields:
            asked = self.fields[key]
            found = [self._value(asked, each, others) for each in values.get(asked.key, [])]
            return found[0] if len(found) == 1 else ", ".join(plain(each, self.locale) for each in found)
        if key == "owner":
            return self.owners.get(contact.owner_id or 0, "")
        cell: Cell = added[key].get(contact.id)
        return cell

    def _value(self, asked: CustomField, value: Value, others: Mapping[int, str]) -> Cell:
        if isinstance(value, bool):
            return self.yes_no[0 if value else 1]
        if asked.type is CustomType.CONTACT:
            return others.get(int(str(value)), "")
        if asked.type in {CustomType.CHOICE, CustomType.CHOICES}:
            return next((each.name(self.locale) for each in asked.choices if each.id == value), "")
        return value

    def _others(self, db: Session, values: Mapping[int, Mapping[str, list[Value]]]) -> Mapping[int, str]:
        """The names of contacts that fields point to."""
        chosen = [each for key, each in self.fields.items() if key in self.chosen]
        pointing = [each.key for each in chosen if each.type is CustomType.CONTACT]
        keys = {int(str(each)) for filled in values.values() for key in pointing for each in filled.get(key, [])}
        return queries.names(db, keys)


def _headings() -> dict[str, str]:
    return {
        "id": _("Number"), "kind": _("Kind"), "title": _("Title"), "given_name": _("First name"),
        "family_name": _("Last name"), "group_name": _("Name of household or organisation"),
        "language": _("Language"), "email": _("E-mail"), "phone": _("Phone"), "street": _("Street"),
        "postcode": _("Postcode"), "city": _("City"), "region": _("Region"), "country": _("Country"),
        "tags": _("Tags"), "owner": _("Looked after by"), "birth_on": _("Born on"), "deceased": _("Deceased"),
        "do_not_contact": _("Do not contact"), "no_email": _("Never by e-mail"), "no_phone": _("Never by phone"),
        "no_post": _("Never by post"), "since": _("Since"),
    }  # fmt: skip


def _own(zone: str, yes: str, no: str) -> dict[str, Tell]:
    """How each column of contacts themselves is told. Of several addresses the one to use today, else the main one."""
    day, countries = today(zone), dict(country_names())
    kinds = {kind: str(words) for kind, words in KINDS.items()}
    plain = ("id", "title", "given_name", "family_name", "group_name", "birth_on")
    said = {"deceased": "is_deceased", **{name: name for name in ("do_not_contact", "no_email", "no_phone", "no_post")}}

    def place(name: str) -> Tell:
        return lambda contact: getattr(contact.address_on(day) or contact.primary_address, name, "")

    return {
        **{name: _attribute(name) for name in plain},
        **{key: _answer(name, yes, no) for key, name in said.items()},
        **{name: place(name) for name in ("postcode", "city", "region")},
        "street": lambda contact: str(place("street")(contact)).replace("\n", ", "),
        "country": lambda contact: countries.get(str(place("country")(contact)), ""),
        "kind": lambda contact: kinds[contact.kind],
        "language": lambda contact: LANGUAGES.get(contact.language, contact.language),
        "email": lambda contact: getattr(contact.email_on(day) or contact.primary_email, "address", ""),
        "phone": lambda contact: getattr(contact.phone_on(day) or contact.primary_phone, "number", ""),
        "tags": lambda contact: ", ".join(tag.name for tag in contact.tags),
        "since": lambda contact: _day(contact.created_at, zone),
    }


def _attribute(name: str) -> Tell:
    def told(contact: Contact) -> Cell:
        value: Cell = getattr(contact, name)
        return value

    return told


def _answer(name: str, yes: str, no: str) -> Tell:
    return lambda contact: yes if getattr(contact, name) else no


def _day(instant: datetime, zone: str) -> date:
    return date_of(instant, zone)

"""What staff may type about a contact: names, and several e-mails, phones and addresses, each in a row of its own.

Rows are added and removed by submit buttons (`add_row=emails`, `remove_row=emails-1`), so that no script is needed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wtforms import BooleanField, EmailField, FieldList, FormField, HiddenField, SelectField, TelField, ValidationError
from wtforms.validators import Length, Optional

from app.contacts.conflicts import CHANNELS, Change, changes_since, merge_rows, parts_seen, snapshot
from app.contacts.models import Contact, ContactKind
from app.contacts.rules.channels import read_phone
from app.contacts.services import AddressDetails, ContactDetails, EmailDetails, PhoneDetails, details_of
from app.kernel.i18n import LANGUAGES, gettext
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.text import clean
from app.web.fields import CountryField, Email, LongTextField, TextField, offered
from app.web.forms import Form

MOST_ROWS = 20
ROWS = CHANNELS
MARKS = ("is_deceased", "do_not_contact")
PLAIN = ("title", "given_name", "family_name", "group_name", "legal_form", "siren", "language", "source")
PARTS = ("street", "postcode", "city", "region", "country")


class Row(Form):
    """One row of a list within a form; the form around it carries the CSRF token."""

    class Meta(Form.Meta):
        """WTForms' settings."""

        csrf = False

    id = HiddenField()
    label = TextField(_l("Label"), longest=40)

    @property
    def key(self) -> int | None:
        """The key of the record that the row changes, if it names one."""
        typed = str(self.id.data or "")
        return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else None


class EmailRow(Row):
    """An e-mail address."""

    address = EmailField(_l("E-mail address"), [Optional(), Length(max=200), Email()])


class PhoneRow(Row):
    """A phone number."""

    typed = TelField(_l("Phone number"), [Length(max=40)], filters=[lambda value: clean(value or "")])


class AddressRow(Row):
    """A postal address."""

    street = LongTextField(_l("Street"), longest=300, render_kw={"rows": 2})
    postcode = TextField(_l("Postcode"), longest=20)
    city = TextField(_l("City"), longest=100)
    region = TextField(_l("Region"), longest=100)
    country = CountryField(_l("Country"))


class Rows(FieldList):  # type: ignore[type-arg]  # generic in its stubs only
    """Rows that keep their numbers, at most `MOST_ROWS`; numbers that nobody's browser sends are left out."""

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        offset = len(prefix) + 1
        for name in formdata:
            number = name[offset:].split("-", 1)[0] if name.startswith(f"{prefix}-") else ""
            if number.isascii() and number.isdecimal() and len(number) < 6:
                yield int(number)

    def remove(self, name: str) -> None:
        """Take out the row of this name ("emails-1"), if there is one; those after it move up."""
        place = next((place for place, entry in enumerate(self.entries) if entry.name == name), None)
        if place is not None:
            self.pop_entry(place)  # type: ignore[call-arg]  # newer than its stubs

    def add(self, **values: Any) -> None:
        """Put in one more row, unless there are too many."""
        if len(self.entries) < MOST_ROWS:
            self.append_entry(values)


class ContactForm(Form):
    """A contact of one kind. `home` is the country of numbers without a +; numbers kept before are let through."""

    title = TextField(_l("Title"), longest=30)
    given_name = TextField(_l("First name"), longest=100)
    family_name = TextField(_l("Last name"), longest=100)
    group_name = TextField(_l("Name"), longest=200)
    legal_form = TextField(_l("Legal form"), longest=60)
    siren = TextField(_l("SIREN"), longest=20)
    language = SelectField(_l("Language we write in"), choices=offered(LANGUAGES.items()))
    source = TextField(_l("How we came to know them"), longest=200)
    is_deceased = BooleanField(_l("Deceased"))
    do_not_contact = BooleanField(_l("Do not contact"))
    emails = Rows(FormField(EmailRow), _l("E-mail addresses"), max_entries=MOST_ROWS)
    phones = Rows(FormField(PhoneRow), _l("Phone numbers"), max_entries=MOST_ROWS)
    addresses = Rows(FormField(AddressRow), _l("Postal addresses"), max_entries=MOST_ROWS)
    primary_emails = HiddenField()
    primary_phones = HiddenField()
    primary_addresses = HiddenField()
    version = HiddenField()
    seen = HiddenField()

    def __init__(self, kind: ContactKind, *, home: str, contact: Contact | None = None, **defaults: Any) -> None:
        details = details_of(contact) if contact is not None else None
        known = {name: getattr(details, name) for name in (*PLAIN, *MARKS)} if details else {}
        super().__init__(data={**defaults, **known})
        self.kind, self.home = kind, home
        self.kept_phones = {row.typed for row in contact.phones} if contact is not None else set()
        if not self.is_submitted():
            self.version.data = str(contact.version) if contact is not None else ""
            self.seen.data = snapshot(contact) if contact is not None else ""
            for name in ROWS:
                self._fill_rows(name, [vars(row) for row in getattr(details, name)] if details else [])

    def validate_phones(self, field: Any) -> None:
        """A number must be one that can be called; what was kept as it came is left alone."""
        for entry in field.entries:
            typed = entry.form.typed.data
            if typed and typed not in self.kept_phones and not read_phone(typed, self.home):
                message = gettext("This is not a phone number. Write it with its country, such as +977 1 4123456.")
                entry.form.typed.errors = [*entry.form.typed.errors, message]
                raise ValidationError(message)

    def rearrange(self, wish: Mapping[str, str]) -> bool:
        """Add or remove a row if one of those buttons was pressed; whether one was."""
        added, removed = wish.get("add_row", ""), wish.get("remove_row", "")
        listed = removed.rpartition("-")[0]
        if added in ROWS:
            self._add_blank(added)
        if listed in ROWS:
            rows, chosen = self[listed], self[f"primary_{listed}"]
            primary = next((entry for entry in rows if entry.name == chosen.data and chosen.data != removed), None)
            rows.remove(removed)
            chosen.data = primary.name if primary is not None else f"{listed}-0"
        return added in ROWS or listed in ROWS

    def catch_up(self, contact: Contact) -> list[Change]:
        """Somebody else was quicker: what they changed. What was typed stays, everything else becomes as it is now."""
        seen, details = str(self.seen.data or ""), details_of(contact)
        shown = parts_seen(seen)
        for name in (*PLAIN, *MARKS):
            if str(self[name].data or "") == ("" if shown.get(name) in {None, "False"} else shown[name]):
                self[name].data = getattr(details, name)
        for name in ROWS:
            main = self[f"primary_{name}"].data
            typed = [{**entry.data, "is_primary": entry.name == main} for entry in self[name].entries]
            rows = merge_rows(seen, contact, name, typed)
            chosen = next((place for place, row in enumerate(rows) if row.get("is_primary")), 0)
            while self[name].entries:
                self[name].remove(self[name].entries[0].name)
            for row in rows:
                self[name].add(**row)
            self[f"primary_{name}"].data = f"{name}-{chosen}"
        self.version.data, self.seen.data = str(contact.version), snapshot(contact)
        return changes_since(seen, contact)

    def details(self) -> ContactDetails:
        """What the service wants to know. Rows left blank are left out."""
        plain: dict[str, Any] = {name: self[name].data or "" for name in PLAIN}
        return ContactDetails(
            kind=self.kind,
            **plain,
            is_deceased=bool(self.is_deceased.data),
            do_not_contact=bool(self.do_not_contact.data),
            emails=tuple(
                EmailDetails(address=row.address.data or "", **shared)
                for row, shared in self._filled("emails", "address")
            ),
            phones=tuple(
                PhoneDetails(typed=row.typed.data or "", **shared) for row, shared in self._filled("phones", "typed")
            ),
            addresses=tuple(
                AddressDetails(**{**{part: row[part].data or "" for part in PARTS}, **shared})
                for row, shared in self._filled("addresses", *PARTS[:3])
            ),
        )

    def _filled(self, name: str, *parts: str) -> Iterator[tuple[Any, dict[str, Any]]]:
        """The rows of which any of `parts` is typed, with what all kinds of rows share."""
        for entry in self[name].entries:
            row = entry.form
            if any(row[part].data for part in parts):
                is_primary = self[f"primary_{name}"].data == entry.name
                yield row, {"id": row.key, "label": row.label.data or "", "is_primary": is_primary}

    def _fill_rows(self, name: str, rows: Sequence[dict[str, Any]]) -> None:
        """The rows of a contact, at least a blank one, and which is the primary one."""
        for row in rows:
            self[name].add(**row)
        place = next((place for place, row in enumerate(rows) if row["is_primary"]), 0)
        self[f"primary_{name}"].data = f"{name}-{place}"
        if not rows:
            self._add_blank(name)

    def _add_blank(self, name: str) -> None:
        self[name].add(**({"country": self.home} if name == "addresses" else {}))


class NoteForm(Form):
    """A note about a contact."""

    text = LongTextField(_l("Note"), longest=5000, render_kw={"rows": 3})

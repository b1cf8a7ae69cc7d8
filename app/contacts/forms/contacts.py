"""What staff may type about a contact: names, and several e-mails, phones and addresses, each in a row of its own.

Rows are added and removed by submit buttons (`add_row=emails`, `remove_row=emails-1`), so that no script is needed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import BooleanField, DateField, FormField, HiddenField, IntegerField, SelectField, ValidationError
from wtforms.validators import Optional

from app.contacts.conflicts import CHANNELS, Change, changes_since, merge_rows, parts_seen, snapshot, text_of
from app.contacts.forms.channels import MOST_ROWS, AddressRow, EmailRow, PhoneRow, Rows
from app.contacts.models import Contact, ContactKind
from app.contacts.rules.channels import read_phone
from app.contacts.rules.salutations import salutation_of, salutation_to_group
from app.contacts.services import AddressDetails, ContactDetails, EmailDetails, PhoneDetails, details_of
from app.kernel.errors import Refused
from app.kernel.i18n import LANGUAGES, gettext
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import TextField, offered
from app.web.forms import Form

ROWS = CHANNELS
MARKS = ("is_deceased", "do_not_contact", "no_email", "no_phone", "no_post")
PLAIN = (
    "title", "given_name", "family_name", "group_name", "nickname", "legal_form", "siren", "language", "salutation",
    "source",
)  # fmt: skip
WHEN = ("birth_on", "birth_year", "deceased_on")


class AnyDayField(DateField):
    """A date of any year; the service says which years make sense."""


class ContactForm(Form):
    """A contact of one kind. `home` is the country of numbers without a +; numbers kept before are let through."""

    title = TextField(_l("Title"), longest=30)
    given_name = TextField(_l("First name"), longest=100)
    family_name = TextField(_l("Last name"), longest=100)
    group_name = TextField(_l("Name"), longest=200)
    nickname = TextField(_l("Nickname"), longest=100)
    legal_form = TextField(_l("Legal form"), longest=60)
    siren = TextField(_l("SIREN"), longest=20)
    language = SelectField(_l("Language we write in"), choices=offered(LANGUAGES.items()))
    salutation = TextField(_l("How letters begin"), longest=200)
    source = TextField(_l("How we came to know them"), longest=200)
    birth_on = AnyDayField(_l("Born on"), [Optional()])
    birth_year = IntegerField(_l("Or only the year of birth"), [Optional()], render_kw={"inputmode": "numeric"})
    is_deceased = BooleanField(_l("Deceased"))
    deceased_on = AnyDayField(_l("Died on"), [Optional()])
    do_not_contact = BooleanField(_l("Do not contact"))
    no_email = BooleanField(_l("Never by e-mail"))
    no_phone = BooleanField(_l("Never by phone"))
    no_post = BooleanField(_l("Never by post"))
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
        known = {name: getattr(details, name) for name in (*PLAIN, *MARKS, *WHEN)} if details else {}
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

    @property
    def usual_salutation(self) -> str:
        """How letters begin where nothing is written by hand, by what the form says now."""
        said = {name: str(self[name].data or "") for name in ("title", "given_name", "family_name", "language")}
        if self.kind is not ContactKind.PERSON:
            return salutation_to_group(said["language"])
        return salutation_of(
            title=said["title"], given=said["given_name"], family=said["family_name"], language=said["language"]
        )

    def validate(self, *arguments: Any, **options: Any) -> bool:
        """Whether all is well. Where it is not, e-mails stand as they were typed: that is what is kept of them."""
        is_valid = super().validate(*arguments, **options)
        if not is_valid:
            self._untidy()
        return is_valid

    def refuse(self, refusal: Refused) -> None:
        """Show a rule's "no" where it belongs."""
        super().refuse(refusal)
        self._untidy()

    def _untidy(self) -> None:
        for entry in self.emails.entries:
            field = entry.form.address
            field.data = str(field.raw_data[0]) if field.raw_data else field.data

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
        for name in (*PLAIN, *MARKS, *WHEN):
            field = self[name]
            is_unreadable = field.process_errors and any(str(text).strip() for text in field.raw_data or ())
            if text_of(field.data) == shown.get(name, "") and not is_unreadable:
                field.data, field.raw_data = getattr(details, name), None
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
        told: dict[str, Any] = {name: self[name].data or "" for name in PLAIN}
        told |= {name: bool(self[name].data) for name in MARKS} | {name: self[name].data for name in WHEN}
        return ContactDetails(
            kind=self.kind, **told,
            emails=tuple(EmailDetails(**told) for told in self._filled("emails")),
            phones=tuple(PhoneDetails(**told) for told in self._filled("phones")),
            addresses=tuple(AddressDetails(**told) for told in self._filled("addresses")),
        )  # fmt: skip

    def _filled(self, name: str) -> list[dict[str, Any]]:
        """What the rows of a list say, without those left blank."""
        main = self[f"primary_{name}"].data
        rows = [(entry.form, entry.name == main) for entry in self[name].entries]
        return [{**row.details(), "is_primary": is_primary} for row, is_primary in rows if row.is_filled]

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

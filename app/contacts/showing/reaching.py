"""How a contact is reached, as its page tells it: each way with what is to be known before it is used."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.contacts.models import Contact, ContactAddress, ContactEmail, ContactKind, ContactPhone
from app.contacts.rules.channels import phone_kind
from app.contacts.rules.postal import area_type, prints_region
from app.contacts.rules.reaching import Use, in_use, use_of
from app.contacts.rules.salutations import salutation_of, salutation_to_group
from app.contacts.wording.reaching import AREAS, HOLDS, PHONE_KINDS, USES, season_words, validity_words
from app.kernel.i18n import format_day
from app.kernel.i18n import gettext as _

Row = ContactEmail | ContactPhone | ContactAddress


@dataclass(frozen=True)
class Way:
    """A way to reach somebody: its row, a word for what it is, whether it is the one to use, why not, and notes."""

    row: Row
    label: str
    is_chosen: bool
    problem: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Ways:
    """All ways of a contact, when they were born, and how letters begin (None: a household's greetings say it)."""

    emails: list[Way]
    phones: list[Way]
    addresses: list[Way]
    salutation: str | None
    born: str


def ways_of(contact: Contact, day: date) -> Ways:
    """The ways to reach a contact on a day."""
    return Ways(
        _told(contact.emails, day), _told(contact.phones, day), _told(contact.addresses, day), salutation(contact),
        _born(contact),
    )  # fmt: skip


def salutation(contact: Contact) -> str | None:
    """How letters to a contact begin, without the comma: as written by hand, else as usual in their language."""
    if contact.kind is ContactKind.HOUSEHOLD:
        return None
    if contact.kind is ContactKind.ORGANISATION:
        return contact.salutation or salutation_to_group(contact.language)
    return contact.salutation or salutation_of(
        title=contact.title, given=contact.given_name, family=contact.family_name, language=contact.language
    )


def _born(contact: Contact) -> str:
    return format_day(contact.birth_on) if contact.birth_on else str(contact.birth_year or "")


def _told(rows: Iterable[Row], day: date) -> list[Way]:
    kept = list(rows)
    chosen = in_use(kept, day)
    return [
        Way(row, _label(row), row is chosen and len(kept) > 1, _problem(row, day), tuple(filter(None, _notes(row))))
        for row in kept
    ]


def _label(row: Row) -> str:
    """What staff called it, else what a number is by its digits."""
    kind = phone_kind(row.number) if isinstance(row, ContactPhone) and not row.label else ""
    return str(PHONE_KINDS[kind]) if kind else row.label


def _problem(row: Row, day: date) -> str:
    """Why it is not used on that day; "" where it may be."""
    use = use_of(row, day)
    if row.hold_reason is None or row.hold_since is None:
        return "" if use is Use.USED else str(USES[use])
    told = {"reason": str(HOLDS[row.hold_reason]), "day": format_day(row.hold_since)}
    return _("On hold since %(day)s: %(reason)s", **told)


def _notes(row: Row) -> Iterable[str]:
    yield validity_words(row.valid_from, row.valid_until)
    if isinstance(row, ContactAddress):
        yield season_words(row.season_from, row.season_until)
        if row.region and not prints_region(row.country):
            area = AREAS.get(area_type(row.country), AREAS["region"])
            yield _("%(area)s: %(name)s", area=str(area), name=row.region)
    typed = "" if isinstance(row, ContactPhone) and _digits(row.typed_first) == _digits(row.typed) else row.typed_first
    if typed:
        yield _("First typed as “%(text)s”", text=" / ".join(typed.splitlines()))


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())

"""What donors read on their own page: states in plain words, names in short, and the copy of all that is theirs."""

from typing import Any

from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactKind
from app.contacts.queries.consents import answers_of
from app.giving.models import Gift, GiftStatus, ReceiptStatus, RecurringGift, RecurringStatus
from app.kernel.i18n import Text, format_day, format_money, language
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money
from app.payments.models import Interval
from app.portal.models import SignInEnd
from app.portal.queries.money import every_gift, every_receipt, recurring_of
from app.portal.services.details import SOURCE

RECURRING: dict[RecurringStatus, Text] = {
    RecurringStatus.INCOMPLETE: _l("The first payment is awaited."),
    RecurringStatus.ACTIVE: _l("It goes on."),
    RecurringStatus.PAST_DUE: _l("The last payment did not come through. It is tried again."),
    RecurringStatus.PAUSED: _l("It is paused."),
    RecurringStatus.LAPSED: _l("The payments did not come through, and it is not tried any more."),
    RecurringStatus.ENDED: _l("It has ended."),
}
NOT_HERE: dict[GiftStatus, Text] = {
    GiftStatus.PENDING: _l("On its way: your bank takes a few days."),
    GiftStatus.FAILED: _l("Not completed: nothing was charged."),
    GiftStatus.REVERSED: _l("Taken back: it was written down by mistake."),
}
"""Gifts that are not received, or not any more."""
CHANGES: dict[RecurringStatus, tuple[str, ...]] = {
    RecurringStatus.ACTIVE: ("amount", "day", "pause", "term", "end"),
    RecurringStatus.PAUSED: ("resume", "amount", "pause", "term", "end"),
}
"""What may be changed of those that run; of one that has not begun, or whose payment is missing, only the end."""
EVERY: dict[Interval, Text] = {
    Interval.MONTH: _l("each month"), Interval.QUARTER: _l("each quarter"), Interval.YEAR: _l("each year"),
}  # fmt: skip
SIGN_IN_ENDS: dict[SignInEnd, Text] = {
    SignInEnd.SIGNED_OUT: _l("Signed out"),
    SignInEnd.EVERYWHERE: _l("Ended everywhere"),
    SignInEnd.REPLACED: _l("Replaced by a newer one"),
}
RECEIPT: dict[ReceiptStatus, Text] = {
    ReceiptStatus.ISSUED: _l("Valid"),
    ReceiptStatus.VOID: _l("No longer valid"),
    ReceiptStatus.REPLACED: _l("Replaced by another one"),
}


def short_name(contact: Contact) -> str:
    """First name and initial ("Maya L."), enough for those who share an address to know each other; a group's name."""
    if contact.kind is not ContactKind.PERSON:
        return contact.name
    initial = f"{contact.family_name[:1]}." if contact.family_name else ""
    return f"{contact.given_name} {initial}".strip()


def gift_in_words(gift: Gift) -> str:
    """Where a gift is, as one tells a donor."""
    if gift.status is not GiftStatus.RECEIVED:
        return str(NOT_HERE[gift.status])
    if gift.is_disputed:
        return _("Your bank is looking into it.")
    if gift.returned_minor == gift.amount_minor:
        return _("Given back to you.")
    if gift.returned_minor:
        back = format_money(Money(gift.returned_minor, gift.currency))
        return _("Received; %(amount)s of it was given back to you.", amount=back)
    return _("Received. Thank you!")


def funds_in_words(gift: Gift) -> str:
    """What it is for, as donors know the funds."""
    return ", ".join(each.fund.public_name(language()) for each in gift.allocations)


def recurring_in_words(gift: RecurringGift) -> str:
    """Where a recurring gift is, as one tells a donor."""
    if gift.status is RecurringStatus.PAUSED and gift.paused_until is not None:
        return _("It is paused until %(day)s.", day=format_day(gift.paused_until))
    return str(RECURRING[gift.status])


def changes_of(gift: RecurringGift) -> list[tuple[str, str]]:
    """What can be changed of it as it is, as parts of addresses with words."""
    if gift.status is RecurringStatus.ENDED:
        return []
    words = {
        "resume": _("Let it go on"), "amount": _("Change the amount"), "day": _("Change the day"),
        "pause": _("Change the pause") if gift.is_paused else _("Pause it"), "term": _("Choose how long"),
        "end": _("End it"),
    }  # fmt: skip
    possible = CHANGES.get(gift.status, ("end",))
    return [(kind, words[kind]) for kind in possible]


def source_words(_db: Session, source: str) -> dict[str, str]:
    """Where an answer or a difference came from, if it was the donor's own page; nothing for any other."""
    return {"text": _("Donor’s own page"), "url": ""} if source == SOURCE else {}


def no_facts(_db: Session, _contact: Contact) -> dict[str, Any]:
    """Nothing is asked for a panel that only leads on."""
    return {}


def own_data(db: Session, contact: Contact) -> dict[str, Any]:
    """All that is theirs, as JSON can hold it: amounts in words of their currency, days in ISO 8601.

    Never what staff wrote, and nothing about anybody else. Source: GDPR articles 15 and 20.
    """
    return {
        "contact": _person(contact),
        "gifts": [_gift(each) for each in every_gift(db, contact.id)],
        "receipts": [
            {
                "number": each.code, "issued_on": each.issued_on.isoformat(), "amount": str(each.amount.to_decimal()),
                "currency": each.currency, "for_year": each.covers_year, "status": each.status.value,
                "is_specimen": each.is_specimen, "status_in_words": str(RECEIPT[each.status]),
            }
            for each in every_receipt(db, contact.id)
        ],
        "recurring_gifts": [_recurring(each) for each in recurring_of(db, contact.id)],
        "consents": [
            {
                "purpose": each.wording.purpose, "channel": each.wording.channel.value,
                "words": each.wording.text(each.language), "agreed": each.is_given,
                "answered_on": each.answered_on.isoformat(),
            }
            for each in answers_of(db, contact.id)
        ],
    }  # fmt: skip


def _person(contact: Contact) -> dict[str, Any]:
    return {
        "name": contact.name, "title": contact.title, "language": contact.language, "legal_form": contact.legal_form,
        "siren": contact.siren, "born_on": contact.birth_on.isoformat() if contact.birth_on else None,
        "year_of_birth": contact.birth_year, "emails": [each.address for each in contact.emails],
        "phones": [each.number for each in contact.phones],
        "addresses": [
            {part: getattr(each, part) for part in ("street", "postcode", "city", "region", "country")}
            for each in contact.addresses
        ],
        "no_contact_wanted": contact.do_not_contact,
        "never_by": [way for way in ("email", "phone", "post") if getattr(contact, f"no_{way}")],
    }  # fmt: skip


def _gift(gift: Gift) -> dict[str, Any]:
    code = language()
    funds = [(each.fund.public_name(code), each.amount) for each in gift.allocations]
    return {
        "day": gift.received_on.isoformat(), "amount": str(gift.amount.to_decimal()), "currency": gift.currency,
        "given_back": str(Money(gift.returned_minor, gift.currency).to_decimal()), "status": gift.status.value,
        "status_in_words": gift_in_words(gift), "is_disputed": gift.is_disputed, "is_test": gift.is_test,
        "is_anonymous": gift.is_anonymous,
        "receipt_wanted": gift.receipt_choice.value, "your_message": gift.comment,
        "for": [{"fund": name, "amount": str(amount.to_decimal())} for name, amount in funds],
    }  # fmt: skip


def _recurring(gift: RecurringGift) -> dict[str, Any]:
    return {
        "amount": str(gift.amount.to_decimal()), "currency": gift.currency, "every": gift.interval.value,
        "since": gift.started_on.isoformat(), "status": gift.status.value, "status_in_words": recurring_in_words(gift),
        "next_on": gift.expected_on.isoformat() if gift.expected_on else None,
        "ended_on": gift.ended_on.isoformat() if gift.ended_on else None,
    }  # fmt: skip

"""The letters donors get about a gift: written from stored records, in the donor's language, without sending them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactKind
from app.contacts.queries.contacts import is_email_not_taken_over
from app.contacts.rules.channels import email_key
from app.contacts.rules.reaching import Purpose, Use, may_write, use_of
from app.giving.links import DonorLinks
from app.giving.models import (
    GIFT_REVERSED,
    MONEY_RETURNED,
    VOID_REASONS,
    Gift,
    GiftStatus,
    GivingForm,
    Receipt,
    ReceiptChoice,
    ReceiptGift,
    ReceiptStatus,
    RecurringGift,
    Submission,
    Tribute,
)
from app.kernel.clock import today
from app.kernel.i18n import LANGUAGES
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.mail import Letter, Renderer
from app.kernel.organisation import the_organisation

THANKS, ON_ITS_WAY, FAILED, TRIBUTE = "gift.thanks", "gift.on_its_way", "gift.failed", "gift.tribute"
RECEIPT, RECEIPT_COPY, RECEIPT_VOID = "receipt.sent", "receipt.copy", "receipt.void"
WHY_VOID = {GIFT_REVERSED: VOID_REASONS[GIFT_REVERSED], MONEY_RETURNED: _l("The money went back to you.")}
"""Our own reasons as donors are told them."""


@dataclass(frozen=True)
class Desk:
    """What letters are written with."""

    renderer: Renderer
    links: DonorLinks


@dataclass(frozen=True)
class Reader:
    """Whom a letter goes to, and in which language."""

    address: str
    name: str
    greeting: str
    language: str


def _reader(db: Session, gift: Gift) -> Reader | None:
    return reader_of(db, gift.contact, gift.submission_id)


def reader_of(db: Session, contact: Contact, submission_id: int | None) -> Reader | None:
    """The donor as they asked to be written to; None where no address is of use or they may not be written to."""
    submission = db.get(Submission, submission_id) if submission_id else None
    address, is_typed = _address_of(db, contact, submission)
    purpose = Purpose.REPLY if is_typed else Purpose.OWED
    if not address or not may_write(contact.standing, "email", purpose):
        return None
    greeting, language = _greeting(contact, submission), _language(db, contact, submission)
    return Reader(address, on_one_line(contact.name), on_one_line(greeting), language)


def mailbox_of(db: Session, contact: Contact, submission_id: int | None) -> str:
    """What tells whether a letter still belongs where it went: the address, and whether the contact has it on record.

    "" where none is known. It changes when the donor moves to another address, and when staff take the address away.
    """
    submission = db.get(Submission, submission_id) if submission_id else None
    folded = email_key(_address_of(db, contact, submission)[0])
    is_kept = any(each.folded == folded for each in contact.emails)
    return f"{'kept' if is_kept else 'typed'} {folded}" if folded else ""


def _address_of(db: Session, contact: Contact, submission: Submission | None) -> tuple[str, bool]:
    """Where the donor is written to ("" for nowhere), and whether that came with the gift."""
    day = today(the_organisation(db).time_zone)
    typed, kept = _typed_address(db, contact, submission, day), contact.email_on(day)
    return typed or (kept.address if kept else ""), bool(typed)


def _typed_address(db: Session, contact: Contact, submission: Submission | None, day: date) -> str:
    """The e-mail address that came with the gift, unless we have learnt since that it is not to be used.

    A main address that holds only since after the gift is what they want now: they have moved to it. One that the
    contact had and has no more was removed on purpose; one that was never theirs, because it waits for a person, is
    where they want the answer to this gift.
    """
    typed = submission.answer("email") if submission else ""
    if submission is None or not typed:
        return ""
    row = next((each for each in contact.emails if each.folded == email_key(typed)), None)
    if row is None:
        waits = is_email_not_taken_over(db, contact.id, typed, submission.created_at)
        return typed if waits else ""
    kept = contact.email_on(day)
    if kept is not None and kept.is_primary and not row.is_primary:
        since = kept.valid_from
        if since is not None and since >= submission.created_at.date():
            return ""
    return typed if use_of(row, day) is Use.USED else ""


def on_one_line(name: str) -> str:
    """A name as the head of a mail takes it: whatever was typed, without line breaks."""
    return " ".join(name.split())


def _language(db: Session, contact: Contact, submission: Submission | None) -> str:
    """The language the donor read the form in, else their own, else the organisation's."""
    wanted = submission.language if submission else contact.language
    return wanted if wanted in LANGUAGES else the_organisation(db).language


def _greeting(contact: Contact, submission: Submission | None) -> str:
    """How the donor is greeted: by first name; a company's letter goes to whoever filled in the form."""
    typed = submission.answer("given_name") if submission else ""
    return (contact.given_name if contact.kind is ContactKind.PERSON else typed) or contact.name


def _receipt_of(db: Session, gift: Gift) -> Receipt | None:
    mine = (ReceiptGift.gift_id == gift.id, ReceiptGift.status == ReceiptStatus.ISSUED)
    query = select(Receipt).join(ReceiptGift, ReceiptGift.receipt_id == Receipt.id)
    return db.scalars(query.where(*mine)).one_or_none()


def gift_values(db: Session, desk: Desk, gift: Gift, reader: Reader) -> dict[str, Any]:
    """What every letter about a gift may say."""
    form = db.get(GivingForm, gift.form_id) if gift.form_id else None
    recurring = db.get(RecurringGift, gift.recurring_gift_id) if gift.recurring_gift_id else None
    return {
        **opening(db, desk, gift.contact, reader),
        "is_test_mode": gift.is_test,
        "gift": gift,
        "amount": gift.amount,
        "interval": recurring.interval.value if recurring else "",
        "funds": [part.fund.public_name(reader.language) for part in gift.allocations],
        "form_url": desk.links.form(form.slug) if form else "",
    }


def opening(db: Session, desk: Desk, contact: Contact, reader: Reader) -> dict[str, Any]:
    """What every letter begins and ends with."""
    return {
        "organisation": the_organisation(db),
        "greeting": reader.greeting,
        "salutation": on_one_line(contact.salutation),
        "own_url": desk.links.own() if _opens_own_page(contact, reader) else "",
    }


def _opens_own_page(contact: Contact, reader: Reader) -> bool:
    """Whether the link to their own page would reach them: not at an address that still waits for a person's look."""
    return any(row.folded == email_key(reader.address) for row in contact.emails)


def compose(desk: Desk, template: str, reader: Reader, values: dict[str, Any], **facts: Any) -> Letter:
    """A letter from a template of ours, in its reader's language; `facts` say what it is about."""
    subject, text, html = desk.renderer.letter(f"giving/emails/{template}", reader.language, **values)
    return Letter(
        to_address=reader.address, to_name=reader.name, subject=subject, text=text, html=html,
        language=reader.language, **facts,
    )  # fmt: skip


def thanks(db: Session, desk: Desk, gift: Gift) -> Letter | None:
    """The acknowledgement of a gift that was received, with its receipt if there is one."""
    reader = _reader(db, gift)
    if reader is None:
        return None
    receipt = _receipt_of(db, gift)
    form = db.get(GivingForm, gift.form_id) if gift.form_id else None
    waits = receipt is None and gift.receipt_choice is ReceiptChoice.EACH
    values = gift_values(db, desk, gift, reader) | {
        "receipt": receipt,
        "receipt_url": desk.links.receipt(receipt.token) if receipt else "",
        "receipt_state": "waiting" if waits else gift.receipt_choice.value,
        "needs_address": gift.contact.address_on(today(the_organisation(db).time_zone)) is None,
        "own_words": form.text(reader.language, "mail") if form else "",
        "tribute": db.scalars(select(Tribute).where(Tribute.gift_id == gift.id)).one_or_none(),
    }
    attachments = (("receipt", receipt.id),) if receipt else ()
    return compose(
        desk, "thanks", reader, values, purpose=THANKS, about_type="gift", about_id=gift.id, attachments=attachments
    )


def on_its_way(db: Session, desk: Desk, gift: Gift, debit: dict[str, Any]) -> Letter | None:
    """The donor's instruction was taken; the money comes in some days. None once it has come or failed.

    `debit` is what is announced of a direct debit (app.giving.debit_letters), or empty.
    """
    reader = _reader(db, gift)
    if gift.status is not GiftStatus.PENDING or reader is None:
        return None
    values = gift_values(db, desk, gift, reader) | debit
    return compose(desk, "on_its_way", reader, values, purpose=ON_ITS_WAY, about_type="gift", about_id=gift.id)


def failed(db: Session, desk: Desk, gift: Gift) -> Letter | None:
    """The payment did not go through."""
    return _about_gift(db, desk, gift, "failed", FAILED)


def _about_gift(db: Session, desk: Desk, gift: Gift, template: str, purpose: str) -> Letter | None:
    reader = _reader(db, gift)
    if reader is None:
        return None
    values = gift_values(db, desk, gift, reader)
    return compose(desk, template, reader, values, purpose=purpose, about_type="gift", about_id=gift.id)


def tribute_notice(db: Session, desk: Desk, gift: Gift) -> Letter | None:
    """The word to whoever the donor wanted told of a gift in honour or in memory. It never says the amount."""
    tribute = db.scalars(select(Tribute).where(Tribute.gift_id == gift.id)).one_or_none()
    if tribute is None or not tribute.notify_email:
        return None
    submission = db.get(Submission, gift.submission_id) if gift.submission_id else None
    name = on_one_line(tribute.notify_name)
    reader = Reader(tribute.notify_email, name, name, _language(db, gift.contact, submission))
    values = {
        "organisation": the_organisation(db), "is_test_mode": gift.is_test, "greeting": name, "tribute": tribute,
        "donor": "" if gift.is_anonymous else gift.contact.name,
    }  # fmt: skip
    return compose(desk, "tribute", reader, values, purpose=TRIBUTE, about_type="gift", about_id=gift.id)


def receipt_letter(db: Session, desk: Desk, receipt: Receipt) -> Letter | None:
    """A receipt on its own: the original the first time, a copy from then on, or word that it is void."""
    gift = receipt.gift
    reader = _reader(db, gift) if gift else reader_of(db, receipt.contact, None)
    if reader is None:
        return None
    is_void = receipt.status is not ReceiptStatus.ISSUED
    old = db.get(Receipt, receipt.replaces_id) if receipt.replaces_id else None
    about = gift_values(db, desk, gift, reader) if gift else opening(db, desk, receipt.contact, reader)
    values = about | {
        "is_test_mode": receipt.is_specimen,
        "receipt": receipt,
        "receipt_url": desk.links.receipt(receipt.token),
        "is_copy": receipt.sent_at is not None,
        "replaced": old.code if old and old.sent_at else "",
        "reason": WHY_VOID.get(receipt.void_reason, ""),  # staff's own words are not for the donor
    }
    kind = "receipt_copy" if receipt.sent_at else "receipt"
    purpose = RECEIPT_VOID if is_void else RECEIPT_COPY if receipt.sent_at else RECEIPT
    return compose(
        desk, "receipt_void" if is_void else "receipt", reader, values, purpose=purpose, about_type="receipt",
        about_id=receipt.id, attachments=() if is_void else ((kind, receipt.id),),
    )  # fmt: skip

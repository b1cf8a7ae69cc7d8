"""Gifts that came by post, bank or hand: recorded with their payment, and reversed when the entry was wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.funds.models import Campaign, Fund
from app.giving.events import GiftReceived, GiftReversed
from app.giving.models import Gift, GiftPayment, GiftStatus, ReceiptChoice
from app.giving.services.locking import hold_contact, hold_gift
from app.giving.services.totals import refresh_totals
from app.kernel import audit, events
from app.kernel.actors import Actor
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money
from app.kernel.organisation import the_organisation
from app.kernel.text import make_token
from app.payments.models import Method
from app.payments.services import OfflinePayment, record_offline_payment


@dataclass(frozen=True, kw_only=True)
class OfflineGift:
    """A cheque, cash or a transfer, as it is entered.

    `shares` divide the amount over funds (fund id, part) and add up to it. `token` names the page it was typed on,
    so that one page records one gift however often it is sent. `is_thanked`: the donor gets a mail. `corrects` is a
    reversed gift that this one replaces.
    """

    contact: Contact
    amount: Money
    received_on: date
    method: Method
    shares: Sequence[tuple[int, Money]]
    bank_reference: str = ""
    campaign_id: int | None = None
    receipt_choice: ReceiptChoice = ReceiptChoice.EACH
    is_anonymous: bool = False
    is_test: bool = False
    is_thanked: bool = True
    note: str = ""
    corrects: Gift | None = None
    token: str = ""


def record_offline_gift(db: Session, details: OfflineGift, *, actor: Actor) -> Gift:
    """Record a gift that has come, divide it over its funds, and issue what follows from it.

    Raises:
        Refused: a contact who is archived, an amount of nothing, a date to come, a method of the gateway's, shares
            that do not add up, a fund that is closed or unknown, or a gift to correct that was not reversed.

    """
    hold_contact(db, details.contact.id)
    before = db.scalars(select(Gift).where(Gift.token == details.token)).one_or_none() if details.token else None
    if before is not None:
        return before
    _check(db, details)
    offline = OfflinePayment(
        method=details.method,
        amount=details.amount,
        received_on=details.received_on,
        bank_reference=details.bank_reference,
    )
    payment = record_offline_payment(db, offline, actor=actor)
    payment.is_test = details.is_test
    gift = _entered(db, details, actor=actor)
    gift.payments = [GiftPayment(payment_id=payment.id)]
    db.add(gift)
    audit.note(db, actor, "gift.recorded", gift, method=details.method)
    refresh_totals(db, gift.contact_id, gift.fiscal_year)
    events.publish(db, GiftReceived(gift.id, is_thanked=details.is_thanked), actor=actor)
    return gift


def _entered(db: Session, details: OfflineGift, *, actor: Actor) -> Gift:
    fiscal_year = the_organisation(db).fiscal_year_of(details.received_on)
    gift = Gift(
        contact_id=details.contact.id,
        amount_minor=details.amount.minor,
        currency=details.amount.currency,
        received_on=details.received_on,
        fiscal_year=fiscal_year,
        is_test=details.is_test,
        token=details.token or make_token(),
        campaign_id=details.campaign_id,
        is_anonymous=details.is_anonymous,
        staff_note=details.note,
        receipt_choice=details.receipt_choice,
        recorded_by=actor.name,
        replaces_id=details.corrects.id if details.corrects else None,
    )
    gift.allocate(details.shares)
    gift.receive(details.received_on, fiscal_year)
    return gift


def _check(db: Session, details: OfflineGift) -> None:
    if details.contact.archived_at is not None:
        raise Refused(_l("This contact is archived. Restore it before you record a gift."))
    funds = [fund for fund, _part in details.shares]
    known = db.scalars(select(Fund.id).where(Fund.id.in_(funds), Fund.is_open)).all()
    if not funds or len(set(funds)) != len(funds) or set(known) != set(funds):
        raise Refused(_l("Choose open funds, each of them once."), field="fund_id")
    if any(part.minor <= 0 for _fund, part in details.shares):
        raise Refused(_l("Each fund’s part must be above zero, and all parts together not above the gift."))
    if details.campaign_id is not None and db.get(Campaign, details.campaign_id) is None:
        raise Refused(_l("This campaign does not exist."), field="campaign_id")
    if details.corrects is not None:
        _check_correction(db, details.corrects)


def _check_correction(db: Session, corrected: Gift) -> None:
    if corrected.status is not GiftStatus.REVERSED:
        raise Refused(_l("Reverse the wrong entry first, then enter it anew."))
    if db.scalar(select(Gift.id).where(Gift.replaces_id == corrected.id)) is not None:
        raise Refused(_l("This entry was corrected already."))


def reverse_gift(db: Session, gift: Gift, reason: str, *, actor: Actor) -> None:
    """Take back an offline entry made in error: it stays visible, counts no more, and its receipt is void.

    Raises:
        Refused: no reason is given, the gift came online, or it is not in force.

    """
    if not reason:
        raise Refused(_l("Say what was wrong, for whoever reads the books."), field="reason")
    hold_gift(db, gift)
    payments = [link.payment for link in gift.payments]
    if gift.is_online or any(payment.reference for payment in payments):
        raise Refused(_l("The money of an online gift has really come: refund it instead."))
    gift.reverse(reason)
    for payment in payments:
        payment.reverse()
    audit.note(db, actor, "gift.reversed", gift, reason=reason)
    refresh_totals(db, gift.contact_id, gift.fiscal_year)
    events.publish(db, GiftReversed(gift.id), actor=actor)

"""Gifts as they come, for tests of every feature: made by the services that make them in life."""

import os
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.giving.models import DonorKind, FormFund, Gift, GivingForm, Submission
from app.giving.services.gifts import OfflineGift, record_offline_gift
from app.kernel.actors import GATEWAY, SYSTEM
from app.kernel.events import publish
from app.kernel.money import Money
from app.kernel.organisation import Organisation, TaxRegime, the_organisation
from app.payments.events import CheckoutCompleted, PaymentBegun, PaymentReturned, PaymentSettled
from app.payments.models import Checkout, DisputeStatus, Interval, Method, Payment, PaymentStatus, RefundStatus
from app.payments.queries import disputes_of
from tests.factories.contacts import make_contact
from tests.factories.funds import make_fund
from tests.factories.payments import AT, make_checkout, make_dispute, make_payment, make_refund


def french_organisation(db: Session) -> Organisation:
    """The organisation with everything the French receipts want."""
    organisation = the_organisation(db)
    told = {
        "name": "Planète Népal", "legal_name": "Planète Népal", "siren": "732829320", "rna": "W751234567",
        "street": "8 rue du Faubourg", "postcode": "75010", "city": "Paris", "country": "FR",
        "purpose": "Aider les enfants du Népal à aller à l’école",
        "receipt_category": "Œuvre ou organisme d’intérêt général", "tax_regime": TaxRegime.FR_GENERAL_INTEREST,
        "signatory_name": "Claire Martin", "signatory_role": "Trésorière", "email": "bonjour@planete-nepal.example",
        "sender_address": "bonjour@planete-nepal.example",
    }  # fmt: skip
    for name, value in told.items():
        setattr(organisation, name, value)
    db.flush()
    return organisation


def make_offline_gift(db: Session, contact: Contact | None = None, **overrides: Any) -> Gift:
    """A cheque of 50 € received in May 2026. `amount`, `fund`, and every part of `OfflineGift` can be given."""
    contact = contact or make_contact(db)
    amount: Money = overrides.pop("amount", Money(5000, "EUR"))
    fund = overrides.pop("fund", None)
    if "shares" not in overrides:
        overrides["shares"] = [((fund or make_fund(db)).id, amount)]
    parts: dict[str, Any] = {"received_on": date(2026, 5, 4), "method": Method.CHEQUE, **overrides}
    return record_offline_gift(db, OfflineGift(contact=contact, amount=amount, **parts), actor=SYSTEM)


def make_form(db: Session, **overrides: Any) -> GivingForm:
    """A published form in French and English, with one fund."""
    funds = overrides.pop("funds", None) or [make_fund(db)]
    parts: dict[str, Any] = {
        "name": "School for all",
        "slug": f"school-{os.urandom(3).hex()}",
        "languages": ["fr", "en"],
        "texts": {
            "fr": {"title": "L’école pour tous", "mail": "**Merci** de croire en eux."},
            "en": {"title": "School"},
        },
        "intervals": ["month"],
        "funds": [FormFund(fund_id=fund.id, place=place) for place, fund in enumerate(funds)],
        **overrides,
    }
    form = GivingForm(**parts)
    form.publish()
    db.add(form)
    db.flush()
    return form


DONOR = {
    "given_name": "Jeanne", "family_name": "Moreau", "email": "jeanne.moreau@example.org", "street": "3 rue des Écoles",
    "postcode": "69001", "city": "Lyon", "country": "FR",
}  # fmt: skip


def make_submission(db: Session, **overrides: Any) -> Submission:
    """What a person sent from a form, with a completed checkout.

    `interval` makes it recurring, `answers` adds to `DONOR`, `amount` is `Money`.
    """
    form: GivingForm = overrides.pop("form", None) or make_form(db)
    amount: Money = overrides.pop("amount", Money(5000, "EUR"))
    interval: Interval | None = overrides.pop("interval", None)
    is_test = overrides.pop("is_test", False)
    checkout: Checkout = make_checkout(db, amount=amount, interval=interval, is_test=is_test, is_completed=True)
    if interval:
        checkout.subscription_reference = f"sub_{os.urandom(6).hex()}"
    parts: dict[str, Any] = {
        "form_id": form.id, "form_key": os.urandom(8).hex(), "donor_kind": DonorKind.PERSON, "language": "fr",
        "amount_minor": amount.minor, "currency": amount.currency, "checkout_id": checkout.id,
        "fund_id": form.funds[0].fund_id, **overrides, "answers": {**DONOR, **overrides.get("answers", {})},
    }  # fmt: skip
    submission = Submission(**parts)
    db.add(submission)
    db.flush()
    return submission


def payment_of(db: Session, submission: Submission, **overrides: Any) -> Payment:
    """What the donor paid for a submission: settled by card unless told otherwise. Nothing has followed from it yet."""
    checkout = submission.checkout
    assert checkout is not None
    known = {
        "checkout_id": checkout.id,
        "amount": checkout.amount,
        "is_test": checkout.is_test,
        "subscription_reference": checkout.subscription_reference,
    }
    return make_payment(db, **{**known, **overrides})


def make_online_gift(db: Session, submission: Submission | None = None, **overrides: Any) -> Gift:
    """A gift given on a form by card. `method`, `status`, `is_test` and other parts of payments can be given."""
    submission = submission or make_submission(db, is_test=overrides.get("is_test", False))
    payment = payment_of(db, submission, **overrides)
    publish(db, CheckoutCompleted(payment.checkout_id or 0), actor=GATEWAY)
    fact = PaymentBegun if payment.status is PaymentStatus.PROCESSING else PaymentSettled
    publish(db, fact(payment.id), actor=GATEWAY)
    return gift_of(db, payment)


def gift_of(db: Session, payment: Payment) -> Gift:
    """The gift a payment was booked for."""
    db.flush()
    return next(gift for gift in db.query(Gift) if payment.id in {link.payment_id for link in gift.payments})


def give_back(db: Session, payment: Payment, minor: int) -> None:
    """So much of a payment was refunded (minor units), as is known; `PaymentReturned` is still to be published."""
    refund = make_refund(db, payment, amount=Money(minor, payment.currency))
    refund.note_outcome(RefundStatus.SUCCEEDED, f"re_{os.urandom(6).hex()}")
    payment.note_returned(payment.refunded_minor + minor, payment.disputed_minor, is_disputed=payment.is_disputed)


def refund_gift(db: Session, gift: Gift, minor: int) -> None:
    """So much of a gift went back to its donor, with everything that follows from it."""
    payment = gift.payments[0].payment
    give_back(db, payment, minor)
    publish(db, PaymentReturned(payment.id), actor=GATEWAY)


def dispute_gift(db: Session, gift: Gift, status: DisputeStatus = DisputeStatus.OPEN) -> None:
    """The donor's bank disputes a gift, or its dispute was decided, with everything that follows from it."""
    payment = gift.payments[0].payment
    dispute = next(iter(disputes_of(db, payment.id)), None) or make_dispute(db, payment)
    is_over = status in {DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.CLOSED}
    has_money = status in {DisputeStatus.OPEN, DisputeStatus.LOST}
    dispute.note_state(status, funds_withdrawn=has_money, fee_minor=0, at=AT)
    taken = payment.amount_minor - payment.refunded_minor if status is DisputeStatus.LOST else 0
    payment.note_returned(payment.refunded_minor, taken, is_disputed=not is_over)
    publish(db, PaymentReturned(payment.id), actor=GATEWAY)

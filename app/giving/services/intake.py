"""Payments become gifts: what a donor sent from a form, or a charge of a recurring gift, is booked once.

Everything here follows from facts of payments, within their transaction, and does nothing when it was done before:
events come twice and in any order. Money whose origin is not known yet waits until the checkout is known.
"""

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving.events import GiftBegun, GiftFailed, GiftReceived, GiftReturned
from app.giving.models import Gift, GiftPayment, Submission
from app.giving.services.gift_making import gift_of_charge, gift_of_submission, keep_tribute
from app.giving.services.locking import hold_gift, hold_new_gift
from app.giving.services.recurring import begin_recurring_gift, note_charge_paid, recurring_gift_behind
from app.giving.services.totals import refresh_totals
from app.kernel import audit, events
from app.kernel.actors import Actor
from app.kernel.clock import date_of
from app.kernel.organisation import the_organisation
from app.payments.events import CheckoutCompleted, PaymentBegun, PaymentFailed, PaymentReturned, PaymentSettled
from app.payments.models import Checkout, CheckoutMode, Payment, PaymentStatus

log = structlog.get_logger()


def begin_gift(db: Session, event: PaymentBegun, *, actor: Actor) -> Gift | None:
    """Money is on its way: the gift is pending."""
    gift, is_new = _gift_of(db, _held(db, event.payment_id), actor=actor)
    if gift is not None and is_new:
        events.publish(db, GiftBegun(gift.id), actor=actor)
    return gift


def receive_gift(db: Session, event: PaymentSettled, *, actor: Actor) -> Gift | None:
    """The money has come: the gift is received on that day, where the organisation is."""
    payment = _held(db, event.payment_id)
    gift, _is_new = _gift_of(db, payment, actor=actor)
    if gift is None:
        return None
    hold_gift(db, gift)
    organisation = the_organisation(db)
    assert payment.settled_at is not None
    on = date_of(payment.settled_at, organisation.time_zone)
    if not gift.receive(on, organisation.fiscal_year_of(on)):
        return gift
    audit.note(db, actor, "gift.received", gift, payment=payment.id)
    refresh_totals(db, gift.contact_id, gift.fiscal_year)
    recurring = recurring_gift_behind(db, payment.subscription_reference or "")
    if recurring is not None:
        note_charge_paid(db, recurring, actor=actor)
    events.publish(db, GiftReceived(gift.id), actor=actor)
    return gift


def fail_gift(db: Session, event: PaymentFailed, *, actor: Actor) -> Gift | None:
    """The money will not come."""
    payment = _held(db, event.payment_id)
    gift, _is_new = _gift_of(db, payment, actor=actor)
    if gift is not None and gift.fail():
        audit.note(db, actor, "gift.failed", gift, payment=payment.id, code=payment.failure_code)
        events.publish(db, GiftFailed(gift.id), actor=actor)
    return gift


def note_return(db: Session, event: PaymentReturned, *, actor: Actor) -> Gift | None:
    """Money went back or is disputed: the gift, its donor's figures and its receipt follow."""
    _held(db, event.payment_id)
    gift = gift_of_payment(db, event.payment_id)
    if gift is None:
        return None
    hold_gift(db, gift)
    payments = [link.payment for link in gift.payments]
    returned = sum(payment.returned.minor for payment in payments)
    if gift.note_returned(returned, is_disputed=any(payment.is_disputed for payment in payments)):
        audit.note(db, actor, "gift.returned", gift, returned_minor=returned, is_disputed=gift.is_disputed)
        refresh_totals(db, gift.contact_id, gift.fiscal_year)
        events.publish(db, GiftReturned(gift.id), actor=actor)
    return gift


def note_checkout(db: Session, event: CheckoutCompleted, *, actor: Actor) -> None:
    """A donor went through to the end. Agreeing to give regularly is kept; charges that came before are booked."""
    checkout = db.get_one(Checkout, event.checkout_id)
    reference, submission = checkout.subscription_reference, _submission_of(db, checkout.id)
    if checkout.mode is not CheckoutMode.RECURRING or reference is None or submission is None:
        return
    begin_recurring_gift(db, submission, checkout, reference, actor=actor)
    of_this = select(Payment.id, Payment.status).where(Payment.subscription_reference == reference)
    unbooked = of_this.where(Payment.id.not_in(select(GiftPayment.payment_id))).order_by(Payment.id)
    for payment_id, status in db.execute(unbooked).all():
        if status is PaymentStatus.SETTLED:
            receive_gift(db, PaymentSettled(payment_id), actor=actor)
            note_return(db, PaymentReturned(payment_id), actor=actor)
        elif status is PaymentStatus.PROCESSING:
            begin_gift(db, PaymentBegun(payment_id), actor=actor)


def gift_of_payment(db: Session, payment_id: int) -> Gift | None:
    """The gift a payment was booked for."""
    query = select(Gift).join(GiftPayment, GiftPayment.gift_id == Gift.id)
    return db.scalars(query.where(GiftPayment.payment_id == payment_id)).one_or_none()


def _held(db: Session, payment_id: int) -> Payment:
    """The payment, held until the end: everything said of it at once takes turns."""
    return db.get_one(Payment, payment_id, with_for_update=True)


def _gift_of(db: Session, payment: Payment, *, actor: Actor) -> tuple[Gift | None, bool]:
    """The gift of a payment, made if need be, and whether it was; None while nobody knows what it is for."""
    found = gift_of_payment(db, payment.id)
    if found is not None:
        return found, False
    checkout = _checkout_of(db, payment)
    submission = _submission_of(db, checkout.id) if checkout else None
    gift = _make_gift(db, payment, checkout, submission, actor=actor)
    if gift is None:
        log.warning("payment_without_origin", payment=payment.id)
        return None, False
    gift.payments = [GiftPayment(payment_id=payment.id)]
    db.add(gift)
    db.flush()  # what follows names the gift by its key
    hold_new_gift(db, gift)
    if submission is not None and gift.submission_id == submission.id:
        keep_tribute(db, gift, submission)
    audit.note(db, actor, "gift.begun", gift, payment=payment.id)
    return gift, True


def _make_gift(
    db: Session, payment: Payment, checkout: Checkout | None, submission: Submission | None, *, actor: Actor
) -> Gift | None:
    if payment.subscription_reference is None:
        return gift_of_submission(db, submission, payment, actor=actor) if submission else None
    recurring = recurring_gift_behind(db, payment.subscription_reference)
    if recurring is None and checkout is not None and submission is not None:
        reference = payment.subscription_reference
        recurring = begin_recurring_gift(db, submission, checkout, reference, actor=actor)
    return gift_of_charge(db, recurring, payment) if recurring else None


def _checkout_of(db: Session, payment: Payment) -> Checkout | None:
    if payment.checkout_id is not None:
        return db.get(Checkout, payment.checkout_id)
    if payment.subscription_reference is None:
        return None
    same = Checkout.subscription_reference == payment.subscription_reference
    return db.scalars(select(Checkout).where(same)).one_or_none()


def _submission_of(db: Session, checkout_id: int) -> Submission | None:
    return db.scalars(select(Submission).where(Submission.checkout_id == checkout_id)).one_or_none()

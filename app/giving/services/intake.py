"""Payments become gifts: what a donor sent from a form, or a charge of a recurring gift, is booked once.

Everything here follows from facts of payments, within their transaction, and does nothing when it was done before:
events come twice and in any order. Whoever tells of a payment holds its row: what is said of it at once takes turns.
Money whose origin is not known yet waits until the checkout is known.
"""

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving.events import GiftBegun, GiftFailed, GiftReceived, GiftReturned
from app.giving.models import Gift, GiftPayment, Submission
from app.giving.services.failed_charges import note_paid
from app.giving.services.gift_making import gift_of_charge, gift_of_submission, keep_tribute
from app.giving.services.locking import held_submission, hold_gift, note_held
from app.giving.services.recurring import begin_recurring_gift, note_charge_paid, recurring_gift_behind
from app.giving.services.totals import add_to_totals, refresh_totals
from app.kernel import audit, events
from app.kernel.actors import Actor
from app.kernel.clock import date_of
from app.kernel.organisation import the_organisation
from app.payments.events import CheckoutCompleted, PaymentBegun, PaymentFailed, PaymentReturned, PaymentSettled
from app.payments.models import Checkout, CheckoutMode, Payment, PaymentStatus

log = structlog.get_logger()


def begin_gift(db: Session, event: PaymentBegun, *, actor: Actor) -> Gift | None:
    """Money is on its way: the gift is pending."""
    gift, is_new = _gift_of(db, db.get_one(Payment, event.payment_id), actor=actor)
    if gift is not None and is_new:
        events.publish(db, GiftBegun(gift.id), actor=actor)
    return gift


def receive_gift(db: Session, event: PaymentSettled, *, actor: Actor) -> Gift | None:
    """The money has come: the gift is received on that day, where the organisation is."""
    payment = db.get_one(Payment, event.payment_id)
    gift, is_new = _gift_of(db, payment, has_come=True, is_known=not event.is_new, actor=actor)
    if gift is None:
        return None
    if not is_new:
        hold_gift(db, gift)
        if not _has_come(db, gift, payment):
            return gift
    audit.note(db, actor, "gift.received", gift, payment=payment.id)
    add_to_totals(db, gift.contact_id, gift.fiscal_year)
    _note_charge(db, payment, actor=actor)
    events.publish(db, GiftReceived(gift.id, is_new=is_new), actor=actor)
    return gift


def _has_come(db: Session, gift: Gift, payment: Payment) -> bool:
    """Have the gift received on the day of its payment, if that is news."""
    organisation = the_organisation(db)
    assert payment.settled_at is not None
    on = date_of(payment.settled_at, organisation.time_zone)
    return gift.receive(on, organisation.fiscal_year_of(on))


def _note_charge(db: Session, payment: Payment, *, actor: Actor) -> None:
    """A charge of a recurring gift came through."""
    reference, paid_at = payment.subscription_reference, payment.settled_at
    recurring = recurring_gift_behind(db, reference) if reference is not None else None
    if recurring is not None and paid_at is not None:
        note_charge_paid(db, recurring, actor=actor)
        note_paid(db, payment.invoice_reference, paid_at, actor=actor)


def fail_gift(db: Session, event: PaymentFailed, *, actor: Actor) -> Gift | None:
    """The money will not come."""
    payment = db.get_one(Payment, event.payment_id)
    gift, _is_new = _gift_of(db, payment, actor=actor)
    if gift is not None and gift.fail():
        audit.note(db, actor, "gift.failed", gift, payment=payment.id, code=payment.failure_code)
        events.publish(db, GiftFailed(gift.id), actor=actor)
    return gift


def note_return(db: Session, event: PaymentReturned, *, actor: Actor) -> Gift | None:
    """Money went back or is disputed: the gift, its donor's figures and its receipt follow."""
    gift = gift_of_payment(db, event.payment_id)
    if gift is None:
        return None
    hold_gift(db, gift)
    payments = [link.payment for link in gift.payments]
    returned = sum(payment.returned.minor for payment in payments)
    if gift.note_returned(returned, is_disputed=any(payment.is_disputed for payment in payments)):
        audit.note(db, actor, "gift.returned", gift, returned_minor=returned, is_disputed=gift.is_disputed)
        refresh_totals(db, gift.contact_id, gift.fiscal_year)
        events.publish(db, GiftReturned(gift.id, event.by_refund), actor=actor)
    return gift


def note_checkout(db: Session, event: CheckoutCompleted, *, actor: Actor) -> None:
    """A donor went through to the end. Agreeing to give regularly is kept; charges that came before are booked."""
    checkout = db.get_one(Checkout, event.checkout_id)
    reference = checkout.subscription_reference
    if checkout.mode is not CheckoutMode.RECURRING or reference is None:
        return
    submission = held_submission(db, checkout.id)
    if submission is None:
        return
    begin_recurring_gift(db, submission, checkout, reference, actor=actor)
    of_this = select(Payment).where(Payment.subscription_reference == reference)
    unbooked = of_this.where(Payment.id.not_in(select(GiftPayment.payment_id))).order_by(Payment.id).with_for_update()
    for payment in db.scalars(unbooked.execution_options(populate_existing=True)).all():
        if payment.status is PaymentStatus.SETTLED:
            receive_gift(db, PaymentSettled(payment.id), actor=actor)
            note_return(db, PaymentReturned(payment.id), actor=actor)
        elif payment.status is PaymentStatus.PROCESSING:
            begin_gift(db, PaymentBegun(payment.id), actor=actor)


def gift_of_payment(db: Session, payment_id: int) -> Gift | None:
    """The gift a payment was booked for."""
    query = select(Gift).join(GiftPayment, GiftPayment.gift_id == Gift.id)
    return db.scalars(query.where(GiftPayment.payment_id == payment_id)).one_or_none()


def _gift_of(
    db: Session, payment: Payment, *, actor: Actor, has_come: bool = False, is_known: bool = True
) -> tuple[Gift | None, bool]:
    """The gift of a payment, made if need be, and whether it was; None while nobody knows what it is for.

    One that is made when its money `has_come` is received from the beginning. A payment that was not `is_known` before
    has none.
    """
    found = gift_of_payment(db, payment.id) if is_known else None
    if found is not None:
        return found, False
    checkout = _checkout_of(db, payment)
    submission = held_submission(db, checkout.id) if checkout else None
    gift = _make_gift(db, payment, checkout, submission, actor=actor)
    if gift is None:
        log.warning("payment_without_origin", payment=payment.id)
        return None, False
    gift.payments = [GiftPayment(payment_id=payment.id)]
    if has_come:
        _has_come(db, gift, payment)
    db.add(gift)
    db.flush()  # what follows names the gift by its key
    note_held(db, Gift, gift.id)  # nobody else knows of it
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

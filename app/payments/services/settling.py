"""Applying what the gateway says of checkouts and payments. Everything here may be told twice, late and out of order.

Every payment of ours belongs to a checkout, whose row is locked first: whoever comes second finds the work done.
Each fact is published once, in the transaction that writes it down.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.events import publish
from app.payments.effects import Effect, Outcome
from app.payments.events import (
    CheckoutCompleted,
    CheckoutExpired,
    PaymentBegun,
    PaymentFailed,
    PaymentSettled,
    SubscriptionChanged,
)
from app.payments.gateway import CheckoutState, PageStatus, PaymentState, SubscriptionState
from app.payments.models import Checkout, CheckoutMode, Method, Payment, PaymentStatus
from app.payments.models.checkout import SubscriptionTerms
from app.payments.services.returns import count_returned, take_back

DELAYED = frozenset({Method.SEPA_DEBIT, Method.TRANSFER})
"""Methods whose money is on its way for days. A refused card charge, on the contrary, is no payment at all."""


def seek_checkout(
    db: Session,
    *,
    token: str | None = None,
    reference: str | None = None,
    subscription: str | None = None,
    locked: bool = False,
) -> Checkout | None:
    """Our attempt to pay that is meant: by our token, else by the gateway's names; `locked` until the end if so."""
    names = ((Checkout.token, token), (Checkout.reference, reference), (Checkout.subscription_reference, subscription))
    for column, name in names:
        if not name:
            continue
        query = select(Checkout).where(column == name)
        if locked:
            query = query.with_for_update().execution_options(populate_existing=True)
        found = db.scalars(query).one_or_none()
        if found is not None:
            return found
    return None


def apply_checkout(db: Session, state: CheckoutState, *, actor: Actor) -> Outcome:
    """What the payment page has come to, with its payment and subscription."""
    checkout = seek_checkout(db, token=state.token, reference=state.reference, locked=True)
    if checkout is None:
        return Outcome((Effect.NOT_OURS,))
    if checkout.reference is None:
        checkout.page_opened(state.reference, state.url or "", state.expires_at)
    checkout.customer_reference = state.customer_reference or checkout.customer_reference
    checkout.last_failure = state.failure_code or checkout.last_failure
    outcome = Outcome(checkout_id=checkout.id)
    if state.status is PageStatus.EXPIRED and checkout.expire():
        publish(db, CheckoutExpired(checkout.id), actor=actor)
        return outcome + Outcome((Effect.CHECKOUT_EXPIRED,))
    if state.status is not PageStatus.COMPLETED:
        return outcome
    if state.subscription is not None:
        checkout.subscription_reference = state.subscription.reference
    if checkout.complete(now()):
        publish(db, CheckoutCompleted(checkout.id), actor=actor)
        outcome += Outcome((Effect.CHECKOUT_COMPLETED,))
    if state.payment is not None:
        outcome += apply_payment(db, checkout, state.payment, actor=actor)
    if state.subscription is not None:
        outcome += apply_subscription(db, checkout, state.subscription, actor=actor)
    return outcome


def apply_payment(db: Session, checkout: Checkout, state: PaymentState, *, actor: Actor) -> Outcome:
    """What has become of a charge. `checkout` is locked, so that nobody else books the same charge meanwhile."""
    payment, earlier = _named(db, state)
    is_new = payment is None
    if payment is None:
        is_no_payment = state.status is PaymentStatus.FAILED and state.method not in DELAYED
        if is_no_payment or not _gives_way(db, earlier, state, actor):
            return Outcome((Effect.CHARGE_REFUSED,), checkout.id)
        payment = _booked(checkout, state)
        db.add(payment)
    has_come = state.status is PaymentStatus.SETTLED and payment.settle(state.at)
    fee_noted = _note_fee(payment, state)
    db.flush()  # facts carry its key
    outcome = Outcome(checkout_id=checkout.id, payment_id=payment.id)
    if is_new and state.status is not PaymentStatus.SETTLED:
        publish(db, PaymentBegun(payment.id), actor=actor)
        outcome += Outcome((Effect.PAYMENT_BEGUN,))
    if has_come:
        publish(db, PaymentSettled(payment.id, is_new), actor=actor)
        outcome += Outcome((Effect.PAYMENT_SETTLED,))
        if not is_new:  # what went back may have been told of while the money was on its way, and was not counted then
            outcome += count_returned(db, payment, actor=actor)
    elif state.status is PaymentStatus.FAILED:
        outcome += _failed(db, payment, state.failure_code, actor)
    return outcome + fee_noted


def _named(db: Session, state: PaymentState) -> tuple[Payment | None, Payment | None]:
    """The charge that is meant, held, if it is booked; else what is booked under the gateway's name of its payment."""
    is_meant = Payment.charge_reference == state.charge_reference
    if state.reference is not None:
        is_meant |= Payment.reference == state.reference
    found = db.scalars(select(Payment).where(is_meant).with_for_update()).all()
    charge = next((each for each in found if each.charge_reference == state.charge_reference), None)
    return charge, next((each for each in found if each is not charge), None)


def _gives_way(db: Session, earlier: Payment | None, state: PaymentState, actor: Actor) -> bool:
    """Whether a charge may be booked under the gateway's name of its payment.

    An attempt that is still on its way gives way to a newer one that is not refused: it must have failed without our
    being told. Word of another, refused attempt is of no account.
    """
    if earlier is None:
        return True
    if earlier.status is not PaymentStatus.PROCESSING or state.status is PaymentStatus.FAILED:
        return False
    _failed(db, earlier, None, actor)
    earlier.give_up_names()
    db.flush()  # its names are free from here on
    return True


def _booked(checkout: Checkout, state: PaymentState) -> Payment:
    is_recurring = checkout.mode is CheckoutMode.RECURRING
    payment = Payment(
        method=state.method,
        amount_minor=state.amount.minor,
        currency=state.amount.currency,
        is_test=checkout.is_test,
        checkout_id=checkout.id,
        reference=state.reference,
        charge_reference=state.charge_reference,
        invoice_reference=state.invoice_reference,
        subscription_reference=state.subscription_reference if is_recurring else None,
    )
    payment.card_brand, payment.last_four = state.card_brand, state.last_four
    payment.mandate_reference = state.mandate_reference
    return payment


def _failed(db: Session, payment: Payment, code: str | None, actor: Actor) -> Outcome:
    """The money will not come; or it had come and the bank took it back, which is told as what it is."""
    if payment.status is PaymentStatus.SETTLED:
        return take_back(db, payment, code, actor=actor)
    if not payment.fail(code):
        return Outcome()
    if payment.subscription_reference:
        payment.give_up_names()
        db.flush()  # the next attempt may be booked under them at once
    publish(db, PaymentFailed(payment.id), actor=actor)
    return Outcome((Effect.PAYMENT_FAILED,))


def _note_fee(payment: Payment, state: PaymentState) -> Outcome:
    """Fee and net, which the gateway may know later than the payment."""
    balance = state.balance
    if balance is None or payment.balance_reference is not None or payment.status is not PaymentStatus.SETTLED:
        return Outcome()
    payment.note_fee(
        balance.settlement, balance.fee, balance.reference, balance.available_on, rate=balance.exchange_rate
    )
    return Outcome((Effect.FEE_NOTED,))


def apply_subscription(db: Session, checkout: Checkout, state: SubscriptionState, *, actor: Actor) -> Outcome:
    """What has become of a subscription, if that is news."""
    outcome = Outcome(checkout_id=checkout.id)
    minor = state.amount.minor if state.amount is not None and state.amount.currency == checkout.currency else None
    mark = state.method.mark if state.method is not None else ""
    terms = SubscriptionTerms(minor, state.day, state.paused_until, state.retry_on, mark, state.last_on)
    if not checkout.note_subscription(state.reference, state.status, state.next_on, terms=terms, at=state.read_at):
        return outcome
    publish(db, SubscriptionChanged(state), actor=actor)
    return outcome + Outcome((Effect.SUBSCRIPTION_CHANGED,))

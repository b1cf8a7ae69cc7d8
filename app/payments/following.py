"""What is done when the gateway says that something has changed: fetch the thing, then apply what it is now.

The message is only a wake-up call with a name. Each function here makes its calls first, with no transaction open,
and then applies the answers in one short transaction. What is needed before (a checkout before its subscription's
charges, a payment before its refund) is fetched on the way, so that the order in which messages come does not matter.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel.actors import GATEWAY, Actor
from app.kernel.audit import act_as
from app.kernel.errors import Outside
from app.kernel.jobs import Work
from app.payments import queries
from app.payments.effects import Effect, Outcome
from app.payments.gateway import (
    CheckoutState,
    Gateway,
    GatewayRefused,
    PageStatus,
    PaymentState,
    SubscriptionState,
    Topic,
)
from app.payments.itemising import itemise
from app.payments.models import Checkout, CheckoutStatus, PaymentStatus
from app.payments.services import bills, mandates, payouts, returns, settling

NOT_OURS = Outcome((Effect.NOT_OURS,))
UNKNOWN = frozenset({"resource_missing", "currency_unknown"})
"""The gateway's codes for things that it or we no longer know: nothing can be done about them, now or later."""


class TooEarly(Outside):
    """The gateway speaks of something before what it belongs to; trying again soon will help."""


@contextmanager
def writing(work: Work, actor: Actor = GATEWAY) -> Iterator[Session]:
    """One short transaction in the actor's name."""
    with work.database.writing() as db:
        act_as(db, actor)
        yield db


@contextmanager
def passing(work: Work, actor: Actor = GATEWAY) -> Iterator[Session]:
    """One that a power cut may take back, for notes that are made anew when their job is done again."""
    with work.database.passing() as db:
        act_as(db, actor)
        yield db


def follow(work: Work, topic: Topic, reference: str) -> Outcome:
    """Bring our records up to what the gateway says of this thing now.

    Raises:
        GatewayUnavailable: no answer.
        TooEarly: something it belongs to is not known yet.
        GatewayRefused: the gateway does not let us look.

    """
    handler = HANDLERS[topic]
    try:
        try:
            return handler(work, reference)
        except IntegrityError:
            # Somebody else wrote the same thing at the same instant: look again, and find it there.
            return handler(work, reference)
    except GatewayRefused as refusal:
        if refusal.code in UNKNOWN:
            return Outcome((Effect.GONE,))
        raise


def follow_checkout(work: Work, reference: str, *, actor: Actor = GATEWAY) -> Outcome:
    """A payment page, its payment and its subscription."""
    state = work.ports.get(Gateway).checkout(reference)
    with writing(work, actor) as db:
        outcome = settling.apply_checkout(db, state, actor=actor)
    return outcome + Outcome(told=_told_by_page(state)) if outcome.checkout_id else outcome


def follow_charge(work: Work, charge: str) -> Outcome:
    """A charge: its settlement, its fee, or that the bank undid it."""
    return _bring_home(work, work.ports.get(Gateway).payment(charge))


def _bring_home(work: Work, state: PaymentState) -> Outcome:
    """Apply a charge to the checkout it came of, which is completed first."""
    outcome = _complete_first(work, state.checkout_token, state.subscription_reference)
    if outcome.checkout_id is None:
        return NOT_OURS
    if state.charge_reference in outcome.told:  # the page has just said the same, and later
        return outcome
    with writing(work) as db:
        checkout = db.get_one(Checkout, outcome.checkout_id, with_for_update=True)
        if checkout.status is not CheckoutStatus.COMPLETED:
            if state.status is PaymentStatus.FAILED:
                return outcome + Outcome((Effect.CHARGE_REFUSED,))
            raise TooEarly("The payment page is not completed yet")
        applied = settling.apply_payment(db, checkout, state, actor=GATEWAY)
    return outcome + applied + Outcome(told=_told_by_charge(state))


def _told_by_charge(state: PaymentState) -> frozenset[str]:
    """The charge, if it has come and its fee is known: nothing else that was said of it before can be news."""
    is_final = state.status is PaymentStatus.SETTLED and state.balance is not None and state.charge_reference
    return frozenset({state.charge_reference}) if is_final and state.charge_reference else frozenset()


def _told_by_page(state: CheckoutState) -> frozenset[str]:
    """The page and its charge, if both have come to their end, and the subscription as it is now."""
    told = _told_by_charge(state.payment) if state.payment else frozenset()
    if state.status is PageStatus.EXPIRED or (state.status is PageStatus.COMPLETED and told):
        told |= {state.reference}
    if state.status is PageStatus.COMPLETED and state.subscription is not None:
        told |= {state.subscription.reference}
    return told


def _complete_first(work: Work, token: str | None, subscription: str | None) -> Outcome:
    """Our checkout by token or subscription, brought up to the gateway's word unless it is completed already."""
    with work.database.reading() as db:
        checkout = settling.seek_checkout(db, token=token, subscription=subscription)
    if checkout is None:
        return NOT_OURS
    if checkout.status is CheckoutStatus.COMPLETED:
        return Outcome(checkout_id=checkout.id)
    if checkout.reference is None:
        raise TooEarly("The payment page is not known yet")
    return follow_checkout(work, checkout.reference)


def follow_invoice(work: Work, reference: str) -> Outcome:
    """One bill of a subscription: its charge, and how the subscription stands after it."""
    gateway = work.ports.get(Gateway)
    invoice = gateway.invoice(reference)
    if invoice.subscription_reference is None:
        return NOT_OURS
    outcome = _complete_first(work, invoice.checkout_token, invoice.subscription_reference)
    if outcome.checkout_id is None:
        return NOT_OURS
    if invoice.payment is not None and invoice.payment.charge_reference not in outcome.told:
        outcome += _bring_home(work, invoice.payment)
    is_told = invoice.subscription_reference in outcome.told
    state = None if is_told else gateway.subscription(invoice.subscription_reference)
    with writing(work) as db:
        bills.tell_of_bill(db, invoice, actor=GATEWAY)
        return outcome + _applied(db, state) if state is not None else outcome


def follow_subscription(work: Work, reference: str) -> Outcome:
    """A subscription that changed or ended."""
    state = work.ports.get(Gateway).subscription(reference)
    outcome = _complete_first(work, state.checkout_token, reference)
    if outcome.checkout_id is None:
        return NOT_OURS
    return outcome if reference in outcome.told else outcome + _apply_subscription(work, state)


def _apply_subscription(work: Work, state: SubscriptionState) -> Outcome:
    with writing(work) as db:
        return _applied(db, state)


def _applied(db: Session, state: SubscriptionState) -> Outcome:
    checkout = settling.seek_checkout(db, token=state.checkout_token, subscription=state.reference, locked=True)
    if checkout is None:
        return NOT_OURS
    return settling.apply_subscription(db, checkout, state, actor=GATEWAY) + Outcome(told=frozenset({state.reference}))


def follow_customer(work: Work, reference: str) -> Outcome:
    """A donor gave the gateway something new, perhaps another payment method: their subscriptions are charged to it."""
    gateway, outcome = work.ports.get(Gateway), Outcome()
    for each in gateway.subscriptions_of(reference):
        with work.database.reading() as db:
            is_ours = settling.seek_checkout(db, subscription=each) is not None
        if is_ours:
            outcome += _apply_subscription(work, gateway.adopt_method(each))
    return outcome if outcome.checkout_id else NOT_OURS


def follow_method(work: Work, reference: str) -> Outcome:
    """A card was replaced by its bank, with another number or a later end."""
    customer = work.ports.get(Gateway).owner_of_method(reference)
    return follow_customer(work, customer) if customer else NOT_OURS


def _payment_first(work: Work, charge: str, reference: str | None) -> Outcome:
    """The payment a refund or dispute is about, fetched if we have not been told of it yet."""
    with work.database.reading() as db:
        known = queries.payment_by_reference(db, charge=charge, reference=reference)
    if known is not None:
        return Outcome(checkout_id=known.checkout_id, payment_id=known.id)
    return follow_charge(work, charge) if charge else NOT_OURS


def follow_refund(work: Work, reference: str) -> Outcome:
    """A refund of ours, or one made at the gateway's dashboard."""
    state = work.ports.get(Gateway).refund(reference)
    outcome = _payment_first(work, state.charge_reference, state.payment_reference)
    with writing(work) as db:
        payment = returns.locked_payment(db, charge=state.charge_reference, reference=state.payment_reference)
        if payment is None:
            return NOT_OURS
        return outcome + returns.apply_refund(db, payment, state, actor=GATEWAY)


def follow_refunds_of(work: Work, reference: str) -> Outcome:
    """Everything that was refunded of a payment, by the gateway's name of the payment."""
    outcome = Outcome()
    for state in work.ports.get(Gateway).refunds_of(reference):
        with writing(work) as db:
            payment = returns.locked_payment(db, charge=state.charge_reference, reference=state.payment_reference)
            if payment is not None:
                outcome += returns.apply_refund(db, payment, state, actor=GATEWAY)
    return outcome


def follow_dispute(work: Work, reference: str) -> Outcome:
    """A dispute or inquiry."""
    state = work.ports.get(Gateway).dispute(reference)
    outcome = _payment_first(work, state.charge_reference, state.payment_reference)
    with writing(work) as db:
        payment = returns.locked_payment(db, charge=state.charge_reference, reference=state.payment_reference)
        if payment is None:
            return NOT_OURS
        return outcome + returns.apply_dispute(db, payment, state, actor=GATEWAY)


def follow_warning(work: Work, reference: str) -> Outcome:
    """An early warning of fraud: nothing moves, staff decide."""
    state = work.ports.get(Gateway).fraud_warning(reference)
    outcome = _payment_first(work, state.charge_reference, state.payment_reference)
    return outcome + Outcome((Effect.FRAUD_WARNING,)) if outcome.payment_id else NOT_OURS


def follow_payout(work: Work, reference: str) -> Outcome:
    """A transfer to our bank; once the gateway can itemise it, every line of it is read and matched."""
    state = work.ports.get(Gateway).payout(reference)
    with writing(work) as db:
        outcome = payouts.apply_payout(db, state, actor=GATEWAY)
    return itemise(work, reference, follow) if state.is_itemised else outcome


def follow_mandate(work: Work, reference: str) -> Outcome:
    """A mandate that is known here has changed; one that is not is read when its first charge is announced."""
    state = work.ports.get(Gateway).mandate(reference)
    with writing(work) as db:
        return mandates.apply_mandate(db, state, actor=GATEWAY)


HANDLERS: Mapping[Topic, Callable[[Work, str], Outcome]] = {
    Topic.CHECKOUT: follow_checkout,
    Topic.PAYMENT: follow_charge,
    Topic.INVOICE: follow_invoice,
    Topic.SUBSCRIPTION: follow_subscription,
    Topic.REFUND: follow_refund,
    Topic.DISPUTE: follow_dispute,
    Topic.FRAUD_WARNING: follow_warning,
    Topic.PAYOUT: follow_payout,
    Topic.MANDATE: follow_mandate,
    Topic.CUSTOMER: follow_customer,
    Topic.METHOD: follow_method,
}

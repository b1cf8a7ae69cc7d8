"""What Stripe's objects say, in our words. Pure functions from a parsed object to a state of the port.

Shapes are those of the pinned version: an invoice names its subscription under `parent`, a subscription's period is on
its items, a payment intent names its latest charge and nothing of its invoice.
"""

from calendar import monthrange
from datetime import date
from typing import Any

from app.kernel.clock import date_of, from_timestamp
from app.kernel.money import Money
from app.payments.gateway import (
    TERM_OVER,
    BalanceState,
    CheckoutState,
    DisputeState,
    GatewayRefused,
    MethodState,
    PageStatus,
    PaymentState,
    RefundState,
    SubscriptionState,
)
from app.payments.models import (
    DisputeStatus,
    Method,
    PaymentStatus,
    RefundStatus,
    SubscriptionStatus,
)
from app.payments.stripe_gateway import periods
from app.payments.stripe_gateway.amounts import from_stripe
from app.payments.stripe_gateway.orders import CHECKOUT_TOKEN, REFUND_TOKEN

Json = dict[str, Any]

CHARGES = {
    "succeeded": PaymentStatus.SETTLED,
    "pending": PaymentStatus.PROCESSING,
    "failed": PaymentStatus.FAILED,
}
METHODS = {
    "card": Method.CARD,
    "card_present": Method.CARD,
    "sepa_debit": Method.SEPA_DEBIT,
    "link": Method.WALLET,
    "paypal": Method.WALLET,
    "amazon_pay": Method.WALLET,
    "revolut_pay": Method.WALLET,
    "customer_balance": Method.TRANSFER,
}
SUBSCRIPTIONS = {
    "incomplete": SubscriptionStatus.INCOMPLETE,
    "incomplete_expired": SubscriptionStatus.ENDED,
    "trialing": SubscriptionStatus.ACTIVE,
    "active": SubscriptionStatus.ACTIVE,
    "past_due": SubscriptionStatus.PAST_DUE,
    "unpaid": SubscriptionStatus.UNPAID,
    "paused": SubscriptionStatus.PAUSED,
    "canceled": SubscriptionStatus.ENDED,
}
OVER = frozenset({"canceled", "incomplete_expired"})
"""The states of a subscription that nothing follows."""
REFUNDS = {
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.PENDING,
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.CANCELLED,
}
DISPUTES = {
    "warning_needs_response": DisputeStatus.INQUIRY,
    "warning_under_review": DisputeStatus.INQUIRY,
    "warning_closed": DisputeStatus.CLOSED,
    "prevented": DisputeStatus.CLOSED,
    "needs_response": DisputeStatus.OPEN,
    "under_review": DisputeStatus.OPEN,
    "appeal_needs_response": DisputeStatus.OPEN,
    "appeal_under_review": DisputeStatus.OPEN,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}
ANSWERED = frozenset({"under_review", "warning_under_review", "appeal_under_review"})
"""The states of a dispute in which the bank has our answer."""
PAGES = {"open": PageStatus.OPEN, "complete": PageStatus.COMPLETED, "expired": PageStatus.EXPIRED}


def name_of(value: Any) -> str | None:
    """The id of something that may be an id, the whole object, or nothing."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) else None


def token_of(*things: Json | None) -> str | None:
    """Our token on the first of these objects that carries it."""
    for thing in things:
        found = ((thing or {}).get("metadata") or {}).get(CHECKOUT_TOKEN)
        if found:
            return str(found)
    return None


def whole(value: Any) -> Json | None:
    """The object if it was expanded, else None."""
    return value if isinstance(value, dict) else None


def read_page(session: Json, payment: PaymentState | None) -> CheckoutState:
    """A Checkout Session, with its subscription if that was expanded."""
    subscription = whole(session.get("subscription"))
    intent = whole(session.get("payment_intent"))
    error = (intent or {}).get("last_payment_error") or {}
    return CheckoutState(
        reference=session["id"],
        token=session.get("client_reference_id") or token_of(session),
        status=PAGES[session["status"]],
        url=session.get("url"),
        expires_at=from_timestamp(session["expires_at"]),
        customer_reference=name_of(session.get("customer")),
        payment=payment,
        subscription=read_subscription(subscription) if subscription else None,
        failure_code=error.get("decline_code") or error.get("code"),
    )


def read_charge(charge: Json) -> PaymentState:
    """A charge with its balance transaction expanded (if it has one yet) and, if possible, its payment intent.

    A delayed method counts as settled when the money entered the balance, a card at the instant of the charge.
    """
    details = charge.get("payment_method_details") or {}
    kind = details.get("type") or "other"
    instrument = details.get(kind) or {}
    balance = whole(charge.get("balance_transaction"))
    method = METHODS.get(kind, Method.OTHER)
    at = charge["created"] if method is Method.CARD or balance is None else balance["created"]
    return PaymentState(
        reference=name_of(charge.get("payment_intent")),
        charge_reference=charge["id"],
        status=CHARGES[charge["status"]],
        method=Method.WALLET if instrument.get("wallet") else method,
        amount=from_stripe(charge["amount"], charge["currency"]),
        at=from_timestamp(at),
        checkout_token=token_of(charge, whole(charge.get("payment_intent"))),
        card_brand=instrument.get("brand"),
        last_four=instrument.get("last4"),
        failure_code=charge.get("failure_code"),
        balance=_read_balance(balance) if balance else None,
        mandate_reference=name_of(instrument.get("mandate")) if method is Method.SEPA_DEBIT else None,
        is_disputed=bool(charge.get("disputed")),
    )


def _read_balance(balance: Json) -> BalanceState:
    rate = balance.get("exchange_rate")
    return BalanceState(
        reference=balance["id"],
        settlement=from_stripe(balance["amount"], balance["currency"]),
        fee=from_stripe(balance["fee"], balance["currency"]),
        exchange_rate=str(rate) if rate is not None else None,
        available_on=day_of(balance.get("available_on")),
    )


def day_of(seconds: int | None) -> date | None:
    """The day of an instant that may not be known."""
    return date_of(from_timestamp(seconds)) if seconds else None


def read_subscription(subscription: Json) -> SubscriptionState:
    """A subscription; one that collects nothing for the time being counts as paused."""
    status = SUBSCRIPTIONS.get(subscription["status"])
    if status is None:
        raise GatewayRefused("subscription_status_unknown")
    if subscription.get("pause_collection") and status is SubscriptionStatus.ACTIVE:
        status = SubscriptionStatus.PAUSED
    goes_on = status is not SubscriptionStatus.ENDED and periods.charges_again(subscription)
    items = (subscription.get("items") or {}).get("data", [])
    ends = min(filter(None, (item.get("current_period_end") for item in items)), default=None)
    anchor = subscription.get("billing_cycle_anchor")
    pause = subscription.get("pause_collection") or {}
    latest = whole(subscription.get("latest_invoice")) or {}
    return SubscriptionState(
        reference=subscription["id"],
        checkout_token=token_of(subscription),
        status=status,
        next_on=periods.charge_day(subscription, ends) if goes_on and ends else None,
        reason=_reason_of(subscription),
        amount=_amount_of(items),
        day=periods.charge_day(subscription, anchor).day if anchor else None,
        paused_until=day_of(pause.get("resumes_at")) if status is SubscriptionStatus.PAUSED else None,
        retry_on=day_of(latest.get("next_payment_attempt")) if status is SubscriptionStatus.PAST_DUE else None,
        method=_method_of(subscription),
        last_on=periods.last_charge_of(subscription),
    )


def _method_of(subscription: Json) -> MethodState | None:
    """What it is charged to: its own method, else its customer's; None where that was not read along."""
    settings = (whole(subscription.get("customer")) or {}).get("invoice_settings") or {}
    method = whole(subscription.get("default_payment_method")) or whole(settings.get("default_payment_method"))
    if method is None:
        return None
    details = method.get(method["type"]) or {}
    kind = METHODS.get(method["type"], Method.OTHER)
    year, month = details.get("exp_year"), details.get("exp_month")
    return MethodState(
        reference=method["id"],
        kind=Method.WALLET if details.get("wallet") else kind,
        brand=details.get("brand") or "",
        last_four=str(details.get("last4") or "")[-4:],
        expires_on=date(year, month, monthrange(year, month)[1]) if year and month else None,
    )


def _reason_of(subscription: Json) -> str:
    """Stripe's code; or ours where the end that was fixed has come, of which Stripe says no more than of others."""
    reason: str = (subscription.get("cancellation_details") or {}).get("reason") or ""
    ended, fixed = subscription.get("ended_at"), subscription.get("cancel_at")
    return TERM_OVER if ended and fixed and ended >= fixed and reason != "payment_failed" else reason


def _amount_of(items: list[Json]) -> Money | None:
    """What a charge of these items asks for; None where they are not of one currency or of no fixed price."""
    prices = [(item.get("price") or {}, item.get("quantity") or 1) for item in items]
    currencies = {price.get("currency") for price, _quantity in prices}
    amounts = [price.get("unit_amount") for price, _quantity in prices]
    if len(currencies) != 1 or None in amounts or None in currencies:
        return None
    units = sum(price["unit_amount"] * quantity for price, quantity in prices)
    return from_stripe(units, prices[0][0]["currency"])


def read_refund(refund: Json) -> RefundState:
    """A refund; one that waits for the payer to act counts as pending."""
    return RefundState(
        reference=refund["id"],
        token=(refund.get("metadata") or {}).get(REFUND_TOKEN),
        payment_reference=name_of(refund.get("payment_intent")),
        charge_reference=name_of(refund.get("charge")) or "",
        amount=from_stripe(refund["amount"], refund["currency"]),
        status=REFUNDS[refund.get("status") or "pending"],
        failure_code=refund.get("failure_reason"),
    )


def read_dispute(dispute: Json) -> DisputeState:
    """A dispute. The money is gone while the movements on our balance add up to less than nothing."""
    movements = dispute.get("balance_transactions") or []
    due = (dispute.get("evidence_details") or {}).get("due_by")
    return DisputeState(
        reference=dispute["id"],
        payment_reference=name_of(dispute.get("payment_intent")),
        charge_reference=name_of(dispute.get("charge")) or "",
        amount=from_stripe(dispute["amount"], dispute["currency"]),
        reason=dispute.get("reason") or "general",
        status=DISPUTES.get(dispute["status"], DisputeStatus.OPEN),
        funds_withdrawn=sum(movement["amount"] for movement in movements) < 0,
        fee_minor=sum(_fee_minor(movement) for movement in movements),
        answer_by=from_timestamp(due) if due else None,
        opened_at=from_timestamp(dispute["created"]) if dispute.get("created") else None,
        is_answered=dispute["status"] in ANSWERED,
    )


def _fee_minor(movement: Json) -> int:
    return from_stripe(movement["fee"], movement["currency"]).minor

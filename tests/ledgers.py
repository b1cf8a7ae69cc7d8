"""Our books against themselves, and against the payment service's own ledger, to the cent."""

from collections.abc import Container
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contacts.models import ContactEmail
from app.giving.books import check
from app.giving.models import EndReason, Gift, GiftStatus, RecurringGift, RecurringStatus
from app.payments.models import (
    Dispute,
    Payment,
    PaymentStatus,
    Payout,
    PayoutLine,
    Refund,
    RefundStatus,
    SubscriptionStatus,
)
from app.payments.queries import UNDONE
from app.payments.stripe_gateway.reading import DISPUTES, read_subscription
from tests.stack import Stack, eventually

STATES = {"succeeded": PaymentStatus.SETTLED, "pending": PaymentStatus.PROCESSING}
OURS = {**DISPUTES, "canceled": RefundStatus.CANCELLED}
"""What the gateway's states are called here, where it is another word."""


def differences(stack: Stack) -> list[str]:
    """Whatever does not add up, one line each, once the programs have had time to finish their work."""
    stack.wait_for_webhooks()
    found: list[str] = []

    def agree() -> bool:
        with stack.database.snapshot() as db:
            found[:] = [*check(db), *compared(db, stack.look("ledger"))]
        return not found

    try:
        eventually(agree, "books that agree", patience=10)
    except AssertionError:
        return found
    return []


def compared(db: Session, ledger: dict[str, Any]) -> list[str]:
    """The charges of the ledger beside our payments: none missing, none too many, each with the same figures."""
    ours = {each.charge_reference: each for each in db.scalars(select(Payment).where(Payment.charge_reference != ""))}
    theirs = {each["id"]: each for each in ledger["charges"] if each["status"] in STATES}
    settled = {key for key, each in ours.items() if each.status is not PaymentStatus.FAILED}
    found = [f"Charge {key} is on one side only." for key in settled ^ set(theirs)]
    for key in settled & set(theirs):
        found += _compared(ours[key], theirs[key])
    refunds = sum(each["amount"] for each in ledger["refunds"] if each["status"] in {"succeeded", "pending"})
    counted = Refund.status.in_((RefundStatus.SUCCEEDED, RefundStatus.PENDING))
    booked = db.scalar(select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(counted)) or 0
    return found if refunds == booked else [*found, f"Refunds: {refunds} in the ledger, {booked} with us."]


def _compared(payment: Payment, charge: dict[str, Any]) -> list[str]:
    pairs = {
        "amount": (payment.amount_minor, charge["amount"]),
        "fee": (payment.fee_minor, charge["fee"]),
        "net": (payment.net_minor, charge["net"]),
        "refunded": (payment.refunded_minor, charge["amount_refunded"]),
        "status": (payment.status, STATES[charge["status"]]),
    }
    return [
        f"Charge {charge['id']}, {name}: {ours} with us, {theirs} in the ledger."
        for name, (ours, theirs) in pairs.items()
        if ours != theirs
    ]


def compared_line_by_line(db: Session, ledger: dict[str, Any]) -> list[str]:
    """Each refund, dispute, payout and line of a payout that has arrived, by the gateway's own names.

    Only once everything has come to rest: what is on its way is told of later. So a payout that is on its way need
    not be known yet; one that is has to be told of as that.
    """
    arrived = {each["id"] for each in ledger["payouts"] if each["status"] != "in_transit" and each["automatic"]}
    our_payouts = _our_payouts(db)
    payouts = {each["id"]: _picked(each) for each in ledger["payouts"]}
    news = {key for key, (_amount, status) in payouts.items() if status != "in_transit"}
    pairs = {
        "Refund": (_our_refunds(db), {each["id"]: _picked(each) for each in ledger["refunds"]}),
        "Dispute": (_our_disputes(db), {each["id"]: _picked(each) for each in ledger["disputes"]}),
        "Payout": (our_payouts, {key: told for key, told in payouts.items() if key in news | set(our_payouts)}),
        "Line": (_our_lines(db), _their_lines(ledger, arrived)),
    }
    return [
        f"{kind} {key}: {ours.get(key)} with us, {theirs.get(key)} in the ledger."
        for kind, (ours, theirs) in pairs.items()
        for key in sorted(set(ours) | set(theirs))
        if ours.get(key) != theirs.get(key)
    ] + _unexplained(db)


Figures = dict[str, tuple[Any, ...]]


def _picked(thing: dict[str, Any]) -> tuple[Any, ...]:
    return thing["amount"], str(OURS.get(thing["status"], thing["status"]))


def _our_refunds(db: Session) -> Figures:
    rows = select(Refund.reference, Refund.amount_minor, Refund.status).where(Refund.reference.is_not(None))
    return {str(name): (amount, str(status)) for name, amount, status in db.execute(rows)}


def _our_disputes(db: Session) -> Figures:
    """But for debits that a bank undid without a dispute, which are named after their charge."""
    rows = select(Dispute.reference, Dispute.amount_minor, Dispute.status)
    found = {name: (amount, str(status)) for name, amount, status in db.execute(rows)}
    return {name: each for name, each in found.items() if not name.endswith(UNDONE)}


def _our_payouts(db: Session) -> Figures:
    rows = select(Payout.reference, Payout.amount_minor, Payout.status)
    return {name: (amount, str(status)) for name, amount, status in db.execute(rows)}


def _our_lines(db: Session) -> Figures:
    columns = (PayoutLine.reference, PayoutLine.amount_minor, PayoutLine.fee_minor, PayoutLine.net_minor)
    rows = select(*columns, Payout.reference).join(Payout, Payout.id == PayoutLine.payout_id)
    return {row[0]: tuple(row[1:]) for row in db.execute(rows)}


def _their_lines(ledger: dict[str, Any], payouts: Container[str]) -> Figures:
    return {
        each["id"]: (each["amount"], each["fee"], each["net"], each["payout"])
        for each in ledger["balance_transactions"]
        if each["payout"] in payouts and each["source"] != each["payout"]
    }


def _unexplained(db: Session) -> list[str]:
    lines = select(PayoutLine.code, PayoutLine.reference).where(~PayoutLine.is_explained)
    return [f"Nobody can explain the line {name} ({code}) of a payout." for code, name in db.execute(lines)]


def compared_subscriptions(db: Session, theirs: list[dict[str, Any]]) -> list[str]:
    """Each subscription of the gateway beside our recurring gift: where it is, what it asks for and when next."""
    ours = {each.subscription_reference: each for each in db.scalars(select(RecurringGift))}
    found = [f"Subscription {key} is on one side only." for key in set(ours) ^ {each["id"] for each in theirs}]
    for each in theirs:
        mine = ours.get(each["id"])
        if mine is not None and (told := _as_told(each, mine)) != (kept := _as_kept(mine)):
            found.append(f"Subscription {each['id']} (recurring gift {mine.id}): {kept} with us, {told} in truth.")
    return found


def _as_told(subscription: dict[str, Any], mine: RecurringGift) -> tuple[str, int, date | None]:
    """One that was given up because nothing was paid is lapsed here until it is closed by our own rule."""
    (item,) = subscription["items"]["data"]
    state = read_subscription(subscription)
    is_given_up = state.status is SubscriptionStatus.ENDED and state.reason == EndReason.PAYMENT_FAILED
    status = str(RecurringStatus.LAPSED if is_given_up and mine.is_lapsed else state.status)
    return status, item["price"]["unit_amount"] * item["quantity"], state.next_on


def _as_kept(recurring: RecurringGift) -> tuple[str, int, date | None]:
    return str(recurring.status), recurring.amount_minor, recurring.next_on


def amounts_given(stack: Stack, email: str) -> list[int]:
    """What the donor with this address gave and we have received, in minor units, oldest first."""
    mine = select(ContactEmail.contact_id).where(ContactEmail.address == email)
    query = select(Gift.amount_minor).where(Gift.contact_id.in_(mine), Gift.status == GiftStatus.RECEIVED)
    with stack.database.reading() as db:
        return list(db.scalars(query.order_by(Gift.id)))

"""Our books against themselves, and against the payment service's own ledger, to the cent."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contacts.models import ContactEmail
from app.giving.books import check
from app.giving.models import Gift, GiftStatus
from app.payments.models import Payment, PaymentStatus, Refund, RefundStatus
from tests.stack import Stack, eventually

STATES = {"succeeded": PaymentStatus.SETTLED, "pending": PaymentStatus.PROCESSING}


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


def amounts_given(stack: Stack, email: str) -> list[int]:
    """What the donor with this address gave and we have received, in minor units, oldest first."""
    mine = select(ContactEmail.contact_id).where(ContactEmail.address == email)
    query = select(Gift.amount_minor).where(Gift.contact_id.in_(mine), Gift.status == GiftStatus.RECEIVED)
    with stack.database.reading() as db:
        return list(db.scalars(query.order_by(Gift.id)))

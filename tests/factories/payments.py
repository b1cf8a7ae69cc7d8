"""Builders of what is stored about money. Each adds to the session and flushes; overrides are the models' fields."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.payments.models import (
    Checkout,
    CheckoutMode,
    Dispute,
    DisputeStatus,
    EventStatus,
    GatewayEvent,
    Interval,
    LineKind,
    Mandate,
    MandateStatus,
    Method,
    Payment,
    PaymentStatus,
    Payout,
    PayoutLine,
    PayoutStatus,
    Refund,
)

AT = datetime(2026, 3, 14, 12, tzinfo=UTC)


def _reference(prefix: str) -> str:
    return f"{prefix}_{os.urandom(8).hex()}"


def _amount(overrides: dict[str, Any], minor: int) -> dict[str, Any]:
    """`amount=Money(…)` is understood beside the two columns."""
    amount = overrides.pop("amount", None) or Money(
        overrides.pop("amount_minor", minor), overrides.pop("currency", "EUR")
    )
    return {"amount_minor": amount.minor, "currency": amount.currency}


def make_checkout(db: Session, **overrides: Any) -> Checkout:
    """An open page for 50 € once; with `interval=Interval.MONTH` a recurring one. `is_completed=True` ends it."""
    is_completed, opens = overrides.pop("is_completed", False), overrides.pop("opens", True)
    interval: Interval | None = overrides.pop("interval", None)
    values = _amount(overrides, 5000)
    mode = CheckoutMode.RECURRING if interval else CheckoutMode.ONCE
    made = Checkout(**{"mode": mode, "interval": interval, "language": "en", "is_test": True, **values, **overrides})
    if opens or is_completed:
        made.page_opened(_reference("cs_test"), "http://127.0.0.1:1/c/pay/x", AT)
    if is_completed:
        made.complete(AT)
    db.add(made)
    db.flush()
    return made


def make_payment(db: Session, **overrides: Any) -> Payment:
    """A settled card payment of 50 € made online; `status=PROCESSING` or `FAILED` for another end.

    `fee=Money(…)` notes a fee in the payment's own currency. For money that came by cheque give `method` and
    `reference=None, charge_reference=None`.
    """
    status, fee = overrides.pop("status", PaymentStatus.SETTLED), overrides.pop("fee", None)
    at = overrides.pop("settled_at", AT)
    values = {
        "method": Method.CARD,
        "reference": _reference("pi"),
        "charge_reference": _reference("ch"),
        "is_test": True,
    }
    made = Payment(**{**values, **_amount(overrides, 5000), **overrides})
    if status is PaymentStatus.SETTLED:
        made.settle(at)
    elif status is PaymentStatus.FAILED:
        made.fail("insufficient_funds")
    if fee is not None:
        made.note_fee(made.amount, fee, _reference("txn"), None)
    db.add(made)
    db.flush()
    return made


def make_refund(db: Session, payment: Payment, **overrides: Any) -> Refund:
    """A refund of the whole payment that was asked for."""
    made = Refund(payment_id=payment.id, **_amount(overrides, payment.amount_minor), **overrides)
    db.add(made)
    db.flush()
    return made


def make_dispute(db: Session, payment: Payment, **overrides: Any) -> Dispute:
    """An open dispute of the whole payment."""
    values = {"reference": _reference("du"), "reason": "fraudulent", "status": DisputeStatus.OPEN}
    made = Dispute(payment_id=payment.id, **{**values, **_amount(overrides, payment.amount_minor), **overrides})
    db.add(made)
    db.flush()
    return made


def make_mandate(db: Session, payment: Payment, **overrides: Any) -> Mandate:
    """The mandate that a direct debit was made under."""
    values = {"reference": _reference("mandate"), "number": "MANDATE26", "status": MandateStatus.ACTIVE}
    made = Mandate(checkout_id=payment.checkout_id, last_four="2606", **{**values, **overrides})
    payment.mandate_reference = made.reference
    db.add(made)
    db.flush()
    return made


def make_event(db: Session, **overrides: Any) -> GatewayEvent:
    """An event that waits to be worked."""
    values: dict[str, Any] = {
        "reference": _reference("evt"), "kind": "checkout.session.completed", "object_reference": _reference("cs_test"),
        "is_test": True, "api_version": "2026-10-28.endive", "happened_at": AT, "payload": {"object": "event"},
    }  # fmt: skip
    made = GatewayEvent(**{**values, **overrides})
    db.add(made)
    db.flush()
    return made


def make_worked_event(
    db: Session, *, effect: str = "nothing_new", at: datetime = AT, payment_id: int | None = None, **overrides: Any
) -> GatewayEvent:
    """An event that was worked, at this instant."""
    made = make_event(db, **overrides)
    made.status, made.effect, made.worked_at, made.payment_id = EventStatus.WORKED, effect, at, payment_id
    db.flush()
    return made


def make_payout(db: Session, payments: Sequence[Payment] = (), others: Sequence[LineKind] = ()) -> Payout:
    """A payout of these payments (5,00 € each) and of a line of 1,00 € of each other kind, behind which nothing is.

    A transfer is another payout that came back.
    """
    rows: list[tuple[LineKind, int, int | None, int | None]] = [
        (LineKind.PAYMENT, 500, payment.id, None) for payment in payments
    ]
    rows += [(kind, 100, None, make_payout(db).id if kind is LineKind.TRANSFER else None) for kind in others]
    total = sum(row[1] for row in rows)
    made = Payout(reference=_reference("po"), amount_minor=total, currency="EUR", status=PayoutStatus.PAID)
    made.arrives_on = AT.date()
    db.add(made)
    db.flush()
    for kind, minor, payment_id, transfer_id in rows:
        line = PayoutLine(
            payout_id=made.id, reference=_reference("txn"), kind=kind, code=kind.value, amount_minor=minor, fee_minor=0,
            net_minor=minor, currency="EUR", booked_on=AT.date(), payment_id=payment_id, transfer_id=transfer_id,
            is_explained=False,
        )  # fmt: skip
        line.is_explained = line.is_found
        db.add(line)
    db.flush()
    return made

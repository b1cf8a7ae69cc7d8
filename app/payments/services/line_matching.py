"""What of ours stands behind a line of a payout: a payment, a refund, a dispute, or another payout."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.payments.gateway import Topic
from app.payments.models import Dispute, Payment, Payout, Refund
from app.payments.queries import UNDONE

Thing = tuple[str, str]
"""A topic of the port and the gateway's name of a thing."""


@dataclass(frozen=True)
class Match:
    """The keys of what was found. `original` is what moved in the payer's currency, without a sign."""

    payment_id: int | None = None
    refund_id: int | None = None
    dispute_id: int | None = None
    transfer_id: int | None = None
    original: Money | None = None


def match_things(db: Session, things: Iterable[Thing]) -> dict[Thing, Match]:
    """What is found of these things, in at most five questions (a thousand names at most)."""
    names: dict[str, set[str]] = defaultdict(set)
    for about, source in things:
        names[about].add(source)
    found: dict[Thing, Match] = {}
    for topic, look in LOOKS.items():
        if names[topic]:
            found |= {(topic, name): match for name, match in look(db, names[topic])}
    return found


def _payments(db: Session, names: set[str]) -> Iterator[tuple[str, Match]]:
    """Charges; with the dispute that we keep where the bank undid a debit."""
    undone = select(Dispute.reference, Dispute.id).where(Dispute.reference.in_([f"{name}{UNDONE}" for name in names]))
    disputes = {row[0].removesuffix(UNDONE): row[1] for row in db.execute(undone)}
    columns = (Payment.charge_reference, Payment.id, Payment.amount_minor, Payment.currency)
    for name, key, minor, currency in db.execute(select(*columns).where(Payment.charge_reference.in_(names))):
        assert name is not None  # asked for by it
        yield name, Match(payment_id=key, dispute_id=disputes.get(name), original=Money(minor, currency))


def _refunds(db: Session, names: set[str]) -> Iterator[tuple[str, Match]]:
    columns = (Refund.reference, Refund.id, Refund.payment_id, Refund.amount_minor, Refund.currency)
    for name, key, payment, minor, currency in db.execute(select(*columns).where(Refund.reference.in_(names))):
        assert name is not None  # asked for by it
        yield name, Match(payment_id=payment, refund_id=key, original=Money(minor, currency))


def _disputes(db: Session, names: set[str]) -> Iterator[tuple[str, Match]]:
    columns = (Dispute.reference, Dispute.id, Dispute.payment_id, Dispute.amount_minor, Dispute.currency)
    for name, key, payment, minor, currency in db.execute(select(*columns).where(Dispute.reference.in_(names))):
        yield name, Match(payment_id=payment, dispute_id=key, original=Money(minor, currency))


def _transfers(db: Session, names: set[str]) -> Iterator[tuple[str, Match]]:
    for name, key in db.execute(select(Payout.reference, Payout.id).where(Payout.reference.in_(names))):
        yield name, Match(transfer_id=key)


LOOKS = {Topic.PAYMENT: _payments, Topic.REFUND: _refunds, Topic.DISPUTE: _disputes, Topic.PAYOUT: _transfers}

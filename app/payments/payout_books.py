"""Whether payouts and their lines add up and agree with the payments: what does not is named, for an accountant."""

from collections.abc import Callable, Iterator

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from app.payments.models import LineKind, Payment, Payout, PayoutLine, PayoutStatus

GONE = (PayoutStatus.FAILED, PayoutStatus.CANCELLED)


def _payouts_add_up(db: Session) -> Iterator[str]:
    lines = select(PayoutLine.payout_id, PayoutLine.currency, func.sum(PayoutLine.net_minor).label("net"))
    sums = lines.group_by(PayoutLine.payout_id, PayoutLine.currency).subquery()
    mine = (sums.c.payout_id == Payout.id) & (sums.c.currency == Payout.currency)
    query = select(Payout.id, Payout.amount_minor, func.coalesce(sums.c.net, 0)).outerjoin(sums, mine)
    wrong = Payout.amount_minor != func.coalesce(sums.c.net, 0)
    for payout_id, amount, net in db.execute(query.where(Payout.reconciled_at.is_not(None), wrong)):
        yield f"Payout {payout_id}: its lines add up to {net}, not to {amount}."


def _payouts_have_lines(db: Session) -> Iterator[str]:
    lines = select(PayoutLine.id).where(PayoutLine.payout_id == Payout.id).exists()
    for payout_id in db.scalars(select(Payout.id).where(Payout.reconciled_at.is_not(None), ~lines)):
        yield f"Payout {payout_id} is called reconciled, but has no lines."


def _lines_agree_with_payments(db: Session) -> Iterator[str]:
    """The gateway's account of a charge is the same in a payout as it was with the payment."""
    differs = or_(
        PayoutLine.amount_minor != Payment.settlement_minor,
        PayoutLine.fee_minor != Payment.fee_minor,
        PayoutLine.currency != Payment.settlement_currency,
    )
    of_payments = select(PayoutLine.id, Payment.id).join(Payment, Payment.id == PayoutLine.payment_id)
    of_payments = of_payments.where(PayoutLine.kind == LineKind.PAYMENT)
    for line_id, payment_id in db.execute(of_payments.where(differs)):
        yield f"Line {line_id} of a payout and payment {payment_id} disagree on what was settled or on the fee."
    kept = of_payments.join(Payout, Payout.id == PayoutLine.payout_id).where(Payout.status.not_in(GONE))
    kept = kept.where(Payout.reconciled_at.is_not(None), Payment.payout_reference.is_distinct_from(Payout.reference))
    for line_id, payment_id in db.execute(kept):
        yield f"Payment {payment_id} does not know that line {line_id} brought it to our bank."


def _no_payment_in_two_payouts(db: Session) -> Iterator[str]:
    first, second = aliased(PayoutLine), aliased(PayoutLine)
    twice = (second.payment_id == first.payment_id) & (second.id > first.id) & (second.kind == LineKind.PAYMENT)
    query = select(first.payment_id).join(second, twice).where(first.kind == LineKind.PAYMENT)
    for payment_id in db.scalars(query.distinct()):
        yield f"Payment {payment_id} was paid out twice."


CHECKS: tuple[Callable[[Session], Iterator[str]], ...] = (
    _payouts_add_up,
    _payouts_have_lines,
    _lines_agree_with_payments,
    _no_payment_in_two_payouts,
)

"""Applying what the gateway says of transfers to our bank: their lines, and what each of them is about.

A payout's row is locked before its lines are written: two at once take turns, and the second finds everything done.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.kernel.actors import Actor
from app.kernel.clock import now
from app.payments.effects import Effect, Outcome
from app.payments.gateway import PayoutPart, PayoutState, Topic
from app.payments.models import LineKind, Payment, Payout, PayoutLine
from app.payments.services.line_matching import Match, match_things

NOTHING = Match()


def apply_payout(db: Session, state: PayoutState, *, actor: Actor) -> Outcome:  # noqa: ARG001 - audited
    """A transfer as it is now. The payments of one that failed belong to it no longer."""
    payout = _seek(db, state.reference)
    if payout is None:
        payout = Payout(
            reference=state.reference, amount_minor=state.amount.minor, currency=state.amount.currency,
            status=state.status, is_by_hand=state.is_by_hand,
        )  # fmt: skip
        db.add(payout)
    payout.note_state(state.status, state.arrives_on)
    payout.is_by_hand = state.is_by_hand
    db.flush()  # its payments are found by its key
    if payout.has_failed:
        tie_payments(db, payout)
    return Outcome((Effect.PAYOUT_NOTED,))


def _seek(db: Session, reference: str) -> Payout | None:
    query = select(Payout).where(Payout.reference == reference).with_for_update()
    return db.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _locked(db: Session, reference: str) -> Payout:
    query = select(Payout).where(Payout.reference == reference).with_for_update()
    return db.scalars(query.execution_options(populate_existing=True)).one()


def unknown_things(db: Session, parts: Sequence[PayoutPart]) -> list[tuple[Topic, str]]:
    """What lines are about that nobody has told us of, each once; lines that are stored were asked about before."""
    read = select(PayoutLine.reference).where(PayoutLine.reference.in_([part.reference for part in parts]))
    stored = set(db.scalars(read))
    new = [part for part in parts if part.reference not in stored]
    known = match_things(db, _things(new))
    wanted = {(part.about, part.source) for part in new if part.about and part.source}
    return [(about, source) for about, source in sorted(wanted) if (about, source) not in known]


def _things(parts: Iterable[PayoutPart]) -> list[tuple[str, str]]:
    return [(part.about, part.source) for part in parts if part.about and part.source]


def write_lines(db: Session, reference: str, parts: Sequence[PayoutPart]) -> None:
    """Store the lines of a payout that are not there yet; match again those that had nothing behind them."""
    payout = _locked(db, reference)
    found = match_things(db, _things(parts))
    names = [part.reference for part in parts]
    stored = {line.reference: line for line in db.scalars(select(PayoutLine).where(PayoutLine.reference.in_(names)))}
    rows = [_row(payout, part, found) for part in parts if part.reference not in stored]
    if rows:
        db.connection().execute(PayoutLine.__table__.insert(), rows)  # type: ignore[attr-defined]
    match_lines(stored.values(), found)


def _row(payout: Payout, part: PayoutPart, found: dict[tuple[str, str], Match]) -> dict[str, Any]:
    match = found.get((part.about or "", part.source or ""), NOTHING)
    line = PayoutLine(
        payout_id=payout.id, reference=part.reference, kind=part.kind, code=part.code, about=part.about or "",
        source=part.source, amount_minor=part.amount.minor, fee_minor=part.fee.minor, net_minor=part.net.minor,
        currency=part.amount.currency, exchange_rate=part.exchange_rate, booked_on=part.booked_on,
        available_on=part.available_on, is_explained=False,
    )  # fmt: skip
    _match(line, match)
    return {column.key: getattr(line, column.key) for column in COLUMNS}


COLUMNS = [column for column in PayoutLine.__mapper__.columns if column.key != "id"]


def match_lines(lines: Iterable[PayoutLine], found: dict[tuple[str, str], Match]) -> int:
    """Put what was found behind lines that had nothing; of how many."""
    changed = 0
    for line in lines:
        match = found.get((line.about, line.source or ""))
        if match is not None and not line.is_found:
            _match(line, match)
            changed += line.is_found
    return changed


def _match(line: PayoutLine, match: Match) -> None:
    """A refund's line is about its payment as well. The original amount is told where currencies differ."""
    line.payment_id = match.payment_id
    if line.kind in {LineKind.REFUND, LineKind.FAILED_REFUND}:
        line.refund_id = match.refund_id
    if line.kind in {LineKind.DISPUTE, LineKind.DISPUTE_WON}:
        line.dispute_id = match.dispute_id
    if line.kind is LineKind.TRANSFER and match.transfer_id != line.payout_id:
        line.transfer_id = match.transfer_id
    line.is_explained = line.is_found or bool(line.explanation)
    if match.original is not None and match.original.currency != line.currency:
        line.original_minor = match.original.minor if line.amount_minor >= 0 else -match.original.minor
        line.original_currency = match.original.currency


def match_again(db: Session, line_ids: Sequence[int]) -> int:
    """Look among what is stored for what these lines are about; of how many it was found."""
    lines = db.scalars(select(PayoutLine).where(PayoutLine.id.in_(line_ids)).with_for_update()).all()
    changed = match_lines(lines, match_things(db, [(line.about, line.source) for line in lines if line.source]))
    db.flush()  # payments are tied by their lines
    for payout in db.scalars(select(Payout).where(Payout.id.in_({line.payout_id for line in lines}))):
        tie_payments(db, payout)
    return changed


def conclude(db: Session, reference: str, seen: int) -> Outcome:
    """Tie the payments to the payout, and say whether its lines are all there and add up to it."""
    payout = _locked(db, reference)
    tie_payments(db, payout)
    mine = PayoutLine.payout_id == payout.id
    stored = db.scalar(select(func.count(PayoutLine.id)).where(mine))
    net = select(func.sum(PayoutLine.net_minor)).where(mine, PayoutLine.currency == payout.currency)
    if stored != seen or (db.scalar(net) or 0) != payout.amount_minor:
        payout.reconciled_at = None
        return Outcome((Effect.PAYOUT_DIFFERS,))
    payout.reconciled_at = payout.reconciled_at or now()
    return Outcome((Effect.PAYOUT_RECONCILED,))


def tie_payments(db: Session, payout: Payout) -> None:
    """Say of each payment with which payout it came: this one, or the later one that a failed one's money came with.

    Payments of a failed payout whose money has not come again belong to none.
    """
    waiting, done = [payout], set()
    while waiting:
        one = waiting.pop()
        done.add(one.id)
        holder = _holder(db, one)
        name = holder.reference if holder else None
        paid = select(PayoutLine.payment_id).where(
            PayoutLine.payout_id == one.id, PayoutLine.kind == LineKind.PAYMENT, PayoutLine.payment_id.is_not(None)
        )
        stray = Payment.payout_reference.is_distinct_from(name)
        values = update(Payment).where(Payment.id.in_(paid), stray).values(payout_reference=name)
        db.execute(values, execution_options={"synchronize_session": False})
        waiting += [other for other in _come_again(db, one) if other.id not in done]


def _holder(db: Session, payout: Payout) -> Payout | None:
    """The payout that brought this one's money to the bank: itself unless it failed."""
    seen = set()
    found: Payout | None = payout
    while found is not None and found.has_failed and found.id not in seen:
        seen.add(found.id)
        query = select(Payout).join(PayoutLine, PayoutLine.payout_id == Payout.id)
        back = (PayoutLine.transfer_id == found.id, PayoutLine.amount_minor > 0)
        found = db.scalars(query.where(*back).order_by(PayoutLine.id.desc()).limit(1)).first()
    return None if found is None or found.has_failed else found


def _come_again(db: Session, payout: Payout) -> list[Payout]:
    """Failed payouts whose money this one contains."""
    query = select(Payout).join(PayoutLine, PayoutLine.transfer_id == Payout.id)
    return list(db.scalars(query.where(PayoutLine.payout_id == payout.id, PayoutLine.amount_minor > 0)))

"""Applying what the gateway says of transfers to our bank, and tying payments to the transfer that brought them."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.kernel.actors import Actor
from app.kernel.clock import now
from app.payments.effects import Effect, Outcome
from app.payments.gateway import PayoutPart, PayoutState
from app.payments.models import Payment, Payout

AT_ONCE = 500


def unknown_charges(db: Session, parts: Sequence[PayoutPart]) -> list[str]:
    """Charges inside a payout of which we have no payment: foreign ones, and ones we have not been told of yet."""
    charges = [part.source for part in parts if part.kind == "charge" and part.source]
    known: set[str | None] = set()
    for first in range(0, len(charges), AT_ONCE):
        some = charges[first : first + AT_ONCE]
        known.update(db.scalars(select(Payment.charge_reference).where(Payment.charge_reference.in_(some))))
    return [charge for charge in charges if charge not in known]


def apply_payout(
    db: Session, state: PayoutState, parts: Sequence[PayoutPart] | None, *, actor: Actor  # noqa: ARG001 - audited
) -> Outcome:  # fmt: skip
    """A transfer; with its `parts` (None when the gateway cannot itemise it yet) it is reconciled if the sums agree."""
    payout = db.scalars(select(Payout).where(Payout.reference == state.reference).with_for_update()).one_or_none()
    if payout is None:
        payout = Payout(
            reference=state.reference, amount_minor=state.amount.minor, currency=state.amount.currency,
            status=state.status,
        )  # fmt: skip
        db.add(payout)
    payout.note_state(state.status, state.arrives_on)
    if parts is None:
        return Outcome((Effect.PAYOUT_NOTED,))
    _tie(db, state.reference, parts)
    total = sum(part.net.minor for part in parts if part.net.currency == state.amount.currency)
    if total != state.amount.minor:
        payout.reconciled_at = None
        return Outcome((Effect.PAYOUT_DIFFERS,))
    payout.reconciled_at = payout.reconciled_at or now()
    return Outcome((Effect.PAYOUT_RECONCILED,))


def _tie(db: Session, reference: str, parts: Sequence[PayoutPart]) -> None:
    charges = [part.source for part in parts if part.kind == "charge" and part.source]
    for first in range(0, len(charges), AT_ONCE):
        some = charges[first : first + AT_ONCE]
        db.execute(
            update(Payment)
            .where(Payment.charge_reference.in_(some), Payment.payout_reference.is_distinct_from(reference))
            .values(payout_reference=reference)
        )

"""Mandates for direct debits as rows: kept when one is first used, and followed until it ends."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.payments.effects import Effect, Outcome
from app.payments.gateway import MandateState
from app.payments.models import Mandate, MandateStatus


def mandate_called(db: Session, reference: str) -> Mandate | None:
    """The mandate that the gateway calls so."""
    return db.scalars(select(Mandate).where(Mandate.reference == reference)).one_or_none()


def keep_mandate(db: Session, checkout_id: int, state: MandateState, *, actor: Actor) -> Mandate:
    """The mandate given with an attempt to pay, as the gateway says that it is; made here if it is new."""
    apply_mandate(db, state, actor=actor)
    found = mandate_called(db, state.reference)
    if found is not None:
        return found
    ended_at = now() if state.status is MandateStatus.INACTIVE else None
    made = Mandate(
        checkout_id=checkout_id, reference=state.reference, number=state.number, status=state.status,
        last_four=state.last_four, creditor_identifier=state.creditor_identifier, given_at=state.given_at,
        ended_at=ended_at,
    )  # fmt: skip
    db.add(made)
    db.flush()  # others name it by its key
    audit.note(db, actor, "mandate.kept", made)
    return made


def apply_mandate(db: Session, state: MandateState, *, actor: Actor) -> Outcome:
    """What has become of a mandate that is known here."""
    query = select(Mandate).where(Mandate.reference == state.reference).with_for_update()
    mandate = db.scalars(query).one_or_none()
    if mandate is None:
        return Outcome((Effect.NOT_OURS,))
    mandate.last_four = state.last_four or mandate.last_four
    mandate.creditor_identifier = state.creditor_identifier or mandate.creditor_identifier
    outcome = Outcome(checkout_id=mandate.checkout_id)
    if not mandate.note_status(state.status, now()):
        return outcome
    audit.note(db, actor, f"mandate.{state.status.value}", mandate)
    return outcome + Outcome((Effect.MANDATE_CHANGED,))

"""Telling donors of coming direct debits: of each once, and again when what was announced is no longer true.

Source: SEPA Direct Debit Core Rulebook, pre-notification: 14 calendar days before the debit unless a shorter notice is
agreed with the payer.
"""

from sqlalchemy.orm import Session

from app.giving import jobs
from app.giving.models import DebitNotice, RecurringGift
from app.giving.queries.debit_notices import GOES_ON, days_to_tell_of, mandate_in_use, newest_notice
from app.giving.services.recurring import recurring_gift_behind
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.jobs import enqueue
from app.payments.events import SubscriptionChanged


def plan_notice(db: Session, recurring_id: int, *, actor: Actor) -> DebitNotice | None:
    """Write down that the donor is to be told of the next debit; None where there is none soon, or they know already.

    The recurring gift is held meanwhile, so that two at once tell of it once.
    """
    recurring = db.get_one(RecurringGift, recurring_id, with_for_update=True, populate_existing=True)
    on, days, mandate = recurring.expected_on, days_to_tell_of(db), mandate_in_use(db, recurring)
    if on is None or days is None or not days[0] <= on <= days[1]:
        return None
    if mandate is None or not mandate.is_active or recurring.status not in GOES_ON:
        return None
    newest = newest_notice(db, recurring_id)
    if newest is not None and newest.is_true:
        return None
    made = DebitNotice(
        recurring_gift_id=recurring_id, mandate_id=mandate.id, number=newest.number + 1 if newest else 1,
        debit_on=on, amount_minor=recurring.amount_minor, currency=recurring.currency,
    )  # fmt: skip
    db.add(made)
    db.flush()  # the job needs its key
    enqueue(db, jobs.announce_debit, unique_key=f"giving.debit:{made.id}", notice_id=made.id)
    audit.note(db, actor, "debit_notice.planned", made)
    return made


def announce_again(db: Session, event: SubscriptionChanged, *, actor: Actor) -> None:
    """Amount, day or state have changed: what was announced may be true no more, or a debit may be near."""
    db.flush()
    recurring = recurring_gift_behind(db, event.state.reference)
    if recurring is not None:
        plan_notice(db, recurring.id, actor=actor)

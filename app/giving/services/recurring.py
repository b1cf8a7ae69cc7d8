"""Recurring gifts: begun by a checkout, active with each charge. `changes` keeps them in step with the gateway."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving.models import (
    RecurringAllocation,
    RecurringGift,
    RecurringStatus,
    Submission,
)
from app.giving.services.donors import donor_of
from app.giving.services.fund_choice import receipt_choice_of, weights_of
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import today
from app.kernel.organisation import the_organisation
from app.payments.models import Checkout


def recurring_gift_behind(db: Session, subscription_reference: str) -> RecurringGift | None:
    """The commitment that a subscription of the gateway carries out."""
    mine = RecurringGift.subscription_reference == subscription_reference
    return db.scalars(select(RecurringGift).where(mine)).one_or_none()


def begin_recurring_gift(
    db: Session, submission: Submission, checkout: Checkout, subscription_reference: str, *, actor: Actor
) -> RecurringGift:
    """Keep the donor's commitment, once for each submission. It is not complete until the first charge is paid."""
    contact = donor_of(db, submission, actor=actor)
    found = recurring_gift_behind(db, subscription_reference)
    if found is not None:
        return found
    assert checkout.interval is not None
    recurring = RecurringGift(
        contact_id=contact.id, amount_minor=checkout.amount_minor, currency=checkout.currency,
        interval=checkout.interval, started_on=today(the_organisation(db).time_zone),
        subscription_reference=subscription_reference, checkout_id=checkout.id, submission_id=submission.id,
        form_id=submission.form_id, campaign_id=submission.form.campaign_id, appeal_id=submission.form.appeal_id,
        fee_cover_minor=min(submission.fee_cover_minor, checkout.amount_minor), is_anonymous=submission.is_anonymous,
        source=submission.answers.get("source") or {}, receipt_choice=receipt_choice_of(submission),
        allocations=[RecurringAllocation(fund_id=fund, weight=part) for fund, part in weights_of(db, submission)],
    )  # fmt: skip
    db.add(recurring)
    audit.note(db, actor, "recurring_gift.begun", recurring)
    return recurring


def note_charge_paid(db: Session, recurring: RecurringGift, *, actor: Actor) -> None:
    """A charge came through: the recurring gift is active, whatever was feared before; a pause holds all the same."""
    if recurring.is_paused:
        return
    on = today(the_organisation(db).time_zone)
    if recurring.note_state(RecurringStatus.ACTIVE, on, next_on=recurring.next_on):
        audit.note(db, actor, "recurring_gift.active", recurring)

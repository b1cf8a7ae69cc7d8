"""Recurring gifts: begun by a checkout, active with each charge. `changes` keeps them in step with the gateway."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving.models import (
    ReceiptChoice,
    RecurringAllocation,
    RecurringGift,
    RecurringStatus,
    Submission,
)
from app.giving.services.donors import donor_of
from app.giving.services.fund_choice import receipt_choice_of, weights_of
from app.giving.services.terms import agreed_in
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import today
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.organisation import the_organisation
from app.payments.models import Checkout, SubscriptionStatus

FOUND = "recurring gift found"
"""Under which the last one is kept with its transaction."""


def recurring_gift_behind(db: Session, subscription_reference: str) -> RecurringGift | None:
    """The commitment that a subscription of the gateway carries out; asked again in a transaction, it is known."""
    now_open = db.get_transaction()
    before: tuple[object, RecurringGift] | None = db.info.get(FOUND)
    if before is not None and before[0] is now_open and _is(before[1], subscription_reference, db):
        return before[1]
    mine = RecurringGift.subscription_reference == subscription_reference
    found = db.scalars(select(RecurringGift).where(mine)).one_or_none()
    if found is not None:
        db.info[FOUND] = (db.get_transaction(), found)
    return found


def _is(known: RecurringGift, subscription_reference: str, db: Session) -> bool:
    return known in db and known.subscription_reference == subscription_reference


def begin_recurring_gift(
    db: Session, submission: Submission, checkout: Checkout, subscription_reference: str, *, actor: Actor
) -> RecurringGift:
    """Keep the donor's commitment, once for each submission. It is not complete until the first charge is paid."""
    contact = donor_of(db, submission, actor=actor)
    found = recurring_gift_behind(db, subscription_reference)
    if found is not None:
        return found
    assert checkout.interval is not None
    agreed = agreed_in(submission.answers)
    recurring = RecurringGift(
        contact_id=contact.id, amount_minor=checkout.amount_minor, currency=checkout.currency,
        interval=checkout.interval, started_on=today(the_organisation(db).time_zone),
        subscription_reference=subscription_reference, checkout_id=checkout.id, submission_id=submission.id,
        form_id=submission.form_id, campaign_id=submission.form.campaign_id, appeal_id=submission.form.appeal_id,
        fee_cover_minor=min(submission.fee_cover_minor, checkout.amount_minor), is_anonymous=submission.is_anonymous,
        source=submission.answers.get("source") or {}, receipt_choice=receipt_choice_of(submission),
        charges_agreed=agreed.charges, ends_on=agreed.ends_on,
        allocations=[RecurringAllocation(fund_id=fund, weight=part) for fund, part in weights_of(db, submission)],
    )  # fmt: skip
    recurring.contact = contact
    db.add(recurring)
    audit.note(db, actor, "recurring_gift.begun", recurring)
    return recurring


def choose_receipts(
    db: Session, recurring: RecurringGift, choice: ReceiptChoice, *, actor: Actor, seen: str | None = None
) -> None:
    """Give the receipts that are wanted for its gifts from now on; the others stay. Nobody is told.

    Raises:
        Refused: it has ended, or what the form showed (`seen`) is no longer so.

    """
    mine = select(RecurringGift.id).where(RecurringGift.id == recurring.id)
    db.execute(mine.with_for_update(key_share=True))  # two at once take turns
    db.refresh(recurring, ["receipt_choice", "status"])
    before = recurring.receipt_choice
    if recurring.is_over:
        raise Refused(_l("This recurring gift has ended; it cannot be changed any more."))
    if choice is before:
        return
    if seen is not None and seen != before.value:
        raise Refused(_l("Somebody changed this meanwhile. If you still want your change, send it again."))
    recurring.receipt_choice = choice
    audit.note(db, actor, "recurring_gift.receipts_chosen", recurring, receipt_choice=choice)


def note_charge_paid(db: Session, recurring: RecurringGift, *, actor: Actor) -> None:
    """A charge came through: the recurring gift is active, whatever was feared before; a pause holds all the same.

    So does it when the gateway has ended the subscription: an old bill was paid, and no further one will come.
    """
    checkout = db.get(Checkout, recurring.checkout_id) if recurring.is_lapsed and recurring.checkout_id else None
    is_over = checkout is not None and checkout.subscription_status is SubscriptionStatus.ENDED
    if recurring.is_paused or is_over:
        return
    on = today(the_organisation(db).time_zone)
    if recurring.note_state(RecurringStatus.ACTIVE, on, next_on=recurring.next_on):
        audit.note(db, actor, "recurring_gift.active", recurring)

"""A gift as it is first written down: from a submission, or from a charge of a recurring gift."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.giving.models import Gift, RecurringGift, Submission, Tribute, TributeKind, TributeStatus
from app.giving.rules import shares
from app.giving.services.donors import donor_of
from app.giving.services.fund_choice import receipt_choice_of, weights_of
from app.giving.services.locking import hold_contact
from app.kernel.actors import Actor
from app.kernel.clock import today
from app.kernel.organisation import the_organisation
from app.payments.models import Payment


def _from_payment(db: Session, payment: Payment) -> dict[str, Any]:
    """What the payment says. The date is today's until the money has come."""
    organisation = the_organisation(db)
    on = today(organisation.time_zone)
    return {
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "is_test": payment.is_test,
        "received_on": on,
        "fiscal_year": organisation.fiscal_year_of(on),
    }


def gift_of_submission(db: Session, submission: Submission, payment: Payment, *, actor: Actor) -> Gift:
    """The gift of somebody who gave once. What was paid counts, should it differ from what was typed."""
    contact = donor_of(db, submission, actor=actor)
    hold_contact(db, contact.id)
    form = submission.form
    gift = Gift(
        contact_id=contact.id,
        form_id=form.id,
        submission_id=submission.id,
        campaign_id=form.campaign_id,
        appeal_id=form.appeal_id,
        is_anonymous=submission.is_anonymous,
        fee_cover_minor=min(submission.fee_cover_minor, payment.amount_minor),
        comment=submission.answer("comment"),
        source=submission.answers.get("source") or {},
        receipt_choice=receipt_choice_of(submission),
        **_from_payment(db, payment),
    )
    gift.contact = contact
    gift.allocate(shares(gift.amount, weights_of(db, submission)))
    return gift


def gift_of_charge(db: Session, recurring: RecurringGift, payment: Payment) -> Gift:
    """The gift of one charge. The first carries what the donor wrote with their commitment."""
    hold_contact(db, recurring.contact_id)
    earlier = select(func.count()).select_from(Gift).where(Gift.recurring_gift_id == recurring.id)
    is_first = not db.scalar(earlier)
    submission = db.get(Submission, recurring.submission_id) if is_first and recurring.submission_id else None
    gift = Gift(
        contact_id=recurring.contact_id,
        form_id=recurring.form_id,
        submission_id=submission.id if submission else None,
        recurring_gift_id=recurring.id,
        campaign_id=recurring.campaign_id,
        appeal_id=recurring.appeal_id,
        is_anonymous=recurring.is_anonymous,
        fee_cover_minor=min(recurring.fee_cover_minor, payment.amount_minor),
        comment=submission.answer("comment") if submission else "",
        source=recurring.source,
        receipt_choice=recurring.receipt_choice,
        **_from_payment(db, payment),
    )
    gift.allocate(shares(gift.amount, [(part.fund_id, part.weight) for part in recurring.allocations]))
    return gift


def keep_tribute(db: Session, gift: Gift, submission: Submission) -> None:
    """Keep in whose honour or memory it was given, if the donor said so with the submission."""
    typed: dict[str, Any] = submission.answers.get("tribute") or {}
    honoree, kind = str(typed.get("honoree") or ""), str(typed.get("kind") or "")
    if not honoree or kind not in set(TributeKind):
        return
    email = str(typed.get("notify_email") or "")
    tribute = Tribute(
        gift_id=gift.id, kind=TributeKind(kind), honoree=honoree, notify_name=str(typed.get("notify_name") or ""),
        notify_email=email, message=str(typed.get("message") or ""),
        status=TributeStatus.TO_NOTIFY if email else TributeStatus.NOBODY,
    )  # fmt: skip
    db.add(tribute)

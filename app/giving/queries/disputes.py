"""Disputes and debits that went back: which wait for a person, and each with its gift and donor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, lazyload

from app.giving.models import ChangeStatus, Gift, GiftPayment, GiftStatus, RecurringChange, RecurringGift
from app.giving.queries.recurring import newest_gift_of
from app.kernel.mail import Message
from app.kernel.pages import Page, Sort, paginate
from app.payments.models import Dispute, DisputeKind, DisputeNote, DisputeStatus

OVER = (DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.CLOSED)
NEWEST_FIRST = (Sort(Dispute.id, descending=True),)


@dataclass(frozen=True)
class Waiting:
    """How many disputes and losses need a person, and by when the first is to be answered."""

    count: int
    answer_by: datetime | None


@dataclass(frozen=True)
class Behind:
    """A recurring gift whose charge is disputed.

    `is_charged_again`: nobody has done anything about it. `on_its_way`: what the bank was asked for already.
    """

    recurring: RecurringGift
    is_charged_again: bool
    on_its_way: Gift | None


def needs_person() -> ColumnElement[bool]:
    """What is to be answered, and money that is gone and that nobody has taken note of."""
    return or_(
        and_(Dispute.status.not_in(OVER), ~Dispute.is_answered),
        and_(Dispute.status == DisputeStatus.LOST, _is_unseen()),
    )


def _is_unseen() -> ColumnElement[bool]:
    return Dispute.seen_at.is_(None)


def waiting(db: Session) -> Waiting:
    """How many need a person, in one question."""
    open_until = func.min(Dispute.answer_by).filter(Dispute.status.not_in(OVER))
    count, first = db.execute(select(func.count(), open_until).where(needs_person())).one()
    return Waiting(int(count), first)


def disputes_page(db: Session, shown: str, cursor: str | None) -> Page:
    """A page of disputes, newest first: those that need a person (`shown` is "waiting"), or all."""
    query = select(Dispute).options(joinedload(Dispute.payment).lazyload("*"))
    if shown == "waiting":
        query = query.where(needs_person())
    return paginate(db, query, NEWEST_FIRST, cursor=cursor)


def gifts_behind(db: Session, disputes: Sequence[Dispute]) -> dict[int, Gift]:
    """The gift that each of these disputes is about, with its donor, by payment."""
    keys = [each.payment_id for each in disputes]
    query = (
        select(GiftPayment.payment_id, Gift)
        .join(Gift, Gift.id == GiftPayment.gift_id)
        .where(GiftPayment.payment_id.in_(keys))
        .options(joinedload(Gift.contact).lazyload("*"))
    )
    return {row.payment_id: row.Gift for row in db.execute(query).unique()}


def objection_to(db: Session, recurring: RecurringGift) -> Dispute | None:
    """What speaks against asking for its next charge: the newest claim of a payer against one of its payments.

    One that is still open, or that was lost and that nobody has taken note of; and nothing was changed of the
    recurring gift since. A debit that the bank did not pay is no claim of anybody.
    """
    changed_since = exists().where(
        RecurringChange.recurring_gift_id == recurring.id,
        RecurringChange.status != ChangeStatus.REFUSED,
        RecurringChange.created_at >= Dispute.created_at,
    )
    query = (
        select(Dispute)
        .join(GiftPayment, GiftPayment.payment_id == Dispute.payment_id)
        .join(Gift, Gift.id == GiftPayment.gift_id)
        .where(
            Gift.recurring_gift_id == recurring.id,
            Dispute.kind != DisputeKind.BOUNCED,
            or_(Dispute.status == DisputeStatus.OPEN, and_(Dispute.status == DisputeStatus.LOST, _is_unseen())),
            ~changed_since,
        )
        .options(lazyload("*"))
    )
    return db.scalars(query.order_by(Dispute.id.desc()).limit(1)).one_or_none()


def recurring_behind(db: Session, dispute: Dispute) -> Behind | None:
    """The recurring gift whose charge a dispute is about, and what comes of it still; None for a single gift."""
    recurring = db.scalars(
        select(RecurringGift)
        .join(Gift, Gift.recurring_gift_id == RecurringGift.id)
        .join(GiftPayment, GiftPayment.gift_id == Gift.id)
        .where(GiftPayment.payment_id == dispute.payment_id)
        .options(lazyload("*"))
    ).one_or_none()
    if recurring is None:
        return None
    objection = objection_to(db, recurring) if recurring.goes_on else None
    is_claim = dispute.kind is not DisputeKind.BOUNCED and dispute.status in {DisputeStatus.OPEN, DisputeStatus.LOST}
    newest = newest_gift_of(db, recurring.id) if is_claim else None
    return Behind(
        recurring,
        is_charged_again=objection is not None and objection.id == dispute.id,
        on_its_way=newest if newest is not None and newest.status is GiftStatus.PENDING else None,
    )


def notes_of(db: Session, dispute_id: int) -> list[DisputeNote]:
    """What was written about a dispute, oldest first."""
    query = select(DisputeNote).where(DisputeNote.dispute_id == dispute_id).order_by(DisputeNote.id)
    return list(db.scalars(query))


def mails_about(db: Session, dispute_id: int) -> list[Message]:
    """The mails that staff got about a dispute, oldest first."""
    about = (Message.about_type == "dispute", Message.about_id == dispute_id)
    return list(db.scalars(select(Message).where(*about).order_by(Message.id).limit(100)))


def unanswered_until(db: Session, until: datetime) -> list[int]:
    """Keys of disputes that are to be answered by then and have not been."""
    query = select(Dispute.id).where(
        Dispute.status.not_in(OVER), ~Dispute.is_answered, Dispute.answer_by.is_not(None), Dispute.answer_by <= until
    )
    return list(db.scalars(query.order_by(Dispute.id)))

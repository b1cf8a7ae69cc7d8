"""Disputes and debits that went back: which wait for a person, and each with its gift and donor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.giving.models import Gift, GiftPayment
from app.kernel.mail import Message
from app.kernel.pages import Page, Sort, paginate
from app.payments.models import Dispute, DisputeNote, DisputeStatus

OVER = (DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.CLOSED)
NEWEST_FIRST = (Sort(Dispute.id, descending=True),)
MAILS = ("dispute.opened", "dispute.reminder")


@dataclass(frozen=True)
class Waiting:
    """How many disputes and losses need a person, and by when the first is to be answered."""

    count: int
    answer_by: datetime | None


def needs_person() -> ColumnElement[bool]:
    """What is to be answered, and money that is gone and that nobody has taken note of."""
    return or_(
        and_(Dispute.status.not_in(OVER), ~Dispute.is_answered),
        and_(Dispute.status == DisputeStatus.LOST, Dispute.seen_at.is_(None)),
    )


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

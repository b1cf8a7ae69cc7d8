"""Who is recognised for gifts that others made, and for how much."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload, lazyload

from app.contacts.models import Contact, ContactKind
from app.contacts.queries.households import of_household
from app.currencies.worth import materialised, with_worth
from app.giving.models import Gift, SoftCredit
from app.giving.queries.counting import COUNTS, KEPT
from app.kernel.money import Money
from app.kernel.organisation import the_organisation

BARE = (lazyload(Contact.emails), lazyload(Contact.phones), lazyload(Contact.addresses))
RECOGNISED = case((SoftCredit.amount_minor > KEPT, KEPT), else_=SoftCredit.amount_minor)
"""What of a credit counts: never more than was kept of the gift."""


def credits_of_gift(db: Session, gift_id: int) -> Sequence[SoftCredit]:
    """Whoever is recognised for a gift, in the order in which it was written down. One question."""
    query = select(SoftCredit).where(SoftCredit.gift_id == gift_id).order_by(SoftCredit.id)
    return db.scalars(query.options(joinedload(SoftCredit.contact).options(*BARE), joinedload(SoftCredit.gift))).all()


@dataclass(frozen=True)
class Recognition:
    """For which gifts of others somebody is recognised, newest first, and what all of them come to.

    `in_all` is in the organisation's currency, other gifts by the rate of their day; `missing` is what has no rate and
    is not in it, by currency.
    """

    credits: Sequence[SoftCredit]
    in_all: Money
    missing: list[Money]
    has_others: bool = False
    """Whether any was in another currency."""


def recognition_of(db: Session, contact: Contact, limit: int) -> Recognition:
    """A contact's recognitions: of gifts received, and no more of them than was kept.

    A household's are those of its members too, but not for gifts that one of them made: those are counted already.
    One question, and another where any gift came in another currency than the organisation's.
    """
    own = the_organisation(db).currency
    credited = SoftCredit.contact_id == contact.id
    if contact.kind is ContactKind.HOUSEHOLD:
        home = of_household(contact.id)
        credited = and_(SoftCredit.contact_id.in_(home), Gift.contact_id.not_in(home))
    donor = contains_eager(SoftCredit.gift).options(
        lazyload(Gift.allocations), lazyload(Gift.payments), joinedload(Gift.contact).options(*BARE)
    )
    ours = func.sum(case((Gift.currency == own, RECOGNISED), else_=0)).over()
    others = func.sum(case((Gift.currency != own, 1), else_=0)).over()
    query = select(SoftCredit, ours, others).join(Gift, Gift.id == SoftCredit.gift_id).where(credited, COUNTS)
    rows = db.execute(query.options(donor).order_by(SoftCredit.id.desc()).limit(limit)).unique().all()
    credits_, in_all = [row[0] for row in rows], Money(int(rows[0][1]) if rows else 0, own)
    if not rows or not rows[0][2]:
        return Recognition(credits_, in_all, [])
    worth, missing = _worth_of_others(db, credited, own)
    return Recognition(credits_, in_all + worth, missing, has_others=True)


def _worth_of_others(db: Session, credited: ColumnElement[bool], own: str) -> tuple[Money, list[Money]]:
    """What these credits of gifts in other currencies are worth in our own, and what of them has no rate."""
    columns = (Gift.currency.label("currency"), Gift.received_on.label("day"), RECOGNISED.label("minor"))
    gifts = select(*columns).join(SoftCredit, SoftCredit.gift_id == Gift.id).where(credited, COUNTS)
    rows = materialised(gifts.where(Gift.currency != own))
    each = with_worth(rows, own, is_postgresql=db.get_bind().dialect.name == "postgresql")
    unrated = func.sum(case((each.c.worth.is_(None), each.c.minor), else_=0))
    query = select(each.c.currency, func.coalesce(func.sum(each.c.worth), 0), unrated).group_by(each.c.currency)
    found = db.execute(query.order_by(each.c.currency)).all()
    missing = [Money(int(minor), currency) for currency, _worth, minor in found if minor]
    return Money(sum(int(worth) for _currency, worth, _minor in found), own), missing

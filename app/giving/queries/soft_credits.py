"""Who is recognised for gifts that others made, and for how much."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload, lazyload

from app.contacts.models import Contact, ContactKind
from app.contacts.queries.households import of_household
from app.giving.models import Gift, SoftCredit
from app.giving.queries.counting import COUNTS, KEPT
from app.kernel.money import Money

BARE = (lazyload(Contact.emails), lazyload(Contact.phones), lazyload(Contact.addresses))
RECOGNISED = case((SoftCredit.amount_minor > KEPT, KEPT), else_=SoftCredit.amount_minor)
"""What of a credit counts: never more than was kept of the gift."""


def credits_of_gift(db: Session, gift_id: int) -> Sequence[SoftCredit]:
    """Whoever is recognised for a gift, in the order in which it was written down. One question."""
    query = select(SoftCredit).where(SoftCredit.gift_id == gift_id).order_by(SoftCredit.id)
    return db.scalars(query.options(joinedload(SoftCredit.contact).options(*BARE), joinedload(SoftCredit.gift))).all()


@dataclass(frozen=True)
class Recognition:
    """For which gifts of others somebody is recognised, newest first, and what all of them come to, by currency."""

    credits: Sequence[SoftCredit]
    in_all: list[Money]


def recognition_of(db: Session, contact: Contact, limit: int) -> Recognition:
    """A contact's recognitions, in one question: of gifts received, and no more of them than was kept.

    A household's are those of its members too, but not for gifts that one of them made: those are counted already.
    """
    credited = SoftCredit.contact_id == contact.id
    if contact.kind is ContactKind.HOUSEHOLD:
        home = of_household(contact.id)
        credited = and_(SoftCredit.contact_id.in_(home), Gift.contact_id.not_in(home))
    together = func.sum(RECOGNISED).over(partition_by=Gift.currency)
    donor = contains_eager(SoftCredit.gift).options(
        lazyload(Gift.allocations), lazyload(Gift.payments), joinedload(Gift.contact).options(*BARE)
    )
    query = select(SoftCredit, together).join(Gift, Gift.id == SoftCredit.gift_id).where(credited, COUNTS)
    rows = db.execute(query.options(donor).order_by(SoftCredit.id.desc()).limit(limit)).unique().all()
    sums = {credit.gift.currency: int(minor) for credit, minor in rows}
    return Recognition([credit for credit, _sum in rows], [Money(sums[each], each) for each in sorted(sums)])

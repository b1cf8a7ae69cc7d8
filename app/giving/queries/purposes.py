"""What was given for funds and campaigns, in all: received gifts less what went back."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.giving.models import Allocation, Gift, GiftStatus
from app.kernel.money import Money


def given_by_fund(db: Session, fund_ids: Sequence[int], currency: str) -> dict[int, Money]:
    """What was given for each of these funds in one currency; funds that were given nothing are left out.

    What went back of a gift is taken from its funds in proportion.
    """
    received = (Gift.status == GiftStatus.RECEIVED, Gift.currency == currency)
    rows = db.execute(
        select(Allocation.fund_id, func.sum(Allocation.amount_minor))
        .join(Gift, Gift.id == Allocation.gift_id)
        .where(*received, Allocation.fund_id.in_(fund_ids))
        .group_by(Allocation.fund_id)
    )
    sums = {fund_id: int(minor) for fund_id, minor in rows}
    for gift in db.scalars(select(Gift).where(*received, Gift.returned_minor > 0)):
        parts = Money(gift.returned_minor, currency).split([each.amount_minor for each in gift.allocations])
        for allocation, part in zip(gift.allocations, parts, strict=True):
            if allocation.fund_id in sums:
                sums[allocation.fund_id] -= part.minor
    return {fund_id: Money(minor, currency) for fund_id, minor in sums.items()}


def given_by_campaign(db: Session, campaign_ids: Sequence[int], currency: str) -> dict[int, Money]:
    """What came in through each of these campaigns in one currency, without those that are part of them."""
    rows = db.execute(
        select(Gift.campaign_id, func.sum(Gift.amount_minor - Gift.returned_minor))
        .where(Gift.status == GiftStatus.RECEIVED, Gift.currency == currency, Gift.campaign_id.in_(campaign_ids))
        .group_by(Gift.campaign_id)
    )
    return {campaign_id: Money(int(minor), currency) for campaign_id, minor in rows if campaign_id is not None}

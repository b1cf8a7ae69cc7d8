"""What was given for funds and campaigns, in all: received gifts less what went back."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.giving.models import Gift, GiftStatus
from app.giving.queries.days import changed_days, given_to_funds
from app.kernel.money import Money


def given_by_fund(db: Session, fund_ids: Sequence[int], currency: str) -> dict[int, Money]:
    """What was given for each of these funds in one currency; funds that were given nothing are left out.

    What went back of a gift is taken from its funds in proportion.
    """
    sums: dict[int, Money] = {}
    for (fund_id, _year), minor in given_to_funds(db, currency, changed_days(db)).items():
        if fund_id in fund_ids:
            sums[fund_id] = sums.get(fund_id, Money(0, currency)) + Money(minor, currency)
    return sums


def given_by_campaign(db: Session, campaign_ids: Sequence[int], currency: str) -> dict[int, Money]:
    """What came in through each of these campaigns in one currency, without those that are part of them."""
    rows = db.execute(
        select(Gift.campaign_id, func.sum(Gift.amount_minor - Gift.returned_minor))
        .where(Gift.status == GiftStatus.RECEIVED, Gift.currency == currency, Gift.campaign_id.in_(campaign_ids))
        .group_by(Gift.campaign_id)
    )
    return {campaign_id: Money(int(minor), currency) for campaign_id, minor in rows if campaign_id is not None}

"""What was given for funds and campaigns, in all: received gifts less what went back."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.currencies.queries import rates_for
from app.giving.models import Gift, GiftStatus
from app.giving.queries.days import changed_days, given_to_funds
from app.giving.queries.worth import worth_of_funds
from app.kernel.money import Money


@dataclass(frozen=True)
class Given:
    """What was given, in one currency, and what no rate is known for: by its currency, in no sum."""

    worth: Money
    missing: tuple[Money, ...] = ()

    def plus(self, amount: Money, value: Money | None) -> "Given":
        """With one more amount and what it is worth."""
        if value is not None:
            return Given(self.worth + value, self.missing)
        sums = {each.currency: each for each in self.missing}
        sums[amount.currency] = sums.get(amount.currency, Money(0, amount.currency)) + amount
        return Given(self.worth, tuple(sums[code] for code in sorted(sums)))


def given_by_fund(db: Session, fund_ids: Sequence[int], currency: str) -> dict[int, Given]:
    """What was given for each of these funds; funds that were given nothing are left out.

    What went back of a gift is taken from its funds in proportion. Other currencies count by the rates of their days.
    """
    found = given_to_funds(db, currency, changed_days(db))
    rates = rates_for(db, currency, [(code, day) for day, _year, code in found.others])
    sums: dict[int, Given] = {}
    for fund_id, _year, amount, value in worth_of_funds(found, rates):
        if fund_id in fund_ids:
            sums[fund_id] = sums.get(fund_id, Given(Money(0, currency))).plus(amount, value)
    return sums


def given_by_campaign(db: Session, campaign_ids: Sequence[int], currency: str) -> dict[int, Given]:
    """What came in through each of these campaigns, without those that are part of them.

    Other currencies count by the rates of their days, rounded once a day.
    """
    foreign_day = case((Gift.currency != currency, Gift.received_on)).label("day")
    each = (
        select(Gift.campaign_id, Gift.currency, foreign_day, (Gift.amount_minor - Gift.returned_minor).label("minor"))
        .where(Gift.status == GiftStatus.RECEIVED, Gift.campaign_id.in_(campaign_ids))
        .subquery()
    )
    key = (each.c.campaign_id, each.c.currency, each.c.day)
    rows = db.execute(select(*key, func.sum(each.c.minor).label("minor")).group_by(*key)).all()
    rates = rates_for(db, currency, [(row.currency, row.day) for row in rows if row.day is not None])
    sums: dict[int, Given] = {}
    for row in rows:
        amount = Money(int(row.minor), row.currency)
        value = amount if row.day is None else rates.value(amount, row.day)
        sums[row.campaign_id] = sums.get(row.campaign_id, Given(Money(0, currency))).plus(amount, value)
    return sums

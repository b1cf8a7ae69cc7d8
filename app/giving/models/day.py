"""What came in on each day, kept beside the gifts: how much, for which fund, and how many gifts wait for a receipt.

Whoever changes a gift, its shares or its receipt only notes the day (`ChangedDay`): a new row for each change, so that
nobody ever waits for anybody, and none where SQLite has noted the day already (it has one writer). Triggers of the
database do it (`migrations/changed_days.py`), so that no program can forget it. Days that are noted are read from the
gifts themselves, whatever is kept of them; the worker brings them up to date and takes the notes away in one
transaction. So no figure is ever stale, and a year costs its days, not its gifts.
"""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key, is_currency


class ChangedDay(Base):
    """A day whose figures are to be read from its gifts until they are kept anew. Noted once or many times."""

    __tablename__ = "changed_day"

    id: Mapped[int] = mapped_column(Key, primary_key=True, init=False)
    received_on: Mapped[date] = mapped_column(index=True)


class GivingDay(Base):
    """The gifts of one day: how many entries, how many of them received, and what was kept of those.

    `waiting` of them are owed a receipt and have none in force (`app.giving.queries.receipts`).
    """

    __tablename__ = "giving_day"
    __table_args__ = (
        is_currency(),
        CheckConstraint("fiscal_year BETWEEN 1900 AND 2999", name="fiscal_year_is_a_year"),
        CheckConstraint("entries > 0 AND amount_minor >= 0", name="figures_make_sense"),
        CheckConstraint("received BETWEEN 0 AND entries", name="no_more_received_than_entered"),
        CheckConstraint("waiting BETWEEN 0 AND received", name="no_more_wait_than_were_received"),
    )

    received_on: Mapped[date] = mapped_column(primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    currency: Mapped[str] = mapped_column(primary_key=True)
    entries: Mapped[int]
    received: Mapped[int]
    waiting: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(Key)


class GivingDayFund(Base):
    """What the received gifts of one day were for: a fund's shares less what went back of them."""

    __tablename__ = "giving_day_fund"
    __table_args__ = (
        is_currency(),
        CheckConstraint("fiscal_year BETWEEN 1900 AND 2999", name="fiscal_year_is_a_year"),
        CheckConstraint("amount_minor >= 0", name="amount_is_not_negative"),
    )

    received_on: Mapped[date] = mapped_column(primary_key=True)
    fiscal_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    currency: Mapped[str] = mapped_column(primary_key=True)
    fund_id: Mapped[int] = mapped_column(Key, ForeignKey("fund.id"), primary_key=True, autoincrement=False)
    amount_minor: Mapped[int] = mapped_column(Key)

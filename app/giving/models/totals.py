"""A donor's figures, changed in the transaction that changes the gift and never later."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Key, Record, is_currency
from app.kernel.money import Money


class GivingTotal(Record):
    """What one contact gave in one fiscal year and one currency: received gifts less what went back."""

    __tablename__ = "giving_total"
    __audited__ = False
    __table_args__ = (
        is_currency(),
        CheckConstraint("fiscal_year BETWEEN 1900 AND 2999", name="fiscal_year_is_a_year"),
        UniqueConstraint("contact_id", "fiscal_year", "currency"),
        CheckConstraint("gifts > 0 AND amount_minor >= 0 AND largest_minor >= 0", name="figures_make_sense"),
        CheckConstraint("last_on >= first_on", name="last_is_not_before_first"),
        Index("ix_giving_total_year", "fiscal_year", "currency", "contact_id"),
    )

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"))
    fiscal_year: Mapped[int]
    currency: Mapped[str]
    gifts: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(Key)
    largest_minor: Mapped[int] = mapped_column(Key)
    first_on: Mapped[date]
    last_on: Mapped[date]

    @property
    def amount(self) -> Money:
        """What they gave."""
        return Money(self.amount_minor, self.currency)

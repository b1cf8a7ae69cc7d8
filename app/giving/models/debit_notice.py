"""Direct debits that donors were told of beforehand, each with what was announced."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.giving.models.recurring import RecurringGift
from app.kernel.db import Key, Record, is_currency
from app.kernel.money import Money
from app.payments.models import Mandate


class DebitNotice(Record):
    """One announcement of a debit of a recurring gift. `number` counts from 1: the newest is what the donor knows."""

    __tablename__ = "debit_notice"
    __table_args__ = (
        is_currency(),
        UniqueConstraint("recurring_gift_id", "number"),
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        CheckConstraint("number > 0", name="number_is_positive"),
    )

    recurring_gift_id: Mapped[int] = mapped_column(Key, ForeignKey("recurring_gift.id"))
    mandate_id: Mapped[int] = mapped_column(Key, ForeignKey("mandate.id"), index=True)
    number: Mapped[int]
    debit_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(Key)
    currency: Mapped[str]

    recurring: Mapped[RecurringGift] = relationship(init=False)
    mandate: Mapped[Mandate] = relationship(init=False)

    @property
    def amount(self) -> Money:
        """What is to be debited."""
        return Money(self.amount_minor, self.currency)

    @property
    def is_true(self) -> bool:
        """Whether the recurring gift, as it is now, will be debited so."""
        return self.recurring.expected_on == self.debit_on and self.recurring.amount == self.amount

"""A soft credit: recognition of a contact for a gift that somebody else legally made. It moves no money."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contacts.models import Contact
from app.giving.models.gift import Gift
from app.kernel.db import Key, Record
from app.kernel.money import Money


class CreditRole(StrEnum):
    """Why somebody is recognised for another's gift."""

    SOLICITOR = "solicitor"
    HOUSEHOLD = "household"
    EMPLOYEE = "employee"
    FOUNDER = "founder"
    OTHER = "other"


class SoftCredit(Record):
    """One contact recognised for (a part of) one gift, once. `amount_minor` is in the gift's currency.

    What went back of the gift is taken off when figures are told: nobody is recognised for more than was kept.
    """

    __tablename__ = "soft_credit"
    __table_args__ = (
        UniqueConstraint("gift_id", "contact_id"),
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
    )

    gift_id: Mapped[int] = mapped_column(Key, ForeignKey("gift.id"))
    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"), index=True)
    role: Mapped[CreditRole]
    amount_minor: Mapped[int] = mapped_column(Key)

    gift: Mapped[Gift] = relationship(init=False, viewonly=True)
    contact: Mapped[Contact] = relationship(init=False, viewonly=True)

    @property
    def amount(self) -> Money:
        """For how much they are recognised."""
        return Money(self.amount_minor, self.gift.currency)

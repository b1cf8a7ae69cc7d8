"""A SEPA mandate: the payer's leave to debit their account, as the gateway keeps it and as we show and announce it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Key, Record

LONGEST_NUMBER = 35
"""Signs of a mandate's reference at most (SEPA Direct Debit Core Rulebook, AT-01)."""


class MandateStatus(StrEnum):
    """Whether the account may be debited. An inactive mandate never comes back: the payer gives a new one."""

    PENDING = "pending"
    ACTIVE = "active"
    INACTIVE = "inactive"


FORWARD = list(MandateStatus)
"""In this order and never back."""


class Mandate(Record):
    """Leave to debit an account: given with an attempt to pay, and used for every charge that comes of it.

    `reference` is the gateway's own name of it; `number` is the mandate reference that payers read on their bank
    statement; `creditor_identifier` is ours as the gateway told it, or "" where it did not.
    """

    __tablename__ = "mandate"
    __table_args__ = (
        CheckConstraint(f"length(number) BETWEEN 1 AND {LONGEST_NUMBER}", name="number_is_a_number"),
        CheckConstraint("(status = 'inactive') = (ended_at IS NOT NULL)", name="inactive_has_an_instant"),
    )

    checkout_id: Mapped[int] = mapped_column(Key, ForeignKey("checkout.id"), index=True)
    reference: Mapped[str] = mapped_column(unique=True)
    number: Mapped[str]
    status: Mapped[MandateStatus]
    last_four: Mapped[str] = mapped_column(default="")
    creditor_identifier: Mapped[str] = mapped_column(default="")
    given_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)

    @property
    def is_active(self) -> bool:
        """Whether the account may be debited."""
        return self.status is MandateStatus.ACTIVE

    def note_status(self, status: MandateStatus, at: datetime) -> bool:
        """What the gateway says of it. False when nothing is new; word of an earlier state changes nothing."""
        if FORWARD.index(status) <= FORWARD.index(self.status):
            return False
        self.status = status
        self.ended_at = at if status is MandateStatus.INACTIVE else None
        return True

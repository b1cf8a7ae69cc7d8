"""Bills of recurring gifts that were refused: from the first refusal until they are paid or given up."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.giving.models.recurring import RecurringGift
from app.kernel.db import Key, Record, is_currency
from app.kernel.money import Money
from app.kernel.states import move
from app.kernel.text import make_token


class FailedChargeStatus(StrEnum):
    """How a bill stands that was refused once: tried again, paid after all, or given up."""

    OPEN = "open"
    RECOVERED = "recovered"
    GIVEN_UP = "given_up"


MOVES = {
    FailedChargeStatus.OPEN: frozenset({FailedChargeStatus.RECOVERED, FailedChargeStatus.GIVEN_UP}),
    FailedChargeStatus.GIVEN_UP: frozenset({FailedChargeStatus.RECOVERED}),
}
"""A bill that was given up may still be paid; one that is paid stays paid."""


class FailedCharge(Record):
    """One bill of a recurring gift whose charge was refused at least once: one row, however often it is tried.

    `failed_at` is its first refusal and `closed_at` when it was recovered or given up: the recovery rate is read from
    these. `read_at` is when the gateway said what stands here; `token` the idempotency key of tries we ask for.
    """

    __tablename__ = "failed_charge"
    __table_args__ = (
        is_currency(),
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        CheckConstraint("tries > 0", name="was_tried"),
        CheckConstraint("(status = 'open') = (closed_at IS NULL)", name="closed_has_an_instant"),
        CheckConstraint("closed_at >= failed_at", name="closed_after_it_failed"),
        CheckConstraint(
            "status = 'open' OR (next_try_on IS NULL AND NOT needs_donor)", name="only_open_ones_are_tried_again"
        ),
        Index("ix_failed_charge_recurring_gift_id", "recurring_gift_id", "id"),
        Index("ix_failed_charge_failed_at", "failed_at"),
    )

    recurring_gift_id: Mapped[int] = mapped_column(Key, ForeignKey("recurring_gift.id"))
    invoice_reference: Mapped[str] = mapped_column(unique=True)
    amount_minor: Mapped[int] = mapped_column(Key)
    currency: Mapped[str]
    failed_at: Mapped[datetime]
    read_at: Mapped[datetime]
    tries: Mapped[int]
    failure_code: Mapped[str] = mapped_column(default="")
    next_try_on: Mapped[date | None] = mapped_column(default=None)
    needs_donor: Mapped[bool] = mapped_column(default=False)
    """Whether the bank asks the donor to confirm it (3-D Secure)."""
    token: Mapped[str] = mapped_column(default_factory=make_token, unique=True, info={"secret": True})
    status: Mapped[FailedChargeStatus] = mapped_column(default=FailedChargeStatus.OPEN, init=False)
    closed_at: Mapped[datetime | None] = mapped_column(default=None, init=False)

    recurring: Mapped[RecurringGift] = relationship(init=False)
    attempts: Mapped[list["ChargeTry"]] = relationship(
        default_factory=list, cascade="all, delete-orphan", order_by="ChargeTry.number", init=False
    )

    @property
    def amount(self) -> Money:
        """What the bill asks for."""
        return Money(self.amount_minor, self.currency)

    @property
    def is_open(self) -> bool:
        """Whether it may still be paid by a try that is to come."""
        return self.status is FailedChargeStatus.OPEN

    def recover(self, at: datetime) -> bool:
        """It was paid after all. False when that was known."""
        return self._close(FailedChargeStatus.RECOVERED, at)

    def give_up(self, at: datetime) -> bool:
        """The gateway tries no more. False when that was known, or it was paid."""
        return self.status is not FailedChargeStatus.RECOVERED and self._close(FailedChargeStatus.GIVEN_UP, at)

    def _close(self, status: FailedChargeStatus, at: datetime) -> bool:
        if self.status is status:
            return False
        self.status = move(MOVES, self.status, status)
        self.closed_at, self.next_try_on, self.needs_donor = max(at, self.failed_at), None, False
        return True


class ChargeTry(Record):
    """One try of a bill that was refused: the gateway's count of it, when, and its code of why."""

    __tablename__ = "charge_try"
    __table_args__ = (
        CheckConstraint("number > 0", name="number_is_positive"),
        UniqueConstraint("failed_charge_id", "number"),
    )

    failed_charge_id: Mapped[int] = mapped_column(Key, ForeignKey("failed_charge.id"), init=False)
    number: Mapped[int]
    tried_at: Mapped[datetime]
    failure_code: Mapped[str] = mapped_column(default="")

"""A recurring gift: the donor's open commitment. The gateway's subscription behind it is only named by it."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contacts.models import Contact
from app.giving.charge_days import first_charge_from, is_charged_after, yearly_value
from app.giving.models.gift import ReceiptChoice
from app.kernel.db import Key, Record, is_currency
from app.kernel.money import Money
from app.payments.models import Interval, Method


class RecurringStatus(StrEnum):
    """Where the commitment is. `INCOMPLETE`: the donor agreed, no charge has come through yet.

    `LAPSED`: the gateway gave up after its last try, and nothing is charged unless the donor mends it.
    """

    INCOMPLETE = "incomplete"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    LAPSED = "lapsed"
    ENDED = "ended"


MOVES: dict[RecurringStatus, frozenset[RecurringStatus]] = {
    RecurringStatus.INCOMPLETE: frozenset(
        {
            RecurringStatus.ACTIVE, RecurringStatus.PAST_DUE, RecurringStatus.PAUSED, RecurringStatus.LAPSED,
            RecurringStatus.ENDED,
        }
    ),
    RecurringStatus.ACTIVE: frozenset(
        {RecurringStatus.PAST_DUE, RecurringStatus.PAUSED, RecurringStatus.LAPSED, RecurringStatus.ENDED}
    ),
    RecurringStatus.PAST_DUE: frozenset(
        {RecurringStatus.ACTIVE, RecurringStatus.PAUSED, RecurringStatus.LAPSED, RecurringStatus.ENDED}
    ),
    RecurringStatus.PAUSED: frozenset(
        {RecurringStatus.ACTIVE, RecurringStatus.PAST_DUE, RecurringStatus.LAPSED, RecurringStatus.ENDED}
    ),
    RecurringStatus.LAPSED: frozenset({RecurringStatus.ACTIVE, RecurringStatus.PAST_DUE, RecurringStatus.ENDED}),
}  # fmt: skip


class RecurringAllocation(Record):
    """A share of each charge for one fund."""

    __tablename__ = "recurring_allocation"
    __table_args__ = (
        UniqueConstraint("recurring_gift_id", "fund_id"),
        CheckConstraint("weight > 0", name="weight_is_positive"),
    )

    recurring_gift_id: Mapped[int] = mapped_column(Key, ForeignKey("recurring_gift.id"), index=True, init=False)
    fund_id: Mapped[int] = mapped_column(Key, ForeignKey("fund.id"))
    weight: Mapped[int] = mapped_column(default=1)


class RecurringGift(Record):
    """The donor's commitment to give every month, quarter or year; each charge becomes a gift."""

    __tablename__ = "recurring_gift"
    __table_args__ = (
        is_currency(),
        CheckConstraint("fee_cover_minor BETWEEN 0 AND amount_minor", name="cover_is_part_of_the_amount"),
        CheckConstraint("ended_on >= started_on", name="ends_not_before_it_starts"),
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        CheckConstraint("(status = 'ended') = (ended_on IS NOT NULL)", name="ended_has_a_date"),
        CheckConstraint("charges_agreed IS NULL OR ends_on IS NULL", name="ends_in_one_way"),
        CheckConstraint("charges_agreed > 1", name="charges_are_several"),
        CheckConstraint("(status = 'lapsed') = (lapsed_on IS NOT NULL)", name="lapsed_has_a_date"),
        CheckConstraint("length(method_last_four) <= 4", name="no_more_than_four_digits"),
        CheckConstraint("card_expires_on IS NULL OR method_kind IS NOT NULL", name="only_methods_expire"),
    )

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(Key)
    currency: Mapped[str]
    interval: Mapped[Interval]
    started_on: Mapped[date]
    subscription_reference: Mapped[str] = mapped_column(unique=True)
    checkout_id: Mapped[int | None] = mapped_column(Key, ForeignKey("checkout.id"), unique=True, default=None)
    submission_id: Mapped[int | None] = mapped_column(Key, ForeignKey("submission.id"), unique=True, default=None)
    form_id: Mapped[int | None] = mapped_column(Key, ForeignKey("giving_form.id"), default=None)
    campaign_id: Mapped[int | None] = mapped_column(Key, ForeignKey("campaign.id"), default=None)
    appeal_id: Mapped[int | None] = mapped_column(Key, ForeignKey("appeal.id"), default=None)
    fee_cover_minor: Mapped[int] = mapped_column(Key, default=0)
    is_anonymous: Mapped[bool] = mapped_column(default=False)
    source: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    receipt_choice: Mapped[ReceiptChoice] = mapped_column(default=ReceiptChoice.EACH)
    charges_agreed: Mapped[int | None] = mapped_column(default=None)
    """How many charges there are to be in all; None with `ends_on` None too: until somebody ends it."""
    ends_on: Mapped[date | None] = mapped_column(default=None)
    """The day up to which it was agreed on; nothing is charged after it."""
    status: Mapped[RecurringStatus] = mapped_column(default=RecurringStatus.INCOMPLETE, init=False)
    ended_on: Mapped[date | None] = mapped_column(default=None, init=False)
    end_reason: Mapped[str] = mapped_column(default="", init=False)
    next_on: Mapped[date | None] = mapped_column(default=None, init=False)
    paused_until: Mapped[date | None] = mapped_column(default=None, init=False)
    retry_on: Mapped[date | None] = mapped_column(default=None, init=False)
    charge_day: Mapped[int | None] = mapped_column(default=None, init=False)
    """The day of the month that was agreed on, 1 to 31; shorter months are charged on their last day."""
    anchor_day: Mapped[int | None] = mapped_column(default=None, init=False)
    """The day that the gateway counts from, which a short month may have made an earlier one."""
    last_on: Mapped[date | None] = mapped_column(default=None, init=False)
    """The day of the last charge as the gateway has it, if its end is fixed there."""
    lapsed_on: Mapped[date | None] = mapped_column(default=None, init=False)
    method_kind: Mapped[Method | None] = mapped_column(default=None, init=False)
    method_brand: Mapped[str] = mapped_column(default="", init=False)
    method_last_four: Mapped[str] = mapped_column(default="", init=False)
    card_expires_on: Mapped[date | None] = mapped_column(default=None, init=False)
    """The last day on which the card behind it is good: the end of its month."""
    expiry_told_for: Mapped[date | None] = mapped_column(default=None, init=False)
    """Of which of these days the donor was warned."""

    contact: Mapped[Contact] = relationship(init=False)
    allocations: Mapped[list[RecurringAllocation]] = relationship(
        default_factory=list, cascade="all, delete-orphan", order_by=RecurringAllocation.id, lazy="selectin"
    )

    @property
    def amount(self) -> Money:
        """What each charge asks for."""
        return Money(self.amount_minor, self.currency)

    @property
    def fee_cover(self) -> Money:
        """How much of each charge is there to cover the fee."""
        return Money(self.fee_cover_minor, self.currency)

    @property
    def yearly(self) -> Money:
        """What it brings in a year while it runs."""
        return self.yearly_at(self.amount)

    def yearly_at(self, amount: Money) -> Money:
        """What it would bring in a year if each charge asked for this much."""
        return yearly_value(amount, self.interval)

    def charge(self, amount: Money) -> None:
        """Ask for this much from now on; what covers fees in it grows or shrinks along."""
        self.fee_cover_minor = self.fee_cover_minor * amount.minor // self.amount_minor
        self.amount_minor = amount.minor

    @property
    def is_over(self) -> bool:
        """Whether nothing will be charged any more, ever."""
        return self.status is RecurringStatus.ENDED

    @property
    def is_paused(self) -> bool:
        """Whether nothing is charged for the time being, because somebody wanted it so."""
        return self.status is RecurringStatus.PAUSED

    @property
    def is_lapsed(self) -> bool:
        """Whether the gateway gave up charging it."""
        return self.status is RecurringStatus.LAPSED

    @property
    def goes_on(self) -> bool:
        """Whether its next charge will be asked for unless somebody does something."""
        return self.status in {RecurringStatus.ACTIVE, RecurringStatus.PAST_DUE}

    @property
    def expected_on(self) -> date | None:
        """When money will next be asked for; None where no such day is known."""
        if self.is_lapsed:
            return None
        if self.next_on is None or not self.is_paused:
            return self.next_on if self.status is not RecurringStatus.PAST_DUE else self.retry_on
        if self.paused_until is None:
            return None
        day = self.charge_day or self.next_on.day
        first = first_charge_from(self.paused_until, self.next_on, self.interval, day)
        return None if is_charged_after(first, self.last_on) else first

    def note_state(self, status: RecurringStatus, on: date, *, next_on: date | None = None, reason: str = "") -> bool:
        """What the gateway says of it. An ended one stays ended. False when nothing is new."""
        if status is self.status or status not in MOVES.get(self.status, frozenset()):
            self.next_on = next_on if not self.is_over else None
            return False
        self.status, self.next_on = status, next_on
        self.lapsed_on = on if status is RecurringStatus.LAPSED else None
        if status is RecurringStatus.ENDED:
            self.ended_on, self.end_reason, self.next_on = on, reason, None
        return True

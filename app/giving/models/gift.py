"""A gift: money given or promised to us, with one donor, one date, one currency, divided over funds."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import DDL, CheckConstraint, ForeignKey, Index, UniqueConstraint, event, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from app.contacts.models import Contact
from app.funds.models import Campaign, Fund
from app.kernel.db import Key, Record, is_currency
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money
from app.kernel.states import move
from app.kernel.text import make_token
from app.payments.models import Payment


class GiftStatus(StrEnum):
    """Where a gift is. Only received ones count in totals and give receipts."""

    PENDING = "pending"
    RECEIVED = "received"
    FAILED = "failed"
    REVERSED = "reversed"


MOVES = {
    GiftStatus.PENDING: frozenset({GiftStatus.RECEIVED, GiftStatus.FAILED}),
    GiftStatus.RECEIVED: frozenset({GiftStatus.REVERSED}),
}


class ReceiptChoice(StrEnum):
    """When the donor wants a tax receipt."""

    EACH = "each"
    YEARLY = "yearly"
    NONE = "none"


RETURNED, NOT_RECEIVED = text("returned_minor > 0"), text("status <> 'received'")
"""Which gifts the partial indexes hold. SQLite uses one only for a question that says the very same."""


class Allocation(Record):
    """The part of a gift that is for one fund, in minor units of the gift's currency."""

    __tablename__ = "allocation"
    __table_args__ = (
        UniqueConstraint("gift_id", "fund_id"),
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        Index("ix_allocation_fund", "fund_id", "gift_id"),
    )

    gift_id: Mapped[int] = mapped_column(Key, ForeignKey("gift.id"), init=False)
    fund_id: Mapped[int] = mapped_column(Key, ForeignKey("fund.id"))
    amount_minor: Mapped[int] = mapped_column(Key)

    fund: Mapped[Fund] = relationship(init=False)
    gift: Mapped["Gift"] = relationship(init=False, back_populates="allocations")

    @property
    def amount(self) -> Money:
        """The part for this fund."""
        return Money(self.amount_minor, self.gift.currency)


class GiftPayment(Record):
    """Which payments moved the money of a gift. A payment belongs to one gift; a gift may have several."""

    __tablename__ = "gift_payment"

    gift_id: Mapped[int] = mapped_column(Key, ForeignKey("gift.id"), index=True, init=False)
    payment_id: Mapped[int] = mapped_column(Key, ForeignKey("payment.id"), unique=True)

    payment: Mapped[Payment] = relationship(init=False)


class Gift(Record):
    """What somebody gave. Once received it is reversed or refunded, never edited away.

    `returned_minor` is what went back to the donor by refunds and lost disputes. `fiscal_year` is named by the
    calendar year in which it begins.
    """

    __tablename__ = "gift"
    __table_args__ = (
        is_currency(),
        CheckConstraint("replaces_id <> id", name="not_its_own_replacement"),
        CheckConstraint("fiscal_year BETWEEN 1900 AND 2999", name="fiscal_year_is_a_year"),
        CheckConstraint("amount_minor > 0", name="amount_is_positive"),
        CheckConstraint("returned_minor BETWEEN 0 AND amount_minor", name="no_more_goes_back_than_came"),
        CheckConstraint("fee_cover_minor BETWEEN 0 AND amount_minor", name="cover_is_part_of_the_amount"),
        Index("ix_gift_newest", "received_on", "id"),
        Index("ix_gift_donor_year", "contact_id", "fiscal_year"),
        # the few that need a person, or are looked for by their state
        Index(
            "ix_gift_disputed", "received_on", "id",
            sqlite_where=text("is_disputed = 1"), postgresql_where=text("is_disputed"),
        ),
        Index("ix_gift_returned", "received_on", "id", sqlite_where=RETURNED, postgresql_where=RETURNED),
        Index(
            "ix_gift_not_received", "status", "received_on", "id",
            sqlite_where=NOT_RECEIVED, postgresql_where=NOT_RECEIVED,
        ),
    )  # fmt: skip

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"))
    amount_minor: Mapped[int] = mapped_column(Key)
    currency: Mapped[str]
    received_on: Mapped[date]
    fiscal_year: Mapped[int]
    is_test: Mapped[bool] = mapped_column(default=False)
    token: Mapped[str] = mapped_column(default_factory=make_token, unique=True, info={"secret": True})
    form_id: Mapped[int | None] = mapped_column(Key, ForeignKey("giving_form.id"), index=True, default=None)
    submission_id: Mapped[int | None] = mapped_column(Key, ForeignKey("submission.id"), index=True, default=None)
    recurring_gift_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("recurring_gift.id"), index=True, default=None
    )
    campaign_id: Mapped[int | None] = mapped_column(Key, ForeignKey("campaign.id"), index=True, default=None)
    appeal_id: Mapped[int | None] = mapped_column(Key, ForeignKey("appeal.id"), default=None)
    is_anonymous: Mapped[bool] = mapped_column(default=False)
    fee_cover_minor: Mapped[int] = mapped_column(Key, default=0)
    comment: Mapped[str] = mapped_column(default="")
    staff_note: Mapped[str] = mapped_column(default="")
    source: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    receipt_choice: Mapped[ReceiptChoice] = mapped_column(default=ReceiptChoice.EACH)
    recorded_by: Mapped[str] = mapped_column(default="")
    status: Mapped[GiftStatus] = mapped_column(default=GiftStatus.PENDING, init=False)
    returned_minor: Mapped[int] = mapped_column(Key, default=0, init=False)
    is_disputed: Mapped[bool] = mapped_column(default=False, init=False)
    reversal_reason: Mapped[str] = mapped_column(default="", init=False)
    replaces_id: Mapped[int | None] = mapped_column(Key, ForeignKey("gift.id"), unique=True, default=None)

    contact: Mapped[Contact] = relationship(init=False)
    campaign: Mapped[Campaign | None] = relationship(init=False)
    allocations: Mapped[list[Allocation]] = relationship(
        default_factory=list,
        cascade="all, delete-orphan",
        order_by=Allocation.id,
        lazy="selectin",
        back_populates="gift",
    )
    payments: Mapped[list[GiftPayment]] = relationship(
        default_factory=list, cascade="all, delete-orphan", order_by=GiftPayment.id, lazy="selectin"
    )

    @validates("amount_minor", "currency", "received_on", "fiscal_year")
    def _refuse_edit(self, name: str, value: Any) -> Any:
        """What was received stays as it was entered: totals, receipts and the bank's account rest on it."""
        was_entered = self.__dict__.get("status") in {GiftStatus.RECEIVED, GiftStatus.REVERSED}
        if was_entered and value != self.__dict__.get(name, value):
            raise Refused(_l("A gift that was received is never edited: reverse it, and enter it anew."))
        return value

    @property
    def amount(self) -> Money:
        """What was given."""
        return Money(self.amount_minor, self.currency)

    @property
    def fee_cover(self) -> Money:
        """What of the amount the donor added to cover fees."""
        return Money(self.fee_cover_minor, self.currency)

    @property
    def is_online(self) -> bool:
        """Whether it came through a giving form, or as a charge of a recurring gift."""
        return self.submission_id is not None or self.recurring_gift_id is not None

    @property
    def kept(self) -> Money:
        """What counts: the amount less what went back; nothing unless received."""
        counts = self.status is GiftStatus.RECEIVED
        return Money(self.amount_minor - self.returned_minor if counts else 0, self.currency)

    def allocate(self, shares: Sequence[tuple[int, Money]]) -> None:
        """Divide the gift over funds (their ids). The shares must add up to the amount.

        Raises:
            Refused: they do not.

        """
        if sum(share.minor for _fund, share in shares) != self.amount_minor:
            raise Refused(_l("The shares do not add up to the gift."), field="allocations")
        self.allocations = [Allocation(fund_id=fund, amount_minor=share.minor) for fund, share in shares]

    def receive(self, on: date, fiscal_year: int) -> bool:
        """The money came on that day. False when that was known already, or when it cannot be any more."""
        if self.status is not GiftStatus.PENDING:
            return False
        self.received_on, self.fiscal_year = on, fiscal_year
        self.status = move(MOVES, self.status, GiftStatus.RECEIVED)
        return True

    def fail(self) -> bool:
        """The money will not come. False when that was known already, or the money has come."""
        if self.status is not GiftStatus.PENDING:
            return False
        self.status = move(MOVES, self.status, GiftStatus.FAILED)
        return True

    def reverse(self, reason: str) -> None:
        """Take back an entry made in error; it stays visible with the reason."""
        self.status, self.reversal_reason = move(MOVES, self.status, GiftStatus.REVERSED), reason

    def note_returned(self, returned_minor: int, *, is_disputed: bool) -> bool:
        """What has gone back so far, in minor units. False when nothing is new."""
        before = (self.returned_minor, self.is_disputed)
        self.returned_minor, self.is_disputed = returned_minor, is_disputed
        return before != (returned_minor, is_disputed)


_COUNTING = DDL(
    "CREATE INDEX ix_gift_counting ON gift (id) INCLUDE (contact_id) "
    "WHERE status = 'received' AND amount_minor > returned_minor"
).execute_if(dialect="postgresql")  # type: ignore[no-untyped-call]
event.listen(Gift.__table__, "after_create", _COUNTING)
"""Who gave to a fund is answered by it without a look at the rows of gifts; SQLite is as quick by their keys."""

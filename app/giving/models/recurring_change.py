"""Changes of recurring gifts: written before the gateway is asked, so that none is lost, made twice or forgotten."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.giving.models.recurring import RecurringGift
from app.kernel.actors import ActorKind
from app.kernel.db import Key, Record, is_currency
from app.kernel.money import Money
from app.kernel.states import move
from app.kernel.text import make_token
from app.payments.models import Interval, Method


class ChangeKind(StrEnum):
    """What was changed."""

    AMOUNT = "amount"
    PAUSE = "pause"
    RESUME = "resume"
    DAY = "day"
    TERM = "term"
    END = "end"
    METHOD = "method"


WANTED_KINDS = tuple(kind for kind in ChangeKind if kind is not ChangeKind.METHOD)
"""Those that are asked for here; another payment method is given to the gateway itself."""


class ChangeStatus(StrEnum):
    """How far a change is. One that is begun is written down, and the gateway may or may not have heard of it."""

    BEGUN = "begun"
    DONE = "done"
    REFUSED = "refused"


class EndReason(StrEnum):
    """Why a recurring gift ended. The last three come of themselves: as agreed, or at the gateway."""

    CARD_EXPIRED = "card_expired"
    COMPLETED = "commitment_completed"
    DECEASED = "deceased"
    HARDSHIP = "financial_difficulty"
    NO_INTEREST = "no_longer_interested"
    UNKNOWN = "unknown"
    AS_AGREED = "as_agreed"
    PAYMENT_FAILED = "payment_failed"
    AT_GATEWAY = "cancellation_requested"


_BY_ITSELF = {EndReason.AS_AGREED, EndReason.PAYMENT_FAILED, EndReason.AT_GATEWAY}
END_REASONS = tuple(reason for reason in EndReason if reason not in _BY_ITSELF)
"""Those that a person may choose from."""
MOVES = {ChangeStatus.BEGUN: frozenset({ChangeStatus.DONE, ChangeStatus.REFUSED})}


def is_tidying(kind: ChangeKind, asked_as: ActorKind) -> bool:
    """Whether we make such a change by ourselves, to keep what was agreed on before."""
    return asked_as is ActorKind.SYSTEM and kind in {ChangeKind.DAY, ChangeKind.TERM}


class RecurringChange(Record):
    """One change of a recurring gift. `token` is the idempotency key under which the gateway is asked.

    Amounts and yearly values stand as they were before and as they are after it. `paused_until` is the day charges
    begin again (None: until somebody says so); `day` the new day of the month and `charged_on` the first charge on it.
    `charges_agreed` or `ends_on` is how long it is to go on. A change that `moves_end` asks the gateway for `last_on`
    as the day of the last charge (None: no end that is known).
    """

    __tablename__ = "recurring_change"
    __table_args__ = (
        is_currency(),
        CheckConstraint("old_amount_minor > 0 AND new_amount_minor > 0", name="amounts_are_positive"),
        CheckConstraint("old_yearly_minor >= 0 AND new_yearly_minor >= 0", name="yearly_values_not_negative"),
        CheckConstraint("kind = 'amount' OR old_amount_minor = new_amount_minor", name="only_amounts_change_amounts"),
        CheckConstraint("(kind = 'day') = (day IS NOT NULL)", name="moves_to_a_day"),
        CheckConstraint("day BETWEEN 1 AND 31", name="day_is_a_day"),
        CheckConstraint("(kind = 'end') = (reason IS NOT NULL)", name="ends_for_a_reason"),
        CheckConstraint("paused_until IS NULL OR kind = 'pause'", name="only_pauses_have_an_end"),
        CheckConstraint("charges_agreed IS NULL OR ends_on IS NULL", name="ends_in_one_way"),
        CheckConstraint("charges_agreed > 1", name="charges_are_several"),
        CheckConstraint("kind = 'term' OR (charges_agreed IS NULL AND ends_on IS NULL)", name="only_terms_set_ends"),
        CheckConstraint("moves_end OR last_on IS NULL", name="last_charge_is_set"),
        CheckConstraint("(status = 'done') = (done_at IS NOT NULL)", name="done_has_an_instant"),
        CheckConstraint("(status = 'refused') = (refusal <> '')", name="refused_has_a_code"),
        CheckConstraint("(kind = 'method') = (method_kind IS NOT NULL)", name="method_has_a_kind"),
        CheckConstraint("length(method_last_four) <= 4", name="no_more_than_four_digits"),
        Index(
            "uq_recurring_change_begun", "recurring_gift_id", unique=True, sqlite_where=text("status = 'begun'"),
            postgresql_where=text("status = 'begun'"),
        ),
    )  # fmt: skip

    recurring_gift_id: Mapped[int] = mapped_column(Key, ForeignKey("recurring_gift.id"), index=True)
    kind: Mapped[ChangeKind]
    interval: Mapped[Interval]
    currency: Mapped[str]
    old_amount_minor: Mapped[int] = mapped_column(Key)
    new_amount_minor: Mapped[int] = mapped_column(Key)
    old_yearly_minor: Mapped[int] = mapped_column(Key)
    new_yearly_minor: Mapped[int] = mapped_column(Key)
    asked_by: Mapped[str]
    asked_as: Mapped[ActorKind]
    paused_until: Mapped[date | None] = mapped_column(default=None)
    day: Mapped[int | None] = mapped_column(default=None)
    charged_on: Mapped[date | None] = mapped_column(default=None)
    reason: Mapped[EndReason | None] = mapped_column(default=None)
    note: Mapped[str] = mapped_column(default="")
    charges_agreed: Mapped[int | None] = mapped_column(default=None)
    ends_on: Mapped[date | None] = mapped_column(default=None)
    last_on: Mapped[date | None] = mapped_column(default=None)
    moves_end: Mapped[bool] = mapped_column(default=False)
    method_kind: Mapped[Method | None] = mapped_column(default=None)
    method_brand: Mapped[str] = mapped_column(default="")
    method_last_four: Mapped[str] = mapped_column(default="")
    token: Mapped[str] = mapped_column(default_factory=make_token, unique=True, info={"secret": True})
    status: Mapped[ChangeStatus] = mapped_column(default=ChangeStatus.BEGUN, init=False)
    done_at: Mapped[datetime | None] = mapped_column(default=None, init=False)
    refusal: Mapped[str] = mapped_column(default="", init=False)

    recurring: Mapped[RecurringGift] = relationship(init=False)

    @property
    def old_amount(self) -> Money:
        """What each charge asked for before."""
        return Money(self.old_amount_minor, self.currency)

    @property
    def new_amount(self) -> Money:
        """What each charge asks for after it."""
        return Money(self.new_amount_minor, self.currency)

    @property
    def old_yearly(self) -> Money:
        """What it brought in a year before."""
        return Money(self.old_yearly_minor, self.currency)

    @property
    def new_yearly(self) -> Money:
        """What it brings in a year after it."""
        return Money(self.new_yearly_minor, self.currency)

    @property
    def gained(self) -> Money:
        """What it adds to a year; below nought where it takes away."""
        return Money(self.new_yearly_minor - self.old_yearly_minor, self.currency)

    @property
    def is_tidying(self) -> bool:
        """Whether we made it by ourselves, to keep what was agreed on before; nobody is told of it."""
        return is_tidying(self.kind, self.asked_as)

    def finish(self, at: datetime) -> None:
        """The gateway has made it."""
        self.status, self.done_at = move(MOVES, self.status, ChangeStatus.DONE), at

    def refuse(self, code: str) -> None:
        """It will not be made; the gateway's code, or ours, says why."""
        self.status, self.refusal = move(MOVES, self.status, ChangeStatus.REFUSED), code or "unknown"

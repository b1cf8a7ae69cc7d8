"""Dated exchange rates, and the files they were taken from."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.clock import now
from app.kernel.db import Record, is_currency

EURO = "EUR"
"""What every rate is counted from: rates between two others go through it, as the Central Bank publishes them."""


class RateSource(StrEnum):
    """Who says so."""

    ECB = "ecb"
    HAND = "hand"


class ExchangeRate(Record):
    """How many units of `currency` one euro bought on a day. Rows are never changed: the highest version holds.

    `units_per_euro` is the exact decimal as it was published, kept as text: "1.0921" says that one euro was
    1.0921 dollars. A correction is a further version, with its reason.
    """

    __tablename__ = "exchange_rate"
    __table_args__ = (
        is_currency(),
        CheckConstraint("currency <> 'EUR'", name="the_euro_has_none"),
        CheckConstraint(
            "length(units_per_euro) BETWEEN 1 AND 20 AND trim(units_per_euro, '0123456789.') = '' "
            "AND units_per_euro NOT LIKE '%.%.%' AND trim(units_per_euro, '0.') <> ''",
            name="units_are_a_positive_decimal",
        ),
        CheckConstraint("version >= 1", name="version_is_positive"),
        CheckConstraint("version = 1 OR reason <> ''", name="corrections_have_a_reason"),
        UniqueConstraint("currency", "day", "version"),
        Index("ix_exchange_rate_import_id", "import_id"),
    )

    currency: Mapped[str]
    day: Mapped[date]
    units_per_euro: Mapped[str]
    source: Mapped[RateSource]
    version: Mapped[int] = mapped_column(default=1)
    origin: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    import_id: Mapped[int | None] = mapped_column(ForeignKey("rate_import.id"), default=None)

    @property
    def rate(self) -> Decimal:
        """Units of the currency for one euro, exactly."""
        return Decimal(self.units_per_euro)


class RateImport(Record):
    """A file of rates that is being taken in, or was. `content` is what is still to be worked, packed.

    `token` is the key of the page it was sent from and a digest of its rates; None where a command read it.
    """

    __tablename__ = "rate_import"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        CheckConstraint("done BETWEEN 0 AND total", name="no_more_done_than_there_are"),
        CheckConstraint("added BETWEEN 0 AND done", name="no_more_added_than_done"),
        CheckConstraint("differing BETWEEN 0 AND done", name="no_more_differ_than_done"),
        CheckConstraint("(ended_at IS NULL) = (content IS NOT NULL)", name="ended_keeps_no_content"),
        Index("uq_rate_import_token", "token", unique=True),
    )

    file_name: Mapped[str]
    total: Mapped[int]
    content: Mapped[bytes | None]
    first_day: Mapped[date]
    last_day: Mapped[date]
    skipped: Mapped[list[str]] = mapped_column(default_factory=list)
    done: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    differing: Mapped[int] = mapped_column(default=0)
    differences: Mapped[list[Any]] = mapped_column(default_factory=list)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    token: Mapped[str | None] = mapped_column(default=None, info={"secret": True})

    @property
    def is_under_way(self) -> bool:
        """Whether there is something left to take in."""
        return self.ended_at is None

    def end(self) -> None:
        """All of it was looked at."""
        self.ended_at, self.content = now(), None

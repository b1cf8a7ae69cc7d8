"""Funds, campaigns and appeals."""

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Key, Record, is_currency
from app.kernel.money import Money


class Restriction(StrEnum):
    """How far the donor's will binds the money."""

    UNRESTRICTED = "unrestricted"
    TEMPORARY = "temporarily_restricted"
    RESTRICTED = "restricted"


class Fund(Record):
    """A purpose money is held for. `public_names` are what donors read, by language."""

    __tablename__ = "fund"

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    public_names: Mapped[dict[str, str]] = mapped_column(default_factory=dict)
    restriction: Mapped[Restriction] = mapped_column(default=Restriction.UNRESTRICTED)
    is_open: Mapped[bool] = mapped_column(default=True)

    def public_name(self, language: str) -> str:
        """What donors read in a language."""
        return str(self.public_names.get(language) or self.name)


class Campaign(Record):
    """An effort with a goal and dates; may be part of another."""

    __tablename__ = "campaign"
    __table_args__ = (
        is_currency(),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        CheckConstraint("ends_on IS NULL OR starts_on IS NULL OR ends_on >= starts_on", name="ends_after_it_starts"),
        CheckConstraint("goal_minor IS NULL OR goal_minor > 0", name="goal_is_positive"),
    )

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    starts_on: Mapped[date | None] = mapped_column(default=None)
    ends_on: Mapped[date | None] = mapped_column(default=None)
    goal_minor: Mapped[int | None] = mapped_column(Key, default=None)
    currency: Mapped[str] = mapped_column(default="EUR")
    parent_id: Mapped[int | None] = mapped_column(Key, ForeignKey("campaign.id"), default=None)
    is_open: Mapped[bool] = mapped_column(default=True)

    @property
    def goal(self) -> Money | None:
        """What it hopes to bring in."""
        return None if self.goal_minor is None else Money(self.goal_minor, self.currency)


class Appeal(Record):
    """One solicitation within a campaign, with the source code its answers carry."""

    __tablename__ = "appeal"

    campaign_id: Mapped[int] = mapped_column(Key, ForeignKey("campaign.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]

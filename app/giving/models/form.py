"""A giving form: a public page that takes gifts, made by staff, with its own amounts, funds, words and languages."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.funds.models import Campaign, Fund
from app.kernel.db import Key, Record, is_currency
from app.kernel.money import Money
from app.kernel.states import move
from app.kernel.text import make_token


class FormStatus(StrEnum):
    """Whether donors can reach the form."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"


MOVES = {
    FormStatus.DRAFT: frozenset({FormStatus.PUBLISHED}),
    FormStatus.PUBLISHED: frozenset({FormStatus.CLOSED}),
    FormStatus.CLOSED: frozenset({FormStatus.PUBLISHED}),
}


class FeeCover(StrEnum):
    """Whether donors are asked to cover the gateway's fee."""

    OFF = "off"
    OFFERED = "offered"
    PRESELECTED = "preselected"


class FormFund(Record):
    """A fund that a form offers, at a place in its list."""

    __tablename__ = "giving_form_fund"
    __table_args__ = (CheckConstraint("place >= 0", name="place_not_negative"), UniqueConstraint("form_id", "fund_id"))

    form_id: Mapped[int] = mapped_column(Key, ForeignKey("giving_form.id"), init=False)
    fund_id: Mapped[int] = mapped_column(Key, ForeignKey("fund.id"))
    place: Mapped[int] = mapped_column(default=0)

    fund: Mapped[Fund] = relationship(init=False, lazy="joined")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a form proposes and takes in one currency; all figures are its minor units."""

    currency: str
    presets_once: Sequence[int]
    presets_recurring: Sequence[int]
    smallest_minor: int
    largest_minor: int
    fee_fixed_minor: int

    @property
    def smallest(self) -> Money:
        """The least that may be given."""
        return Money(self.smallest_minor, self.currency)

    @property
    def largest(self) -> Money:
        """The most that may be given online."""
        return Money(self.largest_minor, self.currency)


class GivingForm(Record):
    """A public page that takes gifts.

    `currency` is the one it opens in, with the figures beside it; `more_currencies` are the others it takes, each a
    `Terms` as a dictionary, in their order.

    `texts` holds, by language: title, intro (Markdown), thanks (Markdown of the thank-you page), mail (Markdown added
    to the thank-you mail). Presets are minor units of `currency`. `asks` names what is asked beyond name and e-mail:
    "phone", "address", "company", "tribute", "comment", "anonymous", "term" (how long, of recurring gifts); `requires`
    the ones that must be answered.
    `consent_purposes` names ("purpose:channel") the wordings shown. `embed_origins` may show the form in a frame.
    """

    __tablename__ = "giving_form"
    __table_args__ = (
        is_currency(),
        CheckConstraint("fee_permille BETWEEN 0 AND 1000 AND fee_fixed_minor >= 0", name="fees_make_sense"),
        CheckConstraint("version > 0", name="version_is_positive"),
        CheckConstraint("smallest_minor > 0 AND largest_minor >= smallest_minor", name="bounds_are_in_order"),
        CheckConstraint("goal_minor IS NULL OR goal_minor > 0", name="goal_is_positive"),
        CheckConstraint("slug = lower(slug) AND slug <> ''", name="slug_is_lower_case"),
    )

    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    languages: Mapped[list[str]]
    texts: Mapped[dict[str, Any]]
    currency: Mapped[str] = mapped_column(default="EUR")
    presets_once: Mapped[list[int]] = mapped_column(default_factory=list)
    presets_recurring: Mapped[list[int]] = mapped_column(default_factory=list)
    smallest_minor: Mapped[int] = mapped_column(Key, default=100)
    largest_minor: Mapped[int] = mapped_column(Key, default=10_000_00)
    takes_once: Mapped[bool] = mapped_column(default=True)
    intervals: Mapped[list[str]] = mapped_column(default_factory=list)
    more_currencies: Mapped[list[Any]] = mapped_column(default_factory=list, server_default="[]")
    asks: Mapped[list[str]] = mapped_column(default_factory=list)
    requires: Mapped[list[str]] = mapped_column(default_factory=list)
    consent_purposes: Mapped[list[str]] = mapped_column(default_factory=list)
    fee_cover: Mapped[FeeCover] = mapped_column(default=FeeCover.OFF)
    fee_permille: Mapped[int] = mapped_column(default=15)
    fee_fixed_minor: Mapped[int] = mapped_column(default=25)
    goal_minor: Mapped[int | None] = mapped_column(Key, default=None)
    shows_progress: Mapped[bool] = mapped_column(default=False)
    shows_tax_effect: Mapped[bool] = mapped_column(default=True)
    closes_at: Mapped[datetime | None] = mapped_column(default=None)
    embed_origins: Mapped[list[str]] = mapped_column(default_factory=list)
    campaign_id: Mapped[int | None] = mapped_column(Key, ForeignKey("campaign.id"), default=None)
    appeal_id: Mapped[int | None] = mapped_column(Key, ForeignKey("appeal.id"), default=None)
    preview_token: Mapped[str] = mapped_column(default_factory=make_token, unique=True, info={"secret": True})
    status: Mapped[FormStatus] = mapped_column(default=FormStatus.DRAFT, init=False)
    version: Mapped[int] = mapped_column(default=1, init=False)

    funds: Mapped[list[FormFund]] = relationship(
        default_factory=list, cascade="all, delete-orphan", order_by=FormFund.place, lazy="selectin"
    )
    campaign: Mapped[Campaign | None] = relationship(init=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way

    @property
    def terms(self) -> list[Terms]:
        """What it proposes and takes in each of its currencies, the one it opens in first."""
        first = Terms(**{each.name: getattr(self, each.name) for each in fields(Terms)})
        return [first, *(Terms(**each) for each in self.more_currencies)]

    def terms_in(self, currency: str) -> Terms | None:
        """The same in this currency; None where it is not taken."""
        return next((each for each in self.terms if each.currency == currency), None)

    @property
    def goal(self) -> Money | None:
        """What the page hopes to bring in."""
        return None if self.goal_minor is None else Money(self.goal_minor, self.currency)

    @property
    def open_funds(self) -> list[Fund]:
        """The funds donors may choose now, in the form's order."""
        return [each.fund for each in self.funds if each.fund.is_open]

    def text(self, language: str, part: str) -> str:
        """A part of the page's words in a language, else in the form's first."""
        own = self.texts.get(language) or self.texts.get(self.languages[0]) or {}
        return str(own.get(part, ""))

    def is_open(self, at: datetime) -> bool:
        """Whether donors can give through it now."""
        return self.status is FormStatus.PUBLISHED and (self.closes_at is None or at < self.closes_at)

    def publish(self) -> None:
        """Let donors reach it."""
        self.status = move(MOVES, self.status, FormStatus.PUBLISHED)

    def close(self) -> None:
        """Stop taking gifts; the page says so kindly."""
        self.status = move(MOVES, self.status, FormStatus.CLOSED)

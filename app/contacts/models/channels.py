"""How a contact is reached: e-mails, phones and postal addresses, several of each, one of them the primary one."""

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, MappedAsDataclass, mapped_column, validates

from app.contacts.rules.postal import PostalAddress, lines_of, postcode_key
from app.kernel.db import Bytewise, Key, Record
from app.kernel.text import fold

LENGTH = "CASE {0} / 100 WHEN 2 THEN 29 WHEN 4 THEN 30 WHEN 6 THEN 30 WHEN 9 THEN 30 WHEN 11 THEN 30 ELSE 31 END"


class HoldReason(StrEnum):
    """Why a way to reach somebody is not used for the time being."""

    BOUNCED = "bounced"
    RETURNED = "returned"
    UNREACHABLE = "unreachable"
    ASKED = "asked"
    OTHER = "other"


def _rules(table: str) -> tuple[Index | CheckConstraint, ...]:
    """What the database keeps true of every kind of channel."""
    primary = text("is_primary")
    return (
        Index(f"uq_{table}_primary", "contact_id", unique=True, sqlite_where=primary, postgresql_where=primary),
        CheckConstraint("valid_until >= valid_from", name="ends_not_before_it_begins"),
        CheckConstraint("(hold_reason IS NULL) = (hold_since IS NULL)", name="hold_is_whole"),
    )


def _is_a_day(column: str) -> CheckConstraint:
    """A day of some year as month × 100 + day; 29 February is one."""
    days = LENGTH.format(column)
    return CheckConstraint(
        f"{column} BETWEEN 101 AND 1231 AND {column} - {column} / 100 * 100 BETWEEN 1 AND {days}",
        name=f"{column}_is_a_day",
    )


class Reach(MappedAsDataclass, kw_only=True, eq=False, repr=False):
    """What every way to reach somebody has: when it holds, whether it is on hold, and how it was first typed.

    `original` is written when the row is made and never again; "" where it came from before this was kept.
    """

    original: Mapped[str] = mapped_column(default="", server_default="")
    valid_from: Mapped[date | None] = mapped_column(default=None)
    valid_until: Mapped[date | None] = mapped_column(default=None)
    hold_reason: Mapped[HoldReason | None] = mapped_column(default=None)
    hold_since: Mapped[date | None] = mapped_column(default=None)


class ContactEmail(Reach, Record):
    """An e-mail address; `folded` is what matching compares."""

    __tablename__ = "contact_email"
    __table_args__ = _rules("contact_email")

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"), index=True, init=False)
    address: Mapped[str]
    folded: Mapped[str] = mapped_column(index=True)
    label: Mapped[str] = mapped_column(default="")
    is_primary: Mapped[bool] = mapped_column(default=False)

    @property
    def typed_first(self) -> str:
        """How it was first typed, where that reads differently."""
        return self.original if self.original != self.address else ""


class ContactPhone(Reach, Record):
    """A phone number in E.164 where it could be read, and always as it was typed."""

    __tablename__ = "contact_phone"
    __table_args__ = _rules("contact_phone")

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"), index=True, init=False)
    number: Mapped[str] = mapped_column(index=True)
    typed: Mapped[str]
    label: Mapped[str] = mapped_column(default="")
    is_primary: Mapped[bool] = mapped_column(default=False)

    @property
    def typed_first(self) -> str:
        """How it was first typed, where that reads differently."""
        return self.original if self.original != self.number else ""


class ContactAddress(Reach, Record):
    """A postal address. `street` may have several lines. One with a season holds from a day of the year to another."""

    __tablename__ = "contact_address"
    __table_args__ = (
        *_rules("contact_address"),
        _is_a_day("season_from"),
        _is_a_day("season_until"),
        CheckConstraint("(season_from IS NULL) = (season_until IS NULL)", name="season_is_whole"),
        Index("ix_contact_address_place", "country", "postcode", postgresql_ops={"postcode": "text_pattern_ops"}),
    )

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"), index=True, init=False)
    street: Mapped[str]
    postcode: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    region: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")
    label: Mapped[str] = mapped_column(default="")
    is_primary: Mapped[bool] = mapped_column(default=False)
    season_from: Mapped[int | None] = mapped_column(default=None)
    season_until: Mapped[int | None] = mapped_column(default=None)
    postcode_key: Mapped[str] = mapped_column(Bytewise, default="", server_default="", init=False, index=True)
    city_key: Mapped[str] = mapped_column(Bytewise, default="", server_default="", init=False, index=True)
    """How searches see them, kept with each change of what they are made of."""

    @validates("postcode", "city")
    def _keep_key(self, name: str, value: str) -> str:
        if name == "city":
            self.city_key = fold(value)
        else:
            self.postcode_key = postcode_key(value)
        return value

    @property
    def parts(self) -> PostalAddress:
        """The address without what belongs to the row."""
        return PostalAddress(
            street=self.street, postcode=self.postcode, city=self.city, region=self.region, country=self.country
        )

    @property
    def lines(self) -> list[str]:
        """The address as its country writes it, without the country, one line each, blanks left out."""
        return list(lines_of(self.parts))

    @property
    def typed_first(self) -> str:
        """How it was first typed, where that reads differently."""
        ours = "\n".join(part for part in (self.street, self.postcode, self.city, self.region) if part)
        return self.original if self.original.split() != ours.split() else ""

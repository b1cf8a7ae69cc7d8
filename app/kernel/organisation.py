"""The organisation itself: the one row of settings that staff may change while the product runs."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.db import Record, is_currency


class TaxRegime(StrEnum):
    """Which tax rules gifts to this organisation fall under; `none` shows no reduction and gives plain receipts."""

    NONE = "none"
    FR_GENERAL_INTEREST = "fr_general_interest"
    FR_ASSISTANCE = "fr_assistance"


class Organisation(Record):
    """The legal entity that receives gifts and signs receipts."""

    __tablename__ = "organisation"
    __table_args__ = (
        is_currency(),
        CheckConstraint("length(country) = 2 AND country = upper(country)", name="country_is_a_code"),
        CheckConstraint("id = 1", name="there_is_one"),
        CheckConstraint("fiscal_year_start_month BETWEEN 1 AND 12", name="fiscal_year_start_is_a_month"),
        CheckConstraint("debit_notice_days BETWEEN 0 AND 28", name="notice_is_at_most_four_weeks"),
        CheckConstraint("lapse_days BETWEEN 0 AND 3650", name="lapse_days_are_days"),
        CheckConstraint("charge_tries BETWEEN 0 AND 20", name="charge_tries_are_few"),
    )

    name: Mapped[str]
    legal_name: Mapped[str] = mapped_column(default="")
    legal_form: Mapped[str] = mapped_column(default="")
    siren: Mapped[str] = mapped_column(default="")
    rna: Mapped[str] = mapped_column(default="")
    street: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="FR")
    purpose: Mapped[str] = mapped_column(default="")
    receipt_category: Mapped[str] = mapped_column(default="")
    recognised_on: Mapped[str] = mapped_column(default="")
    tax_regime: Mapped[TaxRegime] = mapped_column(default=TaxRegime.NONE)
    signatory_name: Mapped[str] = mapped_column(default="")
    signatory_role: Mapped[str] = mapped_column(default="")
    fiscal_year_start_month: Mapped[int] = mapped_column(default=1)
    currency: Mapped[str] = mapped_column(default="EUR")
    language: Mapped[str] = mapped_column(default="en")
    time_zone: Mapped[str] = mapped_column(default="Europe/Paris")
    colour: Mapped[str] = mapped_column(default="#0d5c54")
    tagline: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    website: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    sender_address: Mapped[str] = mapped_column(default="")
    lapse_days: Mapped[int] = mapped_column(default=30)
    """Days after which a lapsed recurring gift is closed; 0: never by itself."""
    charge_tries: Mapped[int] = mapped_column(default=4)
    """How often the gateway tries a refused charge in all, as it is set up there; 0: nobody knows."""
    creditor_identifier: Mapped[str] = mapped_column(default="", server_default="")
    """Ours for SEPA direct debits, for where the payment service does not tell it."""
    debit_notice_days: Mapped[int] = mapped_column(default=14, server_default="14")
    """How many days before a direct debit its donor is told; 0: the payment service writes, and we do not."""
    logo_png: Mapped[bytes | None] = mapped_column(default=None)
    signature_png: Mapped[bytes | None] = mapped_column(default=None)

    def fiscal_year_of(self, day: date) -> int:
        """The fiscal year a day lies in, named by the calendar year in which that fiscal year begins."""
        return day.year if day.month >= self.fiscal_year_start_month else day.year - 1

    def bounds_of_fiscal_year(self, year: int) -> tuple[date, date]:
        """Its first and its last day."""
        first = date(year, self.fiscal_year_start_month, 1)
        return first, first.replace(year=year + 1) - timedelta(days=1)

    @property
    def address_lines(self) -> list[str]:
        """The postal address, one line each, blanks left out."""
        return [line for line in (self.street, f"{self.postcode} {self.city}".strip()) if line]


def the_organisation(db: Session) -> Organisation:
    """The one row. Made by the first migration, so it is always there; read once a transaction."""
    found = db.get_one(Organisation, 1)
    db.info["organisation"] = found  # a session knows what it has read only as long as somebody holds it
    return found

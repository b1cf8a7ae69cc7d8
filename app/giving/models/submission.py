"""What a donor typed on a giving form, kept until (and after) the payment makes a gift of it."""

from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contacts.models import Contact
from app.giving.models.form import GivingForm
from app.giving.tax_rates import DonorKind
from app.kernel.db import Key, Record, is_currency
from app.kernel.money import Money
from app.payments.models import Checkout


class TributeKind(StrEnum):
    """Why somebody is named with a gift."""

    HONOUR = "honour"
    MEMORY = "memory"


class TributeStatus(StrEnum):
    """Whether the person to notify has been written to. `NOBODY`: there is nobody to write to."""

    NOBODY = "nobody"
    TO_NOTIFY = "to_notify"
    NOTIFIED = "notified"


class Submission(Record):
    """What one donor typed. `form_key` is the page's key and a digest of what was typed: sent twice, it stays one.

    `page_key` alone names everything sent from one page, so that a corrected gift is not paid beside the first.

    `answers` holds the rest of what was typed: title, given_name, family_name, company, legal_form, siren, email,
    phone, street, postcode, city, country, comment, tribute {kind, honoree, notify_name, notify_email, message},
    consents [{wording_id, is_given}], source {utm_source, …, referrer_host}, receipt_choice,
    term {charges} or {ends_on} (ISO 8601) of a recurring gift that ends by itself. It is emptied after a
    while if nothing came of it, so the audit trail, which never forgets, is not given it either.
    """

    __tablename__ = "submission"
    __table_args__ = (
        is_currency(),
        CheckConstraint("amount_minor > 0 AND fee_cover_minor >= 0", name="amounts_are_positive"),
        CheckConstraint("fee_cover_minor < amount_minor", name="cover_is_part_of_the_amount"),
    )

    form_id: Mapped[int] = mapped_column(Key, ForeignKey("giving_form.id"), index=True)
    form_key: Mapped[str] = mapped_column(unique=True)
    donor_kind: Mapped[DonorKind]
    language: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(Key)
    currency: Mapped[str]
    answers: Mapped[dict[str, Any]] = mapped_column(info={"secret": True})
    page_key: Mapped[str] = mapped_column(index=True, default="")
    fund_id: Mapped[int | None] = mapped_column(Key, ForeignKey("fund.id"), default=None)
    is_anonymous: Mapped[bool] = mapped_column(default=False)
    fee_cover_minor: Mapped[int] = mapped_column(Key, default=0)
    checkout_id: Mapped[int | None] = mapped_column(Key, ForeignKey("checkout.id"), unique=True, default=None)
    contact_id: Mapped[int | None] = mapped_column(Key, ForeignKey("contact.id"), index=True, default=None)

    form: Mapped[GivingForm] = relationship(init=False)
    checkout: Mapped[Checkout | None] = relationship(init=False)
    contact: Mapped[Contact | None] = relationship(init=False)

    @property
    def amount(self) -> Money:
        """What is to be paid, the covered fee included."""
        return Money(self.amount_minor, self.currency)

    def answer(self, name: str) -> str:
        """One of the plain answers, "" when it was not given."""
        return str(self.answers.get(name) or "")


class Tribute(Record):
    """A gift in honour or in memory of someone, with a person to notify."""

    __tablename__ = "tribute"
    __table_args__ = (CheckConstraint("honoree <> ''", name="names_somebody"),)

    gift_id: Mapped[int] = mapped_column(Key, ForeignKey("gift.id"), unique=True)
    kind: Mapped[TributeKind]
    honoree: Mapped[str]
    notify_name: Mapped[str] = mapped_column(default="")
    notify_email: Mapped[str] = mapped_column(default="")
    message: Mapped[str] = mapped_column(default="")
    status: Mapped[TributeStatus] = mapped_column(default=TributeStatus.NOBODY)

    def notified(self) -> None:
        """The person was written to."""
        self.status = TributeStatus.NOTIFIED


__all__ = ["DonorKind", "Submission", "Tribute", "TributeKind", "TributeStatus"]

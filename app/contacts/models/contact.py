"""A contact: any person, household or organisation we know."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contacts.models.channels import ContactAddress, ContactEmail, ContactPhone
from app.contacts.rules.romanising import romanise
from app.kernel.clock import now
from app.kernel.db import Key, Record
from app.kernel.text import fold

BINARY = String().with_variant(String(collation="C"), "postgresql")
"""Text sorted by its bytes on every database, so that lists and prefixes never depend on a server's locale."""


class ContactKind(StrEnum):
    """The three kinds of contact."""

    PERSON = "person"
    HOUSEHOLD = "household"
    ORGANISATION = "organisation"


class Contact(Record):
    """Any person, household or organisation. `search_key` and `sort_key` are folded and kept by `refresh`."""

    __tablename__ = "contact"
    __table_args__ = (
        CheckConstraint(
            "CASE kind WHEN 'person' THEN given_name <> '' OR family_name <> '' ELSE group_name <> '' END",
            name="has_a_name",
        ),
        Index("ix_contact_sort", "sort_key", "id"),
        Index("ix_contact_search_start", "search_key"),
    )

    kind: Mapped[ContactKind]
    title: Mapped[str] = mapped_column(default="")
    given_name: Mapped[str] = mapped_column(default="")
    family_name: Mapped[str] = mapped_column(default="")
    group_name: Mapped[str] = mapped_column(default="")
    legal_form: Mapped[str] = mapped_column(default="")
    siren: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="fr")
    is_deceased: Mapped[bool] = mapped_column(default=False)
    do_not_contact: Mapped[bool] = mapped_column(default=False)
    archived_at: Mapped[datetime | None] = mapped_column(default=None)
    source: Mapped[str] = mapped_column(default="")
    changed_at: Mapped[datetime] = mapped_column(default_factory=now, init=False)
    version: Mapped[int] = mapped_column(default=1, init=False)
    sort_key: Mapped[str] = mapped_column(BINARY, default="", init=False)
    search_key: Mapped[str] = mapped_column(BINARY, default="", init=False)

    emails: Mapped[list[ContactEmail]] = relationship(
        default_factory=list, cascade="all, delete-orphan", order_by=ContactEmail.id, lazy="selectin"
    )
    phones: Mapped[list[ContactPhone]] = relationship(
        default_factory=list, cascade="all, delete-orphan", order_by=ContactPhone.id, lazy="selectin"
    )
    addresses: Mapped[list[ContactAddress]] = relationship(
        default_factory=list, cascade="all, delete-orphan", order_by=ContactAddress.id, lazy="selectin"
    )

    consents: Mapped[list[Any]] = relationship("Consent", init=False, viewonly=True, order_by="Consent.id")
    membership: Mapped[Any] = relationship(
        "HouseholdMember", init=False, viewonly=True, uselist=False,
        primaryjoin="and_(Contact.id == foreign(HouseholdMember.person_id), HouseholdMember.until.is_(None))",
    )  # fmt: skip
    """A person's time in the household they belong to now (a `HouseholdMember`), or None."""

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way

    @property
    def name(self) -> str:
        """How the contact is called everywhere: given name first, as people say it."""
        return self.group_name or f"{self.given_name} {self.family_name}".strip()

    @property
    def primary_email(self) -> ContactEmail | None:
        """The e-mail address we write to, if there is one."""
        return next((each for each in self.emails if each.is_primary), None)

    @property
    def primary_phone(self) -> ContactPhone | None:
        """The number we call, if there is one."""
        return next((each for each in self.phones if each.is_primary), None)

    @property
    def primary_address(self) -> ContactAddress | None:
        """The postal address receipts carry, if there is one."""
        return next((each for each in self.addresses if each.is_primary), None)

    def refresh(self) -> None:
        """Bring the folded keys up to date. Services call it after every change of name, e-mail, phone or city."""
        order = self.group_name or f"{self.family_name} {self.given_name}"
        self.sort_key = fold(romanise(order))[:200]
        words = [self.name, romanise(self.name), self.siren, *(each.address for each in self.emails)]
        words += [each.number for each in self.phones]
        words += ["".join(sign for sign in each.typed if sign.isdigit()) for each in self.phones]
        words += [each.city for each in self.addresses]
        self.search_key = " ".join(dict.fromkeys(fold(word) for word in words if word))[:2000]

    def touch(self) -> None:
        """It changed in some way, perhaps only in its channels: its version rises with the next flush."""
        self.changed_at = now()


class ContactNote(Record):
    """Something written down about a contact by staff."""

    __tablename__ = "contact_note"

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"), index=True)
    text: Mapped[str]
    author_name: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(Key, default=None)

"""A contact: any person, household or organisation we know."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import StaffUser
from app.contacts.models.channels import ContactAddress, ContactEmail, ContactPhone
from app.contacts.models.tag import ContactTag, Tag
from app.contacts.models.visibility import Visibility
from app.contacts.rules.reaching import Standing, in_use
from app.contacts.rules.romanising import romanise
from app.kernel.clock import now
from app.kernel.db import Bytewise, Key, Record
from app.kernel.text import fold


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
        CheckConstraint("birth_on >= '1850-01-01'", name="born_in_our_time"),
        CheckConstraint("birth_year BETWEEN 1850 AND 2200", name="birth_year_is_a_year"),
        CheckConstraint("birth_on IS NULL OR birth_year IS NULL", name="born_on_a_day_or_in_a_year"),
        CheckConstraint("deceased_on IS NULL OR is_deceased", name="only_the_deceased_died"),
        CheckConstraint("deceased_on >= birth_on", name="died_after_birth"),
        CheckConstraint(
            "kind = 'person' OR (birth_on IS NULL AND birth_year IS NULL AND deceased_on IS NULL)",
            name="only_people_are_born",
        ),
        Index("ix_contact_sort", "sort_key", "id"),
        Index("ix_contact_search_start", "search_key"),
        Index("uq_contact_kind", "id", "kind", unique=True),
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
    nickname: Mapped[str] = mapped_column(default="", server_default="")
    salutation: Mapped[str] = mapped_column(default="", server_default="")
    """How a letter begins, where somebody wrote it by hand; "" follows name, title and language (rules/salutations)."""
    birth_on: Mapped[date | None] = mapped_column(default=None)
    birth_year: Mapped[int | None] = mapped_column(default=None)
    """Where only the year of birth is known; never together with the day."""
    deceased_on: Mapped[date | None] = mapped_column(default=None)
    no_email: Mapped[bool] = mapped_column(default=False, server_default=false())
    no_phone: Mapped[bool] = mapped_column(default=False, server_default=false())
    no_post: Mapped[bool] = mapped_column(default=False, server_default=false())
    owner_id: Mapped[int | None] = mapped_column(Key, ForeignKey("staff_user.id"), index=True, default=None, init=False)
    """Who of us looks after them."""
    changed_at: Mapped[datetime] = mapped_column(default_factory=now, init=False)
    version: Mapped[int] = mapped_column(default=1, init=False)
    sort_key: Mapped[str] = mapped_column(Bytewise, default="", init=False)
    search_key: Mapped[str] = mapped_column(Bytewise, default="", init=False)

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
    open_reviews: Mapped[list[Any]] = relationship(
        "ContactReview", init=False, viewonly=True, order_by="ContactReview.id",
        primaryjoin="and_(Contact.id == foreign(ContactReview.contact_id), ContactReview.status == 'open')",
    )  # fmt: skip
    membership: Mapped[Any] = relationship(
        "HouseholdMember", init=False, viewonly=True, uselist=False,
        primaryjoin="and_(Contact.id == foreign(HouseholdMember.person_id), HouseholdMember.until.is_(None))",
    )  # fmt: skip
    """A person's time in the household they belong to now (a `HouseholdMember`), or None."""
    owner: Mapped[StaffUser | None] = relationship(init=False, viewonly=True)
    taggings: Mapped[list[ContactTag]] = relationship(init=False, viewonly=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way

    @property
    def name(self) -> str:
        """How the contact is called everywhere: given name first, as people say it."""
        return self.group_name or f"{self.given_name} {self.family_name}".strip()

    @property
    def tags(self) -> list[Tag]:
        """The tags they bear, by name.

        No relationship through a secondary table: SQLite answers its nested join by reading every tagging there is.
        """
        return sorted((tagging.tag for tagging in self.taggings), key=lambda tag: tag.key)

    @property
    def primary_email(self) -> ContactEmail | None:
        """The main e-mail address, if there is one; `email_on` says which to write to."""
        return next((each for each in self.emails if each.is_primary), None)

    @property
    def primary_phone(self) -> ContactPhone | None:
        """The main number, if there is one; `phone_on` says which to call."""
        return next((each for each in self.phones if each.is_primary), None)

    @property
    def primary_address(self) -> ContactAddress | None:
        """The main postal address, if there is one; `address_on` says which to use."""
        return next((each for each in self.addresses if each.is_primary), None)

    def email_on(self, day: date) -> ContactEmail | None:
        """The e-mail address to write to on a day: valid, not on hold, the main one first."""
        return in_use(self.emails, day)

    def phone_on(self, day: date) -> ContactPhone | None:
        """The number to call on a day: valid, not on hold, the main one first."""
        return in_use(self.phones, day)

    def address_on(self, day: date) -> ContactAddress | None:
        """The postal address to use on a day: valid, not on hold, in its season, the main one first."""
        return in_use(self.addresses, day)

    @property
    def standing(self) -> Standing:
        """What decides whether they may be written to (`rules.reaching.may_write`)."""
        said = {"email": self.no_email, "phone": self.no_phone, "post": self.no_post}
        refused = frozenset(channel for channel, is_refused in said.items() if is_refused)
        return Standing(is_deceased=self.is_deceased, do_not_contact=self.do_not_contact, refused=refused)

    def refresh(self) -> None:
        """Bring the folded keys up to date. Services call it after every change of name, e-mail, phone or city."""
        order = self.group_name or f"{self.family_name} {self.given_name}"
        self.sort_key = fold(romanise(order))[:200]
        words = [self.name, romanise(self.name), self.nickname, romanise(self.nickname), self.siren]
        words += [each.address for each in self.emails]
        words += [each.number for each in self.phones]
        words += ["".join(sign for sign in each.typed if sign.isdigit()) for each in self.phones]
        words += [each.city for each in self.addresses]
        self.search_key = " ".join(dict.fromkeys(fold(word) for word in words if word))[:2000]

    def touch(self) -> None:
        """It changed in some way, perhaps only in its channels: its version rises with the next flush."""
        self.changed_at = now()


class ContactNote(Record):
    """Something written down about a contact by staff, for those whom `visibility` names.

    A deleted one (`archived_at`) can be brought back for a while. The audit trail never holds its text.
    """

    __tablename__ = "contact_note"
    __table_args__ = (
        CheckConstraint("visibility <> 'author' OR author_id IS NOT NULL", name="whose_own_it_is_is_known"),
        CheckConstraint("version > 0", name="version_is_positive"),
        Index("uq_contact_note_contact", "id", "contact_id", unique=True),
    )

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"), index=True)
    text: Mapped[str] = mapped_column(info={"secret": True})
    author_name: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(Key, default=None)
    visibility: Mapped[Visibility] = mapped_column(default=Visibility.EVERYBODY, server_default="everybody")
    is_pinned: Mapped[bool] = mapped_column(default=False, server_default=false(), init=False)
    edited_at: Mapped[datetime | None] = mapped_column(default=None, init=False)
    archived_at: Mapped[datetime | None] = mapped_column(default=None, init=False)
    version: Mapped[int] = mapped_column(default=1, server_default="1", init=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way

"""Who lives together and is written to as one: the members of a household, and how it is called and greeted."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contacts.models.contact import Contact
from app.kernel.db import Key, Record


class Household(Record):
    """How a household is greeted, and which of its three strings somebody wrote by hand.

    Its name is the contact's own `group_name`. A greeting is "" where none can be made of its members.
    """

    __tablename__ = "household"
    __table_args__ = (UniqueConstraint("contact_id"),)

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"))
    formal_greeting: Mapped[str] = mapped_column(default="")
    informal_greeting: Mapped[str] = mapped_column(default="")
    is_name_manual: Mapped[bool] = mapped_column(default=False)
    is_formal_manual: Mapped[bool] = mapped_column(default=False)
    is_informal_manual: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1, init=False)

    contact: Mapped[Contact] = relationship(init=False, viewonly=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way


class HouseholdMember(Record):
    """A person's time in a household: at most one household at a time. `until` is None while they belong to it.

    Only a person belongs, and only to a household: `household_kind` and `person_kind` say so in each row, and point to
    the contact together with its key. That costs an index over contacts, some 20 MB for a million; writing one is not
    measurably slower. No code, however wrong, can make a household of households.
    """

    __tablename__ = "household_member"
    __table_args__ = (
        ForeignKeyConstraint(
            ["household_id", "household_kind"], ["contact.id", "contact.kind"], name="fk_household_member_household"
        ),
        ForeignKeyConstraint(
            ["person_id", "person_kind"], ["contact.id", "contact.kind"], name="fk_household_member_person"
        ),
        CheckConstraint("household_kind = 'household'", name="household_is_one"),
        CheckConstraint("person_kind = 'person'", name="person_is_one"),
        CheckConstraint("household_id <> person_id", name="not_of_itself"),
        CheckConstraint("until >= since", name="ends_not_before_it_begins"),
        Index(
            "uq_household_member_person", "person_id", unique=True,
            sqlite_where=text("until IS NULL"), postgresql_where=text("until IS NULL"),
        ),
        Index("ix_household_member_household_id", "household_id", "until"),
        Index("ix_household_member_person_id", "person_id"),
    )  # fmt: skip

    household_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"))
    person_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"))
    role: Mapped[str] = mapped_column(default="")
    since: Mapped[date | None] = mapped_column(default=None)
    until: Mapped[date | None] = mapped_column(default=None)
    is_in_name: Mapped[bool] = mapped_column(default=True)
    is_in_formal: Mapped[bool] = mapped_column(default=True)
    is_in_informal: Mapped[bool] = mapped_column(default=True)
    household_kind: Mapped[str] = mapped_column(default="household", server_default="household", init=False)
    person_kind: Mapped[str] = mapped_column(default="person", server_default="person", init=False)
    version: Mapped[int] = mapped_column(default=1, init=False)

    household: Mapped[Contact] = relationship(init=False, foreign_keys=[household_id], viewonly=True)
    person: Mapped[Contact] = relationship(init=False, foreign_keys=[person_id], viewonly=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way

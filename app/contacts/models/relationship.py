"""How two contacts belong together: a typed, dated tie, kept once and read from both sides."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contacts.models.contact import Contact
from app.kernel.db import Key, Record


def words_in(texts: dict[str, Any], language: str) -> str:
    """The words in a language, else in whichever there is."""
    return str(texts.get(language) or next(iter(texts.values()), ""))


class RelationshipType(Record):
    """One kind of tie: "is an employee of" forwards, "is the employer of" backwards, by language.

    `forward_kinds` are the kinds of contact of whom the forward words can be said, `backward_kinds` those of the
    other side. What reads the same both ways (spouses) is symmetric. A retired type is offered no more.
    """

    __tablename__ = "relationship_type"
    __table_args__ = (
        UniqueConstraint("code"),
        UniqueConstraint("id", "is_symmetric", "is_employment"),
        CheckConstraint("NOT (is_symmetric AND is_employment)", name="an_employer_has_one_side"),
    )

    code: Mapped[str]
    forward_names: Mapped[dict[str, str]]
    backward_names: Mapped[dict[str, str]]
    forward_kinds: Mapped[list[str]]
    backward_kinds: Mapped[list[str]]
    is_symmetric: Mapped[bool] = mapped_column(default=False)
    is_employment: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1, init=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way

    def words(self, language: str, *, is_forward: bool = True) -> str:
        """What is said of one side: "Employee of", or of the other one "Employer of"."""
        return words_in(self.forward_names if is_forward else self.backward_names, language)


class Relationship(Record):
    """One tie. The type's forward words are said of the first contact: first is an employee of second.

    `is_symmetric` and `is_employment` repeat the type's (a foreign key sees to it), so that the database itself can
    keep symmetric ties in one order and see that only an employment is somebody's main one. `until` is the last day.
    """

    __tablename__ = "relationship"
    __table_args__ = (
        ForeignKeyConstraint(
            ["type_id", "is_symmetric", "is_employment"],
            ["relationship_type.id", "relationship_type.is_symmetric", "relationship_type.is_employment"],
            name="fk_relationship_type",
        ),
        CheckConstraint("first_id <> second_id", name="not_with_oneself"),
        CheckConstraint("NOT is_symmetric OR first_id < second_id", name="symmetric_ties_in_one_order"),
        CheckConstraint("until >= since", name="ends_not_before_it_begins"),
        CheckConstraint("NOT is_primary OR is_employment", name="only_an_employment_is_primary"),
        Index(
            "uq_relationship_open", "first_id", "second_id", "type_id", unique=True,
            sqlite_where=text("until IS NULL"), postgresql_where=text("until IS NULL"),
        ),
        Index(
            "uq_relationship_primary", "first_id", unique=True,
            sqlite_where=text("is_primary"), postgresql_where=text("is_primary"),
        ),
        Index("ix_relationship_second", "second_id", "first_id"),
        Index("ix_relationship_first", "first_id", "second_id"),
        Index("ix_relationship_type_id", "type_id"),
    )  # fmt: skip

    type_id: Mapped[int] = mapped_column(Key)
    is_symmetric: Mapped[bool]
    is_employment: Mapped[bool]
    first_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"))
    second_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"))
    since: Mapped[date | None] = mapped_column(default=None)
    until: Mapped[date | None] = mapped_column(default=None)
    is_primary: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1, init=False)

    type: Mapped[RelationshipType] = relationship(init=False, lazy="joined", viewonly=True)
    first: Mapped[Contact] = relationship(init=False, foreign_keys=[first_id], viewonly=True)
    second: Mapped[Contact] = relationship(init=False, foreign_keys=[second_id], viewonly=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way

    def is_current(self, day: date) -> bool:
        """Whether it has not ended before that day."""
        return self.until is None or self.until >= day

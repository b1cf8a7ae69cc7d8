"""Fields that an organisation defines itself: groups of them, their choices, and what contacts have in them."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contacts.models.relationship import words_in
from app.contacts.rules.custom_fields import LARGEST_NUMBER, CustomType
from app.kernel.db import Bytewise, Key, Record, is_currency
from app.kernel.money import LARGEST_MINOR

BIG = BigInteger()


class CustomGroup(Record):
    """Fields that stand together on the page of a contact. `kinds` are the kinds of contact that have them.

    What is in a restricted group is only for readers with the capability "contacts.restricted".
    """

    __tablename__ = "custom_group"
    __table_args__ = (CheckConstraint("place >= 0", name="place_not_negative"),)

    names: Mapped[dict[str, str]]
    kinds: Mapped[list[str]]
    is_restricted: Mapped[bool] = mapped_column(default=False)
    place: Mapped[int] = mapped_column(default=0)
    archived_at: Mapped[datetime | None] = mapped_column(default=None)
    version: Mapped[int] = mapped_column(default=1, init=False)

    fields: Mapped[list["CustomField"]] = relationship(
        init=False, back_populates="group", order_by="CustomField.place, CustomField.id", viewonly=True
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way

    def name(self, language: str) -> str:
        """What it is called in a language, else in whichever there is."""
        return words_in(self.names, language)


class CustomField(Record):
    """One field. Its type never changes; nor do decimals and currency while contacts have something in it.

    `longest` counts the characters of a text. `least` and `most` bound a number, scaled by the field's decimals (12.5
    with two decimals is 1250), or an amount in minor units of its currency.
    """

    __tablename__ = "custom_field"
    __table_args__ = (
        UniqueConstraint("key"),
        UniqueConstraint("id", "type"),
        CheckConstraint("key <> '' AND key = lower(key)", name="key_is_lower_case"),
        CheckConstraint("place >= 0", name="place_not_negative"),
        CheckConstraint("decimals BETWEEN 0 AND 6", name="decimals_are_few"),
        CheckConstraint("decimals = 0 OR type = 'number'", name="only_numbers_have_decimals"),
        CheckConstraint("(currency IS NOT NULL) = (type = 'money')", name="money_has_a_currency"),
        CheckConstraint(
            "longest IS NULL OR (longest > 0 AND type IN ('text', 'long_text'))", name="only_texts_are_long"
        ),
        CheckConstraint(
            "(least IS NULL AND most IS NULL) OR type IN ('number', 'money')", name="only_figures_are_bounded"
        ),
        CheckConstraint("least <= most", name="bounds_are_in_order"),
        is_currency(),
    )

    group_id: Mapped[int] = mapped_column(Key, ForeignKey("custom_group.id"), index=True)
    key: Mapped[str]
    names: Mapped[dict[str, str]]
    helps: Mapped[dict[str, str]]
    type: Mapped[CustomType]
    is_required: Mapped[bool] = mapped_column(default=False)
    is_searchable: Mapped[bool] = mapped_column(default=True)
    longest: Mapped[int | None] = mapped_column(default=None)
    decimals: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str | None] = mapped_column(default=None)
    least: Mapped[int | None] = mapped_column(BIG, default=None)
    most: Mapped[int | None] = mapped_column(BIG, default=None)
    place: Mapped[int] = mapped_column(default=0)
    archived_at: Mapped[datetime | None] = mapped_column(default=None)
    version: Mapped[int] = mapped_column(default=1, init=False)

    group: Mapped[CustomGroup] = relationship(init=False, back_populates="fields", viewonly=True)
    choices: Mapped[list["CustomChoice"]] = relationship(
        init=False, order_by="CustomChoice.place, CustomChoice.id", viewonly=True
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way

    def name(self, language: str) -> str:
        """What it is called in a language, else in whichever there is."""
        return words_in(self.names, language)

    def help(self, language: str) -> str:
        """What is said of it beside its input; "" where there is nothing to say."""
        return words_in(self.helps, language)


class CustomChoice(Record):
    """One of the choices of a field. A retired one is offered no more; whoever has it keeps it."""

    __tablename__ = "custom_choice"
    __table_args__ = (
        UniqueConstraint("id", "field_id"),
        CheckConstraint("place >= 0", name="place_not_negative"),
        Index("ix_custom_choice_field_id", "field_id", "place"),
    )

    field_id: Mapped[int] = mapped_column(Key, ForeignKey("custom_field.id"))
    names: Mapped[dict[str, str]]
    place: Mapped[int] = mapped_column(default=0)
    archived_at: Mapped[datetime | None] = mapped_column(default=None)
    version: Mapped[int] = mapped_column(default=1, init=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own way

    def name(self, language: str) -> str:
        """What it is called in a language, else in whichever there is."""
        return words_in(self.names, language)


def _of_type(column: str, *types: CustomType, name: str) -> CheckConstraint:
    """The rule that a column holds something exactly where the value is of one of these types."""
    listed = ", ".join(f"'{each.value}'" for each in types)
    return CheckConstraint(f"({column} IS NOT NULL) = (type IN ({listed}))", name=name)


def _found_by(column: str) -> Index:
    """The index by which contacts with such a value in a field are found without a look at anything else."""
    there = text(f"{column} IS NOT NULL")
    name = f"ix_custom_value_{column}"
    return Index(name, "field_id", column, "contact_id", sqlite_where=there, postgresql_where=there)


def _one(name: str, columns: tuple[str, ...], where: str) -> Index:
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))


class CustomValue(Record):
    """One value of a contact in a field; a field of several choices has a row for each.

    `type` repeats the field's (a foreign key sees to it), so that the database itself can see that exactly the column
    of that type is filled. `folded_text` is the text as searching sees it, its first 2,000 characters. `number_value`
    is scaled by the field's decimals, `money_minor` in minor units. Rows are not audited one by one: the services
    write down every change as a deed with the contact, before and after (`custom_values.changed`).
    """

    __tablename__ = "custom_value"
    __audited__: ClassVar[bool] = False
    __table_args__ = (
        ForeignKeyConstraint(
            ["field_id", "type"], ["custom_field.id", "custom_field.type"], name="fk_custom_value_field"
        ),
        ForeignKeyConstraint(
            ["choice_id", "field_id"], ["custom_choice.id", "custom_choice.field_id"], name="fk_custom_value_choice"
        ),
        _of_type("text_value", CustomType.TEXT, CustomType.LONG_TEXT, name="texts_are_texts"),
        CheckConstraint("(folded_text IS NULL) = (text_value IS NULL)", name="texts_are_folded"),
        CheckConstraint("text_value <> ''", name="texts_say_something"),
        _of_type("number_value", CustomType.NUMBER, name="numbers_are_numbers"),
        CheckConstraint(f"number_value BETWEEN -{LARGEST_NUMBER} AND {LARGEST_NUMBER}", name="numbers_are_bounded"),
        _of_type("money_minor", CustomType.MONEY, name="amounts_are_amounts"),
        CheckConstraint(f"money_minor BETWEEN -{LARGEST_MINOR} AND {LARGEST_MINOR}", name="amounts_are_bounded"),
        CheckConstraint("(currency IS NULL) = (money_minor IS NULL)", name="amounts_have_a_currency"),
        is_currency(),
        _of_type("date_value", CustomType.DATE, name="dates_are_dates"),
        _of_type("choice_id", CustomType.CHOICE, CustomType.CHOICES, name="choices_are_choices"),
        _of_type("boolean_value", CustomType.YES_NO, name="answers_are_answers"),
        _of_type("contact_value", CustomType.CONTACT, name="contacts_are_contacts"),
        CheckConstraint("contact_value <> contact_id", name="not_with_oneself"),
        _one("uq_custom_value_single", ("field_id", "contact_id"), "type <> 'choices'"),
        _one("uq_custom_value_several", ("field_id", "contact_id", "choice_id"), "type = 'choices'"),
        Index("ix_custom_value_contact_id", "contact_id", "field_id"),
        Index("ix_custom_value_points_to", "contact_value"),
        *map(
            _found_by,
            ("folded_text", "number_value", "money_minor", "date_value", "choice_id", "boolean_value", "contact_value"),
        ),
    )

    contact_id: Mapped[int] = mapped_column(Key, ForeignKey("contact.id"))
    field_id: Mapped[int] = mapped_column(Key)
    type: Mapped[CustomType]
    text_value: Mapped[str | None] = mapped_column(default=None)
    folded_text: Mapped[str | None] = mapped_column(Bytewise, default=None)
    number_value: Mapped[int | None] = mapped_column(BIG, default=None)
    money_minor: Mapped[int | None] = mapped_column(BIG, default=None)
    currency: Mapped[str | None] = mapped_column(default=None)
    date_value: Mapped[date | None] = mapped_column(default=None)
    choice_id: Mapped[int | None] = mapped_column(Key, default=None)
    boolean_value: Mapped[bool | None] = mapped_column(default=None)
    contact_value: Mapped[int | None] = mapped_column(Key, ForeignKey("contact.id"), default=None)

    def of_type(self) -> Any:
        """What the filled column holds, as the database keeps it."""
        return getattr(self, COLUMNS[self.type])


COLUMNS: dict[CustomType, str] = {
    CustomType.TEXT: "text_value",
    CustomType.LONG_TEXT: "text_value",
    CustomType.NUMBER: "number_value",
    CustomType.MONEY: "money_minor",
    CustomType.DATE: "date_value",
    CustomType.CHOICE: "choice_id",
    CustomType.CHOICES: "choice_id",
    CustomType.YES_NO: "boolean_value",
    CustomType.CONTACT: "contact_value",
}
"""Where the value of each type stands."""

"""Fields that an organisation defines itself.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.locking import hold

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BINARY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
TYPES = ("text", "long_text", "number", "money", "date", "choice", "choices", "yes_no", "contact")
TEXTS, CHOICES = ("text", "long_text"), ("choice", "choices")
FOUND_BY = (
    "folded_text", "number_value", "money_minor", "date_value", "choice_id", "boolean_value", "contact_value",
)  # fmt: skip
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def upgrade() -> None:
    """Four tables: groups, fields, choices, and what contacts have in them."""
    hold("contact")
    _groups()
    _fields()
    _choices()
    _values()


def downgrade() -> None:
    """Without them."""
    hold("contact")
    for table in ("custom_value", "custom_choice", "custom_field", "custom_group"):
        op.drop_table(table)


def _type() -> sa.Column[str]:
    """The type of a field, which the database checks."""
    words = sa.Enum(*TYPES, name="customtype", native_enum=False, create_constraint=True, length=32)
    return sa.Column("type", words, nullable=False)


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _is_currency(table: str) -> sa.CheckConstraint:
    return _check(table, "currency_is_a_code", f"length(currency) = 3 AND trim(currency, '{LETTERS}') = ''")


def _usual(table: str) -> list[sa.schema.SchemaItem]:
    """A place in a list, when it was put away, which version it is, and its key."""
    return [
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("archived_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *_key(table),
        _check(table, "place_not_negative", "place >= 0"),
    ]


def _key(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _groups() -> None:
    op.create_table(
        "custom_group",
        sa.Column("names", JSON, nullable=False),
        sa.Column("kinds", JSON, nullable=False),
        sa.Column("is_restricted", sa.Boolean(), nullable=False),
        *_usual("custom_group"),
    )


def _fields() -> None:
    op.create_table(
        "custom_field",
        sa.Column("group_id", KEY, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("names", JSON, nullable=False),
        sa.Column("helps", JSON, nullable=False),
        _type(),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("is_searchable", sa.Boolean(), nullable=False),
        sa.Column("longest", sa.Integer(), nullable=True),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("least", sa.BigInteger(), nullable=True),
        sa.Column("most", sa.BigInteger(), nullable=True),
        *_usual("custom_field"),
        _check("custom_field", "key_is_lower_case", "key <> '' AND key = lower(key)"),
        _check("custom_field", "decimals_are_few", "decimals BETWEEN 0 AND 6"),
        _check("custom_field", "only_numbers_have_decimals", "decimals = 0 OR type = 'number'"),
        _check("custom_field", "money_has_a_currency", "(currency IS NOT NULL) = (type = 'money')"),
        _check(
            "custom_field", "only_texts_are_long",
            "longest IS NULL OR (longest > 0 AND type IN ('text', 'long_text'))",
        ),
        _check(
            "custom_field", "only_figures_are_bounded",
            "(least IS NULL AND most IS NULL) OR type IN ('number', 'money')",
        ),
        _check("custom_field", "bounds_are_in_order", "least <= most"),
        _is_currency("custom_field"),
        sa.ForeignKeyConstraint(
            ["group_id"], ["custom_group.id"], name=op.f("fk_custom_field_group_id_custom_group")
        ),
        sa.UniqueConstraint("key", name=op.f("uq_custom_field_key")),
        sa.UniqueConstraint("id", "type", name=op.f("uq_custom_field_id_type")),
    )  # fmt: skip
    op.create_index("ix_custom_field_group_id", "custom_field", ["group_id"])


def _choices() -> None:
    op.create_table(
        "custom_choice",
        sa.Column("field_id", KEY, nullable=False),
        sa.Column("names", JSON, nullable=False),
        *_usual("custom_choice"),
        sa.ForeignKeyConstraint(
            ["field_id"], ["custom_field.id"], name=op.f("fk_custom_choice_field_id_custom_field")
        ),
        sa.UniqueConstraint("id", "field_id", name=op.f("uq_custom_choice_id_field_id")),
    )  # fmt: skip
    op.create_index("ix_custom_choice_field_id", "custom_choice", ["field_id", "place"])


def _values() -> None:
    op.create_table(
        "custom_value",
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("field_id", KEY, nullable=False),
        _type(),
        sa.Column("text_value", sa.String(), nullable=True),
        sa.Column("folded_text", BINARY, nullable=True),
        sa.Column("number_value", sa.BigInteger(), nullable=True),
        sa.Column("money_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("date_value", sa.Date(), nullable=True),
        sa.Column("choice_id", KEY, nullable=True),
        sa.Column("boolean_value", sa.Boolean(), nullable=True),
        sa.Column("contact_value", KEY, nullable=True),
        *_key("custom_value"),
        *_rules_of_values(),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_custom_value_contact_id_contact")),
        sa.ForeignKeyConstraint(
            ["field_id", "type"], ["custom_field.id", "custom_field.type"], name=op.f("fk_custom_value_field")
        ),
        sa.ForeignKeyConstraint(
            ["choice_id", "field_id"], ["custom_choice.id", "custom_choice.field_id"],
            name=op.f("fk_custom_value_choice"),
        ),
        sa.ForeignKeyConstraint(
            ["contact_value"], ["contact.id"], name=op.f("fk_custom_value_contact_value_contact")
        ),
    )  # fmt: skip
    _once("uq_custom_value_single", ["field_id", "contact_id"], "type <> 'choices'")
    _once("uq_custom_value_several", ["field_id", "contact_id", "choice_id"], "type = 'choices'")
    op.create_index("ix_custom_value_contact_id", "custom_value", ["contact_id", "field_id"])
    op.create_index("ix_custom_value_points_to", "custom_value", ["contact_value"])
    for column in FOUND_BY:
        there = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_custom_value_{column}", "custom_value", ["field_id", column, "contact_id"],
            sqlite_where=there, postgresql_where=there,
        )  # fmt: skip


def _rules_of_values() -> list[sa.CheckConstraint]:
    """Exactly the column of the type is filled, within its bounds."""
    table = "custom_value"

    def of_type(column: str, types: tuple[str, ...], name: str) -> sa.CheckConstraint:
        listed = ", ".join(f"'{each}'" for each in types)
        return _check(table, name, f"({column} IS NOT NULL) = (type IN ({listed}))")

    return [
        of_type("text_value", TEXTS, "texts_are_texts"),
        _check(table, "texts_are_folded", "(folded_text IS NULL) = (text_value IS NULL)"),
        _check(table, "texts_say_something", "text_value <> ''"),
        of_type("number_value", ("number",), "numbers_are_numbers"),
        _check(table, "numbers_are_bounded", f"number_value BETWEEN -{10**18} AND {10**18}"),
        of_type("money_minor", ("money",), "amounts_are_amounts"),
        _check(table, "amounts_are_bounded", f"money_minor BETWEEN -{10**14} AND {10**14}"),
        _check(table, "amounts_have_a_currency", "(currency IS NULL) = (money_minor IS NULL)"),
        _is_currency(table),
        of_type("date_value", ("date",), "dates_are_dates"),
        of_type("choice_id", CHOICES, "choices_are_choices"),
        of_type("boolean_value", ("yes_no",), "answers_are_answers"),
        of_type("contact_value", ("contact",), "contacts_are_contacts"),
        _check(table, "not_with_oneself", "contact_value <> contact_id"),
    ]


def _once(name: str, columns: list[str], where: str) -> None:
    rule = sa.text(where)
    op.create_index(name, "custom_value", columns, unique=True, sqlite_where=rule, postgresql_where=rule)

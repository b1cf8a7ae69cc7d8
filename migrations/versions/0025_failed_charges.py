"""Failed charges of recurring gifts, gifts that lapse, and the payment method behind each.

Revision ID: 0025
Revises: 0024
"""

# downtime: rules over some thousand recurring gifts, their changes and checkouts; charges wait a second at most.

import sqlalchemy as sa
from alembic import op

from migrations.locking import hold
from migrations.page_marks import unwatch, watch

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
METHODS = ("card", "sepa_debit", "wallet", "transfer", "cheque", "cash", "platform", "other")
STATES = ("incomplete", "active", "past_due", "paused", "ended")
CODES = {
    ("recurring_gift", "status", "recurringstatus"): (STATES, "lapsed"),
    ("checkout", "subscription_status", "subscriptionstatus"): (STATES, "unpaid"),
    ("recurring_change", "kind", "changekind"): (("amount", "pause", "resume", "day", "end"), "method"),
}
FOUR_DIGITS = "length(method_last_four) <= 4"
RULES = {
    "recurring_gift": {
        "lapsed_has_a_date": "(status = 'lapsed') = (lapsed_on IS NOT NULL)",
        "no_more_than_four_digits": FOUR_DIGITS,
        "only_methods_expire": "card_expires_on IS NULL OR method_kind IS NOT NULL",
    },
    "recurring_change": {
        "method_has_a_kind": "(kind = 'method') = (method_kind IS NOT NULL)",
        "no_more_than_four_digits": FOUR_DIGITS,
    },
    "checkout": {},
}
SETTINGS = {"lapse_days": ("30", 3650, "lapse_days_are_days"), "charge_tries": ("4", 20, "charge_tries_are_few")}
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FAILED = {
    "currency_is_a_code": f"length(currency) = 3 AND trim(currency, '{LETTERS}') = ''",
    "amount_is_positive": "amount_minor > 0",
    "was_tried": "tries > 0",
    "closed_has_an_instant": "(status = 'open') = (closed_at IS NULL)",
    "closed_after_it_failed": "closed_at >= failed_at",
    "only_open_ones_are_tried_again": "status = 'open' OR (next_try_on IS NULL AND NOT needs_donor)",
}


def upgrade() -> None:
    """Two tables, what is known of the payment method, states that say when charges are given up, and two settings."""
    hold("checkout", "organisation", "recurring_change", "recurring_gift")
    _failed_charge()
    _charge_try()
    for (table, column, name), (codes, added) in CODES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for each in _columns()[table]:
                batch_op.add_column(each)
            batch_op.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
            batch_op.create_check_constraint(op.f(f"ck_{table}_{name}"), _one_of(column, (*codes, added)))
            if table != "checkout":
                batch_op.create_check_constraint(op.f(f"ck_{table}_method"), _one_of("method_kind", METHODS))
            for rule, words in RULES[table].items():
                batch_op.create_check_constraint(op.f(f"ck_{table}_{rule}"), words)
    is_made_anew = op.get_bind().dialect.name == "sqlite"
    if is_made_anew:
        unwatch()
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        for name, (default, most, rule) in SETTINGS.items():
            batch_op.add_column(sa.Column(name, sa.Integer(), server_default=default, nullable=False))
            batch_op.create_check_constraint(op.f(f"ck_organisation_{rule}"), f"{name} BETWEEN 0 AND {most}")
    if is_made_anew:
        watch()


def downgrade() -> None:
    """Without them: what lapsed is overdue again, as it was called before, and changes of the method are forgotten."""
    hold("charge_try", "checkout", "failed_charge", "organisation", "recurring_change", "recurring_gift")
    is_made_anew = op.get_bind().dialect.name == "sqlite"
    if is_made_anew:
        unwatch()
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        for name, (_default, _most, rule) in SETTINGS.items():
            batch_op.drop_constraint(op.f(f"ck_organisation_{rule}"), type_="check")
            batch_op.drop_column(name)
    if is_made_anew:
        watch()
    op.execute("DELETE FROM recurring_change WHERE kind = 'method'")
    op.execute("UPDATE recurring_gift SET status = 'past_due', lapsed_on = NULL WHERE status = 'lapsed'")
    op.execute("UPDATE checkout SET subscription_status = 'past_due' WHERE subscription_status = 'unpaid'")
    for (table, column, name), (codes, _added) in CODES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for rule in RULES[table]:
                batch_op.drop_constraint(op.f(f"ck_{table}_{rule}"), type_="check")
            if table != "checkout":
                batch_op.drop_constraint(op.f(f"ck_{table}_method"), type_="check")
            batch_op.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
            batch_op.create_check_constraint(op.f(f"ck_{table}_{name}"), _one_of(column, codes))
            for each in reversed(_columns()[table]):
                batch_op.drop_column(each.name)
    op.drop_table("charge_try")
    op.drop_table("failed_charge")


def _one_of(column: str, codes: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(code) for code in codes)})"


def _columns() -> dict[str, list[sa.Column]]:
    return {
        "recurring_gift": [
            sa.Column("lapsed_on", sa.Date(), nullable=True),
            *_method(),
            sa.Column("card_expires_on", sa.Date(), nullable=True),
            sa.Column("expiry_told_for", sa.Date(), nullable=True),
        ],
        "recurring_change": _method(),
        "checkout": [sa.Column("method_mark", sa.String(), server_default="", nullable=False)],
    }


def _method() -> list[sa.Column]:
    return [
        sa.Column("method_kind", sa.String(length=32), nullable=True),
        sa.Column("method_brand", sa.String(), server_default="", nullable=False),
        sa.Column("method_last_four", sa.String(), server_default="", nullable=False),
    ]


def _failed_charge() -> None:
    op.create_table(
        "failed_charge",
        sa.Column("recurring_gift_id", KEY, nullable=False),
        sa.Column("invoice_reference", sa.String(), nullable=False),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("failed_at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("failure_code", sa.String(), nullable=False),
        sa.Column("next_try_on", sa.Date(), nullable=True),
        sa.Column("needs_donor", sa.Boolean(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "open", "recovered", "given_up", name="failedchargestatus", native_enum=False, create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_failed_charge_{name}")) for name, rule in FAILED.items()),
        sa.ForeignKeyConstraint(
            ["recurring_gift_id"], ["recurring_gift.id"],
            name=op.f("fk_failed_charge_recurring_gift_id_recurring_gift"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_charge")),
        sa.UniqueConstraint("invoice_reference", name=op.f("uq_failed_charge_invoice_reference")),
        sa.UniqueConstraint("token", name=op.f("uq_failed_charge_token")),
    )  # fmt: skip
    op.create_index("ix_failed_charge_recurring_gift_id", "failed_charge", ["recurring_gift_id", "id"])
    op.create_index("ix_failed_charge_failed_at", "failed_charge", ["failed_at"])


def _charge_try() -> None:
    op.create_table(
        "charge_try",
        sa.Column("failed_charge_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tried_at", INSTANT, nullable=False),
        sa.Column("failure_code", sa.String(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_charge_try_number_is_positive")),
        sa.ForeignKeyConstraint(
            ["failed_charge_id"], ["failed_charge.id"], name=op.f("fk_charge_try_failed_charge_id_failed_charge")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge_try")),
        sa.UniqueConstraint("failed_charge_id", "number", name=op.f("uq_charge_try_failed_charge_id_number")),
    )

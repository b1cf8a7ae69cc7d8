"""Changes of recurring gifts, and what they change.

Revision ID: 0022
Revises: 0021
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from migrations.locking import hold

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
A_CODE = "length(currency) = 3 AND trim(currency, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') = ''"
CAPABILITY = "recurring.change"
HOLDERS = ("Fundraiser", "Finance", "Administrator")
REASONS = (
    "card_expired", "commitment_completed", "deceased", "financial_difficulty", "no_longer_interested", "unknown",
    "payment_failed", "cancellation_requested",
)  # fmt: skip
CODES = {
    "kind": ("changekind", ("amount", "pause", "resume", "day", "end"), False),
    "interval": ("interval", ("month", "quarter", "year"), False),
    "asked_as": ("actorkind", ("staff", "public", "gateway", "system"), False),
    "reason": ("endreason", REASONS, True),
    "status": ("changestatus", ("begun", "done", "refused"), False),
}
RULES = {
    "currency_is_a_code": A_CODE,
    "amounts_are_positive": "old_amount_minor > 0 AND new_amount_minor > 0",
    "yearly_values_not_negative": "old_yearly_minor >= 0 AND new_yearly_minor >= 0",
    "only_amounts_change_amounts": "kind = 'amount' OR old_amount_minor = new_amount_minor",
    "moves_to_a_day": "(kind = 'day') = (day IS NOT NULL)",
    "day_is_a_day": "day BETWEEN 1 AND 31",
    "ends_for_a_reason": "(kind = 'end') = (reason IS NOT NULL)",
    "only_pauses_have_an_end": "paused_until IS NULL OR kind = 'pause'",
    "done_has_an_instant": "(status = 'done') = (done_at IS NOT NULL)",
    "refused_has_a_code": "(status = 'refused') = (refusal <> '')",
}


def upgrade() -> None:
    """A table of changes, what the gateway says of how a gift is charged, and who may change it."""
    hold("checkout", "recurring_gift", "role")
    _recurring_change()
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    _change_roles(lambda held: held if CAPABILITY in held else [*held, CAPABILITY])


def downgrade() -> None:
    """Without them."""
    hold("checkout", "recurring_change", "recurring_gift", "role")
    _change_roles(lambda held: [each for each in held if each != CAPABILITY])
    for table, columns in _columns().items():
        for column in reversed(columns):
            op.drop_column(table, column.name)
    op.drop_table("recurring_change")


def _columns() -> dict[str, list[sa.Column]]:
    return {
        "checkout": [
            sa.Column("charge_minor", KEY, nullable=True),
            sa.Column("charge_day", sa.Integer(), nullable=True),
            sa.Column("paused_until", sa.Date(), nullable=True),
            sa.Column("retry_on", sa.Date(), nullable=True),
            sa.Column("subscription_read_at", INSTANT, nullable=True),
        ],
        "recurring_gift": [
            sa.Column("paused_until", sa.Date(), nullable=True),
            sa.Column("retry_on", sa.Date(), nullable=True),
            sa.Column("charge_day", sa.Integer(), nullable=True),
            sa.Column("anchor_day", sa.Integer(), nullable=True),
        ],
    }


def _recurring_change() -> None:
    op.create_table(
        "recurring_change",
        sa.Column("recurring_gift_id", KEY, nullable=False),
        *(
            sa.Column(
                name, sa.Enum(*codes, name=called, native_enum=False, create_constraint=True, length=32), nullable=empty
            )
            for name, (called, codes, empty) in CODES.items()
        ),
        sa.Column("currency", sa.String(), nullable=False),
        *(
            sa.Column(f"{when}_{what}_minor", KEY, nullable=False)
            for what in ("amount", "yearly")
            for when in ("old", "new")
        ),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("day", sa.Integer(), nullable=True),
        sa.Column("charged_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("refusal", sa.String(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_recurring_change_{name}")) for name, rule in RULES.items()),
        sa.ForeignKeyConstraint(
            ["recurring_gift_id"],
            ["recurring_gift.id"],
            name=op.f("fk_recurring_change_recurring_gift_id_recurring_gift"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recurring_change")),
        sa.UniqueConstraint("token", name=op.f("uq_recurring_change_token")),
    )
    op.create_index(op.f("ix_recurring_change_recurring_gift_id"), "recurring_change", ["recurring_gift_id"])
    begun = sa.text("status = 'begun'")
    op.create_index(
        "uq_recurring_change_begun", "recurring_change", ["recurring_gift_id"], unique=True, sqlite_where=begun,
        postgresql_where=begun,
    )  # fmt: skip


def _change_roles(change: Callable[[list[str]], list[str]]) -> None:
    """Give the usual roles their new capability, or take it away again."""
    bind = op.get_bind()
    role = sa.Table("role", sa.MetaData(), autoload_with=bind)
    for row in bind.execute(sa.select(role.c.id, role.c.capabilities).where(role.c.name.in_(HOLDERS))).all():
        bind.execute(role.update().where(role.c.id == row.id).values(capabilities=change(list(row.capabilities))))

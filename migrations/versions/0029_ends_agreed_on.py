"""How long a recurring gift goes on: a number of charges, or a last day.

Revision ID: 0029
Revises: 0028
"""

# downtime: rules over some thousand recurring gifts and their changes; charges wait a second at most.

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.locking import hold

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

KINDS = ("amount", "pause", "resume", "day", "end", "method")
REASONS = (
    "card_expired", "commitment_completed", "deceased", "financial_difficulty", "no_longer_interested", "unknown",
    "payment_failed", "cancellation_requested",
)  # fmt: skip
CODES = {"kind": ("changekind", KINDS, "term"), "reason": ("endreason", REASONS, "as_agreed")}
ONE = "charges_agreed IS NULL OR ends_on IS NULL"
SEVERAL = "charges_agreed > 1"
RULES = {
    "recurring_gift": {"ends_in_one_way": ONE, "charges_are_several": SEVERAL},
    "recurring_change": {
        "ends_in_one_way": ONE,
        "charges_are_several": SEVERAL,
        "only_terms_set_ends": "kind = 'term' OR (charges_agreed IS NULL AND ends_on IS NULL)",
        "last_charge_is_set": "moves_end OR last_on IS NULL",
    },
}


def upgrade() -> None:
    """What is agreed on, the last charge that follows from it, and changes of both."""
    hold("checkout", "recurring_change", "recurring_gift")
    op.add_column("checkout", sa.Column("last_on", sa.Date(), nullable=True))
    for table, rules in RULES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in _columns(table):
                batch_op.add_column(column)
            for name, rule in rules.items():
                batch_op.create_check_constraint(op.f(f"ck_{table}_{name}"), rule)
            if table == "recurring_change":
                for coded, (name, codes, added) in CODES.items():
                    batch_op.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
                    batch_op.create_check_constraint(op.f(f"ck_{table}_{name}"), _one_of(coded, (*codes, added)))


def downgrade() -> None:
    """Without them: what came to its end as agreed was a commitment that is completed, as it was called before."""
    hold("checkout", "recurring_change", "recurring_gift")
    op.execute("DELETE FROM recurring_change WHERE kind = 'term'")
    op.execute("UPDATE recurring_change SET reason = 'commitment_completed' WHERE reason = 'as_agreed'")
    op.execute("UPDATE recurring_gift SET end_reason = 'commitment_completed' WHERE end_reason = 'as_agreed'")
    for table, rules in RULES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            if table == "recurring_change":
                for coded, (name, codes, _added) in CODES.items():
                    batch_op.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
                    batch_op.create_check_constraint(op.f(f"ck_{table}_{name}"), _one_of(coded, codes))
            for name in rules:
                batch_op.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
            for column in reversed(_columns(table)):
                batch_op.drop_column(column.name)
    op.drop_column("checkout", "last_on")


def _one_of(column: str, codes: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(code) for code in codes)})"


def _columns(table: str) -> list[sa.Column[Any]]:
    found: list[sa.Column[Any]] = [
        sa.Column("charges_agreed", sa.Integer(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
    ]
    if table == "recurring_change":
        found.append(sa.Column("moves_end", sa.Boolean(), server_default=sa.false(), nullable=False))
    return found

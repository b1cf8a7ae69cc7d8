"""Ways to reach people, in full: validity, hold, seasons, opt-outs; and what else is known of a person.

Columns are added one by one, each with the rules it closes: on SQLite a table that is copied would lose its triggers.

Revision ID: 0010
Revises: 0009
"""

# downtime: one index over postal addresses, two seconds for a million; nobody adds an address meanwhile, and waits.

import sqlalchemy as sa
from alembic import op

from migrations.locking import hold

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

CHANNELS = ("contact_email", "contact_phone", "contact_address")
REASONS = "'bounced', 'returned', 'unreachable', 'asked', 'other'"
DAYS = "CASE {0} / 100 WHEN 2 THEN 29 WHEN 4 THEN 30 WHEN 6 THEN 30 WHEN 9 THEN 30 WHEN 11 THEN 30 ELSE 31 END"
A_DAY = f"{{0}} BETWEEN 101 AND 1231 AND {{0}} - {{0}} / 100 * 100 BETWEEN 1 AND {DAYS}"
ADDED = {
    "contact": (
        "nickname", "salutation", "birth_on", "birth_year", "deceased_on", "no_email", "no_phone", "no_post",
    ),
    "contact_email": ("original", "valid_from", "valid_until", "hold_reason", "hold_since"),
    "contact_phone": ("original", "valid_from", "valid_until", "hold_reason", "hold_since"),
    "contact_address": (
        "original", "valid_from", "valid_until", "hold_reason", "hold_since", "season_from", "season_until",
    ),
    "message": ("stopped_at",),
}  # fmt: skip
"""In the order they are added; taken away from the last to the first, as a rule names those before it."""


def upgrade() -> None:
    """New columns for contacts and their channels, and letters that are stopped before they leave."""
    hold(*ADDED)
    for table in CHANNELS:
        _add(table, "original", sa.String(), server_default="")
        _add(table, "valid_from", sa.Date())
        _add(table, "valid_until", sa.Date(), ends_not_before_it_begins="valid_until >= valid_from")
        _add(table, "hold_reason", sa.String(32), holdreason=f"hold_reason IN ({REASONS})")
        _add(table, "hold_since", sa.Date(), hold_is_whole="(hold_reason IS NULL) = (hold_since IS NULL)")
    _seasons()
    _people()
    stopped = "stopped_at IS NULL OR status = 'waiting'"
    _add("message", "stopped_at", sa.DateTime(timezone=True), stopped_is_not_sent=stopped)


def downgrade() -> None:
    """Without them."""
    op.drop_index("ix_contact_address_place", table_name="contact_address")
    for table, columns in ADDED.items():
        for column in reversed(columns):
            op.drop_column(table, column)


def _seasons() -> None:
    table, whole = "contact_address", "(season_from IS NULL) = (season_until IS NULL)"
    _add(table, "season_from", sa.Integer(), season_from_is_a_day=A_DAY.format("season_from"))
    until = A_DAY.format("season_until")
    _add(table, "season_until", sa.Integer(), season_until_is_a_day=until, season_is_whole=whole)
    by_prefix = {"postcode": "text_pattern_ops"}
    op.create_index("ix_contact_address_place", table, ["country", "postcode"], postgresql_ops=by_prefix)


def _people() -> None:
    _add("contact", "nickname", sa.String(), server_default="")
    _add("contact", "salutation", sa.String(), server_default="")
    _add("contact", "birth_on", sa.Date(), born_in_our_time="birth_on >= '1850-01-01'")
    _add(
        "contact", "birth_year", sa.Integer(),
        birth_year_is_a_year="birth_year BETWEEN 1850 AND 2200",
        born_on_a_day_or_in_a_year="birth_on IS NULL OR birth_year IS NULL",
    )  # fmt: skip
    _add(
        "contact", "deceased_on", sa.Date(),
        only_the_deceased_died="deceased_on IS NULL OR is_deceased",
        died_after_birth="deceased_on >= birth_on",
        only_people_are_born="kind = 'person' OR (birth_on IS NULL AND birth_year IS NULL AND deceased_on IS NULL)",
    )  # fmt: skip
    for channel in ("no_email", "no_phone", "no_post"):
        _add("contact", channel, sa.Boolean(), server_default=sa.false())


def _add(table: str, name: str, kind: sa.types.TypeEngine, *, server_default: object = None, **rules: str) -> None:
    """Add a column with its rules; one that has a default must be filled, any other may be empty."""
    checks = [sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{called}")) for called, rule in rules.items()]
    must = server_default is not None
    op.add_column(table, sa.Column(name, kind, *checks, server_default=server_default, nullable=not must))

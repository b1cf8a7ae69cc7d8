"""Why people are written to: purposes with their lawful basis, and answers with who wrote them down.

Revision ID: 0016
Revises: 0015
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.locking import hold
from migrations.page_marks import NEW_MARK

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# downtime: answers came from giving forms alone until now, thousands of them; each thousand is dated in 25 ms.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BASES = ("consent", "legitimate_interest", "contract", "legal_obligation")
WRITTEN_DOWN = sa.text("recorded_by_id IS NOT NULL")
NAMES = {
    "news": {"fr": "Nouvelles", "en": "News", "ne": "समाचार"},
    "appeals": {"fr": "Appels aux dons", "en": "Appeals", "ne": "सहयोगको अनुरोध"},
    "fundraising": {"fr": "Appels aux dons", "en": "Appeals", "ne": "सहयोगको अनुरोध"},
    "publication": {"fr": "Publication", "en": "Publication", "ne": "प्रकाशन"},
}
ADDED = ("answered_on", "lawful_basis", "recorded_by_id", "note", "undoes_id")


def upgrade() -> None:
    """A table of purposes with those that wordings name already, and what was not kept of answers until now."""
    hold("consent", "consent_wording", "staff_user")
    purpose = _purposes()
    _name_the_known(purpose)
    _watch()
    _answers()
    _say_when()


def downgrade() -> None:
    """Without them."""
    hold("consent", "consent_wording", "staff_user")
    op.drop_index("ix_consent_recorded_by_id", "consent")
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_consent_undoes_another_one"), type_="check")
        batch_op.drop_constraint(op.f("ck_consent_lawfulbasis"), type_="check")
        batch_op.drop_constraint(op.f("uq_consent_undoes_id"), type_="unique")
        batch_op.drop_constraint(op.f("fk_consent_undoes_id_consent"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_consent_recorded_by_id_staff_user"), type_="foreignkey")
        for name in reversed(ADDED):
            batch_op.drop_column(name)
    op.drop_table("purpose")


def _purposes() -> sa.Table:
    return op.create_table(
        "purpose",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("names", JSON, nullable=False),
        sa.Column("explanations", JSON, nullable=False),
        sa.Column(
            "lawful_basis",
            sa.Enum(*BASES, name="lawfulbasis", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("keeps_months", sa.Integer(), nullable=True),
        sa.Column("archived_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("code <> ''", name=op.f("ck_purpose_has_a_code")),
        sa.CheckConstraint("keeps_months BETWEEN 1 AND 600", name=op.f("ck_purpose_keeps_some_months")),
        sa.CheckConstraint("version > 0", name=op.f("ck_purpose_version_is_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purpose")),
        sa.UniqueConstraint("code", name=op.f("uq_purpose_code")),
    )


def _name_the_known(purpose: sa.Table) -> None:
    """Every purpose that a wording names. They rest on consent and count for ever, as they did until now."""
    bind = op.get_bind()
    wording = sa.table("consent_wording", sa.column("purpose", sa.String()))
    for code in bind.scalars(sa.select(wording.c.purpose).distinct().order_by(wording.c.purpose)).all():
        row: dict[str, Any] = {
            "code": code, "names": NAMES.get(code, {"en": code.replace("_", " ").capitalize()}), "explanations": {},
            "lawful_basis": "consent", "version": 1, "created_at": NOW,
        }  # fmt: skip
        bind.execute(purpose.insert(), row)


def _watch() -> None:
    """A purpose that is retired or offered again changes what giving pages ask (see `migrations.page_marks`)."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE CONSTRAINT TRIGGER page_mark_purpose AFTER INSERT OR UPDATE OR DELETE ON purpose"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION page_mark_of_all()"
        )
        return
    for deed in ("INSERT", "UPDATE", "DELETE"):
        name = f"page_mark_purpose_{deed.lower()}"
        op.execute(f"CREATE TRIGGER {name} AFTER {deed} ON purpose BEGIN {NEW_MARK['sqlite']}; END")


def _answers() -> None:
    basis = sa.Enum(*BASES, name="lawfulbasis", native_enum=False, create_constraint=False, length=32)
    written = ", ".join(f"'{each}'" for each in BASES)
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answered_on", sa.Date(), server_default=sa.text("CURRENT_DATE"), nullable=False))
        batch_op.add_column(sa.Column("lawful_basis", basis, server_default="consent", nullable=False))
        batch_op.add_column(sa.Column("recorded_by_id", KEY, nullable=True))
        batch_op.add_column(sa.Column("note", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("undoes_id", KEY, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_consent_recorded_by_id_staff_user"), "staff_user", ["recorded_by_id"], ["id"]
        )
        batch_op.create_foreign_key(op.f("fk_consent_undoes_id_consent"), "consent", ["undoes_id"], ["id"])
        batch_op.create_unique_constraint(op.f("uq_consent_undoes_id"), ["undoes_id"])
        batch_op.create_check_constraint(op.f("ck_consent_lawfulbasis"), f"lawful_basis IN ({written})")
        batch_op.create_check_constraint(op.f("ck_consent_undoes_another_one"), "undoes_id <> id")
    op.create_index(
        "ix_consent_recorded_by_id", "consent", ["recorded_by_id"],
        sqlite_where=WRITTEN_DOWN, postgresql_where=WRITTEN_DOWN,
    )  # fmt: skip


def _say_when() -> None:
    """Each answer was given on the day it was written down, in the organisation's own zone."""
    bind = op.get_bind()
    zone = bind.scalar(sa.text("SELECT time_zone FROM organisation WHERE id = 1")) or "UTC"
    if bind.dialect.name == "postgresql":
        bind.execute(
            sa.text("UPDATE consent SET answered_on = CAST(created_at AT TIME ZONE :zone AS date)"), {"zone": zone}
        )
        return
    driver: Any = bind.connection.driver_connection
    driver.create_function("day_here", 1, _day_in(ZoneInfo(zone)), deterministic=True)
    bind.execute(sa.text("UPDATE consent SET answered_on = day_here(created_at)"))


def _day_in(zone: ZoneInfo) -> Callable[[str], str]:
    """The day of an instant that SQLite keeps as text in UTC."""

    def day(instant: str) -> str:
        return datetime.fromisoformat(instant).replace(tzinfo=UTC).astimezone(zone).date().isoformat()

    return day

"""Receipts for a year: the gifts of each receipt, and the runs that issue them.

Revision ID: 0028
Revises: 0027
"""

# downtime: the receipts are read once and a row of each is written beside them, five seconds for a million; whoever
# issues one waits that long. SQLite makes the table of receipts anew.

import sqlalchemy as sa
from alembic import op

from migrations import changed_days
from migrations.locking import hold

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
TOUCHED = ("allocation", "gift", "receipt", "staff_user")
IN_FORCE, RUNNING = sa.text("status = 'issued'"), sa.text("status = 'running'")
RULES = {
    "is_for_a_gift_or_a_year": "(gift_id IS NULL) = (covers_year IS NOT NULL)",
    "covers_a_year": "covers_year BETWEEN 1900 AND 2999",
}
# What was printed, and for what; the migration that seals the trail says why, and what SQLite needs besides.
FROZEN = (
    "id", "created_at", "organisation_id", "gift_id", "year", "number", "is_specimen", "amount_minor", "currency",
    "issued_on", "content", "replaces_id", "token",
)  # fmt: skip
FROZEN_LINE = ("id", "created_at", "receipt_id", "gift_id", "amount_minor")
SAME = {
    "receipt": "id = NEW.id OR token = NEW.token OR (gift_id = NEW.gift_id AND status = 'issued' AND NEW.status = 'issued')"
    " OR (organisation_id = NEW.organisation_id AND year = NEW.year AND number = NEW.number)",
    "receipt_gift": "id = NEW.id OR (receipt_id = NEW.receipt_id AND gift_id = NEW.gift_id)"
    " OR (gift_id = NEW.gift_id AND status = 'issued' AND NEW.status = 'issued')",
}
COPIED = "created_at, receipt_id, gift_id, amount_minor, status"
ITS_GIFT = f"INSERT INTO receipt_gift ({COPIED})"
OF_NEW = f"{ITS_GIFT} VALUES (NEW.created_at, NEW.id, NEW.gift_id, NEW.amount_minor, NEW.status)"


def upgrade() -> None:
    """A row for each gift of a receipt, written by the database for receipts of one gift, old programs' too."""
    hold(*TOUCHED)
    changed_days.unwatch()
    _unprotect()
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("covers_year", sa.Integer(), nullable=True))
        batch_op.alter_column("gift_id", existing_type=KEY, nullable=True)
        for name, rule in RULES.items():
            batch_op.create_check_constraint(op.f(f"ck_receipt_{name}"), rule)
    op.create_index("uq_receipt_status", "receipt", ["id", "status"], unique=True)
    _receipt_gift()
    _receipt_run()
    op.execute(f"{ITS_GIFT} SELECT created_at, id, gift_id, amount_minor, status FROM receipt ORDER BY id")  # noqa: S608
    _protect((*FROZEN, "covers_year"))
    _protect_lines()
    _write_lines()
    changed_days.watch()


def downgrade() -> None:
    """Without them. A receipt for a year stays, as one for the first of its gifts."""
    hold(*TOUCHED, "receipt_gift", "receipt_run")
    changed_days.unwatch()
    _unprotect()
    _no_more_lines()
    first = "(SELECT min(gift_id) FROM receipt_gift WHERE receipt_gift.receipt_id = receipt.id)"
    if op.get_bind().dialect.name == "postgresql":
        for name in RULES:
            op.drop_constraint(op.f(f"ck_receipt_{name}"), "receipt", type_="check")
    else:
        with op.batch_alter_table("receipt", schema=None) as batch_op:
            for name in RULES:
                batch_op.drop_constraint(op.f(f"ck_receipt_{name}"), type_="check")
    op.execute(f"UPDATE receipt SET gift_id = {first} WHERE gift_id IS NULL")  # noqa: S608 - our own words
    op.drop_table("receipt_run")
    op.drop_table("receipt_gift")
    op.drop_index("uq_receipt_status", "receipt")
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.alter_column("gift_id", existing_type=KEY, nullable=False)
        batch_op.drop_column("covers_year")
    _protect(FROZEN)
    changed_days.watch()


def _receipt_gift() -> None:
    op.create_table(
        "receipt_gift",
        sa.Column("receipt_id", KEY, nullable=False),
        sa.Column("gift_id", KEY, nullable=False),
        sa.Column("amount_minor", KEY, nullable=False),
        _code("status", "receiptstatus", "issued", "void", "replaced"),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_receipt_gift_amount_is_positive")),
        sa.ForeignKeyConstraint(["gift_id"], ["gift.id"], name=op.f("fk_receipt_gift_gift_id_gift")),
        sa.ForeignKeyConstraint(
            ["receipt_id", "status"],
            ["receipt.id", "receipt.status"],
            name="fk_receipt_gift_receipt",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_gift")),
        sa.UniqueConstraint("receipt_id", "gift_id", name=op.f("uq_receipt_gift_receipt_id_gift_id")),
    )
    op.create_index(op.f("ix_receipt_gift_gift_id"), "receipt_gift", ["gift_id"])
    op.create_index(
        "uq_receipt_gift_in_force", "receipt_gift", ["gift_id"], unique=True, sqlite_where=IN_FORCE,
        postgresql_where=IN_FORCE,
    )  # fmt: skip


def _receipt_run() -> None:
    whole = [sa.Column(name, sa.Integer(), nullable=False) for name in ("total", "done", "issued", "left_out")]
    rules = {
        "year_is_a_year": "year BETWEEN 1900 AND 2999",
        "no_more_done_than_there_are": "done BETWEEN 0 AND total",
        "counts_not_negative": "issued >= 0 AND left_out >= 0",
        "ended_at_an_instant": "(ended_at IS NULL) = (status = 'running')",
    }
    op.create_table(
        "receipt_run",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", KEY, nullable=True),
        *whole,
        sa.Column("reached_id", KEY, nullable=False),
        _code("status", "runstatus", "running", "stopped", "done"),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_receipt_run_{name}")) for name, rule in rules.items()),
        sa.ForeignKeyConstraint(["asked_by_id"], ["staff_user.id"], name=op.f("fk_receipt_run_asked_by_id_staff_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_run")),
    )
    op.create_index("ix_receipt_run_year", "receipt_run", ["year", "id"])
    op.create_index(op.f("ix_receipt_run_asked_by_id"), "receipt_run", ["asked_by_id"])
    op.create_index(
        "uq_receipt_run_under_way", "receipt_run", ["year"], unique=True, sqlite_where=RUNNING,
        postgresql_where=RUNNING,
    )  # fmt: skip


def _code(name: str, called: str, *codes: str) -> sa.Column:
    kind = sa.Enum(*codes, name=called, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, kind, nullable=False)


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _unprotect() -> None:
    """Let go of the receipts; SQLite forgets triggers with the table anyway."""
    for name in ("never_changes", "never_vanishes"):
        op.execute(f"DROP TRIGGER receipt_{name}" + (" ON receipt" if _is_postgresql() else ""))
    if not _is_postgresql():
        op.execute("DROP TRIGGER receipt_never_replaced")


def _protect(frozen: tuple[str, ...]) -> None:
    _keep("receipt", frozen, "receipt stays as it was issued")


def _protect_lines() -> None:
    _keep("receipt_gift", FROZEN_LINE, "receipt_gift stays as it was issued")


def _keep(table: str, frozen: tuple[str, ...], words: str) -> None:
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in frozen)
    if _is_postgresql():
        op.execute(
            f"CREATE TRIGGER {table}_never_vanishes BEFORE DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_never_changes BEFORE UPDATE OF {', '.join(frozen)} ON {table} FOR EACH ROW"
            f" WHEN ({changed.replace('IS NOT', 'IS DISTINCT FROM')}) EXECUTE FUNCTION refuse_rewriting()"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_never_replaced BEFORE INSERT ON {table}"  # noqa: S608 - our own words
        f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {SAME[table]})"
        f" BEGIN SELECT RAISE(ABORT, '{table} is there already'); END"
    )
    op.execute(
        f"CREATE TRIGGER {table}_never_vanishes BEFORE DELETE ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{table} is never deleted'); END"
    )
    op.execute(
        f"CREATE TRIGGER {table}_never_changes BEFORE UPDATE OF {', '.join(frozen)} ON {table} WHEN {changed}"
        f" BEGIN SELECT RAISE(ABORT, '{words}'); END"
    )


def _write_lines() -> None:
    """The gift of a receipt for one gift, written with it, whoever issues it."""
    when = "WHEN (NEW.gift_id IS NOT NULL)"
    if _is_postgresql():
        op.execute(
            "CREATE FUNCTION write_gift_of_receipt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" {OF_NEW}; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER receipt_writes_its_gift AFTER INSERT ON receipt FOR EACH ROW {when}"
            " EXECUTE FUNCTION write_gift_of_receipt()"
        )
        return
    op.execute(f"CREATE TRIGGER receipt_writes_its_gift AFTER INSERT ON receipt {when} BEGIN {OF_NEW}; END")


def _no_more_lines() -> None:
    if not _is_postgresql():
        op.execute("DROP TRIGGER receipt_writes_its_gift")
        return
    op.execute("DROP TRIGGER receipt_writes_its_gift ON receipt")
    op.execute("DROP FUNCTION write_gift_of_receipt()")

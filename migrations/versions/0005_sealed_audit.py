"""The audit trail cannot be rewritten, and is sealed into a chain. Issued receipts stay as they were issued.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

from migrations.locking import hold

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# downtime: a rule takes a tenth of a second for 300,000 rows; writers wait for all of them once, two or three seconds.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

# SQLite's INSERT OR REPLACE takes rows away without asking the triggers of DELETE: hence the ones on INSERT.
REPLACED = {
    "audit_entry": "id = NEW.id",
    "audit_seal": "number = NEW.number OR seal = NEW.seal OR previous = NEW.previous",
    "receipt": "id = NEW.id OR token = NEW.token OR (gift_id = NEW.gift_id AND status = 'issued' AND NEW.status = 'issued')"
    " OR (organisation_id = NEW.organisation_id AND year = NEW.year AND number = NEW.number)",
}
# What was printed, and for what. Whose it is may change: two records of one person are made one.
FROZEN = (
    "id", "created_at", "organisation_id", "gift_id", "year", "number", "is_specimen", "amount_minor", "currency",
    "issued_on", "content", "replaces_id", "token",
)  # fmt: skip
CHANGED = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in FROZEN)
SQLITE = (
    *(
        f"CREATE TRIGGER {table}_never_{word}s BEFORE {deed} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in ("audit_entry", "audit_seal")
        for word, deed in (("change", "UPDATE"), ("vanishe", "DELETE"))
    ),
    *(
        f"CREATE TRIGGER {table}_never_replaced BEFORE INSERT ON {table}"  # noqa: S608 - our own words
        f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"
        f" BEGIN SELECT RAISE(ABORT, '{table} is there already'); END"
        for table, same in REPLACED.items()
    ),
    "CREATE TRIGGER receipt_never_vanishes BEFORE DELETE ON receipt"
    " BEGIN SELECT RAISE(ABORT, 'receipt is never deleted'); END",
    f"CREATE TRIGGER receipt_never_changes BEFORE UPDATE OF {', '.join(FROZEN)} ON receipt WHEN {CHANGED}"
    " BEGIN SELECT RAISE(ABORT, 'receipt stays as it was issued'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " RAISE EXCEPTION '% stays as it was written', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$",
    *(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"
        for table in ("audit_entry", "audit_seal")
    ),
    "CREATE TRIGGER receipt_never_vanishes BEFORE DELETE OR TRUNCATE ON receipt"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()",
    f"CREATE TRIGGER receipt_never_changes BEFORE UPDATE OF {', '.join(FROZEN)} ON receipt FOR EACH ROW"
    f" WHEN ({CHANGED.replace('IS NOT', 'IS DISTINCT FROM')}) EXECUTE FUNCTION refuse_rewriting()",
)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CURRENCY = ("currency_is_a_code", f"length(currency) = 3 AND trim(currency, '{LETTERS}') = ''")
NOT_ITSELF = ("not_its_own_replacement", "replaces_id <> id")
VERSION = ("version_is_positive", "version > 0")
YEAR = ("year_is_a_year", "year BETWEEN 1900 AND 2999")
FISCAL_YEAR = ("fiscal_year_is_a_year", "fiscal_year BETWEEN 1900 AND 2999")
RULES: dict[str, tuple[tuple[str, str], ...]] = {
    "organisation": (CURRENCY, ("country_is_a_code", "length(country) = 2 AND country = upper(country)")),
    "consent_wording": (VERSION,),
    "campaign": (CURRENCY, ("not_its_own_parent", "parent_id <> id")),
    "message": (
        ("sent_has_an_instant", "(status = 'sent') = (sent_at IS NOT NULL)"),
        ("about_is_whole", "(about_type IS NULL) = (about_id IS NULL)"),
    ),
    "checkout": (
        CURRENCY,
        ("completed_has_an_instant", "(status = 'completed') = (completed_at IS NOT NULL)"),
        ("subscription_has_a_reference", "subscription_status IS NULL OR subscription_reference IS NOT NULL"),
    ),
    "payment": (
        CURRENCY,
        (
            "settlement_currency_is_a_code",
            f"length(settlement_currency) = 3 AND trim(settlement_currency, '{LETTERS}') = ''",
        ),
        (
            "settlement_is_whole",
            "(settlement_minor IS NULL) = (settlement_currency IS NULL)"
            " AND (settlement_minor IS NULL) = (fee_minor IS NULL)",
        ),
    ),
    "refund": (CURRENCY,),
    "dispute": (CURRENCY, ("decided_is_closed", "(status IN ('won', 'lost', 'closed')) = (closed_at IS NOT NULL)")),
    "payout": (CURRENCY,),
    "gateway_event": (("attempts_not_negative", "attempts >= 0"),),
    "giving_form": (
        CURRENCY, VERSION, ("fees_make_sense", "fee_permille BETWEEN 0 AND 1000 AND fee_fixed_minor >= 0"),
    ),
    "giving_form_fund": (("place_not_negative", "place >= 0"),),
    "gift": (CURRENCY, NOT_ITSELF, FISCAL_YEAR),
    "submission": (CURRENCY,),
    "tribute": (("names_somebody", "honoree <> ''"),),
    "recurring_gift": (
        CURRENCY,
        ("cover_is_part_of_the_amount", "fee_cover_minor BETWEEN 0 AND amount_minor"),
        ("ends_not_before_it_starts", "ended_on >= started_on"),
    ),
    "recurring_allocation": (),
    "receipt": (CURRENCY, NOT_ITSELF, YEAR),
    "receipt_sequence": (YEAR,),
    "statutory_rate": (("income_share_is_a_percentage", "income_share_percent BETWEEN 1 AND 100"),),
    "giving_total": (CURRENCY, FISCAL_YEAR),
}  # fmt: skip
ONE_A_FUND = "uq_recurring_allocation_recurring_gift_id_fund_id"
KEPT = ("audit_entry", "audit_seal", "receipt")


def upgrade() -> None:
    """Two tables, rules that were missing, and the triggers: last, as SQLite drops them with a table that is remade."""
    hold("audit_entry", *RULES)
    op.create_table(
        "audit_key",
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_key")),
    )
    op.create_table(
        "audit_seal",
        sa.Column("number", KEY, autoincrement=False, nullable=False),
        sa.Column("first_entry_id", KEY, nullable=False),
        sa.Column("last_entry_id", KEY, nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("key_id", KEY, nullable=False),
        sa.Column("sealed_at", INSTANT, nullable=False),
        sa.Column("seal", sa.String(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_audit_seal_number_is_positive")),
        sa.CheckConstraint("(number = 1) = (previous = '')", name=op.f("ck_audit_seal_all_but_the_first_follow_one")),
        sa.CheckConstraint(
            "entry_count > 0 AND first_entry_id <= last_entry_id", name=op.f("ck_audit_seal_covers_something")
        ),
        sa.CheckConstraint("length(marks) = 40 * entry_count", name=op.f("ck_audit_seal_has_a_mark_an_entry")),
        sa.CheckConstraint("length(seal) = 64", name=op.f("ck_audit_seal_seal_is_a_hash")),
        sa.ForeignKeyConstraint(["key_id"], ["audit_key.id"], name=op.f("fk_audit_seal_key_id_audit_key")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("previous", name=op.f("uq_audit_seal_previous")),
        sa.UniqueConstraint("seal", name=op.f("uq_audit_seal_seal")),
    )
    for table, rules in RULES.items():
        with op.batch_alter_table(table) as batch_op:
            for name, rule in rules:
                batch_op.create_check_constraint(batch_op.f(f"ck_{table}_{name}"), rule)
            if table == "recurring_allocation":
                batch_op.create_unique_constraint(ONE_A_FUND, ["recurring_gift_id", "fund_id"])
    for statement in POSTGRESQL if _is_postgresql() else SQLITE:
        op.execute(statement)


def downgrade() -> None:
    """As it was."""
    if _is_postgresql():
        for table in KEPT:
            for name in ("append_only",) if table != "receipt" else ("never_vanishes", "never_changes"):
                op.execute(f"DROP TRIGGER {table}_{name} ON {table}")
        op.execute("DROP FUNCTION refuse_rewriting()")
    else:
        for table in KEPT:
            for name in ("never_changes", "never_vanishes", "never_replaced"):
                op.execute(f"DROP TRIGGER {table}_{name}")
    for table, rules in RULES.items():
        with op.batch_alter_table(table) as batch_op:
            for name, _rule in rules:
                batch_op.drop_constraint(batch_op.f(f"ck_{table}_{name}"), type_="check")
            if table == "recurring_allocation":
                batch_op.drop_constraint(ONE_A_FUND, type_="unique")
    op.drop_table("audit_seal")
    op.drop_table("audit_key")


def _is_postgresql() -> bool:
    return bool(op.get_bind().dialect.name == "postgresql")

"""The triggers that note the day of a gift (`app.giving.models.ChangedDay`) when its figures may change.

A migration that makes one of these tables anew on SQLite (`batch_alter_table`) loses its triggers: call `unwatch`
before it and `watch` after. A share is only added together with its gift, so that it needs no note of its own.
"""

# ruff: noqa: S608 - statements of our own names alone

from alembic import op

GIFT_PARTS = (
    "received_on", "fiscal_year", "currency", "status", "amount_minor", "returned_minor", "is_disputed",
    "receipt_choice",
)  # fmt: skip
PARTS_OF_GIFTS = {
    "allocation": {"UPDATE": "UPDATE OF gift_id, fund_id, amount_minor", "DELETE": "DELETE"},
    "receipt": {"INSERT": "INSERT", "UPDATE": "UPDATE OF gift_id, status", "DELETE": "DELETE"},
}
ROWS = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}
# SQLite has one writer, so a day that is noted stays so until whoever writes has ended; PostgreSQL notes each time.
NOTED = "NOT EXISTS (SELECT 1 FROM changed_day AS noted WHERE noted.received_on = {day})"
NOTE_SQLITE = "INSERT INTO changed_day (received_on) SELECT {row}.received_on WHERE " + NOTED.replace(
    "{day}", "{row}.received_on"
)
NOTE_PART_SQLITE = (
    "INSERT INTO changed_day (received_on) SELECT gift.received_on FROM gift WHERE gift.id = {row}.gift_id AND "
    + NOTED.replace("{day}", "gift.received_on")
)
FUNCTIONS = {
    "changed_day_of_gift": (
        "IF TG_OP <> 'INSERT' THEN INSERT INTO changed_day (received_on) VALUES (OLD.received_on); END IF; "
        "IF TG_OP = 'INSERT' THEN INSERT INTO changed_day (received_on) VALUES (NEW.received_on); "
        "ELSIF TG_OP = 'UPDATE' AND NEW.received_on <> OLD.received_on THEN "
        "INSERT INTO changed_day (received_on) VALUES (NEW.received_on); END IF;"
    ),
    "changed_day_of_part": (
        "IF TG_OP <> 'INSERT' THEN "
        "INSERT INTO changed_day (received_on) SELECT received_on FROM gift WHERE id = OLD.gift_id; END IF; "
        "IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.gift_id <> OLD.gift_id) THEN "
        "INSERT INTO changed_day (received_on) SELECT received_on FROM gift WHERE id = NEW.gift_id; END IF;"
    ),
}


def watch() -> None:
    """Begin to note days."""
    if op.get_bind().dialect.name == "sqlite":
        for name, words in _sqlite_triggers().items():
            op.execute(f"CREATE TRIGGER {name} {words}")
        return
    for name, body in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$")
    for table, (deeds, function) in _postgresql_triggers().items():
        op.execute(
            f"CREATE TRIGGER changed_day_{table} AFTER {deeds} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"
        )


def unwatch() -> None:
    """Note them no more."""
    if op.get_bind().dialect.name == "sqlite":
        for name in _sqlite_triggers():
            op.execute(f"DROP TRIGGER {name}")
        return
    for table in _postgresql_triggers():
        op.execute(f"DROP TRIGGER changed_day_{table} ON {table}")
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}()")


def _of_gifts() -> dict[str, str]:
    return {"INSERT": "INSERT", "UPDATE": f"UPDATE OF {', '.join(GIFT_PARTS)}", "DELETE": "DELETE"}


def _sqlite_triggers() -> dict[str, str]:
    found = {}
    for table, deeds in {"gift": _of_gifts(), **PARTS_OF_GIFTS}.items():
        note = NOTE_SQLITE if table == "gift" else NOTE_PART_SQLITE
        for deed, words in deeds.items():
            notes = " ".join(f"{note.format(row=row)};" for row in ROWS[deed])
            found[f"changed_day_{table}_{deed.lower()}"] = f"AFTER {words} ON {table} BEGIN {notes} END"
    return found


def _postgresql_triggers() -> dict[str, tuple[str, str]]:
    """For each table: after which deeds, and which function."""
    found = {"gift": (" OR ".join(_of_gifts().values()), "changed_day_of_gift")}
    for table, deeds in PARTS_OF_GIFTS.items():
        found[table] = (" OR ".join(deeds.values()), "changed_day_of_part")
    return found

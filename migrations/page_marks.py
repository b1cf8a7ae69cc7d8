"""The triggers that change the mark of giving pages (`app.giving.models.PageMark`) when what they show changes.

A migration that makes one of these tables anew on SQLite (`batch_alter_table`) loses its triggers: call `unwatch`
before it and `watch` after. A test looks for them at the end of all migrations.
"""

from alembic import op

SHOWN_BY_ALL = ("organisation", "fund", "giving_form", "giving_form_fund", "consent_wording", "statutory_rate")
"""Few rows that staff change now and then: each change gives every form another mark."""
GIFT_PARTS = ("form_id", "currency", "status", "is_test", "amount_minor", "returned_minor")
"""What the progress of a form is summed from: a change gives the forms that show it another mark."""
RANDOM = {"sqlite": "random()", "postgresql": "(random() * 9007199254740991)::bigint"}
NEW_MARK = {name: f"UPDATE page_mark SET mark = {random}" for name, random in RANDOM.items()}  # noqa: S608 - ours
OF_GIFT = "WHERE form_id = {row}.form_id AND (SELECT shows_progress FROM giving_form WHERE id = {row}.form_id)"
OF_RATES = "WHERE form_id IN (SELECT id FROM giving_form WHERE shows_progress)"
"""Progress counts gifts in other currencies by rates: another rate gives the forms that show it another mark."""
FIRST_MARK = "INSERT INTO page_mark (form_id, mark) VALUES (NEW.id, {random})"


def watch() -> None:
    """Begin to notice changes."""
    if op.get_bind().dialect.name == "sqlite":
        for name, words in _sqlite_triggers().items():
            op.execute(f"CREATE TRIGGER {name} {words}")
        return
    for name, body in _functions().items():
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$")
    for name, (when, function) in _postgresql_triggers().items():
        # At the very end of the transaction, so that nobody waits for a mark while somebody works.
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} {when} DEFERRABLE INITIALLY DEFERRED"
            f" FOR EACH ROW EXECUTE FUNCTION {function}()"
        )


def unwatch() -> None:
    """Notice them no more."""
    if op.get_bind().dialect.name == "sqlite":
        for name in _sqlite_triggers():
            op.execute(f"DROP TRIGGER {name}")
        return
    for name, (when, _function) in _postgresql_triggers().items():
        op.execute(f"DROP TRIGGER {name} ON {when.rpartition(' ')[2]}")
    for name in _functions():
        op.execute(f"DROP FUNCTION {name}()")


def watch_rates() -> None:
    """Begin to notice exchange rates, whose table came later than the others."""
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("INSERT", "UPDATE", "DELETE"):
            words = f"AFTER {deed} ON exchange_rate BEGIN {NEW_MARK['sqlite']} {OF_RATES}; END"
            op.execute(f"CREATE TRIGGER page_mark_exchange_rate_{deed.lower()} {words}")
        return
    # A file of rates is thousands of rows in one transaction: marks that are new in it already stay as they are.
    once = "AND xmin <> pg_current_xact_id()::xid"
    op.execute(
        "CREATE FUNCTION page_mark_of_rate() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {NEW_MARK['postgresql']} {OF_RATES} {once}; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER page_mark_exchange_rate AFTER INSERT OR UPDATE OR DELETE ON exchange_rate"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION page_mark_of_rate()"
    )


def unwatch_rates() -> None:
    """Notice them no more."""
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER page_mark_exchange_rate_{deed}")
        return
    op.execute("DROP TRIGGER page_mark_exchange_rate ON exchange_rate")
    op.execute("DROP FUNCTION page_mark_of_rate()")


def _sqlite_triggers() -> dict[str, str]:
    """Each trigger of SQLite by its name: it takes one kind of change at a time, and row by row."""
    new_mark = NEW_MARK["sqlite"]
    found = {"page_mark_first": f"AFTER INSERT ON giving_form BEGIN {FIRST_MARK.format(random='random()')}; END"}
    for table in SHOWN_BY_ALL:
        for deed in ("INSERT", "UPDATE", "DELETE"):
            found[f"page_mark_{table}_{deed.lower()}"] = f"AFTER {deed} ON {table} BEGIN {new_mark}; END"
    for deed, rows in (
        ("INSERT", ["NEW"]),
        (f"UPDATE OF {', '.join(GIFT_PARTS)}", ["OLD", "NEW"]),
        ("DELETE", ["OLD"]),
    ):
        marks = " ".join(f"{new_mark} {OF_GIFT.format(row=row)};" for row in rows)
        found[f"page_mark_gift_{deed.partition(' ')[0].lower()}"] = f"AFTER {deed} ON gift BEGIN {marks} END"
    return found


def _functions() -> dict[str, str]:
    """What the triggers of PostgreSQL do, by the name of the function."""
    new_mark = NEW_MARK["postgresql"]
    of_gift = "".join(
        f"IF TG_OP <> '{other}' THEN {new_mark} {OF_GIFT.format(row=row)}; END IF; "
        for row, other in (("OLD", "INSERT"), ("NEW", "DELETE"))
    )
    return {
        "page_mark_first": FIRST_MARK.format(random=RANDOM["postgresql"]) + ";",
        "page_mark_of_all": f"{new_mark};",
        "page_mark_of_gift": of_gift,
    }


def _postgresql_triggers() -> dict[str, tuple[str, str]]:
    """Each trigger of PostgreSQL by its name: when, and which function. The first sorts before the others."""
    found = {"page_mark_a_first": ("AFTER INSERT ON giving_form", "page_mark_first")}
    for table in SHOWN_BY_ALL:
        found[f"page_mark_{table}"] = (f"AFTER INSERT OR UPDATE OR DELETE ON {table}", "page_mark_of_all")
    parts = ", ".join(GIFT_PARTS)
    found["page_mark_gift"] = (f"AFTER INSERT OR UPDATE OF {parts} OR DELETE ON gift", "page_mark_of_gift")
    return found

"""The database refuses what is false: every table is asked what protects it, and every rule is tried.

Rows are written as somebody with the database would, past the models. A new table, column of money or rule fails here
until `tests.migrations.rows` says what would be false in it.
"""

from collections.abc import Iterator

import pytest
from sqlalchemy import Boolean, Connection, Enum, Inspector, inspect
from sqlalchemy.exc import IntegrityError

from app.models import Base
from tests.migrations.rows import (
    FALSE,
    PARTLY_UNIQUE,
    SIGNED_BY_DESIGN,
    TRUE,
    WITHOUT_CHECKS,
    Rows,
)

pytestmark = pytest.mark.db
TABLES = list(Base.metadata.tables)
NOWHERE = 987_654_321


@pytest.fixture
def connection(database) -> Iterator[Connection]:
    with database.engine.connect() as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def rows(connection) -> Rows:
    return Rows(connection)


@pytest.fixture
def seen(connection) -> Inspector:
    return inspect(connection)


def enums(table):
    return {column.name: column for column in Base.metadata.tables[table].columns if isinstance(column.type, Enum)}


def checks(seen, table):
    """{name without "ck_table_": words} of the database's own CHECKs."""
    found = seen.get_check_constraints(table)
    return {str(check["name"]).removeprefix(f"ck_{table}_"): check["sqltext"] for check in found}


def enum_checks(table):
    return {str(column.type.name) for column in enums(table).values()}


def is_refused(connection, rows, table, row):
    """The refusal's words; None when the database took the row."""
    savepoint = connection.begin_nested()
    try:
        rows.store(table, row)
    except IntegrityError as refusal:
        return str(refusal.orig)
    else:
        return None
    finally:
        savepoint.rollback()


def test_every_table_says_what_protects_it(seen):
    protected = {table for table in TABLES if set(checks(seen, table)) - enum_checks(table)} | {
        table for table in TABLES if enum_checks(table)
    }
    unprotected = {table for table in TABLES if not (set(checks(seen, table)) - enum_checks(table))}

    assert set(TABLES) - protected == set(WITHOUT_CHECKS) - {"fund"}
    assert {table for table in unprotected if not enum_checks(table)} <= set(WITHOUT_CHECKS)


def test_every_rule_of_the_database_is_tried_and_none_is_tried_that_is_not_there(seen):
    there = {f"{table}.{name}" for table in TABLES for name in set(checks(seen, table)) - enum_checks(table)}

    assert set(FALSE) == there
    assert {table for table in TRUE if table not in TABLES} == set()


def test_a_true_row_is_taken_by_every_table(connection, rows):
    refused = {}
    for table in TABLES:
        if table not in {"organisation", "page_mark"}:  # there is one; written by triggers
            refused[table] = is_refused(connection, rows, table, rows.true(table))

    assert {table: words for table, words in refused.items() if words} == {}


def test_a_false_row_is_refused_by_the_rule_it_breaks(connection, rows):
    wrong = []
    for rule, changes in FALSE.items():
        table, name = rule.split(".")
        for change in changes:
            words = is_refused(connection, rows, table, rows.true(table, **change))
            if f"ck_{table}_{name}" not in (words or ""):
                wrong.append((rule, change, words))

    assert "\n".join(map(str, wrong)) == ""


def test_states_and_kinds_are_only_those_there_are(connection, rows, seen):
    wrong = []
    for table in TABLES:
        for name, column in enums(table).items():
            assert column.type.name in checks(seen, table), (table, name)
            words = is_refused(connection, rows, table, rows.true(table, **{name: "nonsense"}))
            if "ck_" not in (words or ""):
                wrong.append((table, name, words))

    assert "\n".join(map(str, wrong)) == ""


def test_money_is_bounded_or_signed_by_design_and_has_a_currency(seen):
    for table in TABLES:
        names = set(Base.metadata.tables[table].columns.keys())
        told = " ".join(checks(seen, table).values())
        unbounded = {
            f"{table}.{name}" for name in names if name.endswith("_minor") and f"{table}.{name}" not in SIGNED_BY_DESIGN
        }
        assert {each for each in unbounded if each.split(".")[1] not in told} == set()
        currencies = {name for name in names if name.endswith("currency")}
        assert {name for name in currencies if f"{name}_is_a_code" not in checks(seen, table)} == set(), table


def test_what_must_be_there_is_there(connection, rows):
    wrong = []
    for table in TABLES:
        columns = rows.table(table).columns
        for column in columns:
            if column.nullable or column.server_default is not None or column.primary_key or table == "organisation":
                continue
            if is_refused(connection, rows, table, rows.empty(table, column.name)) is None:
                wrong.append(f"{table}.{column.name}")

    assert "\n".join(map(str, wrong)) == ""


def test_nothing_points_nowhere(connection, rows):
    pointing = [
        (table, column.name)
        for table in TABLES
        for column in rows.table(table).columns
        if column.foreign_keys and not isinstance(column.type, Boolean)  # part of a key that is tried as a whole
    ]
    taken = [
        (table, name)
        for table, name in pointing
        if is_refused(connection, rows, table, rows.true(table, **{name: NOWHERE})) is None
    ]
    assert taken == []


def test_what_is_there_once_is_there_once(connection, rows, seen):
    wrong = []
    for table in TABLES:
        for unique in seen.get_unique_constraints(table):
            if "id" in unique["column_names"]:  # unique by itself: what other tables point to
                continue
            first, second = rows.true(table), rows.true(table)
            for name in unique["column_names"]:
                first[name] = first.get(name) or rows._value(rows.table(table).columns[name], {})
                second[name] = first[name]
            savepoint = connection.begin_nested()
            rows.store(table, first)
            if is_refused(connection, rows, table, second) is None:
                wrong.append((table, unique["column_names"]))
            savepoint.rollback()

    assert "\n".join(map(str, wrong)) == ""


def test_what_is_there_once_among_some_rows_is_there_once(connection, rows, seen):
    found = {
        str(index["name"]): table for table in TABLES for index in seen.get_indexes(table)
        if index["unique"] and not index.get("duplicates_constraint")
    }  # fmt: skip
    assert set(found) == set(PARTLY_UNIQUE)
    for name, (change, shared) in PARTLY_UNIQUE.items():
        first, second = rows.true(found[name], **change), rows.true(found[name], **change)
        rows.store(found[name], first)
        assert is_refused(connection, rows, found[name], {**second, **{key: first[key] for key in shared}}), name

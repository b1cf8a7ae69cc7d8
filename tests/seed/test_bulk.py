"""A crowd in bulk is what the services would have made of the same people, only quicker."""

from datetime import date
from random import Random

import pytest
from sqlalchemy import func, select, text

from app.contacts.models import Consent, Contact, ContactAddress, ContactKind, Household, HouseholdMember, Relationship
from app.contacts.models.search_index import POSTGRESQL_ANEW, SQLITE_ANEW, TABLE
from app.contacts.models.tag import ContactTag
from app.contacts.queries.households import computed_greetings
from app.contacts.queries.search import search_contacts
from app.giving.books import check
from app.giving.models import Gift
from app.giving.services.totals import wrong_totals
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.seed.bulk.crowd import Crowd, World
from app.seed.bulk.filling import Plan, Progress, fill

pytestmark = pytest.mark.db
PASSWORD = "seven quiet mountains"
MANY, GIFTS = 2_000, 6_000


def brought(database, contacts=MANY, gifts=GIFTS, *, apart_from=100_000):
    plan = Plan(contacts, gifts, apart_from=apart_from)
    return fill(database, PASSWORD, plan, Progress(lambda _more: None, lambda _more: None, lambda _words: None))


def schema_of(database):
    with database.reading() as db:
        if database.engine.dialect.name == "sqlite":
            found = db.scalars(text("SELECT coalesce(sql, name) FROM sqlite_master")).all()
        else:
            rules = "SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE contype <> 'n'"
            indexes = "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()"
            found = [*db.scalars(text(rules)), *db.scalars(text(indexes))]
    return sorted(each for each in found if "sqlite_stat" not in each)


def how_many(db, model, *conditions):
    return db.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


@pytest.mark.parametrize("apart_from", [1, 100_000], ids=["made apart", "made here"])
def test_a_crowd_is_of_the_size_that_was_asked_for_and_its_books_balance(database, apart_from):
    told = brought(database, apart_from=apart_from)

    with database.snapshot() as db:
        assert (told.contacts, told.gifts) == (how_many(db, Contact), how_many(db, Gift)) == (MANY, GIFTS)
        assert check(db) == []
        assert wrong_totals(db) == []
        assert how_many(db, AuditEntry, AuditEntry.action == "database.seeded") == 1
        assert how_many(db, AuditEntry, AuditEntry.record_type == "contact") < 500
        for model in (Consent, ContactTag, Household, HouseholdMember, Relationship):
            assert how_many(db, model) > 10


def test_a_crowd_has_the_keys_and_greetings_that_the_records_would_give_themselves(database):
    before = schema_of(database)
    brought(database)

    assert schema_of(database) == before, "rules and indexes are back afterwards"
    with database.session(writes=True) as db:
        for contact in db.scalars(select(Contact).order_by(Contact.id.desc()).limit(1000)):
            kept = contact.sort_key, contact.search_key
            contact.refresh()
            assert (contact.sort_key, contact.search_key) == kept
        for address in db.scalars(select(ContactAddress).order_by(ContactAddress.id.desc()).limit(200)):
            kept = address.postcode_key, address.city_key
            address.postcode, address.city = address.postcode, address.city
            assert (address.postcode_key, address.city_key) == kept
        db.rollback()
        for row in db.scalars(select(Household).order_by(Household.id.desc()).limit(10)):
            strings = computed_greetings(db, row.contact)
            assert (strings.formal.text, strings.informal.text) == (row.formal_greeting, row.informal_greeting)
            assert row.contact.group_name == strings.name.text


def test_everybody_of_the_crowd_is_found_by_name_and_new_people_get_keys_of_their_own(database):
    brought(database)

    with database.writing() as db:
        act_as(db, SYSTEM)
        for contact in db.scalars(select(Contact).order_by(Contact.id.desc()).limit(30)):
            found = search_contacts(db, contact.emails[0].address if contact.emails else contact.name)
            assert contact.name in [each.name for each in found]
        new = Contact(kind=ContactKind.PERSON, given_name="Zénobie", family_name="Quatremaine")
        new.refresh()
        db.add(new)
        db.flush()
        assert [each.id for each in search_contacts(db, "quatremaine zenobie")] == [new.id]
        assert [each.id for each in search_contacts(db, "quatremane")] == [new.id]


def test_the_search_knows_exactly_what_it_would_if_it_were_made_anew(database):
    brought(database)
    is_sqlite = database.engine.dialect.name == "sqlite"

    with database.writing() as db:
        brought_words = words_of(db)
        db.execute(text(f"DELETE FROM {TABLE}"))
        for statement in SQLITE_ANEW[1:] if is_sqlite else POSTGRESQL_ANEW:
            db.connection().exec_driver_sql(statement)
        assert words_of(db) == brought_words
        assert len(brought_words) > 500
        if is_sqlite:  # compares the whole index with the contacts, and raises
            db.execute(text("INSERT INTO contact_search(contact_search, rank) VALUES ('integrity-check', 1)"))
            db.execute(text("INSERT INTO contact_search_alike(contact_search_alike) VALUES ('integrity-check')"))


def words_of(db):
    return sorted(db.scalars(text(f"SELECT word FROM {TABLE}")))


def test_a_crowd_that_is_interrupted_leaves_nothing_behind(database):
    before = schema_of(database)

    def interrupted(_more):
        raise KeyboardInterrupt

    plan, progress = Plan(MANY, GIFTS, apart_from=1), Progress(lambda _more: None, interrupted, lambda _words: None)
    with pytest.raises(KeyboardInterrupt):
        fill(database, PASSWORD, plan, progress)

    assert schema_of(database) == before
    with database.snapshot() as db:
        assert how_many(db, Contact) == how_many(db, Gift) == 0
    assert brought(database).contacts == MANY


class Collected:
    """What would be written."""

    def __init__(self):
        self.rows = []

    def put(self, shape, rows):
        self.rows += [(shape.table, row) for row in rows]


def test_one_number_makes_one_crowd_and_another_another():
    def crowd_of(number):
        into, world = Collected(), World([("news:email", 1)], [1, 2], {"spouse": 1, "employment": 2}, date(2026, 3, 1))
        Crowd(world, Random(number), 1).write(300, into, lambda _more: None)
        return into.rows

    assert crowd_of(7) == crowd_of(7)
    assert crowd_of(7) != crowd_of(8)


def test_the_command_tells_how_quick_it_was_and_refuses_a_second_time(app):
    words = ["seed", "--password", PASSWORD, "--contacts", "300", "--gifts", "400"]

    first, second = (app.test_cli_runner().invoke(args=words) for _turn in range(2))

    assert first.exit_code == 0, first.output
    assert "Made 300 contacts" in first.output
    assert "400 gifts" in first.output
    assert second.exit_code == 1
    assert "empty" in second.output

"""What was backed up is there again: every row, every rule, and everything that people can do with it."""

import json
from dataclasses import dataclass

import pytest
from sqlalchemy import delete, func, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from app.accounts.models import StaffUser
from app.accounts.queries.staff import all_roles
from app.accounts.services import StaffDetails, create_staff
from app.backups.proving import PROOFS, prove
from app.backups.restoring import is_empty, restore
from app.backups.taking import Taken, take
from app.contacts.models import Contact
from app.contacts.models.file import ContactFile
from app.contacts.queries.search import search_contacts
from app.contacts.services.files import attach_to_note, prepare
from app.contacts.services.notes import add_note
from app.giving.models import Receipt
from app.giving.services.receipts import receipt_in_force
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.db import Base, Database
from app.kernel.rounds import Rounds, carry_out
from app.kernel.schema import known_revisions, revision_of, upgrade
from app.web.application import Application
from tests.factories.contacts import make_contact
from tests.factories.files import PDF
from tests.factories.giving import french_organisation, make_offline_gift, make_online_gift

pytestmark = pytest.mark.db
PASSWORD = "seven quiet mountains"
LETTER = PDF + bytes(range(256)) * 3000
"""A file of several pieces."""
DERIVED = ("contact_search", "alembic_version")


def fill(app):
    """A little of everything: people in two scripts, gifts by cheque and online, receipts, staff, a sealed trail."""
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        french_organisation(db)
        note = add_note(db, make_contact(db, given_name="लक्ष्मी", family_name="गुरुङ"), "Wrote to us", actor=SYSTEM)
        attach_to_note(db, note, [prepare("letter.pdf", LETTER)], actor=SYSTEM)
        gift = make_offline_gift(db)
        make_online_gift(db)
        roles = [role for role in all_roles(db) if role.name == "Administrator"]
        details = StaffDetails(email="asha@example.org", name="Asha", language="en", roles=roles, password=PASSWORD)
        create_staff(db, details, actor=SYSTEM)
        token = receipt_in_force(db, gift).token
    run_all(app, "audit.seal")
    return token


def run_all(app, *names):
    """Carry out rounds by name."""
    for name in names:
        carry_out(app.work, app.ports.get(Rounds).get(name))


@dataclass
class Restored:
    """An installation with a backup in it, and what there was before and after."""

    app: Application
    backup: Taken
    token: str
    receipt: bytes
    rows_before: dict[str, list[str]]
    rows_after: dict[str, list[str]]
    rules_before: tuple[str, str, list[str]]


@pytest.fixture(scope="module")
def restored(whole_app, template, there, identity, tmp_path_factory):
    """Backed up here, restored elsewhere, once for the tests that look."""
    template.restore()
    token = fill(whole_app)
    path = tmp_path_factory.mktemp("backups") / "backup.age"
    backup = take(whole_app.database, path, [identity.to_public()])
    before = everything(whole_app.database), rules(whole_app.database)
    receipt = signed_in(whole_app).get(f"/receipts/{token}.pdf").data
    restore(there.database, path, [identity])
    return Restored(there, backup, token, receipt, before[0], everything(there.database), before[1])


def signed_in(app):
    """A client of Asha's, who typed her password."""
    client = app.test_client()
    assert client.post("/sign-in", data={"email": "asha@example.org", "password": PASSWORD}).status_code == 303
    return client


def as_text(row):
    """A row whatever the order in which its JSON objects are kept, which is the database's business."""
    return json.dumps(list(row), sort_keys=True, default=repr)


def everything(database):
    """Every row of every table, as the product reads it."""
    with database.reading() as db:
        return {
            name: sorted(as_text(row) for row in db.execute(select(table)))
            for name, table in Base.metadata.tables.items()
        }


RULES = {
    "sqlite": "SELECT type || ' ' || name FROM sqlite_master WHERE name NOT LIKE 'sqlite%'",
    "postgresql": "SELECT tgname || ' ' || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal "
    "UNION SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint "
    "UNION SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
}


def rules(of):
    """The kind of a database, its revision, and everything that guards it."""
    kind = of.engine.dialect.name
    with of.engine.connect() as connection:
        return kind, revision_of(connection), sorted(connection.execute(text(RULES[kind])).scalars())


def test_every_table_that_migrations_make_is_in_a_backup(restored):
    with restored.app.database.engine.connect() as connection:
        names = {name for name in inspect(connection).get_table_names() if not name.startswith(DERIVED)}
    assert {table.name for table in restored.backup.about.tables} == names


def test_every_row_is_there_again_as_it_was(restored):
    assert restored.rows_after == restored.rows_before


def test_attached_files_are_in_the_backup_and_are_handed_out_again(restored):
    client = signed_in(restored.app)
    with restored.app.database.reading() as db:
        key = db.scalars(select(ContactFile.id)).one()

    assert client.get(f"/files/{key}").data == LETTER


def test_counts_are_those_of_the_manifest(restored):
    counts = {each.name: each.rows for each in restored.backup.about.tables}

    assert counts == {name: len(rows) for name, rows in restored.rows_after.items()}
    assert counts["gift"] == 2


def test_the_schema_is_ours_with_every_trigger_and_rule(restored):
    kind, revision, found = rules(restored.app.database)

    assert revision == known_revisions()[-1]
    assert kind != restored.rules_before[0] or (kind, revision, found) == restored.rules_before


def test_all_proofs_hold(restored):
    proofs = list(prove(restored.app.work))

    assert [name for name, _well, _words in proofs] == [*PROOFS, "keys"]
    assert [(name, words) for name, is_well, words in proofs if not is_well] == []


def test_the_trail_still_refuses_to_be_rewritten(restored):
    for deed in (update(AuditEntry).values(actor_name="nobody"), delete(Receipt)):
        with pytest.raises(DBAPIError), restored.app.database.engine.begin() as connection:
            connection.execute(deed)


def test_staff_sign_in_find_people_and_download_the_same_receipt(restored):
    client = signed_in(restored.app)

    assert "Jeanne" in client.get("/search?q=moreau", follow_redirects=True).text
    assert "गुरुङ" in client.get("/search?q=gurung", follow_redirects=True).text
    again = client.get(f"/receipts/{restored.token}.pdf")
    assert again.status_code == 200
    assert again.data.startswith(b"%PDF")
    assert again.data == restored.receipt


def test_new_gifts_get_keys_of_their_own_and_the_books_stay_in_balance(restored):
    with restored.app.database.writing() as db:
        act_as(db, SYSTEM)
        make_offline_gift(db, make_contact(db, given_name="Tara", family_name="Rai"))

    assert all(is_well for _name, is_well, _words in prove(restored.app.work))


def test_a_restored_copy_comes_back_home_in_place_of_what_is_there(app, restored, recipients, identity, tmp_path):
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        make_contact(db, given_name="Late", family_name="Comer")
    app.database.engine.dispose()
    there = everything(restored.app.database)
    back = take(restored.app.database, tmp_path / "back.age", recipients)

    restore(app.database, back.path, [identity], replace=True)

    assert everything(app.database) == there
    assert all(is_well for _name, is_well, _words in prove(app.work))


def test_people_are_found_by_misspelt_names_after_a_restore(app, restored):
    with restored.app.database.reading() as db:
        name = db.scalars(select(Contact.family_name).where(Contact.family_name != "").order_by(Contact.id)).first()
        slip = f"{name[:-2]}{name[-1]}{name[-2]}"
        assert name in {found.family_name for found in search_contacts(db, slip)}
        assert db.scalar(text("SELECT count(*) FROM contact_search_word")) > 0


def test_asking_whether_a_database_is_empty_makes_none(make_app, tmp_path):
    path = tmp_path / "none.db"

    assert is_empty(make_app(DATABASE_URL=f"sqlite:///{path}").database)
    assert not path.exists()


def test_an_older_schema_is_brought_up_to_date(make_app, recipients, identity, tmp_path):
    """A backup of the release before: the schema of 0002 with staff in it."""
    old = Database(f"sqlite:///{tmp_path / 'old.db'}")
    with old.engine.connect() as connection:
        upgrade(connection, "0002")
    with old.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO staff_user (email, name, password_hash, language, is_active, session_key, created_at) "
                "VALUES ('old@example.org', 'Old', 'x', 'en', true, 'k', '2026-01-01 00:00:00.000000')"
            )
        )
    backup = take(old, tmp_path / "old.age", recipients)
    old.close()
    assert backup.about.revision == "0002"

    there = make_app(DATABASE_URL=f"sqlite:///{tmp_path / 'new.db'}")
    restore(there.database, backup.path, [identity])

    with there.database.engine.connect() as connection:
        assert revision_of(connection) == known_revisions()[-1]
    with there.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(StaffUser)) == 1
    assert all(is_well for _name, is_well, _words in prove(there.work))

"""Every change leaves an entry: who, what, before and after, and nobody takes it back."""

from contextlib import suppress
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.accounts.models import Role, StaffUser
from app.funds.models import Campaign, Fund, Restriction
from app.kernel.actors import SYSTEM, Actor, ActorKind
from app.kernel.audit import MASK, NOT_READ, AuditEntry, act_as, note
from app.kernel.db import Base
from app.kernel.jobs import Job
from app.kernel.money import Money

pytestmark = pytest.mark.db
ASHA = Actor(ActorKind.STAFF, "Asha Gurung", 7, frozenset(), "192.0.2.1", "request-12345")


def entries(db):
    """What was written down by the end of the transaction so far."""
    db.commit()
    return db.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()


def make_user(db):
    user = StaffUser(email="asha@example.org", name="Asha", password_hash="a hash", language="fr", roles=[])
    db.add(user)
    db.flush()
    return user


def test_a_change_is_written_down_with_before_and_after(db):
    fund = Fund(code="EDU", name="Education")
    db.add(fund)
    db.flush()
    fund.name, fund.restriction = "Schools", Restriction.RESTRICTED
    db.commit()

    assert [(entry.action, entry.actor_name) for entry in entries(db)] == [
        ("created", "Sahayog"), ("changed", "Sahayog"),
    ]  # fmt: skip
    assert entries(db)[1].changes == {"name": ["Education", "Schools"], "restriction": ["unrestricted", "restricted"]}


def test_what_is_new_is_told_without_its_empty_columns(db):
    db.add(Campaign(code="WINTER", name="Winter", starts_on=date(2026, 12, 1)))
    db.flush()

    changes = entries(db)[0].changes
    assert changes["starts_on"] == [None, "2026-12-01"]
    assert not {"ends_on", "goal_minor", "id", "created_at"} & set(changes)


def test_an_entry_tells_who_acted_from_where_in_which_request(db):
    act_as(db, ASHA)
    db.add(Fund(code="EDU", name="Education"))
    db.flush()

    entry = entries(db)[0]
    assert (entry.actor_kind, entry.actor_id, entry.actor_name) == ("staff", 7, "Asha Gurung")
    assert (entry.address, entry.request_id) == ("192.0.2.1", "request-12345")
    assert (entry.record_type, entry.record_id, entry.created_at.tzinfo is not None) == ("fund", 1, True)


def test_secrets_are_never_written_down_only_that_they_changed(db):
    user = make_user(db)
    user.password_hash = "another hash"
    db.flush()
    created, changed = entries(db)

    assert created.changes["password_hash"] == [None, MASK]
    assert changed.changes == {"password_hash": [MASK, MASK]}
    assert "hash" not in str([created.changes[key] for key in created.changes])


@pytest.mark.parametrize(
    "column",
    [column for table in Base.metadata.sorted_tables for column in table.columns if "token" in column.name],
    ids=str,
)
def test_what_opens_a_page_or_a_receipt_is_no_fact_for_the_trail(column):
    """Whoever may read or take along the trail may not therefore read every donor's receipt."""
    assert column.info.get("secret")


def test_a_deleted_record_leaves_what_it_held_behind_but_for_its_secrets(db):
    user = make_user(db)
    db.delete(user)
    db.flush()

    last = entries(db)[-1]
    assert (last.action, last.record_id) == ("deleted", user.id)
    assert last.changes["email"] == ["asha@example.org", None]
    assert last.changes["password_hash"] == [MASK, None]


def test_who_was_given_which_role_is_a_change_like_any_other(db):
    user = make_user(db)
    reader, manager = Role(name="Looks on", capabilities=[]), Role(name="Lets in", capabilities=["accounts.manage"])
    db.add_all([reader, manager])
    user.roles = [reader]
    db.flush()
    user.roles = [manager, reader]
    db.flush()
    user.roles.remove(reader)
    db.flush()

    changes = [entry.changes["roles"] for entry in entries(db) if "roles" in entry.changes]
    assert changes == [[[], [reader.id]], [[reader.id], sorted([reader.id, manager.id])],
                       [sorted([reader.id, manager.id]), [manager.id]]]  # fmt: skip


def test_what_was_never_read_before_it_changed_is_not_told_to_have_been_empty(db):
    fund = Fund(code="EDU", name="Education")
    db.add(fund)
    db.flush()
    db.expire(fund)
    fund.name = "Schools"
    db.flush()

    assert entries(db)[-1].changes == {"name": [NOT_READ, "Schools"]}


def test_setting_what_is_already_so_is_no_change(db):
    fund = Fund(code="EDU", name="Education")
    db.add(fund)
    db.flush()
    fund.name = "Education"
    db.flush()

    assert len(entries(db)) == 1


def test_a_deed_with_a_name_carries_the_facts_that_matter(db):
    fund = Fund(code="EDU", name="Education")
    db.add(fund)
    note(db, ASHA, "fund.recorded", fund, on=date(2026, 1, 2), amount=Money(1250, "EUR"), restriction=fund.restriction)
    db.flush()

    deed = entries(db)[-1]
    assert (deed.action, deed.actor_name, deed.record_id) == ("fund.recorded", "Asha Gurung", fund.id)
    assert deed.changes == {"on": "2026-01-02", "amount": "12.50 EUR", "restriction": "unrestricted"}


def test_the_products_own_bookkeeping_is_not_audited(db):
    db.add(Job(kind="nothing"))
    db.flush()

    assert entries(db) == []


def test_nobody_changes_anything_namelessly(database):
    with database.session(writes=True) as db:
        db.add(Fund(code="EDU", name="Education"))
        with pytest.raises(TypeError, match="act_as"):
            db.commit()


@pytest.mark.parametrize("deed", ["change", "delete"])
def test_an_entry_is_never_changed_and_never_deleted(database, deed):
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.add(Fund(code="EDU", name="Education"))
    with database.session(writes=True) as db:
        entry = entries(db)[0]
        if deed == "change":
            entry.actor_name = "Nobody"
        else:
            db.delete(entry)
        with pytest.raises(TypeError, match="never changed"):
            db.commit()
    with database.reading() as db:
        assert [entry.actor_name for entry in entries(db)] == ["Sahayog"]


def test_what_is_rolled_back_leaves_no_entry(database):
    with database.session(writes=True) as db:
        act_as(db, SYSTEM)
        db.add(Fund(code="EDU", name="Education"))
        db.flush()
        db.rollback()
    with database.reading() as db:
        assert entries(db) == []


def test_what_a_savepoint_did_and_took_back_leaves_no_entry(db):
    fund = Fund(code="EDU", name="Education")
    db.add(fund)
    with suppress(IntegrityError), db.begin_nested():
        note(db, ASHA, "fund.tried", fund)
        db.add(Fund(code="EDU", name="The same again"))
        db.flush()
    with db.begin_nested():
        fund.name = "Schools"
    note(db, ASHA, "fund.renamed", fund)

    assert [entry.action for entry in entries(db)] == ["created", "changed", "fund.renamed"]


def test_what_a_rolled_back_transaction_did_is_not_told_with_the_next(db):
    db.add(Fund(code="EDU", name="Education"))
    db.flush()
    db.rollback()
    db.add(Fund(code="HEALTH", name="Health"))

    assert [entry.changes["code"] for entry in entries(db)] == [[None, "HEALTH"]]


def test_a_list_that_changes_once_more_is_told_as_it_was(db):
    role = Role(name="Treasurer", capabilities=["gifts.read"])
    db.add(role)
    db.flush()
    role.capabilities = [*role.capabilities, "gifts.write"]

    first, second = (entry.changes["capabilities"] for entry in entries(db))
    assert (first[1], second[1]) == (["gifts.read"], ["gifts.read", "gifts.write"])

"""Roles and who may give what: nobody hands out more than they hold, and somebody is always left to manage staff."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from app.accounts.access import MANAGE_STAFF
from app.accounts.models import Role, StaffUser
from app.accounts.queries.staff import all_roles, all_staff
from app.accounts.services.roles import allow_roles, keep_role
from app.accounts.services.staff import details_of, edit_staff, switch_staff
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.errors import Refused
from tests.accounts.conftest import deeds, hire, knock, role_id

pytestmark = pytest.mark.db
FUNDRAISER = ["contacts.edit", "contacts.read"]


def role_named(database, name) -> Role | None:
    with database.reading() as db:
        return db.scalars(select(Role).where(Role.name == name)).one_or_none()


def state_of(page) -> str:
    return re.search(r'name="state" type="hidden" value="(\w+)"', page.text)[1]


@pytest.fixture
def limited(sign_in):
    """Somebody who may manage staff, and read contacts, but no more."""
    return sign_in("accounts.manage", "contacts.read")


def test_staff_without_the_capability_do_not_manage_accounts(sign_in):
    reader = sign_in("contacts.read")

    assert reader.get("/staff/").status_code == 403
    assert reader.post("/staff/new", data={"name": "X"}).status_code == 403


def test_nobody_invites_somebody_into_a_role_that_allows_more(limited, database):
    typed = {"name": "X", "email": "x@example.org", "language": "en", "role_ids": [role_id(database, "Finance")]}

    assert limited.post("/staff/new", data=typed).status_code == 422
    with database.reading() as db:
        assert "x@example.org" not in {user.email for user in all_staff(db)}


def test_nobody_gives_themselves_more(limited, database):
    with database.reading() as db:
        me = next(user for user in all_staff(db) if "accounts.manage" in user.capabilities)
    typed = {"name": me.name, "email": me.email, "language": "en", "is_active": "y"}
    typed["role_ids"] = [str(me.roles[0].id), role_id(database, "Administrator")]

    assert limited.post(f"/staff/{me.id}", data=typed).status_code == 422
    assert limited.get("/settings/organisation").status_code == 403


def test_nobody_touches_the_account_of_somebody_who_may_do_more(limited, asha, client, database):
    knock(client)
    typed = {"name": "Taken", "email": "taken@example.org", "language": "en"}

    assert limited.post(f"/staff/{asha.id}", data=typed).status_code == 422
    assert limited.post(f"/staff/{asha.id}/reset").status_code == 409
    assert limited.post(f"/staff/{asha.id}/sessions/end").status_code == 409
    with database.reading() as db:
        assert db.get_one(StaffUser, asha.id).email == "asha@example.org"
    assert client.get("/account").status_code == 200
    assert "you cannot change this account" in limited.get(f"/staff/{asha.id}").text


@pytest.mark.parametrize("wanted", [["gifts.refund"], ["contacts.read", "organisation.edit"]])
def test_nobody_makes_a_role_that_allows_what_they_may_not(limited, database, wanted):
    limited.post("/staff/roles/new", data={"name": "More", "capabilities": wanted})

    role = role_named(database, "More")
    assert role is None or set(role.capabilities) <= {"contacts.read"}


def test_the_rule_holds_in_the_service_too_whatever_a_page_offers(limited, database):
    with database.reading() as db:
        me = next(user for user in all_staff(db) if "accounts.manage" in user.capabilities)
        actor, finance = me.as_actor(), next(role for role in all_roles(db) if role.name == "Finance")
    with database.session(writes=True) as db:
        act_as(db, actor)
        for wanted in (["gifts.refund"], ["contacts.read", "gifts.refund"]):
            with pytest.raises(Refused):
                keep_role(db, None, "More", wanted, actor=actor)
        with pytest.raises(Refused):
            allow_roles(db, {finance.id: set()}, actor=actor)


def test_what_one_may_neither_give_nor_take_stays_in_the_role(limited, database):
    finance = role_named(database, "Finance")

    answer = limited.post(f"/staff/roles/{finance.id}", data={"name": "Finance", "capabilities": ["contacts.read"]})

    assert answer.status_code == 303
    assert "gifts.refund" in role_named(database, "Finance").capabilities


def test_nobody_gives_a_role_that_allows_more_another_name(limited, database):
    """Under a harmless one somebody else might hand it out."""
    key = role_id(database, "Administrator")
    typed = {"name": "Volunteers", "capabilities": ["accounts.manage", "contacts.read"]}

    assert limited.post(f"/staff/roles/{key}", data=typed).status_code == 422
    assert role_named(database, "Administrator") is not None
    assert role_named(database, "Volunteers") is None


def test_all_roles_are_seen_beside_each_other_and_changed_by_ticks(sign_in, database):
    admin = sign_in()
    page = admin.get("/staff/roles/")
    ticks = re.findall(r'name="allow" value="([^"]+)"[^>]* checked', page.text)
    reader = role_named(database, "Reader")
    assert f"{reader.id}:gifts.read" in ticks

    wanted = [each for each in ticks if each != f"{reader.id}:gifts.read"] + [f"{reader.id}:contacts.edit"]
    assert admin.post("/staff/roles/", data={"state": state_of(page), "allow": wanted}).status_code == 303

    now = role_named(database, "Reader").capabilities
    assert ("contacts.edit" in now, "gifts.read" in now) == (True, False)
    assert len(deeds(database, "role.kept")) == 1
    assert [each.record_id for each in deeds(database, "role.kept")] == [reader.id]


def test_ticks_on_an_old_page_change_nothing(sign_in, database):
    admin = sign_in()
    state = state_of(admin.get("/staff/roles/"))
    admin.post("/staff/roles/new", data={"name": "Meanwhile"})

    answer = admin.post("/staff/roles/", data={"state": state, "allow": []})

    assert answer.status_code == 422
    assert "gifts.read" in role_named(database, "Reader").capabilities


@pytest.mark.parametrize(
    "junk", ["x", ":", "1:", "1:no.such.capability", "999:gifts.read", "²:gifts.read", "1:gifts.read:x"]
)
def test_ticks_that_mean_nothing_give_nothing(sign_in, database, junk):
    admin = sign_in()
    page = admin.get("/staff/roles/")
    ticks = re.findall(r'name="allow" value="([^"]+)"[^>]* checked', page.text)
    with database.reading() as db:
        before = {role.id: role.capabilities for role in all_roles(db)}

    admin.post("/staff/roles/", data={"state": state_of(page), "allow": [*ticks, junk]})

    with database.reading() as db:
        assert {role.id: role.capabilities for role in all_roles(db)} == before


def test_a_role_that_nobody_has_can_be_deleted(sign_in, database):
    admin = sign_in()
    admin.post("/staff/roles/new", data={"name": "Short-lived", "capabilities": ["contacts.read"]})
    role = role_named(database, "Short-lived")

    assert "Delete this role" in admin.get(f"/staff/roles/{role.id}").text
    assert admin.post(f"/staff/roles/{role.id}/delete").status_code == 303
    assert role_named(database, "Short-lived") is None
    assert len(deeds(database, "role.deleted")) == 1


def test_a_role_that_somebody_has_stays(sign_in, asha, database):
    role = role_named(database, "Administrator")

    assert sign_in().post(f"/staff/roles/{role.id}/delete").status_code == 409
    assert role_named(database, "Administrator") is not None


def test_two_roles_are_not_called_the_same(sign_in):
    assert sign_in().post("/staff/roles/new", data={"name": "Finance"}).status_code == 422


def test_the_last_administrator_cannot_lock_everyone_out(client, asha, database):
    knock(client)
    typed = {"name": "Asha", "email": "asha@example.org", "language": "fr"}

    assert client.post(f"/staff/{asha.id}", data=typed).status_code == 422
    assert client.post(f"/staff/{asha.id}", data={**typed, "is_active": "y"}).status_code == 422
    page = client.get("/staff/roles/")
    assert client.post("/staff/roles/", data={"state": state_of(page), "allow": []}).status_code == 422
    role = role_named(database, "Administrator")
    assert client.post(f"/staff/roles/{role.id}", data={"name": "Administrator"}).status_code == 422
    with database.reading() as db:
        assert db.get_one(StaffUser, asha.id).is_active
        assert "accounts.manage" in db.get_one(StaffUser, asha.id).capabilities


@pytest.mark.parametrize("deed", ["demote", "switch off"])
def test_two_administrators_who_turn_each_other_out_at_one_moment_leave_one(database, deed):
    with database.writing() as db:
        act_as(db, SYSTEM)
        both = [hire(db, f"{name}@example.org", "Administrator", name=name) for name in ("one", "two")]
    together = Barrier(2)

    def turn_out(mine, theirs):
        try:
            with database.writing() as db:
                actor = mine.as_actor()
                act_as(db, actor)
                if not database.url.startswith("sqlite"):  # there, whoever writes is alone from the beginning
                    together.wait(10)
                other = db.get_one(StaffUser, theirs.id)
                if deed == "demote":
                    fundraiser = [role for role in all_roles(db) if role.name == "Reader"]
                    details = details_of(other)
                    edit_staff(db, other, type(details)(**{**vars(details), "roles": fundraiser}), actor=actor)
                else:
                    switch_staff(db, other, on=False, actor=actor)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(turn_out, both, reversed(both)))

    assert sorted(done) == [False, True]
    with database.reading() as db:
        left = [user for user in all_staff(db) if user.is_active and user.as_actor().may(MANAGE_STAFF)]
    assert len(left) == 1


def test_whoever_lost_the_capability_while_waiting_changes_nothing(database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        one = hire(db, "one@example.org", "Administrator")
        hire(db, "two@example.org", "Administrator", name="two")
        reader = hire(db, "reader@example.org", "Reader", name="reader")
    actor = one.as_actor()
    with database.writing() as db:
        act_as(db, SYSTEM)
        switch_staff(db, db.get_one(StaffUser, one.id), on=False, actor=SYSTEM)

    with database.session(writes=True) as db:
        act_as(db, actor)
        with pytest.raises(Refused):
            switch_staff(db, db.get_one(StaffUser, reader.id), on=False, actor=actor)

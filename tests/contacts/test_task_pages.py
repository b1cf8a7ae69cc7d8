"""The page of tasks, the panel on a contact's page, and the forms behind them."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts.models import StaffUser
from app.contacts.models import Task
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import today
from tests.factories.contacts import make_contact
from tests.factories.staff import make_staff
from tests.factories.tasks import make_task

pytestmark = pytest.mark.db


@pytest.fixture
def staff(sign_in):
    return sign_in("contacts.read", "contacts.edit")


@pytest.fixture
def leader(sign_in):
    return sign_in("contacts.read", "contacts.edit", "tasks.others")


@pytest.fixture
def keep(database):
    """Make a task of whoever signed in last (or of `owner`), and tell its key."""

    def make(contact=None, owner=None, **parts):
        with database.writing() as db:
            act_as(db, SYSTEM)
            newest = select(StaffUser).order_by(StaffUser.id.desc()).limit(1)
            return make_task(
                db, db.get_one(StaffUser, owner.id) if owner else db.scalars(newest).one(), contact, **parts
            ).id

    return make


@pytest.fixture
def contact(database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        return make_contact(db)


def stored(database, key):
    with database.reading() as db:
        return db.get(Task, key)


def page(client, address="/tasks/"):
    return client.get(address).get_data(as_text=True)


def typed(**parts):
    return {"subject": "Call Maya", "due_on": str(today()), **parts}


def test_tasks_stand_by_how_soon_they_are_due(staff, keep):
    for days, subject in ((-2, "Late call"), (0, "Call of today"), (40, "Far call")):
        keep(days=days, subject=subject)

    text = page(staff)

    assert text.index("Overdue") < text.index("Late call") < text.index("Call of today") < text.index("Far call")


def test_there_is_a_word_where_there_is_nothing_to_do(staff):
    assert "Nothing to do" in page(staff)
    assert "Nothing is done yet" in page(staff, "/tasks/?shown=done")


def test_the_menu_counts_what_is_due_today_and_overdue_of_ones_own(staff, keep, database):
    for days in (-1, 0, 1):
        keep(days=days)
    keep(owner=make_staff(database, "contacts.read"))

    assert '<span class="count">2' in page(staff, "/contacts/")


def test_a_task_is_added_in_one_line(staff, database):
    answer = staff.post("/tasks/new?next=/tasks/", data=typed())

    with database.reading() as db:
        task = db.scalars(select(Task)).one()
    assert answer.location == "/tasks/"
    assert (task.subject, task.due_on) == ("Call Maya", today())


def test_a_task_about_a_contact_leads_back_to_their_page(staff, database, contact):
    answer = staff.post(f"/tasks/new?contact={contact.id}", data=typed())

    assert answer.location == f"/contacts/{contact.id}#tasks"
    assert "Call Maya" in page(staff, f"/contacts/{contact.id}")


def test_nobody_is_led_elsewhere_by_a_form(staff):
    assert staff.post("/tasks/new?next=https://evil.example/", data=typed()).location == "/tasks/"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"subject": ""}, "This field is required"), ({"subject": "\x00"}, "This field is required"),
        ({"subject": "x" * 1_000_000}, "longer than 200"), ({"notes": "x" * 1_000_000}, "longer than 5000"),
        ({"due_on": "2026-02-30"}, "Not a valid date"), ({"due_on": "9999-12-31"}, "Check the year"),
        ({"due_on": "0001-01-01"}, "Check the year"), ({"due_on": "\x00"}, "Not a valid date"),
        ({"owner": "7; drop"}, "Not a valid choice"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_word_and_nothing_is_kept(leader, database, wrong, words):
    me = {"owner": "1"} if "owner" not in wrong else {}
    answer = leader.post("/tasks/new", data=typed(**me, **wrong))

    with database.reading() as db:
        assert db.scalars(select(Task)).all() == []
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)


def test_a_tick_is_done_and_can_be_taken_back(staff, keep, database, contact):
    key = keep(contact)

    answer = staff.post(f"/tasks/{key}/done?next=/tasks/?shown=", data={})
    text = page(staff, answer.location)

    assert answer.location == f"/tasks/?shown=&done={key}"
    assert stored(database, key).is_done
    assert f"/tasks/{key}/reopen" in text
    assert f"/contacts/{contact.id}/interactions/new?task={key}" in text

    back = staff.post(f"/tasks/{key}/reopen?next={answer.location.replace('&', '%26')}")
    assert back.location == "/tasks/?shown="
    assert not stored(database, key).is_done


def test_a_tick_on_a_contacts_page_stays_there(staff, keep, contact):
    key = keep(contact)

    answer = staff.post(f"/tasks/{key}/done")

    assert answer.location == f"/contacts/{contact.id}?done={key}#tasks"
    assert "Undo" in page(staff, answer.location)


def test_a_second_tick_changes_nothing(staff, keep, database):
    key = keep()
    staff.post(f"/tasks/{key}/done")
    first = stored(database, key).done_at

    assert staff.post(f"/tasks/{key}/done").status_code == 303
    assert stored(database, key).done_at == first


@pytest.mark.parametrize("asked", ["999999", "x", "99999999999999999999", "\x00", "-1"])
def test_a_page_that_names_no_task_of_ours_as_ticked_shows_none(staff, asked):
    answer = staff.get("/tasks/", query_string={"done": asked})

    assert answer.status_code == 200
    assert "Undo" not in answer.get_data(as_text=True)


def test_a_task_is_put_off(staff, keep, database):
    key = keep(days=-5)

    staff.post(f"/tasks/{key}/snooze/tomorrow")

    assert stored(database, key).due_on == today() + timedelta(days=1)
    assert staff.post(f"/tasks/{key}/snooze/never").status_code == 404


def test_a_task_is_edited(staff, keep, database):
    key = keep()

    staff.post(f"/tasks/{key}/edit", data=typed(subject="Write", version="1", is_important="y"))

    task = stored(database, key)
    assert (task.subject, task.is_important, task.version) == ("Write", True, 2)


def test_whoever_edits_second_sees_what_changed_and_loses_nothing_typed(staff, keep, database):
    key = keep(subject="Call", notes="")
    text = page(staff, f"/tasks/{key}/edit")
    seen = json.dumps({"subject": "Call", "due_on": str(today()), "is_important": "", "notes": ""})
    assert 'name="seen"' in text
    staff.post(f"/tasks/{key}/edit", data=typed(subject="Call Ram", version="1", seen=seen))

    answer = staff.post(f"/tasks/{key}/edit", data=typed(subject="Call", notes="Mine", version="1", seen=seen))
    text = answer.get_data(as_text=True)

    assert answer.status_code == 409
    assert "Somebody else changed this" in text
    assert "Call Ram" in text
    assert "Mine" in text
    assert stored(database, key).notes == ""


@pytest.mark.parametrize("seen", ["", "no json", "[1]", "\x00", "{" * 10_000])
def test_what_a_browser_sends_back_in_pieces_is_no_fault(staff, keep, seen):
    key = keep()

    answer = staff.post(f"/tasks/{key}/edit", data=typed(version="0", seen=seen))

    assert answer.status_code == 409


def test_a_task_is_deleted_after_asking(staff, keep, database):
    key = keep(subject="Old call")

    assert "Old call" in page(staff, f"/tasks/{key}/delete")
    staff.post(f"/tasks/{key}/delete")

    assert stored(database, key) is None


def test_others_tasks_are_not_there_for_most(staff, keep, database, contact):
    other = make_staff(database, "contacts.read")
    key = keep(contact, owner=other, subject="Secret call")

    assert "Secret call" not in page(staff, f"/tasks/?owner={other.id}")
    assert "Secret call" not in page(staff, "/tasks/?owner=all")
    assert "Secret call" not in page(staff, f"/contacts/{contact.id}?done={key}")
    assert staff.get(f"/tasks/{key}/edit").status_code == 404
    for deed in ("done", "reopen", "snooze/tomorrow", "delete", "edit"):
        assert staff.post(f"/tasks/{key}/{deed}").status_code == 404


def test_those_who_lead_see_others_tasks_and_give_some(leader, keep, database):
    other = make_staff(database, "contacts.read", name="Ram Thapa")
    keep(owner=other, subject="Call of Ram")

    assert "Call of Ram" not in page(leader)
    assert "Call of Ram" in page(leader, f"/tasks/?owner={other.id}")
    assert "Call of Ram" in page(leader, "/tasks/?owner=all")
    leader.post("/tasks/new", data=typed(owner=str(other.id)))
    assert "Call Maya" in page(leader, f"/tasks/?owner={other.id}")


def test_tasks_of_people_who_left_are_listed_for_those_who_lead(sign_in, keep, database):
    leader = sign_in()
    other = make_staff(database, "contacts.read", name="Ram Thapa")
    key = keep(owner=other, subject="Call of Ram")
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.get_one(StaffUser, other.id).is_active = False

    assert "Call of Ram" in page(leader, "/tasks/?owner=gone")
    assert "Ram Thapa (has left)" in page(leader, f"/tasks/{key}/edit")
    assert "1 task of somebody who has left" in page(leader, "/dashboard")


def test_overdue_tasks_stand_on_the_dashboard(sign_in, keep):
    staff = sign_in()
    keep(days=-1)

    assert "1 task of yours is overdue" in page(staff, "/dashboard")


def test_what_is_done_stands_on_the_contacts_timeline(staff, keep, contact):
    key = keep(contact, subject="Call about the well")
    staff.post(f"/tasks/{key}/done")

    assert "Done: Call about the well" in page(staff, f"/contacts/{contact.id}")


def test_there_are_more_tasks_than_a_page_holds(staff, keep):
    for days in range(52):
        keep(days=days)

    text = page(staff)
    assert "52 results" in text
    assert "after=" in text


def test_whoever_may_not_read_contacts_has_no_tasks(sign_in):
    assert sign_in("gifts.read").get("/tasks/").status_code == 403

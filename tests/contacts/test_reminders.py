"""Each morning one letter with what is due: in the owner's language, never twice, and none when there is nothing."""

from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import func, select

from app.accounts.models import StaffUser
from app.contacts.models import Task
from app.contacts.reminders import ROUNDS, SHOWN, remind, remind_everybody
from app.contacts.services.tasks import complete_task
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import today
from app.kernel.mail import Message
from tests.factories.contacts import make_contact
from tests.factories.staff import make_staff
from tests.factories.tasks import make_task

pytestmark = pytest.mark.db
LATE_IN_PARIS = datetime(2026, 6, 10, 22, 30, tzinfo=UTC)


@pytest.fixture
def asha(database):
    return make_staff(database, "contacts.read", name="Asha Gurung", language="en")


@pytest.fixture
def keep(database):
    def make(owner, **parts):
        with database.writing() as db:
            act_as(db, SYSTEM)
            contact = make_contact(db) if parts.pop("with_contact", False) else None
            return make_task(db, db.get_one(StaffUser, owner.id), contact, **parts).id

    return make


@pytest.fixture
def letters(app, database, run_jobs):
    """Do the round and what follows; every letter there is then."""

    def remind_all():
        remind_everybody(app.work)
        run_jobs()
        with database.reading() as db:
            return db.scalars(select(Message).where(Message.purpose == "staff.tasks_due").order_by(Message.id)).all()

    return remind_all


def test_what_is_due_and_overdue_stands_in_one_letter(asha, keep, letters):
    keep(asha, days=-3, subject="Late call", with_contact=True)
    keep(asha, days=0, subject="Call of today")
    keep(asha, days=1, subject="Call of tomorrow")

    (letter,) = letters()

    assert letter.to_address == asha.email
    assert letter.subject == "2 tasks are due"
    assert letter.text.index("Overdue") < letter.text.index("Late call (Maya Lefèvre)") < letter.text.index("Due today")
    for text in (letter.text, letter.html):
        assert "Call of today" in text
        assert "Call of tomorrow" not in text
        assert "http://localhost/tasks/" in text
        assert "http://localhost/account" in text


def test_the_subject_names_nobody(asha, keep, letters):
    keep(asha, subject="Maya Lefèvre is ill", with_contact=True)

    (letter,) = letters()

    assert "Maya" not in letter.subject
    assert letter.subject == "1 task is due"


def test_it_is_in_the_language_of_whoever_reads_it(database, keep, letters):
    keep(make_staff(database, "contacts.read", language="fr"))

    (letter,) = letters()

    assert letter.language == "fr"
    assert letter.subject == "1 tâche à faire"


def test_nobody_gets_two_for_one_day(app, asha, keep, letters):
    keep(asha)

    assert len(letters()) == 1
    assert len(letters()) == 1
    remind(app.work, owner_id=asha.id, day=str(today()))
    assert len(letters()) == 1


def test_the_day_after_there_is_another(asha, keep, letters):
    with time_machine.travel(datetime(2026, 6, 9, 6, tzinfo=UTC), tick=False):
        keep(asha)
        assert len(letters()) == 1
    with time_machine.travel(datetime(2026, 6, 10, 6, tzinfo=UTC), tick=False):
        assert len(letters()) == 2


def test_a_day_is_the_organisations(asha, keep, letters):
    with time_machine.travel(LATE_IN_PARIS, tick=False):
        keep(asha, subject="Call of the eleventh", due_on=datetime(2026, 6, 11, tzinfo=UTC).date())

        assert "Call of the eleventh" in letters()[0].text


def test_there_is_none_when_there_is_nothing_to_do(asha, keep, letters, database):
    keep(asha, days=2)
    done = keep(asha)
    with database.writing() as db:
        act_as(db, SYSTEM)
        complete_task(db, db.get_one(Task, done), actor=SYSTEM)

    assert letters() == []


def test_what_was_ticked_before_the_letter_left_is_not_in_it(app, asha, keep, database, run_jobs):
    key = keep(asha)
    remind_everybody(app.work)
    with database.writing() as db:
        act_as(db, SYSTEM)
        complete_task(db, db.get_one(Task, key), actor=SYSTEM)
    run_jobs()

    with database.reading() as db:
        assert db.scalar(select(func.count(Message.id))) == 0


def test_a_letter_of_yesterday_is_not_sent_today(app, asha, keep, database):
    keep(asha)
    remind(app.work, owner_id=asha.id, day="2026-01-01")

    with database.reading() as db:
        assert db.scalar(select(func.count(Message.id))) == 0


def test_whoever_left_or_wants_none_or_may_not_see_contacts_gets_none(database, keep, letters):
    people = [make_staff(database, "contacts.read", email=f"{each}@example.org") for each in ("left", "calm", "blind")]
    for each in people:
        keep(each)
    with database.writing() as db:
        act_as(db, SYSTEM)
        left, calm, blind = (db.get_one(StaffUser, each.id) for each in people)
        left.is_active, calm.gets_reminders, blind.roles = False, False, []

    assert letters() == []


def test_a_letter_names_so_many_and_counts_the_rest(asha, keep, letters):
    for number in range(SHOWN + 2):
        keep(asha, subject=f"Call {number}")

    (letter,) = letters()

    assert "and 2 more" in letter.text
    assert "and 2 more" in letter.html


def test_a_strange_subject_is_text_and_nothing_else(asha, keep, letters):
    keep(asha, subject="<img src=x onerror=alert(1)>")

    assert "<img src=x" not in letters()[0].html


def test_the_round_says_how_many_were_reminded(app, asha, keep):
    keep(asha)

    (duty,) = ROUNDS
    assert duty.wording(remind_everybody(app.work).facts) == "1 person was reminded."
    assert duty.wording(remind_everybody(app.work).facts) == "0 people were reminded."


def test_one_turns_it_off_and_on_in_ones_account(sign_in, database):
    staff = sign_in("contacts.read")

    def wish():
        with database.reading() as db:
            return db.scalars(select(StaffUser.gets_reminders)).one()

    assert wish() is True
    assert "Mail me each morning what is due" in staff.get("/account").get_data(as_text=True)
    staff.post("/account/reminders", data={})
    assert wish() is False
    staff.post("/account/reminders", data={"gets_reminders": "y"})
    assert wish() is True

"""How segments stand: counted each night, told each morning to whoever asked for it, once a day and without names."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlalchemy import select

from app.accounts.models import StaffUser
from app.contacts.models import Rhythm, Segment, SegmentSubscription
from app.contacts.models.subscription import following
from app.contacts.news import ROUNDS, count_all, tell, tell_everybody
from app.contacts.services.subscriptions import subscribe
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.conditions import Condition, Group, Op
from app.kernel.mail import Message
from tests.factories.contacts import make_contact
from tests.factories.segments import make_segment
from tests.factories.staff import make_staff

pytestmark = pytest.mark.db
EVERYBODY = Group(parts=(Condition("contact.kind", Op.ANY_OF, ("person",)),))
GONE = Group(parts=(Condition("custom.gone", Op.IS, ("x",)),))
MONDAY, TUESDAY, WEDNESDAY = (datetime(2026, 6, day, 8, 0, tzinfo=UTC) for day in (8, 9, 10))


@pytest.fixture
def asha(database):
    return make_staff(database, "contacts.read", name="Asha Gurung", language="en")


@pytest.fixture
def keep(database):
    """Run something in a transaction of the system's."""

    def do(work):
        with database.writing() as db:
            act_as(db, SYSTEM)
            found = work(db)
            db.flush()
            return found

    return do


@pytest.fixture
def wanted(asha, keep):
    """A segment that Asha wants news of, asked for on Monday: its key."""

    def make(question=EVERYBODY, every=Rhythm.DAY, name="Parisians"):
        def work(db):
            reader = db.get_one(StaffUser, asha.id)
            segment = make_segment(db, reader, name=name, question=question)
            subscribe(db, segment, reader, every, day=MONDAY.date())
            return segment.id

        return keep(work)

    return make


@pytest.fixture
def letters(app, database, run_jobs):
    """Do the round of a moment and what follows; every letter there is then."""

    def tell_all(at):
        with time_machine.travel(at, tick=False):
            tell_everybody(app.work)
            run_jobs()
        with database.reading() as db:
            return db.scalars(select(Message).where(Message.purpose == "staff.segments").order_by(Message.id)).all()

    return tell_all


def test_the_letter_says_how_many_and_how_many_more_and_no_names(wanted, keep, letters):
    key = wanted()
    keep(make_contact)
    (first,) = letters(TUESDAY)
    keep(lambda db: [make_contact(db) for _ in range(2)])

    _first, second = letters(WEDNESDAY)

    assert first.subject == "How 1 segment stands"
    assert "Parisians: 1 contact\n" in first.text
    assert "Parisians: 3 contacts (2 more than last time)" in second.text
    for each in (second.text, second.html):
        assert f"http://localhost/segments/{key}" in each
        assert "Maya" not in each


def test_fewer_is_said_too(wanted, keep, letters):
    wanted()
    keep(lambda db: [make_contact(db) for _ in range(2)])
    letters(TUESDAY)

    def archive(db):
        for contact in db.scalars(select(Segment)).all():
            contact.question = Group(parts=(Condition("contact.kind", Op.ANY_OF, ("household",)),)).as_data()

    keep(archive)

    assert "0 contacts (2 fewer than last time)" in letters(WEDNESDAY)[1].text


def test_however_often_the_round_runs_there_is_one_letter_a_day(app, asha, wanted, letters):
    wanted()
    wanted(name="Lyonnais")
    letters(TUESDAY)

    assert len(letters(TUESDAY)) == 1
    tell(app.work, reader_id=asha.id, day=str(TUESDAY.date()))
    assert len(letters(TUESDAY)) == 1


def test_nothing_is_sent_before_its_day(wanted, letters):
    wanted(every=Rhythm.WEEK)

    assert letters(MONDAY) == []
    assert len(letters(TUESDAY)) == 1
    assert len(letters(WEDNESDAY)) == 1
    assert len(letters(datetime(2026, 6, 16, 8, 0, tzinfo=UTC))) == 2


@pytest.mark.parametrize(
    ("every", "day", "then"),
    [
        (Rhythm.DAY, date(2026, 12, 31), date(2027, 1, 1)), (Rhythm.WEEK, date(2026, 2, 25), date(2026, 3, 4)),
        (Rhythm.MONTH, date(2026, 12, 31), date(2027, 1, 31)), (Rhythm.MONTH, date(2026, 1, 31), date(2026, 2, 28)),
    ],
)  # fmt: skip
def test_the_next_letter_follows_the_rhythm(every, day, then):
    assert following(every, day) == then


def test_a_field_that_is_no_more_is_said_in_the_letter(wanted, letters):
    wanted(question=GONE)

    (letter,) = letters(TUESDAY)

    assert "Parisians: cannot be counted any more. Open it to see why." in letter.text


def test_whoever_may_not_see_gifts_is_told_no_figure_of_givers(wanted, letters):
    wanted(question=Group(parts=(Condition("giving.count", Op.AT_LEAST, (1,)),)))

    assert "cannot be counted any more" in letters(TUESDAY)[0].text


@pytest.mark.parametrize("change", ["left", "no capability", "archived", "no more shared"])
def test_whoever_may_not_see_it_any_more_is_told_nothing(change, asha, wanted, keep, letters):
    key = wanted()

    def spoil(db):
        reader, segment = db.get_one(StaffUser, asha.id), db.get_one(Segment, key)
        if change == "left":
            reader.is_active = False
        elif change == "no capability":
            reader.roles = []
        elif change == "archived":
            segment.archived_at = segment.created_at
        else:
            segment.is_shared, segment.owner = False, StaffUser(email="o@example.org", name="Ram", password_hash="x")

    keep(spoil)

    assert letters(TUESDAY) == []


def test_each_night_every_live_segment_is_counted(app, wanted, keep, database, sign_in):
    good, bad = wanted(), wanted(GONE, name="Gone")
    keep(lambda db: [make_contact(db) for _ in range(3)])

    found = count_all(app.work)

    assert found.facts == {"counted": 1, "skipped": 1}
    with database.reading() as db:
        counted, broken = db.get_one(Segment, good), db.get_one(Segment, bad)
        assert (counted.last_count, counted.version) == (3, 1)
        assert (broken.last_count, broken.counted_at) == (None, None)
    assert "Cannot be counted" in sign_in("contacts.read").get("/segments/").text


def test_the_rounds_say_what_came_of_them():
    count, tell_round = ROUNDS
    assert count.wording({"counted": 2, "skipped": 1}) == "2 segments were counted. 1 cannot be counted any more."
    assert tell_round.wording({"letters": 1}) == "1 person is told."


def test_news_is_asked_for_changed_and_stopped_on_the_page(sign_in, database, keep):
    client = sign_in("contacts.read")
    key = keep(lambda db: make_segment(db, db.scalars(select(StaffUser)).one(), question=EVERYBODY)).id
    address = f"/segments/{key}"

    client.post(f"{address}/news", data={"every": "week"})
    assert "You are sent how it stands: every week" in client.get(address).text
    client.post(f"{address}/news", data={"every": "month"})
    assert "every month" in client.get(address).text
    assert client.post(f"{address}/news", data={"every": "hour"}).status_code == 422
    client.post(f"{address}/news/stop")

    assert "You are sent how it stands" not in client.get(address).text
    with database.reading() as db:
        assert db.scalars(select(SegmentSubscription)).all() == []


def test_nobody_gets_news_of_a_segment_they_may_not_see(sign_in, keep, asha):
    def make(db):
        return make_segment(db, db.get_one(StaffUser, asha.id), is_shared=False, question=EVERYBODY)

    key = keep(make).id

    assert sign_in("contacts.read").post(f"/segments/{key}/news", data={"every": "day"}).status_code == 404

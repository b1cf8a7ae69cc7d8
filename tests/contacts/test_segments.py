"""Who is in a segment: who answers its question, with those put in and without those taken out by hand."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from app.accounts.models import StaffUser
from app.contacts.models import Contact, Segment, SegmentKind, SegmentMember
from app.contacts.queries.segments import by_hand, contacts_in, segments_for
from app.contacts.services import archive_contact
from app.contacts.services.segments import (
    SegmentDetails,
    archive_segment,
    edit_segment,
    leave_to_question,
    note_count,
    put_in,
    record_segment,
    restore_segment,
    take_out,
)
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.conditions import Condition, Group, Op
from app.kernel.criteria import CriteriaSources
from app.kernel.errors import NotFound, Refused
from tests.factories.contacts import make_contact
from tests.factories.segments import make_segment
from tests.factories.staff import make_staff

pytestmark = pytest.mark.db
LYON = Group(parts=(Condition("address.city", Op.IS, ("Lyon",)),))


@pytest.fixture
def staff(database):
    """The keys of two people, made before the test's own transaction begins."""
    return [make_staff(database, "contacts.read").id for _ in range(2)]


@pytest.fixture
def owner(db, staff):
    return db.get_one(StaffUser, staff[0])


@pytest.fixture
def other(db, staff):
    return db.get_one(StaffUser, staff[1])


@pytest.fixture
def inside(app, db):
    """Who is in a segment now."""

    def found(segment):
        db.flush()
        return set(db.scalars(contacts_in(db, segment, app.ports.get(CriteriaSources).load(db))))

    return found


def test_a_live_segment_follows_its_question(db, owner, inside):
    segment = make_segment(db, owner, question=LYON)
    there, elsewhere = make_contact(db, city="Lyon"), make_contact(db)
    assert inside(segment) == {there}

    elsewhere.addresses[0].city = "LYON"
    archive_contact(db, there, actor=SYSTEM)
    assert inside(segment) == {elsewhere}


def test_what_is_said_by_hand_goes_before_the_question_and_can_be_taken_back(db, owner, inside):
    segment = make_segment(db, owner, question=LYON)
    there, elsewhere = make_contact(db, city="Lyon"), make_contact(db)
    actor = owner.as_actor()

    put_in(db, segment, [elsewhere.id], actor=actor)
    take_out(db, segment, [there.id], actor=actor)
    assert inside(segment) == {elsewhere}
    assert by_hand(db, segment.id) == (1, 1)

    leave_to_question(db, segment, there.id, actor=actor)
    leave_to_question(db, segment, elsewhere.id, actor=actor)
    assert inside(segment) == {there}


def test_a_list_holds_whom_it_was_given_each_once(db, owner, inside):
    dinner = make_segment(db, owner, SegmentKind.FIXED)
    one, other = make_contact(db), make_contact(db)
    actor = owner.as_actor()

    assert put_in(db, dinner, [one.id, other.id, one.id, 987_654], actor=actor) == [one.id, other.id]
    assert put_in(db, dinner, [one.id], actor=actor) == []
    assert take_out(db, dinner, [one.id], actor=actor) == [one.id]
    assert take_out(db, dinner, [one.id], actor=actor) == []
    assert inside(dinner) == {other}
    assert dinner.question == {}


def test_two_who_put_the_same_people_in_at_once_both_succeed(database, db, owner):
    dinner, people = make_segment(db, owner, SegmentKind.FIXED), [make_contact(db).id for _ in range(20)]
    actor, key, start, faults = owner.as_actor(), dinner.id, Barrier(2), []
    db.commit()

    def put():
        start.wait()
        try:
            with database.writing() as mine:
                act_as(mine, actor)
                put_in(mine, mine.get_one(Segment, key), people, actor=actor)
        except Exception as error:  # noqa: BLE001 - told to the test
            faults.append(error)

    threads = [Thread(target=put) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not faults
    assert by_hand(db, key) == (20, 0)


def test_a_segment_needs_a_name_that_its_owner_has_not_used(db, owner):
    make_segment(db, owner, name="Été")
    with pytest.raises(Refused):
        make_segment(db, owner, name=" ete ")
    with pytest.raises(Refused):
        make_segment(db, owner, name="\u202e\u200b")


def test_a_name_is_free_again_once_its_segment_is_put_away(db, owner):
    archive_segment(db, make_segment(db, owner, name="Summer"), actor=owner.as_actor())
    assert make_segment(db, owner, name="Summer").name == "Summer"


def test_others_see_shared_segments_and_change_none(db, owner, other):
    shared, own = make_segment(db, owner, name="Shared"), make_segment(db, owner, name="Own", is_shared=False)

    assert set(db.scalars(segments_for(other.id))) == {shared}
    assert set(db.scalars(segments_for(owner.id))) == {shared, own}
    for deed in (archive_segment, restore_segment):
        with pytest.raises(NotFound):
            deed(db, shared, actor=other.as_actor())
    with pytest.raises(NotFound):
        put_in(db, shared, [make_contact(db).id], actor=other.as_actor())


def test_a_count_is_forgotten_when_the_question_changes(db, owner):
    segment = make_segment(db, owner)
    note_count(segment, 12)
    same = SegmentDetails(name="Anew", question=Group())
    edit_segment(db, segment, same, actor=owner.as_actor())

    assert (segment.name, segment.last_count, segment.counted_at) == ("Anew", None, None)


def test_a_question_about_a_field_that_is_no_more_says_so(db, owner, inside):
    segment = make_segment(db, owner, question=Group(parts=(Condition("custom.gone", Op.FILLED),)))
    with pytest.raises(Refused, match="no more"):
        inside(segment)


def test_deeds_are_noted_with_figures_and_no_names(db, owner):
    dinner = record_segment(db, SegmentKind.FIXED, SegmentDetails(name="Dinner"), owner=owner, actor=owner.as_actor())
    db.flush()
    put_in(db, dinner, [make_contact(db).id, make_contact(db).id], actor=owner.as_actor())
    db.commit()

    noted = db.scalars(select(AuditEntry).where(AuditEntry.record_type == "segment").order_by(AuditEntry.id)).all()
    assert noted[-1].action == "segment.put_in"
    assert noted[-1].changes == {"contacts": 2}
    assert db.query(SegmentMember).count() == 2
    assert db.query(Contact).count() == 2

"""One deed done to many contacts: by parts, each of them once, stoppable at any moment, and exactly undone."""

from threading import Thread

import pytest
from sqlalchemy import func, insert, select, update

from app.accounts.models import StaffUser
from app.contacts.models import (
    BulkAction,
    BulkChange,
    BulkDeed,
    BulkStatus,
    Contact,
    ContactKind,
    Segment,
    SegmentKind,
    SegmentMember,
)
from app.contacts.models.tag import ContactTag, Tag
from app.contacts.services import archive_contact, bulk, bulk_walking, restore_contact
from app.contacts.services.segments import SegmentDetails, edit_segment, put_in, take_out
from app.contacts.services.tagging import tag_contact, tag_many, untag_contact
from app.contacts.services.tags import retire_tag
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.clock import now
from app.kernel.conditions import Condition, Group, Match, Op
from app.kernel.criteria import CriteriaSources
from app.kernel.errors import Refused
from tests.factories.contacts import make_contact
from tests.factories.segments import make_segment
from tests.factories.staff import make_staff
from tests.factories.tags import make_tag

pytestmark = pytest.mark.db
EVERYBODY = Group(parts=(Condition("contact.kind", Op.ANY_OF, ("person",)),))
FEW = 3
"""Contacts of one part here."""


class Desk:
    """A fundraiser with a segment of everybody, a tag and a list."""

    def __init__(self, app, how_many=8):
        self.app, self.database = app, app.database
        self.asha = make_staff(self.database, "contacts.read", "contacts.edit", name="Asha Gurung")
        self.ram = make_staff(self.database, "contacts.read", "contacts.edit", name="Ram Thapa")
        with self.writing() as db:
            self.contacts = [make_contact(db, family_name=f"Rai {number}").id for number in range(how_many)]
            asha = db.get_one(StaffUser, self.asha.id)
            self.segment = make_segment(db, asha, name="Everybody", question=EVERYBODY).id
            self.list = make_segment(db, asha, SegmentKind.FIXED, name="Dinner").id
            self.tag = make_tag(db, "Mécène").id

    def writing(self):
        return Writing(self.database)

    def ask(self, deed, target=None, segment=None, *, wish=""):
        with self.writing() as db:
            asker = db.get_one(StaffUser, self.asha.id)
            criteria = self.app.ports.get(CriteriaSources).load(db)
            chosen = db.get_one(Segment, segment or self.segment)
            return bulk.ask_for(db, deed, chosen, target, criteria=criteria, asker=asker, wish=wish).id

    def change(self, action_id, deed, **parts):
        with self.writing() as db:
            deed(db, db.get_one(BulkAction, action_id, with_for_update=True), actor=SYSTEM, **parts)

    def undo(self, action_id):
        self.change(action_id, bulk.undo)

    def action(self, action_id):
        with self.database.reading() as db:
            return db.get_one(BulkAction, action_id)

    def tagged(self):
        return self.keys(select(ContactTag.contact_id).where(ContactTag.tag_id == self.tag))

    def listed(self):
        return self.keys(select(SegmentMember.contact_id).where(SegmentMember.segment_id == self.list))

    def keys(self, query):
        with self.database.reading() as db:
            return sorted(db.scalars(query))


class Writing:
    """A transaction of the system's."""

    def __init__(self, database):
        self._made = database.writing()

    def __enter__(self):
        db = self._made.__enter__()
        act_as(db, SYSTEM)
        return db

    def __exit__(self, *raised):
        return self._made.__exit__(*raised)


@pytest.fixture
def desk(app, monkeypatch):
    monkeypatch.setattr(bulk_walking, "AT_ONCE", FEW)
    monkeypatch.setattr(bulk_walking, "ASKED_AT_ONCE", 2 * FEW)
    return Desk(app)


def test_everybody_in_a_segment_gets_a_tag_and_loses_it_again(desk, run_jobs):
    action_id = desk.ask(BulkDeed.TAG, desk.tag)

    run_jobs()

    done = desk.action(action_id)
    assert desk.tagged() == desk.contacts
    assert (done.status, done.total, done.done, done.changed) == (BulkStatus.DONE, 8, 8, 8)
    desk.undo(action_id)
    run_jobs()
    undone = desk.action(action_id)
    assert desk.tagged() == []
    assert (undone.status, undone.walked_back, undone.put_back) == (BulkStatus.UNDONE, 8, 8)
    assert desk.keys(select(BulkChange.id)) == []


def test_undoing_leaves_a_tag_that_was_there_before(desk, run_jobs):
    with desk.writing() as db:
        tag_many(db, desk.contacts[:2], desk.tag, actor=SYSTEM)
    action_id = desk.ask(BulkDeed.TAG, desk.tag)
    run_jobs()

    desk.undo(action_id)
    run_jobs()

    assert desk.tagged() == desk.contacts[:2]
    assert desk.action(action_id).put_back == 6


def test_undoing_leaves_what_somebody_has_changed_since(desk, run_jobs):
    action_id = desk.ask(BulkDeed.TAG, desk.tag)
    run_jobs()
    with desk.writing() as db:
        contact, tag = db.get_one(Contact, desk.contacts[0]), db.get_one(Tag, desk.tag)
        untag_contact(db, contact, tag, actor=SYSTEM)
        tag_contact(db, contact, tag, actor=SYSTEM)

    desk.undo(action_id)
    run_jobs()

    assert desk.tagged() == desk.contacts[:1]
    assert desk.action(action_id).put_back == 7


def test_a_tag_is_taken_off_and_put_back_as_it_was(desk, run_jobs):
    with desk.writing() as db:
        by_ram = {"tag_id": desk.tag, "tagged_by_id": desk.ram.id, "created_at": now()}
        db.execute(insert(ContactTag), [{"contact_id": key, **by_ram} for key in desk.contacts[:5]])
    action_id = desk.ask(BulkDeed.UNTAG, desk.tag)
    run_jobs()
    assert (desk.tagged(), desk.action(action_id).changed) == ([], 5)

    desk.undo(action_id)
    run_jobs()

    assert desk.tagged() == desk.contacts[:5]
    with desk.database.reading() as db:
        assert set(db.scalars(select(ContactTag.tagged_by_id))) == {desk.ram.id}


def test_everybody_is_put_on_a_list_and_taken_off_it(desk, run_jobs):
    with desk.writing() as db:
        put_in(db, db.get_one(Segment, desk.list), desk.contacts[:1], actor=desk.asha.as_actor())
    action_id = desk.ask(BulkDeed.LIST, desk.list)
    run_jobs()
    assert desk.listed() == desk.contacts
    desk.undo(action_id)
    run_jobs()
    assert desk.listed() == desk.contacts[:1]

    action_id = desk.ask(BulkDeed.UNLIST, desk.list, segment=desk.list)
    run_jobs()
    assert desk.listed() == []
    desk.undo(action_id)
    run_jobs()
    assert desk.listed() == desk.contacts[:1]


def test_everybody_is_given_to_somebody_to_look_after(desk, run_jobs):
    with desk.writing() as db:
        db.execute(update(Contact).where(Contact.id == desk.contacts[0]).values(owner_id=desk.asha.id))
        versions = {row[0]: row[1] for row in db.execute(select(Contact.id, Contact.version))}
    action_id = desk.ask(BulkDeed.OWNER, desk.ram.id)
    run_jobs()
    with desk.writing() as db:
        assert set(db.scalars(select(Contact.owner_id))) == {desk.ram.id}
        assert all(row[1] == versions[row[0]] + 1 for row in db.execute(select(Contact.id, Contact.version)))
        db.execute(update(Contact).where(Contact.id == desk.contacts[1]).values(owner_id=desk.asha.id))

    desk.undo(action_id)
    run_jobs()

    with desk.database.reading() as db:
        owners = list(db.scalars(select(Contact.owner_id).order_by(Contact.id)))
    assert owners == [desk.asha.id, desk.asha.id, *[None] * 6]
    assert desk.action(action_id).put_back == 7


def test_the_archive_gives_back_only_whom_the_action_put_there(desk, run_jobs):
    with desk.writing() as db:
        archive_contact(db, db.get_one(Contact, desk.contacts[0]), actor=SYSTEM)
    action_id = desk.ask(BulkDeed.ARCHIVE)
    run_jobs()
    assert desk.action(action_id).changed == 7
    with desk.writing() as db:
        again = db.get_one(Contact, desk.contacts[1])
        restore_contact(db, again, actor=SYSTEM)
        archive_contact(db, again, actor=SYSTEM)

    desk.undo(action_id)
    run_jobs()

    archived = select(Contact.id).where(Contact.archived_at.is_not(None))
    assert desk.keys(archived) == desk.contacts[:2]
    assert desk.action(action_id).put_back == 6


def test_a_deed_may_change_who_answers_the_question(desk, run_jobs):
    not_tagged = Group(parts=(Condition("tag", Op.NONE_OF, (str(desk.tag),)),))
    with desk.writing() as db:
        segment = make_segment(db, db.get_one(StaffUser, desk.asha.id), name="Untagged", question=not_tagged).id

    action_id = desk.ask(BulkDeed.TAG, desk.tag, segment=segment)
    run_jobs()

    assert desk.tagged() == desk.contacts
    assert desk.action(action_id).done == 8


def test_whoever_is_added_afterwards_is_not_touched(desk, run_jobs):
    action_id = desk.ask(BulkDeed.TAG, desk.tag)
    with desk.writing() as db:
        make_contact(db)

    run_jobs()

    assert desk.tagged() == desk.contacts
    assert desk.action(action_id).total == 8


def test_the_question_is_the_one_of_the_moment_of_asking(desk, run_jobs):
    desk.ask(BulkDeed.TAG, desk.tag)
    nobody = Group(Match.ALL, (Condition("contact.kind", Op.ANY_OF, (ContactKind.HOUSEHOLD.value,)),))
    with desk.writing() as db:
        segment = db.get_one(Segment, desk.segment)
        edit_segment(db, segment, SegmentDetails(name="Nobody", question=nobody), actor=desk.asha.as_actor())

    run_jobs()

    assert desk.tagged() == desk.contacts


def test_who_is_put_in_or_taken_out_by_hand_counts(desk, run_jobs):
    asha = desk.asha.as_actor()
    with desk.writing() as db:
        firm = make_contact(db, kind=ContactKind.ORGANISATION, group_name="Himal SARL").id
        late = make_contact(db, kind=ContactKind.ORGANISATION, group_name="Tara SARL").id
        segment = db.get_one(Segment, desk.segment)
        put_in(db, segment, [firm], actor=asha)
        take_out(db, segment, desk.contacts[:1], actor=asha)
    desk.ask(BulkDeed.TAG, desk.tag)
    with desk.writing() as db:
        put_in(db, db.get_one(Segment, desk.segment), [late], actor=asha)
        take_out(db, db.get_one(Segment, desk.segment), desk.contacts[-1:], actor=asha)

    run_jobs()

    assert desk.tagged() == [*desk.contacts[1:-1], firm]


def test_a_job_that_dies_between_parts_loses_nothing_and_does_nothing_twice(desk, monkeypatch, run_jobs):
    action_id = desk.ask(BulkDeed.TAG, desk.tag)
    real, calls = bulk_walking.do, []

    def dying(part):
        calls.append(part)
        if len(calls) == 2:
            real(part)
            raise RuntimeError
        return real(part)

    monkeypatch.setattr(bulk_walking, "do", dying)
    with pytest.raises(RuntimeError):
        bulk_walking.walk(desk.app.work, action_id=action_id)
    half = desk.action(action_id)
    assert (half.done, half.changed, desk.tagged()) == (FEW, FEW, desk.contacts[:FEW])

    run_jobs()

    done = desk.action(action_id)
    assert (done.status, done.done, done.changed, desk.tagged()) == (BulkStatus.DONE, 8, 8, desk.contacts)
    with desk.database.reading() as db:
        deeds = select(AuditEntry).where(AuditEntry.action == "bulk.part_done")
        parts = db.scalars(deeds.order_by(AuditEntry.id)).all()
    assert [each.changes["changed"] for each in parts] == [3, 3, 2]
    assert {each.actor_name for each in parts} == {"Asha Gurung"}


def test_a_long_one_is_left_to_the_next_job_time_and_again(desk, monkeypatch, run_jobs):
    monkeypatch.setattr(bulk_walking, "LONGEST", -1.0)
    action_id = desk.ask(BulkDeed.TAG, desk.tag)

    assert run_jobs() > 2

    assert (desk.action(action_id).status, desk.tagged()) == (BulkStatus.DONE, desk.contacts)


def test_it_stops_between_parts_goes_on_and_is_undone_half_way(desk, monkeypatch, run_jobs):
    action_id = desk.ask(BulkDeed.TAG, desk.tag)
    real = bulk_walking._on

    def stopping(work, key, *rest):
        went_on = real(work, key, *rest)
        desk.change(action_id, bulk.stop)
        return went_on

    monkeypatch.setattr(bulk_walking, "_on", stopping)
    run_jobs()
    assert (desk.action(action_id).status, desk.tagged()) == (BulkStatus.STOPPED, desk.contacts[:FEW])
    with desk.database.reading() as db:
        criteria = desk.app.ports.get(CriteriaSources).load(db)
    desk.change(action_id, bulk.go_on, criteria=criteria)
    run_jobs()
    assert (desk.action(action_id).status, desk.tagged()) == (BulkStatus.STOPPED, desk.contacts[: 2 * FEW])

    desk.undo(action_id)
    run_jobs()

    assert (desk.action(action_id).status, desk.tagged()) == (BulkStatus.UNDONE, [])


def test_two_jobs_at_one_action_do_nothing_twice(desk, monkeypatch, run_jobs):
    monkeypatch.setattr(bulk_walking, "AT_ONCE", 1)
    action_id = desk.ask(BulkDeed.TAG, desk.tag)

    together(*(lambda: bulk_walking.walk(desk.app.work, action_id=action_id) for _ in range(2)))
    run_jobs()

    done = desk.action(action_id)
    assert (done.status, done.done, done.changed, desk.tagged()) == (BulkStatus.DONE, 8, 8, desk.contacts)


def test_two_actions_of_opposite_sense_at_once_end_as_their_figures_say(desk, monkeypatch, run_jobs):
    monkeypatch.setattr(bulk_walking, "AT_ONCE", 1)
    with desk.writing() as db:
        tag_many(db, desk.contacts[::2], desk.tag, actor=SYSTEM)
    both = [desk.ask(BulkDeed.TAG, desk.tag), desk.ask(BulkDeed.UNTAG, desk.tag)]

    together(*(lambda key=key: bulk_walking.walk(desk.app.work, action_id=key) for key in both))
    run_jobs()

    on, off = map(desk.action, both)
    assert {on.status, off.status} == {BulkStatus.DONE}
    assert len(desk.tagged()) == 4 + on.changed - off.changed


def test_giving_and_archiving_at_once_wait_for_each_other_in_order(desk, monkeypatch, run_jobs):
    monkeypatch.setattr(bulk_walking, "AT_ONCE", 2)
    both = [desk.ask(BulkDeed.OWNER, desk.ram.id), desk.ask(BulkDeed.ARCHIVE)]

    together(*(lambda key=key: bulk_walking.walk(desk.app.work, action_id=key) for key in both))
    run_jobs()

    given, archived = map(desk.action, both)
    assert (archived.status, archived.changed, given.status) == (BulkStatus.DONE, 8, BulkStatus.DONE)
    assert len(desk.keys(select(Contact.id).where(Contact.owner_id == desk.ram.id))) == given.changed


def test_undoing_while_somebody_changes_takes_back_only_what_is_the_actions(desk, monkeypatch, run_jobs):
    monkeypatch.setattr(bulk_walking, "AT_ONCE", 1)
    action_id = desk.ask(BulkDeed.OWNER, desk.ram.id)
    run_jobs()
    desk.undo(action_id)

    def another():
        for key in reversed(desk.contacts):
            with desk.writing() as db:
                db.get_one(Contact, key, with_for_update=True).owner_id = desk.asha.id

    together(another, lambda: bulk_walking.walk(desk.app.work, action_id=action_id))
    run_jobs()

    undone = desk.action(action_id)
    assert (undone.status, undone.walked_back) == (BulkStatus.UNDONE, 8)
    assert set(desk.keys(select(Contact.owner_id))) == {desk.asha.id}


def test_a_field_that_is_no_more_is_said_and_nothing_is_done(desk, run_jobs):
    gone = Group(parts=(Condition("custom.gone", Op.IS, ("x",)),))
    with desk.writing() as db:
        segment = make_segment(db, db.get_one(StaffUser, desk.asha.id), name="Gone", question=gone).id

    with pytest.raises(Refused, match="a field that is no more"):
        desk.ask(BulkDeed.TAG, desk.tag, segment=segment)

    assert desk.keys(select(BulkAction.id)) == []


def test_a_field_that_goes_meanwhile_stops_it(desk, run_jobs):
    action_id = desk.ask(BulkDeed.TAG, desk.tag)
    gone = Group(parts=(Condition("custom.gone", Op.IS, ("x",)),)).as_data()
    with desk.writing() as db:
        db.execute(update(BulkAction).values(question=gone))

    run_jobs()

    assert (desk.action(action_id).status, desk.tagged()) == (BulkStatus.STOPPED, [])


def test_a_tag_that_is_retired_meanwhile_stops_it(desk, run_jobs):
    action_id = desk.ask(BulkDeed.TAG, desk.tag)
    with desk.writing() as db:
        retire_tag(db, db.get_one(Tag, desk.tag), actor=SYSTEM)

    run_jobs()

    assert (desk.action(action_id).status, desk.tagged()) == (BulkStatus.STOPPED, [])


def test_who_may_not_change_contacts_any_more_does_so_by_no_job(desk, run_jobs):
    action_id = desk.ask(BulkDeed.TAG, desk.tag)
    with desk.writing() as db:
        db.get_one(StaffUser, desk.asha.id).roles = []

    run_jobs()

    assert (desk.action(action_id).status, desk.tagged()) == (BulkStatus.STOPPED, [])


def test_the_same_is_not_asked_for_twice_at_a_time(desk):
    desk.ask(BulkDeed.TAG, desk.tag)

    with pytest.raises(Refused, match="being done already"):
        desk.ask(BulkDeed.TAG, desk.tag)


def test_what_is_under_way_is_not_undone_and_what_is_undone_stays_so(desk, run_jobs):
    action_id = desk.ask(BulkDeed.TAG, desk.tag)
    with pytest.raises(Refused, match="Stop it first"):
        desk.undo(action_id)
    run_jobs()
    desk.undo(action_id)
    run_jobs()

    with pytest.raises(Refused):
        desk.undo(action_id)


def test_an_empty_segment_is_done_at_once(desk, run_jobs):
    action_id = desk.ask(BulkDeed.TAG, desk.tag, segment=desk.list)

    run_jobs()

    done = desk.action(action_id)
    assert (done.status, done.total, done.changed) == (BulkStatus.DONE, 0, 0)


def test_no_part_of_the_trail_names_anybody(desk, run_jobs):
    desk.ask(BulkDeed.TAG, desk.tag)
    run_jobs()

    with desk.database.reading() as db:
        told = db.scalars(select(AuditEntry.changes).where(AuditEntry.action.startswith("bulk."))).all()
    assert "Rai" not in str(told)
    assert desk.keys(select(func.count(Contact.id))) == [8]


def together(*works):
    """Several threads at once; what one of them raises is raised."""
    raised = []

    def run(work):
        try:
            work()
        except Exception as error:  # noqa: BLE001 - raised again below
            raised.append(error)

    threads = [Thread(target=run, args=(work,)) for work in works]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if raised:
        raise raised[0]

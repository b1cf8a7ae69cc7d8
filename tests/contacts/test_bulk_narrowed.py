"""A deed done to those in a segment who may be contacted: to nobody else, and to nobody who withdraws meanwhile."""

import pytest
from sqlalchemy import delete, select

from app.contacts.models import BulkAction, BulkDeed, BulkStatus, Consent, Contact, ContactEmail
from app.contacts.queries import narrowing
from app.contacts.queries.narrowing import narrowed, still_wanted
from app.contacts.services import bulk, bulk_walking
from app.contacts.services.consents import SpokenAnswer, withdraw, write_down_answer
from app.contacts.services.purposes import retire_purpose
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry
from app.kernel.clock import today
from app.kernel.criteria import CriteriaSources
from app.kernel.errors import Refused
from tests.contacts.test_bulk import FEW, Desk
from tests.factories.contacts import make_purpose, make_wording

pytestmark = pytest.mark.db
WISH = "visits:email"


class Narrowed(Desk):
    """The desk, where all but every third contact agreed to visits, and one of those has no e-mail any more."""

    def __init__(self, app):
        super().__init__(app)
        self.agreed = [key for place, key in enumerate(self.contacts) if place % 3 != 2]
        with self.writing() as db:
            wording = make_wording(db, purpose="visits")
            for key in self.agreed:
                said = SpokenAnswer(wording_id=wording.id, is_given=True, source="staff:phone", answered_on=today())
                write_down_answer(db, db.get_one(Contact, key), said, actor=SYSTEM)
            unreached = self.agreed.pop()
            db.execute(delete(ContactEmail).where(ContactEmail.contact_id == unreached))

    def withdraw(self, key):
        with self.writing() as db:
            agreed = db.scalars(select(Consent).where(Consent.contact_id == key)).one()
            withdraw(db, db.get_one(Contact, key), agreed, source="staff:page", actor=SYSTEM)

    def retire(self):
        with self.writing() as db:
            retire_purpose(db, make_purpose(db, "visits"), actor=SYSTEM)

    def go_on(self, action_id):
        with self.database.reading() as db:
            criteria = self.app.ports.get(CriteriaSources).load(db)
        self.change(action_id, bulk.go_on, criteria=criteria)


@pytest.fixture
def desk(app, monkeypatch):
    monkeypatch.setattr(bulk_walking, "AT_ONCE", FEW)
    monkeypatch.setattr(narrowing, "FEW", 2)
    return Narrowed(app)


def test_only_those_who_may_be_contacted_are_touched_and_put_back(desk, run_jobs):
    action_id = desk.ask(BulkDeed.TAG, desk.tag, wish=WISH)

    run_jobs()

    done = desk.action(action_id)
    assert desk.tagged() == desk.agreed
    assert (done.status, done.total, done.done, done.changed) == (BulkStatus.DONE, 5, 5, 5)
    desk.undo(action_id)
    run_jobs()
    assert (desk.tagged(), desk.action(action_id).put_back) == ([], 5)


@pytest.mark.parametrize("deed", [BulkDeed.ARCHIVE, BulkDeed.OWNER, BulkDeed.LIST])
def test_other_deeds_are_narrowed_just_so(deed, desk, run_jobs):
    target = {BulkDeed.OWNER: desk.ram.id, BulkDeed.LIST: desk.list}.get(deed)
    action_id = desk.ask(deed, target, wish=WISH)

    run_jobs()

    touched = {
        BulkDeed.ARCHIVE: select(Contact.id).where(Contact.archived_at.is_not(None)),
        BulkDeed.OWNER: select(Contact.id).where(Contact.owner_id == desk.ram.id),
    }
    assert (desk.listed() if deed is BulkDeed.LIST else desk.keys(touched[deed])) == desk.agreed
    desk.undo(action_id)
    run_jobs()
    assert (desk.listed() if deed is BulkDeed.LIST else desk.keys(touched[deed])) == []


def test_those_who_can_be_reached_are_a_wish_as_well(desk, run_jobs):
    desk.ask(BulkDeed.TAG, desk.tag, wish="email")

    run_jobs()

    assert len(desk.tagged()) == len(desk.contacts) - 1


def test_a_list_by_hand_is_narrowed_too(desk, run_jobs):
    desk.ask(BulkDeed.LIST, desk.list)
    run_jobs()

    desk.ask(BulkDeed.TAG, desk.tag, segment=desk.list, wish=WISH)
    run_jobs()

    assert desk.tagged() == desk.agreed


def test_whoever_withdraws_before_it_begins_is_not_touched(desk, run_jobs):
    action_id = desk.ask(BulkDeed.TAG, desk.tag, wish=WISH)
    desk.withdraw(desk.agreed[0])

    run_jobs()

    assert desk.tagged() == desk.agreed[1:]
    assert desk.action(action_id).total == 4


def test_whoever_withdraws_while_it_walks_is_not_touched(desk, monkeypatch, run_jobs):
    """They had been asked for already, together with those of the first part."""
    action_id, real, late = desk.ask(BulkDeed.TAG, desk.tag, wish=WISH), bulk_walking._rest, desk.agreed[-1]

    def withdrawing(work, took):
        if not late_withdrew:
            late_withdrew.append(True)
            desk.withdraw(late)
        real(work, took)

    late_withdrew = []
    monkeypatch.setattr(bulk_walking, "_rest", withdrawing)
    run_jobs()

    done = desk.action(action_id)
    assert desk.tagged() == desk.agreed[:-1]
    assert (done.status, done.total, done.done, done.changed) == (BulkStatus.DONE, 4, 4, 4)


def test_it_stops_goes_on_with_the_same_wish_and_is_undone(desk, monkeypatch, run_jobs):
    action_id, real = desk.ask(BulkDeed.TAG, desk.tag, wish=WISH), bulk_walking._on

    def stopping(work, key, *rest):
        went_on = real(work, key, *rest)
        desk.change(action_id, bulk.stop)
        return went_on

    monkeypatch.setattr(bulk_walking, "_on", stopping)
    run_jobs()
    assert (desk.action(action_id).status, desk.tagged()) == (BulkStatus.STOPPED, desk.agreed[:FEW])

    monkeypatch.setattr(bulk_walking, "_on", real)
    desk.go_on(action_id)
    run_jobs()
    assert (desk.action(action_id).status, desk.tagged()) == (BulkStatus.DONE, desk.agreed)

    desk.undo(action_id)
    run_jobs()
    assert (desk.action(action_id).status, desk.tagged()) == (BulkStatus.UNDONE, [])


def test_a_purpose_that_is_gone_is_said_and_nothing_is_done(desk):
    desk.retire()

    for wish in (WISH, "unknown:post", "pigeon", "email:visits"):
        with pytest.raises(Refused, match="not asked about this any more"):
            desk.ask(BulkDeed.TAG, desk.tag, wish=wish)

    assert desk.keys(select(BulkAction.id)) == []


def test_a_purpose_that_goes_meanwhile_stops_it_and_it_goes_on_no_more(desk, run_jobs):
    action_id = desk.ask(BulkDeed.TAG, desk.tag, wish=WISH)
    desk.retire()

    run_jobs()

    assert (desk.action(action_id).status, desk.tagged()) == (BulkStatus.STOPPED, [])
    with pytest.raises(Refused, match="not asked about this any more"):
        desk.go_on(action_id)


def test_a_purpose_that_goes_between_two_parts_leaves_the_first_to_be_undone(desk, monkeypatch, run_jobs):
    action_id, real = desk.ask(BulkDeed.TAG, desk.tag, wish=WISH), bulk_walking._rest

    def retiring(work, took):
        desk.retire()
        real(work, took)

    monkeypatch.setattr(bulk_walking, "_rest", retiring)
    run_jobs()
    assert (desk.action(action_id).status, desk.tagged()) == (BulkStatus.STOPPED, desk.agreed[:FEW])

    desk.undo(action_id)
    run_jobs()

    assert (desk.action(action_id).status, desk.tagged()) == (BulkStatus.UNDONE, [])


def test_the_same_with_another_wish_is_another(desk, run_jobs):
    first, second = (desk.ask(BulkDeed.TAG, desk.tag, wish=wish) for wish in (WISH, ""))
    for wish in (WISH, ""):
        with pytest.raises(Refused, match="being done already"):
            desk.ask(BulkDeed.TAG, desk.tag, wish=wish)

    run_jobs()

    assert desk.tagged() == desk.contacts
    assert [desk.action(key).changed for key in (first, second)] == [5, 3]
    desk.undo(second)
    run_jobs()
    assert desk.tagged() == desk.agreed


def test_the_trail_tells_the_wish(desk):
    desk.ask(BulkDeed.TAG, desk.tag, wish=WISH)
    desk.ask(BulkDeed.TAG, desk.tag, wish="post")
    desk.ask(BulkDeed.TAG, desk.tag)

    with desk.database.reading() as db:
        asked = select(AuditEntry.changes).where(AuditEntry.action == "bulk.asked_for").order_by(AuditEntry.id)
        told = [{name: said[name] for name in ("purpose", "channel") if name in said} for said in db.scalars(asked)]
    assert told == [{"purpose": "visits", "channel": "email"}, {"channel": "post"}, {}]


@pytest.mark.parametrize("wish", ["", "email", "phone", "post", WISH])
def test_those_who_are_still_wanted_are_those_whom_the_list_shows(wish, desk):
    with desk.database.reading() as db:
        expected = sorted(db.scalars(narrowed(db, select(Contact), wish).with_only_columns(Contact.id)))
        assert still_wanted(db, desk.contacts, wish) == expected
        assert still_wanted(db, [], wish) == []

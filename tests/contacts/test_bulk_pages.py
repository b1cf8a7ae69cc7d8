"""Doing something to a whole segment, as fundraisers do it: chosen, confirmed, watched, stopped, undone."""

import pytest
from sqlalchemy import select, update

from app.accounts.models import StaffUser
from app.contacts.models import BulkAction, BulkDeed, BulkStatus, Contact, Segment, SegmentKind
from app.contacts.models.tag import ContactTag, Tag
from app.contacts.services import bulk
from app.contacts.services.purposes import retire_purpose
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.conditions import Condition, Group, Op
from app.kernel.criteria import CriteriaSources
from app.kernel.jobs import Job, JobStatus
from tests.factories.contacts import make_contact, make_purpose, make_wording
from tests.factories.giving import make_offline_gift
from tests.factories.segments import make_segment
from tests.factories.tags import make_tag

pytestmark = pytest.mark.db
EVERYBODY = Group(parts=(Condition("contact.kind", Op.ANY_OF, ("person",)),))
FUNDRAISER = ("contacts.read", "contacts.edit")


@pytest.fixture
def asha(sign_in):
    return sign_in(*FUNDRAISER)


@pytest.fixture
def world(database, asha):
    """The keys of a segment of two people, of a tag and of an empty list."""
    with database.writing() as db:
        act_as(db, SYSTEM)
        owner = db.scalars(select(StaffUser)).one()
        for _each in range(2):
            make_contact(db)
        segment = make_segment(db, owner, name="Everybody", question=EVERYBODY)
        dinner = make_segment(db, owner, SegmentKind.FIXED, name="Dinner")
        tag = make_tag(db, "Mécène")
        db.flush()
        return {"segment": segment.id, "list": dinner.id, "tag": tag.id, "owner": owner.id}


def newest(database):
    with database.reading() as db:
        return db.scalars(select(BulkAction).order_by(BulkAction.id.desc()).limit(1)).one_or_none()


def test_a_tag_is_chosen_confirmed_put_on_and_taken_back(asha, world, database, run_jobs):
    page = asha.get(f"/segments/{world['segment']}")
    assert "Put a tag on them" in page.text
    address = f"/segments/{world['segment']}/bulk/tag"
    assert "Mécène" in asha.get(address).text
    assert "2 contacts get the tag “Mécène”." in asha.get(f"{address}?target={world['tag']}").text

    answer = asha.post(address, data={"target": world["tag"]})

    action = newest(database)
    assert answer.location == f"/bulk/{action.id}"
    waiting = asha.get(answer.location).text
    assert 'hx-trigger="every 1s"' in waiting
    assert 'http-equiv="refresh"' in waiting
    run_jobs()
    done = asha.get(answer.location).text
    assert "every 1s" not in done
    assert "2 / 2" in done
    assert asha.post(f"/bulk/{action.id}/undo").status_code == 303
    run_jobs()
    assert "Undone" in asha.get(answer.location).text
    with database.reading() as db:
        assert db.scalars(select(ContactTag)).all() == []
    assert "Put on the tag “Mécène”" in asha.get("/bulk/").text


@pytest.mark.parametrize("deed", list(BulkDeed))
def test_every_deed_is_asked_for_and_done(deed, asha, world, database, run_jobs):
    target = {"tag": world["tag"], "untag": world["tag"], "list": world["list"], "unlist": world["list"]}
    data = {"target": target.get(deed.value, world["owner"])} if deed is not BulkDeed.ARCHIVE else {}

    asha.post(f"/segments/{world['segment']}/bulk/{deed.value}", data=data)
    run_jobs()

    action = newest(database)
    assert (action.status, action.done) == (BulkStatus.DONE, 2)
    assert action.changed == (0 if deed in {BulkDeed.UNTAG, BulkDeed.UNLIST} else 2)
    assert asha.get(f"/bulk/{action.id}").status_code == 200


def test_contacts_can_be_given_to_nobody(asha, world, database, run_jobs):
    with database.writing() as db:
        db.execute(update(Contact).values(owner_id=world["owner"]))
    address = f"/segments/{world['segment']}/bulk/owner"
    assert "Nobody looks after 2 contacts." in asha.get(f"{address}?target=nobody").text

    asha.post(address, data={"target": "nobody"})
    run_jobs()

    with database.reading() as db:
        assert set(db.scalars(select(Contact.owner_id))) == {None}


def test_before_the_archive_it_is_said_how_many_gave_lately(sign_in, world, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        make_offline_gift(db, db.scalars(select(Contact).order_by(Contact.id)).first())
    address = f"/segments/{world['segment']}/bulk/archive"

    assert "1 of them gave in the last year." in sign_in(*FUNDRAISER, "gifts.read").get(address).text
    assert "gave in the last year" not in sign_in(*FUNDRAISER).get(address).text


@pytest.mark.parametrize("target", ["", "0", "999999", "x", "-1", "9" * 40, "nobody"])
def test_something_that_cannot_be_chosen_does_nothing(target, asha, world, database):
    answer = asha.post(f"/segments/{world['segment']}/bulk/tag", data={"target": target})

    assert answer.status_code in {200, 422}
    assert "Which tag?" in answer.text
    assert newest(database) is None


def test_a_deed_that_there_is_not_is_not_found(asha, world):
    assert asha.get(f"/segments/{world['segment']}/bulk/delete").status_code == 404


def test_a_field_that_is_no_more_is_said(asha, world, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        gone = Group(parts=(Condition("custom.gone", Op.IS, ("x",)),))
        db.get_one(Segment, world["segment"]).question = gone.as_data()
    address = f"/segments/{world['segment']}/bulk/tag"

    assert "a field that is no more" in asha.get(f"{address}?target={world['tag']}").text
    answer = asha.post(address, data={"target": world["tag"]})

    assert answer.status_code == 422
    assert "a field that is no more" in answer.text
    assert newest(database) is None


def test_stopped_by_a_retired_tag_it_says_so_and_offers_no_going_on(asha, world, database, run_jobs):
    asha.post(f"/segments/{world['segment']}/bulk/tag", data={"target": world["tag"]})
    action = newest(database)
    asha.post(f"/bulk/{action.id}/stop")
    stopped = asha.get(f"/bulk/{action.id}").text
    assert f"/bulk/{action.id}/go-on" in stopped
    with database.writing() as db:
        act_as(db, SYSTEM)
        tag = db.get_one(Tag, world["tag"])
        tag.archived_at = tag.created_at

    page = asha.get(f"/bulk/{action.id}").text

    assert "It cannot go on: This tag is retired" in page
    assert f"/bulk/{action.id}/go-on" not in page
    assert asha.post(f"/bulk/{action.id}/go-on", follow_redirects=True).text.count("This tag is retired") == 2


def test_a_stopped_one_goes_on(asha, world, database, run_jobs):
    asha.post(f"/segments/{world['segment']}/bulk/tag", data={"target": world["tag"]})
    action = newest(database)
    asha.post(f"/bulk/{action.id}/stop")
    run_jobs()
    assert newest(database).status is BulkStatus.STOPPED

    asha.post(f"/bulk/{action.id}/go-on")
    run_jobs()

    done = newest(database)
    assert (done.status, done.total, done.changed) == (BulkStatus.DONE, 2, 2)


def test_others_do_not_see_it_but_who_leads_does(asha, sign_in, world, database):
    asha.post(f"/segments/{world['segment']}/bulk/tag", data={"target": world["tag"]})
    address = f"/bulk/{newest(database).id}"

    stranger, leader = sign_in(*FUNDRAISER), sign_in(*FUNDRAISER, "tasks.others")

    assert stranger.get(address).status_code == 404
    assert stranger.post(f"{address}/stop").status_code == 404
    assert "Mécène" not in stranger.get("/bulk/").text
    assert "Mécène" in leader.get("/bulk/").text
    assert leader.post(f"{address}/stop").status_code == 303


def test_who_may_only_read_contacts_is_let_nowhere_near(asha, sign_in, world, database):
    asha.post(f"/segments/{world['segment']}/bulk/tag", data={"target": world["tag"]})
    reader, action = sign_in("contacts.read"), newest(database).id

    assert "Do to all of them" not in reader.get(f"/segments/{world['segment']}").text
    for address in (f"/segments/{world['segment']}/bulk/tag", "/bulk/", f"/bulk/{action}"):
        assert reader.get(address).status_code == 403
    for deed in ("stop", "go-on", "undo"):
        assert reader.post(f"/bulk/{action}/{deed}").status_code == 403


def test_somebody_elses_own_segment_is_not_to_be_had(sign_in, world, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        db.get_one(Segment, world["segment"]).is_shared = False

    assert sign_in(*FUNDRAISER).get(f"/segments/{world['segment']}/bulk/archive").status_code == 404


def test_the_dashboard_names_one_that_does_not_go_on_by_itself(app, sign_in, world, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        owner, segment = db.get_one(StaffUser, world["owner"]), db.get_one(Segment, world["segment"])
        criteria = app.ports.get(CriteriaSources).load(db)
        action = bulk.ask_for(db, BulkDeed.TAG, segment, world["tag"], criteria=criteria, asker=owner)
        db.execute(update(Job).where(Job.kind == "contacts.bulk").values(status=JobStatus.PARKED))
    client = sign_in()

    assert "1 bulk action does not go on by itself" in client.get("/dashboard").text
    assert "It was tried several times in vain" in client.get(f"/bulk/{action.id}").text
    assert "Put a tag on them" in client.get("/parked-jobs/").text


def test_whoever_looks_after_a_contact_stands_on_its_page_and_can_be_searched_for(asha, world, database):
    with database.writing() as db:
        key = db.scalar(select(Contact.id).order_by(Contact.id).limit(1))
        db.execute(update(Contact).where(Contact.id == key).values(owner_id=world["owner"]))

    assert "Looked after by" in asha.get(f"/contacts/{key}").text
    by_owner = {"q-0-field": "contact.owner", "q-0-is": "any_of", "q-0-v": world["owner"]}
    found = asha.post("/segments/build", data=by_owner)
    assert "<strong>1</strong>" in found.text
    found = asha.post("/segments/build", data={"q-0-field": "contact.owner", "q-0-is": "empty"})
    assert "<strong>1</strong>" in found.text


def test_whoever_looks_after_the_actions_of_all_reads_no_name_of_what_is_somebody_elses_alone(
    asha, world, database, sign_in
):
    asha.post(f"/segments/{world['segment']}/bulk/list", data={"target": world["list"]})
    action = newest(database)
    with database.writing() as db:
        act_as(db, SYSTEM)
        for key, name in ((world["segment"], "Board secrets"), (world["list"], "Board dinner")):
            db.get_one(Segment, key).is_shared, db.get_one(Segment, key).name = False, name
    leader = sign_in(*FUNDRAISER, "tasks.others")

    for page in ("/bulk/", f"/bulk/{action.id}"):
        assert "Board" in asha.get(page).text
        assert leader.get(page).status_code == 200
        assert "Board" not in leader.get(page).text


def test_what_is_done_to_a_narrowed_page_is_done_to_whom_it_shows(asha, world, database, run_jobs):
    with database.writing() as db:
        act_as(db, SYSTEM)
        make_contact(db, email="")
    segment, tag = f"/segments/{world['segment']}", world["tag"]
    page = asha.get(f"{segment}?for=email").text
    assert f'href="{segment}/bulk/tag?for=email"' in page
    assert "is done to these only" in page
    assert 'name="for" value="email"' in asha.get(f"{segment}/bulk/tag?for=email").text

    confirm = asha.get(f"{segment}/bulk/tag?target={tag}&for=email").text
    assert "2 contacts get the tag “Mécène”." in confirm
    assert "Can be reached · By e-mail" in confirm
    assert f'action="{segment}/bulk/tag?for=email"' in confirm
    assert f'href="{segment}?for=email"' in confirm
    assert "3 contacts get the tag “Mécène”." in asha.get(f"{segment}/bulk/tag?target={tag}").text

    answer = asha.post(f"{segment}/bulk/tag?for=email", data={"target": tag})
    run_jobs()

    assert newest(database).wish == "email"
    assert "Can be reached · By e-mail" in asha.get(answer.location).text
    assert "Can be reached · By e-mail" in asha.get("/bulk/").text
    with database.reading() as db:
        assert len(db.scalars(select(ContactTag)).all()) == 2


def test_a_narrowed_page_that_shows_nobody_has_nothing_to_confirm(asha, world, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        make_wording(db, purpose="visits")

    page = asha.get(f"/segments/{world['segment']}/bulk/archive?for=visits:email").text

    assert "Nobody of them may be contacted so" in page
    assert "Do it" not in page


@pytest.mark.parametrize("wish", ["gone:email", "pigeon", "email:gone", "x" * 500])
def test_a_wish_that_cannot_be_met_is_said_and_nothing_is_done(wish, asha, world, database):
    address = f"/segments/{world['segment']}/bulk/tag?for={wish}"

    for answer in (asha.get(f"{address}&target={world['tag']}"), asha.post(address, data={"target": world["tag"]})):
        assert "not asked about this any more" in answer.text
        assert "Do it" not in answer.text

    assert answer.status_code == 422
    assert newest(database) is None


def test_a_purpose_that_is_gone_still_has_its_name_on_the_page_of_what_was_done(asha, world, database, run_jobs):
    with database.writing() as db:
        act_as(db, SYSTEM)
        make_wording(db, purpose="visits")
    address = f"/segments/{world['segment']}/bulk/tag?for=visits:email"
    page = asha.post(address, data={"target": world["tag"]}).location
    assert "Visits · E-mail (agreed)" in asha.get(page).text

    with database.writing() as db:
        act_as(db, SYSTEM)
        retire_purpose(db, make_purpose(db, "visits"), actor=SYSTEM)
    run_jobs()

    stopped = asha.get(page).text
    assert "Visits · E-mail (agreed)" in stopped
    assert "It cannot go on: People are not asked about this any more." in stopped
    assert f'action="{page}/go-on"' not in stopped
    asha.post(f"{page}/go-on")
    assert newest(database).status is BulkStatus.STOPPED

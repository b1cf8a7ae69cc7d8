"""Staff see who is signed in to a donor's own page, and end it."""

from threading import Thread
from time import sleep

import pytest
from sqlalchemy import select

from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.portal.models import DonorSession, SignInEnd
from app.portal.services import entering
from tests.portal.conftest import ask, deeds, follow, link_of

pytestmark = pytest.mark.db


def test_staff_end_every_sign_in_and_the_donor_is_out_at_once(maya, come_in, sign_in, database):
    donor = come_in(maya)
    assert donor.get("/my/gifts").status_code == 200
    staff = sign_in("contacts.read", "contacts.edit")
    page = f"/contacts/{maya.id}/own-page"
    assert page in staff.get(f"/contacts/{maya.id}").text
    seen = staff.get(page).text
    assert "this contact’s" in seen
    assert "End them all" in seen

    assert staff.post(f"{page}/end", follow_redirects=True).status_code == 200

    assert donor.get("/my/gifts").status_code == 303
    with database.reading() as db:
        record = db.scalars(select(DonorSession)).one()
    assert record.end_reason is SignInEnd.EVERYWHERE
    (entry,) = deeds(database, "donor.sign_ins_ended")
    assert (entry.record_id, entry.changes) == (maya.id, {"sign_ins": 1, "links": 0})
    assert "Ended everywhere" in staff.get(page).text
    assert "Nothing was open" in staff.post(f"{page}/end", follow_redirects=True).text
    assert len(deeds(database, "donor.sign_ins_ended")) == 1


def test_an_open_link_opens_nothing_once_staff_have_ended_it(client, maya, mailbox, run_jobs, sign_in):
    ask(client)
    run_jobs()
    path = link_of(mailbox)
    staff = sign_in("contacts.read", "contacts.edit")
    staff.post(f"/contacts/{maya.id}/own-page/end")

    assert follow(client, path).status_code == 410


def test_however_many_sign_ins_there_are_none_is_left(maya, come_in, sign_in):
    donors = [come_in(maya) for _ in range(52)]
    sign_in("contacts.read", "contacts.edit").post(f"/contacts/{maya.id}/own-page/end")

    assert {each.get("/my/gifts").status_code for each in (donors[0], donors[1], donors[-1])} == {303}


def test_whoever_comes_in_while_staff_end_it_is_signed_out_too(app, maya, mailbox, run_jobs, sign_in):
    ask(app.test_client())
    run_jobs()
    token, staff, answers = link_of(mailbox).rpartition("/")[2], sign_in("contacts.read", "contacts.edit"), []
    ending = Thread(target=lambda: answers.append(staff.post(f"/contacts/{maya.id}/own-page/end")))
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        record, _key = entering.open_link(db, token, None, actor=SYSTEM)
        ending.start()
        sleep(0.5)  # for staff to come as far as they can
    ending.join()

    assert [each.status_code for each in answers] == [303]
    with app.database.reading() as db:
        assert db.get_one(DonorSession, record.id).end_reason is SignInEnd.EVERYWHERE


def test_who_may_only_read_ends_nothing_and_others_see_nothing(maya, sign_in):
    reader = sign_in("contacts.read")
    page = f"/contacts/{maya.id}/own-page"
    assert "End them all" not in reader.get(page).text
    assert reader.post(f"{page}/end").status_code == 403
    assert sign_in("gifts.read").get(page).status_code == 403

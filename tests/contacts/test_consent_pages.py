"""The page of what somebody agreed to and refused, and the list of purposes."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from app.contacts.models import Consent, ConsentPurpose, Contact
from app.contacts.queries.consents import answers_of, counting
from app.contacts.rules.consents import LawfulBasis
from app.contacts.services import archive_contact, publish_wording
from app.contacts.services.consents import (
    SpokenAnswer,
    WordingDetails,
    undo_withdrawal,
    withdraw,
    write_down_answer,
)
from app.contacts.services.purposes import (
    PurposeDetails,
    add_purpose,
    edit_purpose,
    offer_purpose_again,
    retire_purpose,
)
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import today
from app.kernel.errors import Refused
from app.kernel.i18n import format_day
from tests.factories.contacts import make_contact, make_purpose, make_wording
from tests.factories.giving import make_offline_gift

pytestmark = pytest.mark.db


def spoken(wording, *, is_given=True, days=0, **more):
    day = today() - timedelta(days=days)
    return SpokenAnswer(wording_id=wording.id, is_given=is_given, source="staff:paper", answered_on=day, **more)


def rows(db):
    columns = (Consent.__table__.c[name] for name in Consent.__table__.c.keys())  # noqa: SIM118 - a column collection
    return [tuple(row) for row in db.execute(select(*columns).order_by(Consent.id))]


@pytest.fixture
def agreed(db):
    """Somebody who agreed on paper twenty days ago."""
    contact, wording = make_contact(db), make_wording(db, purpose="visits")
    write_down_answer(db, contact, spoken(wording, days=20, note="At the dinner"), actor=SYSTEM)
    db.flush()
    return contact


def the_answer(db, contact):
    return next(iter(counting(answers_of(db, contact.id)).values()))


def test_history_never_changes_whatever_is_done(db, agreed):
    first = rows(db)
    refusal = withdraw(db, agreed, the_answer(db, agreed), source="staff:page", actor=SYSTEM)
    db.flush()
    second = rows(db)
    undo_withdrawal(db, agreed, refusal, actor=SYSTEM)
    edit = PurposeDetails(names={"en": "Journeys"}, lawful_basis=LawfulBasis.LEGITIMATE_INTEREST, keeps_months=1)
    purpose = make_purpose(db, "visits")
    edit_purpose(db, purpose, edit, version=purpose.version, actor=SYSTEM)
    db.flush()

    assert second[:1] == first
    assert rows(db)[:2] == second
    assert {answer.lawful_basis for answer in answers_of(db, agreed.id)} == {LawfulBasis.CONSENT}


def test_an_undone_withdrawal_leaves_the_agreement_with_its_own_day(db, agreed):
    before = the_answer(db, agreed)
    refusal = withdraw(db, agreed, before, source="staff:page", actor=SYSTEM)
    db.flush()
    assert not the_answer(db, agreed).is_given

    undo_withdrawal(db, agreed, refusal, actor=SYSTEM)
    db.flush()

    again = the_answer(db, agreed)
    assert (again.is_given, again.answered_on, again.undoes_id) == (True, before.answered_on, refusal.id)
    for done_already in (
        lambda: undo_withdrawal(db, agreed, refusal, actor=SYSTEM),
        lambda: withdraw(db, agreed, before, source="staff:page", actor=SYSTEM),
        lambda: undo_withdrawal(db, agreed, again, actor=SYSTEM),
    ):
        with pytest.raises(Refused):
            done_already()


def test_what_cannot_be_true_is_refused(db):
    contact, old = make_contact(db), make_wording(db, purpose="visits")
    new = make_wording(db, purpose="visits", texts={"fr": "Autres mots."})
    gone = make_contact(db)
    archive_contact(db, gone, actor=SYSTEM)
    db.flush()

    for who, answer in (
        (contact, spoken(new, days=-1)), (contact, spoken(old)), (contact, spoken(new, note="x" * 501)),
        (gone, spoken(new)),
    ):  # fmt: skip
        with pytest.raises(Refused):
            write_down_answer(db, who, answer, actor=SYSTEM)
    retire_purpose(db, make_purpose(db, "visits"), actor=SYSTEM)
    db.flush()
    db.refresh(new)
    with pytest.raises(Refused):
        write_down_answer(db, contact, spoken(new), actor=SYSTEM)
    assert rows(db) == []


@pytest.mark.parametrize("purpose", ["unknown", "visits"])
def test_words_for_no_purpose_or_a_retired_one_are_refused(db, purpose):
    retire_purpose(db, make_purpose(db, "visits"), actor=SYSTEM)
    db.flush()

    with pytest.raises(Refused):
        publish_wording(db, WordingDetails(purpose=purpose, channel="email", texts={"en": "Yes"}), actor=SYSTEM)


def test_two_who_withdraw_at_once_write_it_down_once(database, db, agreed):
    db.commit()

    key, together = agreed.id, Barrier(2)

    def take_back(_nth):
        together.wait(10)
        try:
            with database.writing() as writing:
                act_as(writing, SYSTEM)
                first = writing.scalars(select(Consent).order_by(Consent.id)).first()
                withdraw(writing, writing.get_one(Contact, key), first, source="staff:page", actor=SYSTEM)
        except Refused:
            return "refused"
        return "written"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(take_back, range(2))) == ["refused", "written"]

    with database.reading() as looking:
        assert [answer.is_given for answer in answers_of(looking, key)] == [True, False]


def test_the_page_says_how_it_stands_and_everything_that_was_said(db, agreed, sign_in):
    make_purpose(db, "visits", names={"en": "Journeys"}, keeps_months=600)
    db.commit()

    text = sign_in("contacts.read").get(f"/contacts/{agreed.id}/consents/").text

    for words in ("Journeys", "Agreed", "counts until", "Yes.", "Je veux recevoir", "On paper", "At the dinner"):
        assert words in text
    assert "Withdraw<" not in text
    assert "Write down an answer" not in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"is_deceased": True}, "No: they have died."),
        ({"do_not_contact": True}, "No: they want no contact."),
        ({"no_email": True}, "No: they want nothing at all this way."),
        ({"emails": []}, "No: we have no address or number for it that holds today."),
    ],
)
def test_the_page_says_why_somebody_may_not_be_written_to(db, agreed, sign_in, change, words):
    for name, value in change.items():
        setattr(agreed, name, value)
    db.commit()

    assert words in sign_in("contacts.read").get(f"/contacts/{agreed.id}/consents/").text


def test_an_agreement_of_long_ago_is_out_of_date(db, agreed, sign_in):
    make_purpose(db, "visits", keeps_months=1)
    write_down_answer(db, agreed, spoken(make_wording(db, purpose="visits"), days=400), actor=SYSTEM)
    other = make_contact(db)
    write_down_answer(db, other, spoken(make_wording(db, purpose="visits"), days=400), actor=SYSTEM)
    db.commit()

    text = sign_in("contacts.read").get(f"/contacts/{other.id}/consents/").text

    assert "Out of date" in text
    assert "No: their agreement is out of date." in text
    assert "Never asked" in text


def test_an_agreement_grows_old_from_the_last_time_they_were_heard_of(db, sign_in):
    make_purpose(db, "visits", keeps_months=12)
    contact = make_contact(db)
    write_down_answer(db, contact, spoken(make_wording(db, purpose="visits"), days=400), actor=SYSTEM)
    make_offline_gift(db, contact, received_on=today() - timedelta(days=9))
    db.commit()

    text = sign_in("contacts.read").get(f"/contacts/{contact.id}/consents/").text

    assert "Out of date" not in text
    assert f"last heard of on {format_day(today() - timedelta(days=9))}, counts until" in text


def test_staff_write_down_withdraw_and_undo_with_one_click_each(database, db, sign_in):
    contact, wording = make_contact(db), make_wording(db, purpose="visits")
    db.commit()
    staff, page = sign_in("contacts.read", "contacts.edit"), f"/contacts/{contact.id}/consents/"
    typed = {"wording": wording.id, "said": "agreed", "answered_on": str(today()), "how": "phone", "note": "Called us"}

    assert staff.post(page, data={**typed, "answered_on": str(today() + timedelta(days=2))}).status_code == 422
    assert staff.post(page, data={**typed, "said": ""}).status_code == 422
    assert staff.post(page, data={**typed, "wording": "999"}).status_code == 422
    assert staff.post(page, data=typed).status_code == 303
    url = re.search(r'action="([^"]+/withdraw)"', staff.get(page).text).group(1)
    staff.post(url)
    undo = re.search(r'action="([^"]+/undo)"', staff.get(page).text).group(1)
    staff.post(undo)
    again = staff.post(undo, follow_redirects=True).text

    assert "Something else was written down meanwhile" in again
    with database.reading() as looking:
        kept = answers_of(looking, contact.id)
        assert [each.is_given for each in kept] == [True, False, True]
        assert all(each.recorded_by_id for each in kept)
        assert kept[0].source == "staff:phone"


def test_nobody_reaches_the_answer_of_one_contact_through_another(db, agreed, sign_in):
    other, answer = make_contact(db), the_answer(db, agreed)
    db.commit()
    staff = sign_in("contacts.read", "contacts.edit")

    assert staff.post(f"/contacts/{other.id}/consents/{answer.id}/withdraw").status_code == 404
    assert sign_in("contacts.read").post(f"/contacts/{agreed.id}/consents/{answer.id}/withdraw").status_code == 403


def test_purposes_are_added_renamed_retired_and_offered_again(database, db, sign_in):
    staff = sign_in("contacts.set_up")
    typed = {"code": "visits", "name_en": "Visits", "lawful_basis": "consent", "keeps_months": "36"}

    assert staff.post("/settings/purposes/new", data=typed).status_code == 303
    assert staff.post("/settings/purposes/new", data=typed).status_code == 422
    assert staff.post("/settings/purposes/new", data={**typed, "code": "Big Visits"}).status_code == 422
    assert staff.post("/settings/purposes/new", data={**typed, "code": "v", "keeps_months": "0"}).status_code == 422
    assert staff.post("/settings/purposes/new", data={**typed, "code": "v", "name_en": " "}).status_code == 422
    with database.reading() as looking:
        key = looking.scalars(select(ConsentPurpose.id).where(ConsentPurpose.code == "visits")).one()
    page = f"/settings/purposes/{key}"
    assert staff.post(page, data={**typed, "name_en": "Journeys", "version": "1"}).status_code == 303
    late = staff.post(page, data={**typed, "name_en": "Trips", "version": "1"})
    assert (late.status_code, "Trips" in late.text) == (422, True)
    staff.post(f"{page}/retire")
    assert "Retired" in staff.get("/settings/purposes/").text
    staff.post(f"{page}/offer")

    assert "Journeys" in staff.get("/settings/purposes/").text


def test_a_retired_purpose_can_be_asked_about_again_with_the_words_it_had(db):
    purpose = add_purpose(db, "visits", PurposeDetails(names={"en": "Visits"}), actor=SYSTEM)
    wording = make_wording(db, purpose="visits")
    retire_purpose(db, purpose, actor=SYSTEM)
    db.flush()
    db.refresh(wording)
    assert not wording.is_asked

    offer_purpose_again(db, purpose, actor=SYSTEM)
    db.flush()

    assert wording.is_asked

"""What donors see and do on their own page: what is theirs and nothing else, and changes that leave a trail."""

import json
from datetime import date

import pytest
from sqlalchemy import select

from app.contacts.models import Channel, Consent, Contact, ContactReview, ReviewField
from app.contacts.services.consents import ConsentAnswer, record_consents
from app.giving.models import Gift, Receipt, ReceiptChoice
from app.giving.services.yearly_receipts import issue_year
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.money import Money
from app.kernel.organisation import the_organisation
from app.payments.models import Interval, PaymentStatus
from tests.factories.contacts import make_contact, make_wording
from tests.factories.giving import (
    dispute_gift,
    make_offline_gift,
    make_online_gift,
    make_submission,
    refund_gift,
)
from tests.portal.conftest import deeds

pytestmark = pytest.mark.db
ANSWERS = {"given_name": "Maya", "family_name": "Lefèvre", "email": "maya.lefevre@example.org"}


@pytest.fixture
def ram(database):
    """Somebody else, with a gift and a receipt of their own."""
    with database.writing() as db:
        act_as(db, SYSTEM)
        contact = make_contact(db, given_name="Ram", family_name="Thapa", email="ram@example.org")
        make_offline_gift(db, contact, amount=Money(7777, "EUR"))
    return contact


def online(db, **overrides):
    """A gift of Maya's through a form."""
    interval = overrides.pop("interval", None)
    return make_online_gift(db, make_submission(db, answers=ANSWERS, interval=interval), **overrides)


def test_a_donor_sees_their_gifts_and_nobody_elses(maya, ram, come_in):
    page = come_in(maya).get("/my/gifts").text

    assert "€50.00" in page
    assert "77.77" not in page
    assert "Received. Thank you!" in page


def test_each_gift_says_where_it_is_in_plain_words(maya, come_in, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        online(db, status=PaymentStatus.PROCESSING)
        refund_gift(db, online(db), 1000)
        refund_gift(db, online(db), 5000)
        dispute_gift(db, online(db))
        assert {each.contact_id for each in db.scalars(select(Gift))} == {maya.id}
    client = come_in(maya)
    years = {2026, *range(2025, 2028)}
    pages = "".join(client.get(f"/my/gifts?year={year}").text for year in years)

    for words in (
        "On its way: your bank takes a few days.", "€10.00 of it was given back", "Given back to you.",
        "Your bank is looking into it.",
    ):  # fmt: skip
        assert words in pages


def test_years_are_walked_one_by_one_and_nonsense_shows_the_newest(maya, come_in, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        contact = db.get_one(Contact, maya.id)
        make_offline_gift(db, contact, amount=Money(1234, "EUR"), received_on=date(2024, 12, 31))
    client = come_in(maya)

    assert "12.34" in client.get("/my/gifts?year=2024").text
    for nonsense in ("", "1999", "x", "²", "9" * 400):
        page = client.get(f"/my/gifts?year={nonsense}")
        assert page.status_code == 200
        assert "€50.00" in page.text
        assert "12.34" not in page.text


def test_a_receipt_is_downloaded_and_somebody_elses_is_not_there(maya, ram, come_in, database):
    with database.reading() as db:
        keys = dict(db.execute(select(Receipt.contact_id, Receipt.id)).all())
    client = come_in(maya)
    answer = client.get(f"/my/receipts/{keys[maya.id]}.pdf")

    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert f"/my/receipts/{keys[maya.id]}.pdf" in client.get("/my/receipts").text
    assert f"/my/receipts/{keys[ram.id]}.pdf" not in client.get("/my/receipts").text
    for key in (keys[ram.id], 0, 10**12, 10**30):
        assert client.get(f"/my/receipts/{key}.pdf").status_code == 404


def test_a_year_is_summed_up_by_calendar_and_by_financial_year(maya, come_in, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        the_organisation(db).fiscal_year_start_month = 9
        contact = db.get_one(Contact, maya.id)
        for day, minor in ((date(2025, 9, 1), 1000), (date(2026, 8, 31), 2000), (date(2026, 9, 1), 4000)):
            make_offline_gift(db, contact, amount=Money(minor, "EUR"), received_on=day)
    client = come_in(maya)

    assert "€110.00" in client.get("/my/years/2026").text  # 50 of May, 20 and 40
    assert "€30.00" in client.get("/my/years/2025?by=fiscal").text  # 10 and 20; that of May was booked by calendar year
    assert "€110.00" in client.get("/my/years").text
    assert client.get("/my/years?by=fiscal").status_code == 200
    for year in (0, 1899, 9999, 10**30):
        assert client.get(f"/my/years/{year}").status_code == 404


def test_recurring_gifts_are_shown_with_where_they_are(maya, come_in, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        online(db, interval=Interval.MONTH)
    page = come_in(maya).get("/my/recurring").text

    assert "€50 each month" in page


def test_another_language_holds_at_once_and_for_letters(maya, come_in, database):
    client = come_in(maya)
    client.post("/my/language", data={"language": "fr"})

    assert '<html lang="fr"' in client.get("/my/gifts").text
    assert '<html lang="ne"' in client.get("/my/gifts?lang=ne").text
    with database.reading() as db:
        assert db.get_one(Contact, maya.id).language == "fr"
    client.post("/my/language", data={"language": "xx"})
    with database.reading() as db:
        assert db.get_one(Contact, maya.id).language == "fr"


HOME = {"given_name": "Maya", "family_name": "Lefèvre", "street": "12 rue des Lilas", "postcode": "75011",
        "city": "Paris", "country": "FR"}  # fmt: skip


def test_another_address_or_name_waits_for_a_person(maya, come_in, database):
    client = come_in(maya)
    answer = client.post("/my/details", data={**HOME, "family_name": "Moreau", "street": "3 rue des Écoles",
                                              "postcode": "69001", "city": "Lyon"})  # fmt: skip

    assert answer.status_code == 303
    with database.reading() as db:
        contact = db.get_one(Contact, maya.id)
        assert (contact.family_name, contact.addresses[0].city) == ("Lefèvre", "Paris")
        waiting = db.scalars(select(ContactReview).order_by(ContactReview.id)).all()
        assert {each.field for each in waiting} == {ReviewField.NAME, ReviewField.ADDRESS}
        assert {each.source for each in waiting} == {"portal:own"}
    (note,) = deeds(database, "donor.said_details")
    assert note.changes == {"name": True, "address": True}
    assert "One of us looks at it" in client.get("/my/details").text


def test_the_same_details_again_ask_nobody_anything(maya, come_in, database):
    come_in(maya).post("/my/details", data=HOME)

    with database.reading() as db:
        assert db.scalars(select(ContactReview)).all() == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"given_name": "", "family_name": " "}, "Give a name"),
        ({"street": ""}, "number and street"),
        ({"city": ""}, "Give the town"),
        ({"country": "XX"}, "Not a valid choice"),
        ({"street": "x" * 400}, "longer than"),
    ],
)
def test_half_an_answer_is_refused_and_nothing_changes(maya, come_in, database, change, words):
    answer = come_in(maya).post("/my/details", data={**HOME, **change})

    assert answer.status_code == 422
    assert words in answer.text
    with database.reading() as db:
        assert db.scalars(select(ContactReview)).all() == []


def test_agreements_are_answered_again_and_none_is_changed(maya, come_in, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        words = make_wording(db)
        other = make_wording(db, channel=Channel.POST, texts={"en": "Letters, please."})
        contact = db.get_one(Contact, maya.id)
        record_consents(db, contact, [ConsentAnswer(words.id, is_given=True)], source="form:a", language="fr",
                        actor=SYSTEM)  # fmt: skip
    client = come_in(maya)
    assert "I would like to hear your news." in client.get("/my/consents").text

    for _ in range(2):
        assert client.post("/my/consents", data={f"w{words.id}": "no"}).status_code == 303

    with database.reading() as db:
        answers = db.scalars(select(Consent).order_by(Consent.id)).all()
        assert [(each.wording_id, each.is_given, each.source) for each in answers] == [
            (words.id, True, "form:a"), (words.id, False, "portal:own"),
        ]  # fmt: skip
    assert client.post("/my/consents", data={f"w{other.id}": "maybe"}).status_code == 422


def test_a_box_left_unticked_on_a_form_is_not_called_an_answer_and_can_still_be_answered_no(maya, come_in, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        words = make_wording(db)
        contact = db.get_one(Contact, maya.id)
        record_consents(db, contact, [ConsentAnswer(words.id, is_given=False)], source="form:a", language="en",
                        actor=SYSTEM)  # fmt: skip
    client = come_in(maya)
    before = client.get("/my/consents").text
    assert "You left this unticked on" in before
    assert "You said" not in before
    assert "checked" not in before

    client.post("/my/consents", data={f"w{words.id}": "no"})

    assert "You said no on" in client.get("/my/consents").text
    client.post("/my/consents", data={f"w{words.id}": "yes"})
    assert "You said yes on" in client.get("/my/consents").text


def test_staff_read_that_an_answer_came_from_the_donors_own_page(maya, come_in, sign_in, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        words = make_wording(db)
    come_in(maya).post("/my/consents", data={f"w{words.id}": "yes"})

    assert "Donor’s own page" in sign_in().get(f"/contacts/{maya.id}/consents/").text


def test_their_data_is_all_theirs_and_nothing_of_the_staffs(maya, ram, come_in, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        gift = db.scalars(select(Gift).where(Gift.contact_id == maya.id)).one()
        gift.staff_note, gift.comment = "difficult on the phone", "For the school"
        record_consents(db, db.get_one(Contact, maya.id), [ConsentAnswer(make_wording(db).id, is_given=True)],
                        source="form:a", language="fr", actor=SYSTEM)  # fmt: skip
    client = come_in(maya)
    answer = client.get("/my/data.json")
    data = json.loads(answer.data)

    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert data["contact"]["emails"] == ["maya.lefevre@example.org"]
    assert data["contact"]["addresses"][0]["city"] == "Paris"
    assert [(each["amount"], each["your_message"]) for each in data["gifts"]] == [("50.00", "For the school")]
    assert len(data["receipts"]) == len(data["consents"]) == 1
    for page in (answer.text, client.get("/my/data").text):
        assert "difficult" not in page
        assert "77.77" not in page
        assert "Ram" not in page


@pytest.mark.parametrize("language", ["fr", "en", "ne"])
def test_every_page_is_there_in_three_languages(maya, come_in, database, language):
    client = come_in(maya)
    client.post("/my/language", data={"language": language})
    titles = set()
    for page in ("gifts", "receipts", "years", "years/2026", "recurring", "consents", "details", "data"):
        answer = client.get(f"/my/{page}")
        assert answer.status_code == 200
        assert f'<html lang="{language}"' in answer.text
        titles.add(answer.text.partition("<h1>")[2].partition("</h1>")[0])
    if language != "en":
        assert not any("Your" in title for title in titles)


def test_mails_to_donors_lead_to_their_page(database, mailbox, client):
    with database.writing() as db:
        act_as(db, SYSTEM)
        make_offline_gift(db, make_contact(db, language="en"))
    (letter,) = mailbox.open()

    assert "http://localhost/my" in letter.get_body(("plain",)).get_content()
    assert "http://localhost/my" in letter.get_body(("html",)).get_content()


def test_a_donor_downloads_the_receipt_of_a_year_and_sees_which_gifts_are_on_it(maya, come_in, database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        contact = db.get_one(Contact, maya.id)
        for month in (1, 7):
            make_offline_gift(db, contact, received_on=date(2025, month, 2), receipt_choice=ReceiptChoice.YEARLY)
    browser = come_in(maya)
    assert browser.get("/my/years/2025").text.count("with the yearly receipt") == 2

    with database.writing() as db:
        act_as(db, SYSTEM)
        (receipt,) = issue_year(db, 2025, [maya.id], actor=SYSTEM)[0]
    page = browser.get("/my/years/2025").text
    assert f"Yearly receipt {receipt.code} (PDF)" in page
    assert page.count(f'href="/my/receipts/{receipt.id}.pdf"') == 1  # one receipt, one link
    assert page.count(receipt.code) == 3
    assert "for all your gifts of 2025" in browser.get("/my/receipts").text
    file = browser.get(f"/my/receipts/{receipt.id}.pdf")
    assert (file.status_code, file.data[:4]) == (200, b"%PDF")

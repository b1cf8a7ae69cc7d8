"""What giving shows on the pages of contacts, funds and campaigns."""

import re
from datetime import date

import pytest
from sqlalchemy import event

from app.kernel.clock import today
from app.kernel.money import Money
from tests.factories.contacts import make_contact
from tests.factories.funds import make_campaign, make_fund
from tests.factories.giving import french_organisation, make_form, make_offline_gift, make_online_gift, refund_gift
from tests.factories.giving import make_submission as make_sent

pytestmark = pytest.mark.db


def page(client, url):
    answer = client.get(url)
    assert answer.status_code == 200, answer.status_code
    return answer.text


def row_with(text, words):
    (found,) = [row for row in re.findall(r"<tr role=\"row\">.*?</tr>", text, re.DOTALL) if words in row]
    return found


def test_the_list_of_contacts_says_what_each_gave_and_when_last(db, sign_in):
    donor = make_contact(db, family_name="Quettier")
    make_offline_gift(db, donor, received_on=date(2025, 3, 2))
    make_offline_gift(db, donor, received_on=date(2026, 2, 3))
    db.commit()

    row = row_with(page(sign_in("contacts.read", "gifts.read"), "/contacts/"), "Quettier")
    assert "€100.00" in row
    assert "3 Feb 2026" in row
    assert "€100.00" not in page(sign_in("contacts.read"), "/contacts/")


def test_a_list_of_funds_says_what_was_given_for_each_less_what_went_back(db, sign_in):
    french_organisation(db)
    school, house = make_fund(db, name="School"), make_fund(db, name="House")
    make_offline_gift(
        db, amount=Money(9000, "EUR"), shares=[(school.id, Money(3000, "EUR")), (house.id, Money(6000, "EUR"))]
    )
    refund_gift(db, make_online_gift(db, make_sent(db, form=make_form(db, funds=[school]))), 1000)
    db.commit()

    text = page(sign_in("funds.read", "gifts.read"), "/funds/")

    assert f'<a href="/gifts?fund={school.id}">€70.00</a>' in row_with(text, ">School<")
    assert f'<a href="/gifts?fund={house.id}">€60.00</a>' in row_with(text, ">House<")
    assert "€70.00" not in page(sign_in("funds.read"), "/funds/")


def test_a_campaign_says_how_near_its_goal_it_is_and_whether_its_time_has_come(db, sign_in):
    french_organisation(db)
    running = make_campaign(db, name="Winter", goal=Money(20000, "EUR"))
    make_campaign(db, name="Summer", ends_on=date(2020, 8, 31))
    make_campaign(db, name="Someday", starts_on=date(2190, 1, 1))
    make_offline_gift(db, campaign_id=running.id)
    db.commit()

    text = page(sign_in("funds.read", "gifts.read"), "/campaigns/")

    assert f'<a href="/gifts?campaign={running.id}">€50.00 · 25%</a>' in row_with(text, "Winter")
    assert "Under way" in row_with(text, "Winter")
    assert "Past" in row_with(text, "Summer")
    assert "To come" in row_with(text, "Someday")


def test_these_figures_take_as_many_queries_for_many_as_for_one(app, db, sign_in):
    client = sign_in("contacts.read", "gifts.read", "funds.read")
    asked = []
    event.listen(app.database.engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))

    def queries(url):
        asked.clear()
        page(client, url)
        return len(asked)

    make_offline_gift(db)
    db.commit()
    few = [queries(url) for url in ("/contacts/", "/funds/", "/campaigns/")]
    for _each in range(4):
        make_offline_gift(db, campaign_id=make_campaign(db).id)
    db.commit()

    assert [queries(url) for url in ("/contacts/", "/funds/", "/campaigns/")] == few


def test_a_donor_is_known_through_the_form_they_gave_on(db, sign_in):
    form = make_form(db, name="Main form")
    donor = make_contact(db, source=f"form:{form.slug}")
    stranger = make_contact(db, source="form:no-such-form")
    db.commit()

    assert f'<a href="/forms/{form.id}">Giving form “Main form”</a>' in page(sign_in(), f"/contacts/{donor.id}")
    assert f'href="/forms/{form.id}"' not in page(sign_in("contacts.read"), f"/contacts/{donor.id}")
    assert "Giving form “Main form”" in page(sign_in("contacts.read"), f"/contacts/{donor.id}")
    assert "form:no-such-form" in page(sign_in(), f"/contacts/{stranger.id}")


def test_a_cheque_has_a_day_in_the_history_and_no_hour(db, sign_in):
    donor = make_contact(db)
    make_offline_gift(db, donor, received_on=today("Europe/Paris"))
    db.commit()

    assert f'<time datetime="{today("Europe/Paris").isoformat()}">' in page(sign_in(), f"/contacts/{donor.id}")


def test_a_form_names_the_consents_it_asks_for_in_words(db, sign_in):
    form = make_form(db, consent_purposes=["news:email"])
    db.commit()

    assert "News · E-mail" in page(sign_in("forms.read"), f"/forms/{form.id}")


def test_the_history_says_what_went_back_of_a_gift(db, sign_in):
    gift = make_online_gift(db)
    refund_gift(db, gift, 2000)
    db.commit()

    assert "€20.00 went back to the donor" in page(sign_in(), f"/contacts/{gift.contact_id}")

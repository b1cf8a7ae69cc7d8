"""The pages of gifts: what staff see, record and take back, and what is refused."""

import re
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import event, func, select

from app.currencies.services import RateDetails, add_rate
from app.giving.models import Gift, GiftStatus, GivingTotal, Receipt
from app.kernel.actors import SYSTEM
from app.kernel.clock import today
from app.kernel.money import Money
from app.payments.models import Interval, Method, PaymentStatus
from tests.factories.contacts import make_contact
from tests.factories.funds import make_campaign, make_fund
from tests.factories.giving import (
    dispute_gift,
    french_organisation,
    make_offline_gift,
    make_online_gift,
    make_submission,
    refund_gift,
)
from tests.factories.payments import make_worked_event

pytestmark = pytest.mark.db
KEY = re.compile(r'name="key"[^>]*value="([0-9A-Z]{26})"')


def page(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status, answer.status_code
    return answer.text


def typed(fund_id, **values):
    plain = {
        "key": "0123456789ABCDEFGHJKMNPQRS", "amount": "50", "received_on": "2026-05-04", "method": "cheque",
        "bank_reference": "000123", "fund": str(fund_id), "receipt_choice": "each", "is_thanked": "y",
    }  # fmt: skip
    return {**plain, **values}


def test_the_list_shows_gifts_and_what_all_of_them_come_to(db, sign_in):
    french_organisation(db)
    make_offline_gift(db, amount=Money(12345, "EUR"))
    gift = make_online_gift(db)
    refund_gift(db, gift, 1000)
    db.commit()

    text = page(sign_in("gifts.read"), "/gifts")

    assert "Maya Lefèvre" in text
    assert "Jeanne Moreau" in text
    assert "€163.45" in text, "123.45 and the 40 that were kept"


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("method=cheque", {"cheque"}),
        ("method=card", {"online"}),
        ("origin=online", {"online"}),
        ("origin=offline", {"cheque", "cash"}),
        ("state=received", {"cheque", "cash", "online"}),
        ("state=pending", set()),
        ("since=2026-05-01", {"cheque", "cash"}),
        ("until=2026-04-30", {"online"}),
        ("at_least=60", {"cash"}),
        ("at_most=60", {"cheque", "online"}),
        ("q=moreau", {"online"}),
        ("q=Lefevre", {"cheque", "cash"}),
        ("contact=999", set()),
    ],
)
def test_filters_leave_what_was_asked_for(db, sign_in, query, seen):
    maya = make_contact(db)
    gifts = {
        "cheque": make_offline_gift(db, maya, amount=Money(4001, "EUR")),
        "cash": make_offline_gift(db, maya, amount=Money(7001, "EUR"), method=Method.CASH),
        "online": make_online_gift(db),
    }
    db.commit()

    text = page(sign_in("gifts.read"), f"/gifts?{query}")

    assert {name for name, gift in gifts.items() if f'href="/gifts/{gift.id}"' in text} == seen


def test_the_fund_and_the_campaign_are_filters_too(db, sign_in):
    fund, campaign = make_fund(db), make_campaign(db)
    here = make_offline_gift(db, fund=fund, campaign_id=campaign.id)
    there = make_offline_gift(db, here.contact)
    db.commit()
    client = sign_in("gifts.read")

    for query in (f"fund={fund.id}", f"campaign={campaign.id}"):
        text = page(client, f"/gifts?{query}")
        assert f'href="/gifts/{here.id}"' in text
        assert f'href="/gifts/{there.id}"' not in text


@contextmanager
def counted(app):
    """The statements sent to the database meanwhile."""
    statements = []

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    event.listen(app.database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(app.database.engine, "before_cursor_execute", note)


def test_a_longer_list_asks_the_database_no_more_often(app, db, sign_in):
    fund = make_fund(db)
    make_offline_gift(db, fund=fund)
    db.commit()
    client = sign_in("gifts.read")
    with counted(app) as few:
        page(client, "/gifts")
    for number in range(12):
        make_offline_gift(db, make_contact(db, given_name=f"N{number}", email=f"n{number}@example.org"), fund=fund)
    db.commit()

    with counted(app) as many:
        page(client, "/gifts")

    assert len(many) == len(few)


@pytest.mark.parametrize(
    "query", ["since=yesterday", "fund=abc", "fund=999", "method=gold", "state=odd", "at_least=much", "origin=moon"]
)
def test_junk_in_a_filter_is_told_and_shows_nothing(db, sign_in, query):
    db.commit()
    assert "Please check what you typed" in page(sign_in("gifts.read"), f"/gifts?{query}", 422)


def test_a_cursor_that_is_not_ours_is_not_found(db, sign_in):
    db.commit()
    page(sign_in("gifts.read"), "/gifts?after=junk", 404)


def test_the_allocation_of_a_gift_that_went_back_says_what_counts(db, sign_in):
    french_organisation(db)
    gift = make_online_gift(db)
    refund_gift(db, gift, gift.amount_minor)
    db.commit()

    text = page(sign_in("gifts.read"), f"/gifts/{gift.id}")

    assert "This is what was given. €50.00 went back since, and €0.00 counts." in text


def test_a_gift_shows_its_whole_chain(db, sign_in):
    french_organisation(db)
    campaign = make_campaign(db)
    gift = make_online_gift(db, make_submission(db, answers={"comment": "Courage !"}), fee=Money(145, "EUR"))
    gift.campaign_id = campaign.id
    payment = gift.payments[0].payment
    make_worked_event(db, kind="charge.updated", effect="fee_noted", at=payment.settled_at, payment_id=payment.id)
    refund_gift(db, gift, 1000)
    db.commit()

    text = page(sign_in(), f"/gifts/{gift.id}")

    told = (
        "School for all",
        "Payment page",
        "Card",
        "€1.45",
        "€48.55",
        "Refund",
        "€40.00",
        "Courage !",
        "charge.updated",
    )
    assert [words for words in told if words not in text] == []
    assert f"{today().year}-00002" in text
    assert campaign.name in text


def test_each_state_says_why_it_is_so(db, sign_in):
    french_organisation(db)
    pending = make_online_gift(db, method=Method.SEPA_DEBIT, status=PaymentStatus.PROCESSING)
    disputed = make_online_gift(db)
    dispute_gift(db, disputed)
    without_address = make_offline_gift(db, make_contact(db, street="", postcode="", city="", country=""))
    db.commit()
    client = sign_in()

    assert "five working days" in page(client, f"/gifts/{pending.id}")
    assert "bank disputes this payment" in page(client, f"/gifts/{disputed.id}")
    assert "Waiting for: The donor’s full address" in page(client, f"/gifts/{without_address.id}")


def test_a_gift_that_is_not_there_is_not_found(db, sign_in):
    db.commit()
    client = sign_in()
    for url in ("/gifts/1", "/gifts/99999999999999999999", "/gifts/1/refund", "/gifts/1/reverse", "/gifts/abc"):
        page(client, url, 404)


def test_whoever_may_not_is_kept_out(db, sign_in):
    gift = make_offline_gift(db)
    db.commit()
    client = sign_in("contacts.read")

    for url in ("/gifts", f"/gifts/{gift.id}", "/gifts/new", f"/gifts/{gift.id}/reverse", f"/gifts/{gift.id}/refund"):
        page(client, url, 403)
    reader = sign_in("gifts.read")
    for url in ("/gifts/new", f"/gifts/{gift.id}/reverse", f"/gifts/{gift.id}/refund"):
        page(reader, url, 403)
        assert reader.post(url).status_code == 403
    assert "Reverse" not in page(reader, f"/gifts/{gift.id}")


def test_the_donor_is_searched_for_first(db, sign_in):
    contact = make_contact(db)
    db.commit()
    client = sign_in("gifts.record")

    assert "whose gift is it" in page(client, "/gifts/new")
    assert f"/gifts/new?contact={contact.id}" in page(client, "/gifts/new?q=lefevre")
    assert "Nobody found" in page(client, "/gifts/new?q=zzzzzz")
    page(client, "/gifts/new?contact=999", 404)
    page(client, "/gifts/new?contact=abc", 404)


def test_a_cheque_is_recorded_with_its_receipt(db, sign_in):
    french_organisation(db)
    contact, fund = make_contact(db), make_fund(db)
    db.commit()
    client = sign_in()

    answer = client.post(f"/gifts/new?contact={contact.id}", data=typed(fund.id))

    assert answer.status_code == 303
    text = page(client, answer.location)
    assert "€50.00" in text
    assert f"Receipt {today().year}-00001" in text
    assert "000123" in text
    assert "by Asha Gurung" in text


def test_sending_the_page_twice_records_one_gift(db, sign_in):
    contact, fund = make_contact(db), make_fund(db)
    db.commit()
    client = sign_in()

    first = client.post(f"/gifts/new?contact={contact.id}", data=typed(fund.id))
    second = client.post(f"/gifts/new?contact={contact.id}", data=typed(fund.id))

    assert first.location == second.location
    assert db.scalar(select(func.count()).select_from(Gift)) == 1


def test_a_gift_is_divided_over_funds(db, sign_in):
    contact, main, other = make_contact(db), make_fund(db), make_fund(db)
    db.commit()

    parts = typed(main.id, fund_2=str(other.id), amount_2="12,50")
    assert sign_in().post(f"/gifts/new?contact={contact.id}", data=parts).status_code == 303

    gift = db.scalars(select(Gift)).one()
    assert [(part.fund_id, part.amount_minor) for part in gift.allocations] == [(main.id, 3750), (other.id, 1250)]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"amount": ""}, "This field is required"),
        ({"amount": "ten"}, "Write an amount, such as 25 or 12.50."),
        ({"amount": "0"}, "The amount is too small."),
        ({"amount": "-5"}, "The amount is too small."),
        ({"received_on": ""}, "This field is required"),
        ({"received_on": "2999-01-01"}, "Check the year of this date."),
        ({"received_on": "2100-01-01"}, "This date has not come yet."),
        ({"method": "card"}, "Not a valid choice"),
        ({"method": ""}, "Not a valid choice"),
        ({"fund": "999"}, "Not a valid choice"),
        ({"fund": "x"}, "Invalid Choice"),
        ({"fund": ""}, "This field is required"),
        ({"campaign": "999"}, "Not a valid choice"),
        ({"receipt_choice": "weekly"}, "Not a valid choice"),
        ({"amount_2": "5"}, "Give both the fund and its part, or neither."),
        ({"fund_2": "MAIN", "amount_2": "5"}, "Choose open funds, each of them once."),
        ({"fund_2": "OTHER", "amount_2": "50"}, "must be above zero"),
        ({"fund_2": "OTHER", "amount_2": "500"}, "must be above zero"),
        ({"key": "../../etc"}, "Invalid input."),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(db, sign_in, wrong, told):
    contact, main, other = make_contact(db), make_fund(db), make_fund(db)
    db.commit()
    known = {"MAIN": str(main.id), "OTHER": str(other.id)}
    data = typed(main.id, **{name: known.get(value, value) for name, value in wrong.items()})

    answer = sign_in().post(f"/gifts/new?contact={contact.id}", data=data)

    assert answer.status_code == 422
    assert told in answer.text
    assert db.scalar(select(func.count()).select_from(Gift)) == 0


def test_a_gift_to_a_fund_that_was_closed_meanwhile_is_refused(db, sign_in):
    contact, fund = make_contact(db), make_fund(db)
    fund.is_open = False
    db.commit()

    assert sign_in().post(f"/gifts/new?contact={contact.id}", data=typed(fund.id)).status_code == 422


def test_an_entry_made_in_error_is_reversed_and_entered_anew(db, sign_in):
    french_organisation(db)
    gift = make_offline_gift(db, amount=Money(50000, "EUR"))
    fund_id = gift.allocations[0].fund_id
    db.commit()
    client = sign_in()
    assert f"{today().year}-00001 will be void" in page(client, f"/gifts/{gift.id}/reverse")

    answer = client.post(f"/gifts/{gift.id}/reverse", data={"reason": "One nought too many"})
    text = client.get(answer.location).text
    again = f"/gifts/new?contact={gift.contact_id}&corrects={gift.id}"
    assert again.replace("&", "&amp;") in text
    assert "One nought too many" in text
    assert 'value="500.00"' in page(client, again), "it begins with what was typed"

    assert client.post(again, data=typed(fund_id)).status_code == 303
    db.expire_all()
    corrected = db.scalars(select(Gift).where(Gift.replaces_id == gift.id)).one()
    assert (gift.status, corrected.amount_minor) == (GiftStatus.REVERSED, 5000)
    assert db.scalars(select(GivingTotal)).one().amount_minor == 5000
    db.rollback()
    other_key = typed(fund_id, key="1123456789ABCDEFGHJKMNPQRS")
    assert client.post(again, data=other_key).status_code == 422, "only once"


def test_a_reversal_wants_a_reason_and_an_offline_gift(db, sign_in):
    offline, online = make_offline_gift(db), make_online_gift(db)
    db.commit()
    client = sign_in()

    assert client.post(f"/gifts/{offline.id}/reverse", data={"reason": " "}).status_code == 422
    assert client.post(f"/gifts/{online.id}/reverse", data={"reason": "x"}).status_code == 404
    assert client.post(f"/gifts/{offline.id}/reverse", data={"reason": "x"}).status_code == 303
    assert client.post(f"/gifts/{offline.id}/reverse", data={"reason": "x"}).status_code == 404


def test_an_offline_gift_is_real_unless_it_is_said_to_be_a_trial(db, sign_in):
    contact, fund = make_contact(db), make_fund(db)
    french_organisation(db)
    db.commit()

    client, url = sign_in(), f"/gifts/new?contact={contact.id}"
    client.post(url, data=typed(fund.id))
    client.post(url, data=typed(fund.id, is_test="y", key="1123456789ABCDEFGHJKMNPQRS"))

    assert list(db.scalars(select(Gift.is_test).order_by(Gift.id))) == [False, True]
    assert list(db.scalars(select(Receipt.is_specimen).order_by(Receipt.id))) == [False, True]


def test_recurring_gifts_are_listed(db, sign_in):
    make_online_gift(db, make_submission(db, interval=Interval.MONTH, amount=Money(1000, "EUR")))
    db.commit()
    client = sign_in("gifts.read")

    text = page(client, "/recurring-gifts")
    assert "Jeanne Moreau" in text
    assert "€10.00 a month on average" in text
    assert "Nothing found" in page(client, "/recurring-gifts?status=ended")
    assert "Jeanne Moreau" in page(client, "/recurring-gifts?status=junk"), "an unknown state is none"


def test_the_contacts_page_tells_of_their_giving(db, sign_in):
    french_organisation(db)
    gift = make_online_gift(db, make_submission(db, interval=Interval.MONTH))
    db.commit()

    text = page(sign_in(), f"/contacts/{gift.contact_id}")

    for words in ("Given in all", "€50.00", "Largest", "Monthly", f'href="/gifts/{gift.id}"'):
        assert words in text


def test_the_list_of_contacts_says_what_each_gave(db, sign_in):
    make_contact(db, given_name="Nima")
    make_offline_gift(db, amount=Money(12345, "EUR"))
    db.commit()

    text = page(sign_in(), "/contacts/")

    assert "Given in all" in text
    assert "€123.45" in text
    assert "€" not in page(sign_in("contacts.read"), "/contacts/")


def test_a_receipts_number_is_found_by_the_search(db, sign_in):
    french_organisation(db)
    make_offline_gift(db)
    db.commit()

    answer = sign_in().get(f"/search?q={today().year}-00001", headers={"Accept": "application/json"})

    assert [hit["kind"] for hit in answer.json["results"]] == ["receipt"]


def test_a_gift_in_another_currency_says_what_it_is_worth_by_which_rate_and_what_the_gateway_counted(db, sign_in):
    friday = date(2026, 3, 6)
    details = RateDetails(currency="USD", day=friday, units="1.0921", origin="A bank")
    add_rate(db, details, actor=SYSTEM)
    gift = make_offline_gift(db, amount=Money(5000, "USD"), received_on=friday + timedelta(days=2))
    payment = gift.payments[0].payment
    payment.note_fee(Money(4600, "EUR"), Money(163, "EUR"), "txn_1", None, rate="0.92")
    db.commit()

    text = " ".join(page(sign_in("gifts.read"), f"/gifts/{gift.id}").split())

    assert "€45.78" in text
    assert "by the rate of Mar 6, 2026 · By hand" in text or "by the rate of 6 Mar 2026 · By hand" in text
    assert "The payment service counted €46.00, by its own rate of 0.92" in text


def test_a_gift_whose_day_has_no_rate_says_so_and_one_in_our_currency_says_nothing(db, sign_in):
    gift, ours = make_offline_gift(db, amount=Money(5000, "USD")), make_offline_gift(db)
    db.commit()

    reader, keeper = sign_in("gifts.read"), sign_in("gifts.read", "currencies.rates")

    assert "No exchange rate for that day yet" in page(reader, f"/gifts/{gift.id}")
    assert "/settings/currencies/" not in page(reader, f"/gifts/{gift.id}")
    assert "/settings/currencies/" in page(keeper, f"/gifts/{gift.id}")
    assert "In our currency" not in page(keeper, f"/gifts/{ours.id}")

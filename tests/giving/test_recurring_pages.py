"""The page of a recurring gift, and the forms that change it."""

import re
from datetime import timedelta

import pytest

from app.giving import changing
from app.giving.models import EndReason, Gift, ReceiptChoice, RecurringStatus
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry
from app.kernel.clock import today
from app.kernel.mail import Message
from app.kernel.money import Money
from tests.giving.recurring_world import every
from tests.sandbox_world import DECLINED_LATER

pytestmark = pytest.mark.db
SEEN = re.compile(r'name="seen"[^>]*value="([^"]*)"')


def seen_on(client, url):
    return SEEN.search(client.get(url).text)[1]


def send(client, gift, kind, **typed):
    url = f"/recurring-gifts/{gift.id}/{kind}"
    return client.post(url, data={"seen": seen_on(client, url), **typed})


def test_the_list_and_the_contacts_page_lead_to_it_and_it_says_how_it_stands(start, sign_in):
    gift, client = start(1000), sign_in()
    address = f"/recurring-gifts/{gift.id}"

    page = client.get(address).text

    assert f'href="{address}"' in client.get("/recurring-gifts").text
    assert f'href="{address}"' in client.get(f"/contacts/{gift.now.contact_id}").text
    for told in ("€10.00 a month", "Jeanne Moreau", "Active", "€120.00", "Nothing was changed yet", "1 gift"):
        assert told in page


def test_staff_change_pause_resume_move_and_end_it(start, sign_in):
    gift, client = start(1000), sign_in()

    assert send(client, gift, "amount", amount="15").status_code == 303
    assert send(client, gift, "pause", until=str(today() + timedelta(days=50))).status_code == 303
    assert send(client, gift, "resume").status_code == 303
    assert send(client, gift, "day", day="15").status_code == 303
    assert send(client, gift, "end", reason="unknown", note="Asked by phone").status_code == 303
    gift.world.deliver()

    page = client.get(f"/recurring-gifts/{gift.id}").text
    for told in (
        "From €10.00 to €15.00.", "Paused until", "Charged again from now on.", "Charged on day 15 of the month",
        "Asked by phone", "the donor was told", "€120.00 a year before, €180.00 after", "It ended on",
    ):  # fmt: skip
        assert told in page
    assert all(re.search(r"Vos dons et vos reçus.*/my$", mail.text, re.MULTILINE) for mail in gift.mails())
    assert "/amount" not in page
    assert gift.now.status is RecurringStatus.ENDED


@pytest.mark.parametrize(
    ("kind", "typed", "told"),
    [
        ("amount", {"amount": "10"}, "It is €10.00 already."),
        ("amount", {"amount": "0"}, "too small"),
        ("amount", {"amount": "a lot"}, "Write an amount"),
        ("amount", {"amount": "1000000"}, "At most"),
        ("pause", {"until": "2020-01-01"}, "after today"),
        ("pause", {"until": "31/12/2030"}, "Not a valid date"),
        ("resume", {}, "not paused"),
        ("day", {"day": "32"}, "1 and 31"),
        ("day", {"day": "first"}, "Not a valid integer"),
        ("end", {"reason": ""}, "required"),
        ("end", {"reason": "payment_failed"}, "Not a valid choice"),
        ("end", {"reason": "unknown", "note": "x" * 1001}, "1000"),
    ],
)
def test_what_makes_no_sense_is_shown_at_its_field_and_changes_nothing(start, sign_in, kind, typed, told):
    gift = start(1000)

    answer = send(sign_in(), gift, kind, **typed)

    assert (answer.status_code, told in answer.text) == (422, True)
    assert gift.changes() == []


def test_whoever_is_second_sees_what_changed_and_may_send_again(app, start, sign_in):
    gift, client = start(1000), sign_in()
    url = f"/recurring-gifts/{gift.id}/amount"
    seen = seen_on(client, url)
    changing.change_amount(app.work, gift.id, Money(1500, "EUR"), actor=SYSTEM)

    answer = client.post(url, data={"seen": seen, "amount": "12"})
    assert answer.status_code == 422
    assert "From €10.00 to €15.00." in answer.text
    assert 'value="12"' in answer.text  # nothing typed is lost
    again = SEEN.search(answer.text)[1]

    assert client.post(url, data={"seen": again, "amount": "12"}).status_code == 303
    assert gift.now.amount_minor == 1200


def test_the_gateway_down_is_said_and_the_change_is_kept(start, sign_in):
    gift, client = start(1000), sign_in()
    gift.world.knobs(error_rate_500=1.0)

    answer = send(client, gift, "amount", amount="15")

    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "will be tried again" in page
    assert "asked again by itself" in page


def test_an_overdue_one_says_why_there_is_no_gift_and_when_it_is_tried_again(start, sign_in):
    gift = start(1000, card=DECLINED_LATER)
    gift.pass_days(32)

    page = sign_in().get(f"/recurring-gifts/{gift.id}").text

    assert "was refused by the donor’s bank or card" in page
    assert "tries again on" in page
    assert "/pause" not in page


def test_who_may_only_read_cannot_change_and_strangers_see_nothing(start, sign_in, client):
    gift = start(1000)
    reader = sign_in("gifts.read")
    assert "/end" not in reader.get(f"/recurring-gifts/{gift.id}").text
    assert reader.post(f"/recurring-gifts/{gift.id}/end", data={"reason": "unknown"}).status_code == 403
    assert client.get(f"/recurring-gifts/{gift.id}").status_code == 303
    assert sign_in().get("/recurring-gifts/999").status_code == 404
    assert sign_in().get(f"/recurring-gifts/{gift.id}/double").status_code == 404
    assert gift.changes() == []


def test_staff_agree_on_an_end_and_the_page_counts_the_charges(start, sign_in):
    gift, client = start(1000), sign_in()
    gift.pass_days(31)

    assert send(client, gift, "term", how="charges", charges="12", ends_on="2026-01-01").status_code == 303
    gift.world.deliver()
    page = client.get(f"/recurring-gifts/{gift.id}").text
    for told in ("2 of 12 charges", "Last charge", "It ends after 12 charges in all."):
        assert told in page

    assert send(client, gift, "term", how="day", ends_on=str(gift.now.next_on)).status_code == 303
    assert send(client, gift, "term", how="open", charges="5").status_code == 303
    assert gift.now.charges_agreed is None
    assert "It goes on until somebody ends it." in client.get(f"/recurring-gifts/{gift.id}").text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"how": "charges"}, "This is needed."), ({"how": "day"}, "This is needed."), ({"how": "never"}, "field-error"),
        ({"how": "charges", "charges": "1"}, "1 charge has been made"), ({"how": "charges", "charges": "x"}, "number"),
        ({"how": "day", "ends_on": "2020-01-01"}, "next charge is due"),
    ],
)  # fmt: skip
def test_an_end_that_makes_no_sense_is_shown_and_changes_nothing(start, sign_in, typed, told):
    gift, client = start(1000), sign_in()

    answer = send(client, gift, "term", **typed)

    assert answer.status_code == 422
    assert told in answer.text
    assert gift.changes() == []


def test_staff_choose_the_receipts_of_the_gifts_to_come_and_nobody_is_told(start, sign_in):
    gift, client = start(1000), sign_in()
    first = gift.now.receipt_choice
    letters = len(every(gift.app, Message))

    assert f"/recurring-gifts/{gift.id}/receipts" in client.get(f"/recurring-gifts/{gift.id}").text
    assert send(client, gift, "receipts", choice="yearly").status_code == 303
    assert gift.now.receipt_choice is ReceiptChoice.YEARLY
    assert len(every(gift.app, Message)) == letters
    (noted,) = every(gift.app, AuditEntry, AuditEntry.action == "recurring_gift.receipts_chosen")
    assert noted.record_id == gift.id
    gift.pass_days(32)

    wanted = [each.receipt_choice for each in every(gift.app, Gift)]
    assert wanted == [first, ReceiptChoice.YEARLY]


def test_a_choice_of_receipts_that_makes_no_sense_or_comes_too_late_changes_nothing(start, sign_in):
    gift, client = start(1000), sign_in()
    url = f"/recurring-gifts/{gift.id}/receipts"
    seen = seen_on(client, url)
    assert client.post(url, data={"seen": seen, "choice": "often"}).status_code == 422
    assert client.post(url, data={"seen": seen, "choice": "none"}).status_code == 303
    late = client.post(url, data={"seen": seen, "choice": "yearly"})
    assert late.status_code == 422
    assert "Somebody changed this meanwhile" in late.text
    assert sign_in("gifts.read").post(url, data={"seen": "none", "choice": "each"}).status_code == 403
    assert gift.now.receipt_choice is ReceiptChoice.NONE

    changing.end(gift.app.work, gift.id, EndReason.HARDSHIP, "", actor=SYSTEM)
    ended = sign_in().post(url, data={"seen": "none", "choice": "each"})
    assert ended.status_code == 422
    assert "has ended" in ended.text

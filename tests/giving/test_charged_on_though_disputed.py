"""A recurring gift that goes on though its donor took a debit back: staff are told, on its page and by mail."""

import pytest

from app.giving.models import ChangeStatus
from app.kernel.actors import Actor, ActorKind
from app.kernel.jobs import run_due
from app.kernel.mail import Message
from app.payments.models import Dispute, DisputeStatus
from app.payments.services.disputes import take_note
from tests.giving.recurring_world import by_hand, every
from tests.sandbox_world import CARD, SEPA

pytestmark = pytest.mark.db
GOES_ON = "The recurring gift behind it goes on"
RIGHTS = ("gifts.read", "gifts.refund", "recurring.change")
ASHA = Actor(ActorKind.STAFF, "Asha Gurung", 1, frozenset())


@pytest.fixture
def taken_back(start):
    """`taken_back(reason="debit_not_authorized", card=SEPA)`: a monthly gift whose first charge went back."""

    def begun(reason="debit_not_authorized", card=SEPA):
        gift = start(5000, card=card)
        gift.pass_days(7)
        charge = next(each["id"] for each in gift.world.stored("charge") if each["status"] == "succeeded")
        gift.world.act("dispute", charge, reason=reason)
        gift.world.deliver()
        return gift

    return begun


def pages_of(client, gift):
    """The pages of the recurring gift and of its newest dispute."""
    dispute = every(gift.app, Dispute)[-1]
    return client.get(f"/recurring-gifts/{gift.id}").text, client.get(f"/disputes/{dispute.id}").text


@pytest.mark.parametrize("reason", ["debit_not_authorized", "customer_initiated"])
def test_a_debit_that_was_taken_back_warns_on_both_pages_until_the_gift_is_paused(taken_back, sign_in, reason):
    gift, client = taken_back(reason), sign_in(*RIGHTS)
    recurring, dispute = pages_of(client, gift)
    assert GOES_ON in recurring
    assert GOES_ON in dispute
    assert "Nothing is missing" not in recurring
    assert f"/recurring-gifts/{gift.id}/pause" in dispute

    form = client.get(f"/recurring-gifts/{gift.id}/pause")
    assert form.status_code == 200
    assert client.post(f"/recurring-gifts/{gift.id}/pause", data={"seen": seen_in(form.text)}).status_code == 303
    assert [change.status for change in gift.changes()] == [ChangeStatus.DONE]
    assert all(GOES_ON not in page for page in pages_of(client, gift))


def seen_in(page):
    return page.split('name="seen"')[1].split('value="')[1].split('"')[0]


def test_taking_note_lets_it_go_on(taken_back, sign_in):
    gift, client = taken_back(), sign_in(*RIGHTS)
    (dispute,) = every(gift.app, Dispute)
    with by_hand(gift.app) as db:
        take_note(db, db.get_one(Dispute, dispute.id), actor=ASHA)
    assert all(GOES_ON not in page for page in pages_of(client, gift))


def test_a_debit_that_the_bank_did_not_pay_is_no_claim_of_the_donor(taken_back, sign_in):
    gift = taken_back("insufficient_funds")
    assert all(GOES_ON not in page for page in pages_of(sign_in(*RIGHTS), gift))


def test_a_disputed_card_warns_as_well_and_no_longer_once_it_is_won(taken_back, sign_in):
    gift, client = taken_back("fraudulent", CARD), sign_in(*RIGHTS)
    (dispute,) = every(gift.app, Dispute)
    assert dispute.status is DisputeStatus.OPEN
    assert all(GOES_ON in page for page in pages_of(client, gift))
    gift.world.act("win", dispute.reference)
    gift.world.deliver()
    assert all(GOES_ON not in page for page in pages_of(client, gift))


def test_whoever_may_refund_is_mailed_once_that_a_debit_went_back_and_that_the_gift_goes_on(taken_back, sign_in):
    sign_in(*RIGHTS)
    gift = taken_back()
    run_due(gift.app.work)
    (mail,) = every(gift.app, Message, Message.purpose == "dispute.lost")
    assert "a direct debit went back" in mail.subject
    assert GOES_ON in mail.text
    assert GOES_ON in mail.html
    assert "Whoever does not answer" not in mail.text


def test_a_debit_that_is_on_its_way_already_is_named_even_once_the_gift_is_paused(start, sign_in):
    gift, client = start(5000, card=SEPA), sign_in(*RIGHTS)
    gift.pass_days(32)  # the second debit is asked for
    charge = next(each["id"] for each in gift.world.stored("charge") if each["status"] == "succeeded")
    gift.world.act("deny", charge)
    gift.world.deliver()
    already = "is on its way already and cannot be called back"
    assert all(already in page for page in pages_of(client, gift))

    page = client.get(f"/recurring-gifts/{gift.id}/pause").text
    assert client.post(f"/recurring-gifts/{gift.id}/pause", data={"seen": seen_in(page)}).status_code == 303

    dispute = pages_of(client, gift)[1]
    assert already in dispute
    assert GOES_ON not in dispute
    assert f'href="/recurring-gifts/{gift.id}"' in dispute


def test_a_disputed_card_that_is_lost_is_mailed_as_well_and_once(taken_back, sign_in):
    sign_in(*RIGHTS)
    gift = taken_back("fraudulent", CARD)
    (dispute,) = every(gift.app, Dispute)
    gift.world.act("lose", dispute.reference)
    for _time in range(2):
        gift.world.deliver()
        run_due(gift.app.work)
    mails = every(gift.app, Message, Message.about_type == "dispute")
    assert [mail.purpose for mail in mails] == ["dispute.opened", "dispute.lost"]
    assert "a dispute is lost" in mails[1].subject


def test_a_reader_sees_the_warning_and_no_button(taken_back, sign_in):
    gift, client = taken_back(), sign_in("gifts.read")
    recurring, dispute = pages_of(client, gift)
    assert GOES_ON in recurring
    assert GOES_ON in dispute
    assert "/pause" not in dispute

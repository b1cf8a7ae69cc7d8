"""Whole ways of a gift against the payment sandbox: from what a donor sent to the books, the receipt and back again."""

import re

import pytest
from sqlalchemy import func, select

from app.giving.models import (
    Gift,
    GiftStatus,
    GivingForm,
    GivingTotal,
    Receipt,
    ReceiptStatus,
    RecurringGift,
    RecurringStatus,
)
from app.giving.services.submissions import SubmissionDetails, submit_gift
from app.giving.tax_rates import DonorKind
from app.kernel.actors import SYSTEM
from app.kernel.jobs import run_due
from app.kernel.mail import Message
from app.kernel.money import Money
from app.payments.flows import CheckoutWords, open_checkout_page, settle_checkout, work_event
from app.payments.models import GatewayEvent, Interval, Refund, RefundStatus
from tests.factories.giving import DONOR, french_organisation, make_form
from tests.sandbox_world import (
    CARD,
    DECLINED,
    DECLINED_LATER,
    DISPUTED,
    REFUND_FAILS,
    SEPA,
    SEPA_DISPUTED,
    SEPA_FAILS,
    SandboxWorld,
)
from tests.web.test_query_counts import counting

pytestmark = pytest.mark.db
WORDS = CheckoutWords(description="A gift", success_url="http://localhost/t", cancel_url="http://localhost/g")
KEY = re.compile(r'name="key"[^>]*value="([0-9A-Z]{26})"')


@pytest.fixture
def world(app):
    with SandboxWorld(app) as found:
        yield found


@pytest.fixture
def send(app, db):
    """A donor sends the form and is led to the payment page: its address, and the checkout's key."""
    french_organisation(db)
    form_id = make_form(db).id
    db.commit()

    def sent(minor=5000, interval=None):
        form = db.get_one(GivingForm, form_id)
        details = SubmissionDetails(
            page_key=f"page{minor}{interval}", donor_kind=DonorKind.PERSON, language="fr", gift=Money(minor, "EUR"),
            fee_cover=Money(0, "EUR"), fund_id=form.funds[0].fund_id, interval=interval, is_test=True,
            answers=DONOR,
        )  # fmt: skip
        checkout_id = submit_gift(db, form, details, actor=SYSTEM).checkout_id
        db.commit()
        return open_checkout_page(app.work, checkout_id, WORDS, actor=SYSTEM), checkout_id

    return sent


def gifts(db):
    db.rollback()
    found = db.scalars(select(Gift).order_by(Gift.id)).all()
    states = [(gift.status, gift.kept.minor) for gift in found]
    db.rollback()
    return states


def receipt_states(db):
    found = list(db.scalars(select(Receipt.status).order_by(Receipt.id)))
    db.rollback()
    return found


def total(db):
    found = db.scalar(select(func.coalesce(func.sum(GivingTotal.amount_minor), 0)))
    db.rollback()
    return found


def test_a_card_declined_and_then_good_is_one_gift_with_its_fee_and_receipt(db, world, send):
    url, _ = send()
    world.pay(url, DECLINED)
    world.pay(url, CARD)
    world.deliver()

    assert gifts(db) == [(GiftStatus.RECEIVED, 5000)]
    assert db.scalars(select(Gift)).one().payments[0].payment.fee is not None
    assert receipt_states(db) == [ReceiptStatus.ISSUED]
    assert list(db.scalars(select(Message.purpose))) == ["gift.thanks"]


def test_the_page_a_donor_returns_to_and_the_webhook_make_one_gift(app, db, world, send):
    url, checkout_id = send()
    world.pay(url)
    settle_checkout(app.work, checkout_id, actor=SYSTEM)
    world.deliver()
    settle_checkout(app.work, checkout_id, actor=SYSTEM)

    assert gifts(db) == [(GiftStatus.RECEIVED, 5000)]
    assert total(db) == 5000


def test_a_direct_debit_waits_and_then_counts(db, world, send):
    url, _ = send()
    world.pay(url, SEPA)
    world.deliver()
    assert gifts(db) == [(GiftStatus.PENDING, 0)]
    assert (total(db), receipt_states(db)) == (0, [])

    world.advance(days=6)
    world.deliver()

    assert gifts(db) == [(GiftStatus.RECEIVED, 5000)]
    assert list(db.scalars(select(Message.purpose).order_by(Message.id))) == ["gift.on_its_way", "gift.thanks"]


def test_a_direct_debit_that_fails_is_a_failed_gift(db, world, send):
    url, _ = send()
    world.pay(url, SEPA_FAILS)
    world.deliver()
    world.advance(days=6)
    world.deliver()

    assert gifts(db) == [(GiftStatus.FAILED, 0)]
    assert total(db) == 0


def test_a_monthly_gift_renews_with_messages_doubled_and_shuffled(db, world, send):
    world.knobs(duplicate=True, shuffle=True)
    url, _ = send(1000, Interval.MONTH)
    world.pay(url)
    world.deliver()
    for _ in range(2):
        world.advance(days=31)
        world.deliver()

    assert gifts(db) == [(GiftStatus.RECEIVED, 1000)] * 3
    recurring = db.scalars(select(RecurringGift)).one()
    assert recurring.status is RecurringStatus.ACTIVE
    assert recurring.next_on is not None
    assert len({gift.contact_id for gift in db.scalars(select(Gift))}) == 1


def test_a_renewal_by_debit_is_one_gift_on_its_way_until_the_bank_has_answered(db, world, send):
    world.knobs(duplicate=True, shuffle=True)
    url, _ = send(1000, Interval.MONTH)
    world.pay(url, SEPA)
    world.advance(days=10)
    world.deliver()
    world.advance(days=22)
    world.deliver()

    assert gifts(db) == [(GiftStatus.RECEIVED, 1000), (GiftStatus.PENDING, 0)]
    assert total(db) == 1000
    world.advance(days=6)
    world.deliver()
    assert gifts(db) == [(GiftStatus.RECEIVED, 1000)] * 2
    assert total(db) == 2000


def test_a_renewal_by_debit_that_fails_was_on_its_way_and_is_failed(db, world, send):
    url, _ = send(1000, Interval.MONTH)
    world.pay(url, SEPA)
    world.advance(days=10)
    world.deliver()
    world.advance(days=22)
    world.deliver()
    world.act("fail_debit", next(each["id"] for each in world.stored("charge") if each["status"] == "pending"))
    world.deliver()

    assert gifts(db) == [(GiftStatus.RECEIVED, 1000), (GiftStatus.FAILED, 0)]
    assert db.scalars(select(RecurringGift)).one().status is RecurringStatus.PAST_DUE


def test_a_renewal_that_fails_leaves_the_books_right(db, world, send):
    url, _ = send(1000, Interval.MONTH)
    world.pay(url, DECLINED_LATER)
    world.deliver()
    world.advance(days=31)
    world.deliver()

    assert gifts(db)[0] == (GiftStatus.RECEIVED, 1000)
    assert total(db) == 1000
    assert db.scalars(select(RecurringGift)).one().status is RecurringStatus.PAST_DUE


def test_a_gift_is_refunded_in_part_from_its_page_and_a_double_click_gives_back_once(db, world, send, sign_in):
    url, _ = send()
    world.pay(url)
    world.deliver()
    gift_id = db.scalar(select(Gift.id))
    db.rollback()
    client = sign_in()
    key = KEY.search(client.get(f"/gifts/{gift_id}/refund").text)[1]

    for _ in range(2):
        answer = client.post(f"/gifts/{gift_id}/refund", data={"key": key, "amount": "20", "reason": "Typed twice"})
        assert answer.status_code == 303
    world.deliver()

    assert gifts(db) == [(GiftStatus.RECEIVED, 3000)]
    assert list(db.scalars(select(Refund.status))) == [RefundStatus.SUCCEEDED]
    db.rollback()
    assert receipt_states(db) == [ReceiptStatus.REPLACED, ReceiptStatus.ISSUED]
    assert "€20.00" in client.get(f"/gifts/{gift_id}").text


@pytest.mark.parametrize(
    "case",
    [
        ({"amount": "50.01"}, "At most €50.00 can be refunded."),
        ({"amount": "0"}, "The amount is too small."),
        ({"amount": "junk"}, "Write an amount"),
        ({"reason": " "}, "This field is required"),
        ({"key": "short"}, "Invalid input."),
    ],
)
def test_a_refund_that_cannot_be_is_refused_and_changes_nothing(db, world, send, sign_in, case):
    typed, told = case
    url, _ = send()
    world.pay(url)
    world.deliver()
    gift_id = db.scalar(select(Gift.id))
    db.rollback()
    data = {"key": "0123456789ABCDEFGHJKMNPQRS", "amount": "5", "reason": "Asked for", **typed}

    answer = sign_in().post(f"/gifts/{gift_id}/refund", data=data)

    assert (answer.status_code, told in answer.text) == (422, True)
    assert gifts(db) == [(GiftStatus.RECEIVED, 5000)]


def test_the_gateway_down_keeps_a_refund_written_and_gives_back_once_when_it_is_up(app, db, world, send, sign_in):
    url, _ = send()
    world.pay(url)
    world.deliver()
    gift_id = db.scalar(select(Gift.id))
    db.rollback()
    world.knobs(error_rate_500=1.0)
    data = {"key": "0123456789ABCDEFGHJKMNPQRS", "amount": "5", "reason": "Asked for"}
    client = sign_in()
    answer = client.post(f"/gifts/{gift_id}/refund", data=data)
    assert "will be tried again" in client.get(answer.location).text
    assert gifts(db) == [(GiftStatus.RECEIVED, 5000)]

    world.knobs(error_rate_500=0.0)
    assert client.post(f"/gifts/{gift_id}/refund", data=data).status_code == 303
    world.deliver()
    run_due(app.work)

    assert gifts(db) == [(GiftStatus.RECEIVED, 4500)]
    assert db.scalar(select(func.count()).select_from(Refund)) == 1


def test_a_refund_that_fails_later_brings_gift_and_receipt_back(db, world, send, sign_in):
    url, _ = send()
    world.pay(url, REFUND_FAILS)
    world.deliver()
    gift_id = db.scalar(select(Gift.id))
    db.rollback()
    data = {"key": "0123456789ABCDEFGHJKMNPQRS", "amount": "50", "reason": "Asked for"}
    sign_in().post(f"/gifts/{gift_id}/refund", data=data)
    world.advance(days=10)
    world.deliver()

    assert gifts(db) == [(GiftStatus.RECEIVED, 5000)]
    assert receipt_states(db)[-1] is ReceiptStatus.ISSUED
    assert total(db) == 5000


def test_a_disputed_card_blocks_the_refund_and_the_receipt(db, world, send, sign_in):
    url, _ = send()
    world.pay(url, DISPUTED)
    world.deliver()
    gift = db.scalars(select(Gift)).one()
    gift_id, is_disputed = gift.id, gift.is_disputed
    db.rollback()

    assert is_disputed
    assert "Nothing can be refunded" in sign_in().get(f"/gifts/{gift_id}/refund").text


def test_a_debit_that_the_bank_takes_back_leaves_nothing(db, world, send):
    url, _ = send()
    world.pay(url, SEPA_DISPUTED)
    world.deliver()
    world.advance(days=30)
    world.deliver()

    assert gifts(db) == [(GiftStatus.RECEIVED, 0)]
    assert total(db) == 0
    assert ReceiptStatus.ISSUED not in receipt_states(db)


def test_a_direct_debits_refund_is_warned_of(db, world, send, sign_in):
    url, _ = send()
    world.pay(url, SEPA)
    world.advance(days=6)
    world.deliver()
    gift_id = db.scalar(select(Gift.id))
    db.rollback()

    assert "the money could go back twice" in sign_in().get(f"/gifts/{gift_id}/refund").text


@pytest.mark.parametrize(("interval", "most"), [(None, 30), (Interval.MONTH, 51)])
def test_the_first_word_of_a_gift_asks_the_database_little(world, send, interval, most):
    """Bursts of messages are worked off as quickly as each of them asks (bench/events.py)."""
    app = world.app
    for minor in (5000, 6000):  # the first fills what is kept of the product's own
        url, _key = send(minor, interval)
        world.pay(url)
        world.deliver(jobs_too=False)
        with app.database.reading() as db:
            of_a_page = select(GatewayEvent.id).where(GatewayEvent.kind == "checkout.session.completed")
            newest = db.scalars(of_a_page.order_by(GatewayEvent.id.desc())).first()
        with counting(app) as asked:
            work_event(app.work, newest)
    assert 0 < len(asked) <= most

"""What somebody hostile, or somebody whose fingers slipped, may send: an answer that helps, and nothing changed."""

import json
from datetime import date

import pytest
from sqlalchemy import func, select
from stripe import WebhookSignature

from app.accounts.models import StaffUser
from app.giving.models import Gift, StatutoryRate
from app.payments.models import GatewayEvent
from tests.factories.contacts import make_contact
from tests.factories.funds import make_fund
from tests.factories.giving import french_organisation

pytestmark = pytest.mark.db
BLANKS = ("", " ", "\u00a0", "\u200b", "\0", "\t\r\n")


@pytest.mark.parametrize("blank", BLANKS)
def test_an_amount_of_nothing_but_blanks_is_asked_for_again(blank, db, sign_in):
    french_organisation(db)
    contact, fund = make_contact(db), make_fund(db)
    db.commit()
    typed = {
        "key": "0" * 26, "amount": blank, "received_on": "2026-03-01", "method": "cheque", "fund": str(fund.id),
        "receipt_choice": "none",
    }  # fmt: skip

    answer = sign_in("gifts.record").post(f"/gifts/new?contact={contact.id}", data=typed)

    assert answer.status_code == 422
    assert db.scalar(select(func.count()).select_from(Gift)) == 0


@pytest.mark.parametrize("blank", BLANKS)
def test_nobody_is_called_by_blanks(blank, db, sign_in):
    typed = {"name": blank, "email": "new@example.org", "language": "en", "password": "seven quiet mountains"}

    answer = sign_in("accounts.manage").post("/staff/new", data=typed)

    assert answer.status_code == 422
    assert db.scalar(select(func.count()).where(StaffUser.email == "new@example.org")) == 0


@pytest.mark.parametrize("number", ["²", "٣", "-1", "1.5", "9" * 30, "1e2", "\0"])
def test_the_trail_takes_what_is_no_number_for_no_filter(number, sign_in):
    assert sign_in("accounts.audit").get("/settings/trail/", query_string={"record_id": number}).status_code == 200


@pytest.mark.parametrize("share", ["²", "٣", "101", "-1", "9" * 5000, "twenty"])
def test_a_share_of_income_that_is_no_percentage_is_refused(share, db, sign_in):
    client = sign_in("organisation.edit")
    rate = db.scalars(select(StatutoryRate).where(StatutoryRate.income_share_percent.is_not(None))).first()
    address, before = f"/settings/rates/{rate.id}", rate.income_share_percent
    typed = {
        "regime": rate.regime.value, "donor_kind": rate.donor_kind.value, "valid_from": date(2020, 1, 1).isoformat(),
        "tiers": "66", "article": "200", "source": "A law", "income_share_percent": share,
    }  # fmt: skip
    db.commit()

    assert client.post(address, data=typed).status_code == 422
    assert client.post(address, data={}).status_code == 422
    db.refresh(rate)
    assert rate.income_share_percent == before


def test_a_message_about_something_with_an_impossible_name_is_kept_without_its_impossible_signs(db, client):
    message = {
        "id": "evt_1", "object": "event", "api_version": "x", "created": 1_790_000_000, "type": "product.created",
        "livemode": False, "data": {"object": {"id": "a\0b\ud800"}},
    }  # fmt: skip
    body = json.dumps(message)
    signature = WebhookSignature.generate_signature_header(body, "whsec_for_tests")

    assert client.post("/webhooks/stripe", data=body, headers={"Stripe-Signature": signature}).status_code == 200
    assert db.scalars(select(GatewayEvent.object_reference)).all() == ["a?b?"]

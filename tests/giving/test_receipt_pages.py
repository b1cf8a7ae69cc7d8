"""The pages of receipts, and the donor's own download."""

import pytest
from sqlalchemy import select

from app.contacts.models import ContactAddress
from app.giving.models import Receipt, ReceiptStatus
from app.giving.services.receipts import receipt_in_force, void_receipt
from app.kernel.actors import SYSTEM
from app.kernel.clock import today
from app.kernel.i18n import format_money
from app.kernel.mail import Message
from tests.factories.contacts import make_contact
from tests.factories.giving import dispute_gift, french_organisation, make_offline_gift, make_online_gift

pytestmark = pytest.mark.db


@pytest.fixture
def receipt(db):
    french_organisation(db)
    gift = make_offline_gift(db)
    db.commit()
    return receipt_in_force(db, gift)


@pytest.fixture(autouse=True)
def free(db, receipt):
    """The test's own session holds no lock while the client writes."""
    db.commit()


def page(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status, answer.status_code
    return answer.text


def test_receipts_are_listed_and_filtered(receipt, sign_in):
    client = sign_in("receipts.read")
    code = f"{today().year}-00001"

    for query in ("", f"?q={code}", "?q=lefevre", f"?year={today().year}", "?state=issued", "?sort=real"):
        assert code in page(client, f"/receipts{query}")
    for query in ("?q=2020-00001", "?q=moreau", "?state=void", "?sort=specimen"):
        assert "Nothing found" in page(client, f"/receipts{query}")
    for query in ("?year=junk", "?state=odd", "?sort=odd"):
        assert "Please check what you typed" in page(client, f"/receipts{query}", 422)


def test_receipts_of_a_year_say_what_they_come_to_without_the_void_ones(db, receipt, sign_in):
    client, total = sign_in("receipts.read"), format_money(receipt.amount)
    asked = f"/receipts?year={today().year}"

    assert f'1 receipt · <strong class="num">{total}</strong>' in page(client, asked)
    assert "Void and replaced ones are not counted." not in page(client, "/receipts")
    void_receipt(db, receipt, "Typed twice", actor=SYSTEM)
    db.commit()
    assert f'<strong class="num">{total}</strong>' not in page(client, asked)


def test_a_receipt_shows_what_it_says(receipt, sign_in):
    text = page(sign_in(), f"/receipts/{receipt.id}")

    for words in ("Maya Lefèvre", "12 rue des Lilas", "Cinquante euros", "Chèque", "Send to the donor"):
        assert words in text


def test_staff_print_the_original_until_it_is_delivered_and_then_copies(receipt, sign_in):
    client = sign_in()
    original = client.get(f"/receipts/{receipt.token}.pdf")
    again = client.get(f"/receipts/{receipt.token}.pdf")
    client.post(f"/receipts/{receipt.id}/hand-over")
    copy = client.get(f"/receipts/{receipt.token}.pdf")

    assert original.data.startswith(b"%PDF")
    assert original.data == again.data, "to the byte"
    assert copy.data != original.data
    assert f'recu-{today().year}-00001.pdf"' in original.headers["Content-Disposition"]


def test_a_donor_downloads_by_a_link_nobody_finds(receipt, client):
    answer = client.get(f"/r/{receipt.token}")

    assert answer.data.startswith(b"%PDF")
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Cache-Control"] == "no-store"
    for wrong in ("junk", receipt.token.lower(), "0" * 26, "%00", "..%2f"):
        assert client.get(f"/r/{wrong}").status_code in {400, 404}


def test_the_copy_of_a_void_receipt_says_so(db, receipt, client):
    before = client.get(f"/r/{receipt.token}").data
    void_receipt(db, db.get_one(Receipt, receipt.id), "Wrong", actor=SYSTEM)
    db.commit()

    assert client.get(f"/r/{receipt.token}").data != before


def test_sending_delivers_the_original_and_then_copies(db, receipt, sign_in, run_jobs):
    client = sign_in()
    for _ in range(2):
        assert client.post(f"/receipts/{receipt.id}/send").status_code == 303

    mails = db.scalars(select(Message).where(Message.about_type == "receipt").order_by(Message.id)).all()
    assert [mail.attachments[0][0] for mail in mails] == ["receipt", "receipt_copy"]
    assert mails[0].to_address == "maya.lefevre@example.org"
    assert "Votre reçu" in mails[0].subject or "Your tax receipt" in mails[0].subject


def test_a_donor_without_an_address_cannot_be_sent_anything(db, sign_in):
    receipt = receipt_in_force(db, make_offline_gift(db, make_contact(db, email="", family_name="Sansmail")))
    db.commit()

    assert sign_in().post(f"/receipts/{receipt.id}/send").status_code == 409


def test_a_receipt_is_voided_with_a_reason(db, receipt, sign_in):
    client, url = sign_in(), f"/receipts/{receipt.id}"
    assert client.post(f"{url}/void", data={"reason": ""}).status_code == 422

    answer = client.post(f"{url}/void", data={"reason": "Wrong donor"})

    assert "Wrong donor" in page(client, answer.location)
    assert client.post(f"{url}/void", data={"reason": "Again"}).status_code == 422
    assert client.post(f"{url}/replace", data={"reason": "Again"}).status_code == 422
    assert db.scalars(select(Receipt.status)).one() is ReceiptStatus.VOID


def test_a_receipt_is_replaced(db, receipt, sign_in):
    client = sign_in()
    answer = client.post(f"/receipts/{receipt.id}/replace", data={"reason": "New address"})

    assert f"{today().year}-00002" in page(client, answer.location)
    assert "Replaced by" in page(client, f"/receipts/{receipt.id}")


def test_while_disputed_a_receipt_stays_as_it_is(db, sign_in):
    gift = make_online_gift(db)
    dispute_gift(db, gift)
    db.commit()
    url = f"/receipts/{receipt_in_force(db, gift).id}"
    db.commit()

    for deed in ("void", "replace"):
        answer = sign_in().post(f"{url}/{deed}", data={"reason": "x"})
        assert (answer.status_code, "disputes this gift" in answer.text) == (422, True)


def test_what_waits_is_listed_with_its_reason_and_issued_when_complete(db, sign_in, run_jobs):
    contact = make_contact(db, given_name="Nima", street="", postcode="", city="", country="")
    gift = make_offline_gift(db, contact)
    db.commit()
    client = sign_in()
    assert "The donor’s full address" in page(client, "/receipts/waiting")
    assert "1 gift waits for its receipt" in page(client, "/receipts")
    assert client.post("/receipts/waiting/issue").status_code == 303
    assert client.post(f"/gifts/{gift.id}/receipt").status_code == 409

    contact.addresses = [ContactAddress(street="1 rue Haute", postcode="67000", city="Strasbourg", is_primary=True)]
    db.commit()
    assert "Complete" in page(client, "/receipts/waiting")
    client.post("/receipts/waiting/issue")
    run_jobs()

    assert "Nothing waits" in page(client, "/receipts/waiting")
    assert receipt_in_force(db, gift).sent_at is not None, "and sent, as was promised"


def test_a_receipt_is_issued_by_hand(db, sign_in):
    gift = make_offline_gift(db, make_contact(db, given_name="Nima"), receipt_choice="none")
    db.commit()
    client = sign_in()

    answer = client.post(f"/gifts/{gift.id}/receipt")

    assert f"{today().year}-00002" in page(client, answer.location)
    assert client.post(f"/gifts/{gift.id}/receipt").status_code == 409, "only one"


def test_whoever_may_not_is_kept_out(receipt, sign_in, client):
    reader = sign_in("receipts.read")
    for url in ("void", "replace", "send", "hand-over"):
        assert reader.post(f"/receipts/{receipt.id}/{url}").status_code == 403
    assert reader.post(f"/gifts/{receipt.gift_id}/receipt").status_code == 403
    assert reader.post("/receipts/waiting/issue").status_code == 403
    outsider = sign_in("contacts.read")
    for url in ("/receipts", "/receipts/waiting", f"/receipts/{receipt.id}", f"/receipts/{receipt.token}.pdf"):
        page(outsider, url, 403)
        assert client.get(url).status_code == 303


def test_receipts_that_are_not_there_are_not_found(receipt, sign_in):
    client = sign_in()
    for url in ("/receipts/999", "/receipts/999/void", "/receipts/999/replace", "/receipts/junk.pdf"):
        page(client, url, 404)
    assert client.post("/gifts/999/receipt").status_code == 404

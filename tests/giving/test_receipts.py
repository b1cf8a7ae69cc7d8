"""Receipts: only from settled money, numbered without a gap, void and replaced but never changed."""

import threading

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.contacts.models import Contact, ContactAddress
from app.funds.models import Fund
from app.giving.books import check
from app.giving.models import Gift, Receipt, ReceiptChoice, ReceiptSequence, ReceiptStatus
from app.giving.receipt_content import ReceiptContent
from app.giving.receipt_mentions import Mention
from app.giving.receipt_wording import ReceiptKind
from app.giving.services.gifts import reverse_gift
from app.giving.services.receipt_numbers import take_number
from app.giving.services.receipts import (
    ReceiptIncomplete,
    issue_receipt,
    issue_waiting,
    receipt_in_force,
    replace_receipt,
    void_receipt,
)
from app.kernel.actors import GATEWAY, SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.clock import today
from app.kernel.errors import Refused
from app.kernel.events import publish
from app.kernel.money import Money
from app.kernel.organisation import TaxRegime, the_organisation
from app.payments.events import PaymentReturned
from app.payments.models import DisputeStatus, Method, PaymentStatus, Refund, RefundStatus
from tests.factories.contacts import make_contact
from tests.factories.funds import make_fund
from tests.factories.giving import (
    dispute_gift,
    french_organisation,
    make_offline_gift,
    make_online_gift,
    make_submission,
    refund_gift,
)

pytestmark = pytest.mark.db


@pytest.fixture
def organisation(db):
    return french_organisation(db)


def content_of(receipt):
    return ReceiptContent.from_json(receipt.content)


def the_receipt(db, gift):
    return receipt_in_force(db, gift)


@pytest.mark.usefixtures("organisation")
def test_a_gift_that_is_received_has_its_receipt_at_once(db):
    gift = make_offline_gift(db)
    db.commit()

    receipt = the_receipt(db, gift)
    content = content_of(receipt)
    assert receipt.code == f"{today().year}-00001"
    assert content.number == receipt.code
    assert content.kind is ReceiptKind.FR_PERSON
    assert (content.donor.name, content.donor.address_lines) == ("Maya Lefèvre", ("12 rue des Lilas", "75011 PARIS"))
    assert content.amount_minor == receipt.amount_minor == 5000
    assert content.lines[0].method_text == "Chèque"


@pytest.mark.usefixtures("organisation")
@pytest.mark.parametrize("choice", [ReceiptChoice.YEARLY, ReceiptChoice.NONE])
def test_a_donor_who_wants_none_for_each_gift_gets_none(db, choice):
    gift = make_offline_gift(db, receipt_choice=choice)
    db.commit()

    assert the_receipt(db, gift) is None
    assert issue_receipt(db, gift, actor=SYSTEM).number == 1, "by hand it can be issued all the same"
    db.commit()


@pytest.mark.usefixtures("organisation")
def test_money_on_its_way_has_no_receipt(db):
    gift = make_online_gift(db, method=Method.SEPA_DEBIT, status=PaymentStatus.PROCESSING)
    db.commit()

    assert the_receipt(db, gift) is None
    with pytest.raises(Refused, match="has not been received"):
        issue_receipt(db, gift, actor=SYSTEM)


@pytest.mark.usefixtures("organisation")
def test_in_test_mode_it_is_a_specimen_that_takes_no_number(db):
    gift = make_online_gift(db, make_submission(db, is_test=True))
    db.commit()

    receipt = the_receipt(db, gift)
    assert receipt.is_specimen
    assert receipt.number is None
    assert content_of(receipt).is_specimen
    assert db.scalar(select(func.count()).select_from(ReceiptSequence)) == 0


@pytest.mark.usefixtures("organisation")
def test_what_is_missing_holds_a_receipt_back_until_it_is_known(db):
    contact = make_contact(db, street="", city="", postcode="", country="")
    gift = make_offline_gift(db, contact)
    db.commit()
    assert the_receipt(db, gift) is None
    with pytest.raises(ReceiptIncomplete) as refusal:
        issue_receipt(db, gift, actor=SYSTEM)
    assert refusal.value.missing == [Mention.DONOR_ADDRESS]

    contact.addresses = [
        ContactAddress(street="1 rue Haute", postcode="67000", city="Strasbourg", country="FR", is_primary=True)
    ]
    issued = issue_waiting(db, [gift.id], actor=SYSTEM)
    db.commit()

    assert [receipt.number for receipt in issued] == [1], "the attempts before took no number"


@pytest.mark.usefixtures("organisation")
def test_an_organisation_that_has_not_said_who_it_is_issues_nothing(db):
    the_organisation(db).signatory_name = ""
    gift = make_offline_gift(db)
    db.commit()

    with pytest.raises(ReceiptIncomplete, match="who signs"):
        issue_receipt(db, gift, actor=SYSTEM)


@pytest.mark.usefixtures("organisation")
def test_a_company_gets_the_companys_form(db):
    company = make_contact(db, group_name="Atelier Himal", legal_form="SARL", siren="732829320")
    gift = make_offline_gift(db, company, method=Method.TRANSFER)
    db.commit()

    content = content_of(the_receipt(db, gift))
    assert (content.kind, content.donor.siren, content.donor.legal_form) == (
        ReceiptKind.FR_COMPANY,
        "732 829 320",
        "SARL",
    )


@pytest.mark.usefixtures("organisation")
def test_a_donor_abroad_gets_a_plain_receipt_in_their_language(db):
    contact = make_contact(db, country="GB", city="Leeds", language="en")
    gift = make_offline_gift(db, contact)
    db.commit()

    content = content_of(the_receipt(db, gift))
    assert (content.kind, content.language) == (ReceiptKind.PLAIN, "en")


def test_without_a_tax_regime_receipts_are_plain(db):
    french_organisation(db).tax_regime = TaxRegime.NONE
    gift = make_offline_gift(db)
    db.commit()

    assert content_of(the_receipt(db, gift)).kind is ReceiptKind.PLAIN


def test_a_logo_that_cannot_be_printed_holds_no_receipt_back(db):
    organisation = french_organisation(db)
    organisation.logo_png, organisation.colour = b"not a picture", "blue"
    gift = make_offline_gift(db)
    db.commit()

    assert content_of(the_receipt(db, gift)).issuer.logo_png is None


@pytest.mark.usefixtures("organisation")
def test_a_gift_has_one_receipt_in_force_at_most(db):
    gift = make_offline_gift(db)
    db.commit()

    with pytest.raises(Refused, match="has a receipt already"):
        issue_receipt(db, gift, actor=SYSTEM)
    first = the_receipt(db, gift)
    values = {
        name: getattr(first, name) for name in ("organisation_id", "contact_id", "gift_id", "year", "amount_minor")
    }
    db.add(Receipt(**values, currency="EUR", number=99, is_specimen=False, issued_on=first.issued_on, content={}))
    with pytest.raises(IntegrityError):
        db.flush()


@pytest.mark.usefixtures("organisation")
def test_a_void_receipt_keeps_its_number_and_none_follows(db):
    gift = make_offline_gift(db)
    receipt = the_receipt(db, gift)
    void_receipt(db, receipt, "Wrong person", actor=SYSTEM)
    db.commit()

    assert (receipt.status, receipt.void_reason, receipt.code) == (
        ReceiptStatus.VOID,
        "Wrong person",
        f"{today().year}-00001",
    )
    assert gift.receipt_choice is ReceiptChoice.NONE
    assert the_receipt(db, gift) is None
    assert db.scalars(select(AuditEntry.action).where(AuditEntry.action == "receipt.voided")).all()
    again = issue_receipt(db, gift, actor=SYSTEM)
    db.commit()
    assert again.number == 2, "a number is never used again"


@pytest.mark.usefixtures("organisation")
def test_a_receipt_is_voided_once_and_only_with_a_reason(db):
    receipt = the_receipt(db, make_offline_gift(db))
    with pytest.raises(Refused, match="Say why"):
        void_receipt(db, receipt, "", actor=SYSTEM)
    void_receipt(db, receipt, "Wrong", actor=SYSTEM)
    db.commit()

    with pytest.raises(Refused):
        void_receipt(db, receipt, "Again", actor=SYSTEM)
    with pytest.raises(Refused):
        replace_receipt(db, receipt, "Again", actor=SYSTEM)


@pytest.mark.usefixtures("organisation")
def test_a_replacement_names_the_one_it_replaces_and_the_old_one_stays_as_it_was(db):
    gift = make_offline_gift(db)
    old = the_receipt(db, gift)
    before = dict(old.content)
    gift.contact.family_name = "Lefebvre"
    gift.contact.refresh()

    new = replace_receipt(db, old, "The name was misspelt", actor=SYSTEM)
    db.commit()

    assert (old.status, new.number, new.replaces_id) == (ReceiptStatus.REPLACED, 2, old.id)
    assert content_of(new).replaces == old.code
    assert content_of(new).donor.name == "Maya Lefebvre"
    assert old.content == before


@pytest.mark.usefixtures("organisation")
def test_a_part_that_goes_back_replaces_the_receipt_by_the_rest(db):
    gift = make_online_gift(db)
    old = the_receipt(db, gift)
    refund_gift(db, gift, 2000)
    db.commit()

    new = the_receipt(db, gift)
    assert old.status is ReceiptStatus.REPLACED
    assert (new.replaces_id, new.amount, content_of(new).amount_minor) == (old.id, Money(3000, "EUR"), 3000)

    refund_gift(db, gift, 3000)
    db.commit()
    assert new.status is ReceiptStatus.VOID
    assert the_receipt(db, gift) is None


@pytest.mark.usefixtures("organisation")
def test_a_refund_that_fails_later_brings_the_receipt_back_under_a_new_number(db):
    gift = make_online_gift(db)
    refund_gift(db, gift, 5000)
    db.commit()
    assert the_receipt(db, gift) is None

    payment = gift.payments[0].payment
    db.scalars(select(Refund)).one().note_outcome(RefundStatus.FAILED, None, "lost_or_stolen_card")
    payment.note_returned(0, 0, is_disputed=False)
    publish(db, PaymentReturned(payment.id), actor=GATEWAY)
    db.commit()

    assert the_receipt(db, gift).number == 2


@pytest.mark.usefixtures("organisation")
def test_while_the_bank_disputes_nothing_moves_and_when_it_is_lost_the_receipt_is_void(db):
    gift = make_online_gift(db)
    receipt = the_receipt(db, gift)
    dispute_gift(db, gift)
    db.commit()
    assert receipt.status is ReceiptStatus.ISSUED
    for deed in (void_receipt, replace_receipt):
        with pytest.raises(Refused, match="disputes"):
            deed(db, receipt, "Why not", actor=SYSTEM)

    dispute_gift(db, gift, DisputeStatus.LOST)
    db.commit()

    assert receipt.status is ReceiptStatus.VOID
    assert not gift.kept


@pytest.mark.usefixtures("organisation")
def test_a_dispute_that_is_won_leaves_the_receipt_in_force(db):
    gift = make_online_gift(db)
    receipt = the_receipt(db, gift)
    dispute_gift(db, gift)
    dispute_gift(db, gift, DisputeStatus.WON)
    db.commit()

    assert the_receipt(db, gift) is receipt


@pytest.mark.usefixtures("organisation")
def test_an_entry_made_in_error_takes_its_receipt_with_it(db):
    gift = make_offline_gift(db)
    receipt = the_receipt(db, gift)
    reverse_gift(db, gift, "Typed twice", actor=SYSTEM)
    db.commit()

    assert receipt.status is ReceiptStatus.VOID
    assert receipt.void_reason_text == "The gift was an entry made in error."


@pytest.mark.usefixtures("organisation")
def test_what_is_rolled_back_leaves_no_gap(database, db):
    contact, fund = make_contact(db), make_fund(db)
    db.commit()
    with database.session(writes=True) as lost:
        act_as(lost, SYSTEM)
        make_offline_gift(lost, contact, fund=fund)
        lost.rollback()

    gift = make_offline_gift(db, contact, fund=fund)
    db.commit()

    assert the_receipt(db, gift).number == 1


@pytest.mark.usefixtures("organisation")
def test_a_gap_is_seen_by_the_books(db, upset_books):
    take_number(db, the_organisation(db).id, today().year)
    make_offline_gift(db)
    db.commit()

    assert [finding.split(":")[1].strip() for finding in check(db)] == ["1 receipts up to number 2; there is a gap."]


@pytest.mark.usefixtures("organisation")
def test_receipts_issued_at_the_same_time_have_numbers_of_their_own(database, db):
    donors = [make_contact(db, email=f"donor{n}@example.org", family_name=f"Donor {n}").id for n in range(6)]
    fund = make_fund(db).id
    db.commit()
    start, faults = threading.Barrier(6), []

    def give(contact_id):
        try:
            start.wait()
            for _ in range(3):
                with database.writing() as own:
                    act_as(own, SYSTEM)

                    make_offline_gift(own, own.get_one(Contact, contact_id), fund=own.get_one(Fund, fund))
        except Exception as fault:  # noqa: BLE001 - told below
            faults.append(fault)

    threads = [threading.Thread(target=give, args=(contact_id,)) for contact_id in donors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert sorted(db.scalars(select(Receipt.number))) == list(range(1, 19))


@pytest.mark.usefixtures("organisation")
def test_a_donor_who_gives_at_the_same_time_on_many_pages_has_true_figures(database, db):
    contact, fund = make_contact(db).id, make_fund(db).id
    db.commit()
    start, faults = threading.Barrier(5), []

    def give():

        try:
            start.wait()
            for _ in range(3):
                with database.writing() as own:
                    act_as(own, SYSTEM)
                    make_offline_gift(own, own.get_one(Contact, contact), fund=own.get_one(Fund, fund))
        except Exception as fault:  # noqa: BLE001 - told below
            faults.append(fault)

    threads = [threading.Thread(target=give) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert db.scalar(select(func.count()).select_from(Gift)) == 15
    assert check(db) == []

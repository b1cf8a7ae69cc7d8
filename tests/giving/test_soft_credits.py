"""People are recognised for gifts that others made, and no money moves by it."""

from datetime import date, timedelta

import pytest

from app.currencies.services import RateDetails, add_rate
from app.giving.models import CreditRole, SoftCredit
from app.giving.queries.figures import figures_of
from app.giving.queries.soft_credits import credits_of_gift, recognition_of
from app.giving.services.soft_credits import CreditDetails, credit_softly, take_back_credit
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.errors import Refused
from app.kernel.money import Money
from tests.factories.contacts import make_contact
from tests.factories.giving import make_offline_gift, make_online_gift, make_submission, refund_gift
from tests.factories.households import join_a_household

pytestmark = pytest.mark.db
EUR, DAY = "EUR", date(2026, 5, 4)


def recognise(db, gift, contact, minor=None, role=CreditRole.SOLICITOR):
    amount = Money(gift.amount_minor if minor is None else minor, gift.currency)
    credit = credit_softly(db, gift, CreditDetails(contact=contact, role=role, amount=amount), actor=SYSTEM)
    db.flush()
    return credit


def test_whoever_is_recognised_sees_it_and_the_donors_figures_stay(db):
    donor, solicitor = make_contact(db), make_contact(db)
    gift = make_offline_gift(db, donor)
    before = figures_of(db, donor.id)

    credit = recognise(db, gift, solicitor, 2000)

    assert list(credits_of_gift(db, gift.id)) == [credit]
    assert recognition_of(db, solicitor, 9).in_all == Money(2000, EUR)
    assert figures_of(db, donor.id) == before
    assert figures_of(db, solicitor.id).by_currency == []


def test_nobody_is_recognised_twice_for_their_own_gift_or_for_more_than_it(db):
    donor, other, gone = (make_contact(db) for _ in range(3))
    gift = make_offline_gift(db, donor)
    recognise(db, gift, other)
    gone.archived_at = gone.created_at
    for contact, minor in ((donor, 5000), (other, 5000), (make_contact(db), 5001), (make_contact(db), 0), (gone, 5000)):
        with pytest.raises(Refused):
            recognise(db, gift, contact, minor)


def test_what_goes_back_to_the_donor_is_recognised_no_more(db):
    solicitor, gift = make_contact(db), make_online_gift(db, make_submission(db))
    recognise(db, gift, solicitor)
    refund_gift(db, gift, 1000)
    assert recognition_of(db, solicitor, 9).in_all == Money(gift.amount_minor - 1000, EUR)

    refund_gift(db, gift, gift.amount_minor - 1000)
    assert recognition_of(db, solicitor, 9).credits == []


def test_sums_are_of_all_recognitions_and_not_of_those_shown(db):
    solicitor = make_contact(db)
    for _ in range(4):
        recognise(db, make_offline_gift(db), solicitor, 1000)
    recognise(db, make_offline_gift(db, amount=Money(90_000, "NPR")), solicitor, 50_000)

    found = recognition_of(db, solicitor, 3)
    assert len(found.credits) == 3
    assert (found.in_all, found.missing) == (Money(4000, EUR), [Money(50_000, "NPR")])


def test_a_household_is_recognised_for_its_members_but_not_for_gifts_that_count_there_already(db):
    one, other, stranger = (make_contact(db) for _ in range(3))
    home = join_a_household(db, one).household
    join_a_household(db, other, home.id)
    recognise(db, make_offline_gift(db, one), other, 5000, CreditRole.HOUSEHOLD)
    recognise(db, make_offline_gift(db, stranger), other, 3000)
    db.expire_all()

    assert recognition_of(db, home, 9).in_all == Money(3000, EUR)
    assert recognition_of(db, other, 9).in_all == Money(8000, EUR)


def test_a_recognition_is_given_and_taken_back_on_the_gifts_page(database, sign_in):
    with database.writing() as db:
        act_as(db, SYSTEM)
        gift, solicitor = make_offline_gift(db), make_contact(db, given_name="Ravi", family_name="Thapa")
        db.flush()
        gift_id, contact_id = gift.id, solicitor.id
    staff = sign_in("contacts.read", "gifts.read", "gifts.record")
    address = f"/gifts/{gift_id}/credits/new"

    assert "Ravi Thapa" in staff.get(f"{address}?q=thapa").get_data(as_text=True)
    assert staff.post(f"{address}?contact={contact_id}", data={"role": "solicitor", "amount": "99"}).status_code == 422
    given = staff.post(
        f"{address}?contact={contact_id}", data={"role": "solicitor", "amount": "20"}, follow_redirects=True
    )
    assert "Ravi Thapa" in given.get_data(as_text=True)
    assert "Besides their own gifts: €20.00" in staff.get(f"/contacts/{contact_id}").get_data(as_text=True)
    with database.reading() as db:
        key = db.query(SoftCredit).one().id
    assert staff.post(f"/gifts/{gift_id + 1}/credits/{key}/take-back").status_code == 404
    gone = staff.post(f"/gifts/{gift_id}/credits/{key}/take-back", follow_redirects=True)
    assert "Nobody but the donor" in gone.get_data(as_text=True)


def test_a_contacts_page_counts_recognitions_by_the_rates_of_days_and_names_what_has_none(database, sign_in):
    with database.writing() as db:
        act_as(db, SYSTEM)
        solicitor, dollars = make_contact(db), Money(4000, "USD")
        recognise(db, make_offline_gift(db), solicitor, 1000)
        recognise(db, make_offline_gift(db, amount=dollars, received_on=DAY), solicitor)
        recognise(db, make_offline_gift(db, amount=Money(90_000, "NPR")), solicitor)
        rate = RateDetails(currency="USD", day=DAY - timedelta(days=3), units="2.0", origin="A bank")
        add_rate(db, rate, actor=SYSTEM)
        address = f"/contacts/{solicitor.id}"

    page = sign_in("contacts.read", "gifts.read").get(address).get_data(as_text=True)

    assert "Besides their own gifts: €30.00" in page
    assert "Other currencies count by the rate of each gift’s day." in page
    assert "No exchange rate yet for NPR\N{NO-BREAK SPACE}900.00: not counted here." in page


def test_who_may_not_record_gifts_recognises_nobody(database, sign_in):
    with database.writing() as db:
        act_as(db, SYSTEM)
        gift_id = make_offline_gift(db).id
    assert sign_in("contacts.read", "gifts.read").get(f"/gifts/{gift_id}/credits/new").status_code == 403


def test_taking_back_leaves_the_gift(db):
    gift, solicitor = make_offline_gift(db), make_contact(db)
    take_back_credit(db, recognise(db, gift, solicitor), actor=SYSTEM)
    db.flush()
    assert list(credits_of_gift(db, gift.id)) == []
    assert gift.kept == Money(5000, EUR)

"""The books: balanced after everything that may happen, and every way of not adding up is named."""

import pytest
from sqlalchemy import text, update

from app.giving.books import check
from app.giving.models import Allocation, Gift, GivingTotal, Receipt, ReceiptSequence
from app.giving.services.totals import refresh_totals, repair_totals, wrong_totals
from app.kernel.money import Money
from app.payments.models import Payment
from tests.factories.contacts import make_contact
from tests.factories.giving import french_organisation, make_offline_gift, make_online_gift, refund_gift
from tests.factories.payments import AT

pytestmark = pytest.mark.db


@pytest.fixture
def gift(db):
    french_organisation(db)
    found = make_online_gift(db)
    db.commit()
    return found


@pytest.fixture
def command(app):
    return app.test_cli_runner().invoke


UPSETS = {
    "its shares add up to 4000": update(Allocation).values(amount_minor=4000),
    "its payments add up to 6000": update(Payment).values(amount_minor=6000),
    "disagree on whether the money has come": update(Gift).values(status="pending"),
    "are in different currencies": update(Payment).values(currency="USD"),
    "was made of it": text("DELETE FROM gift_payment"),
    "says that 700 went back": update(Gift).values(returned_minor=700),
    "was refunded and 0 lost": update(Payment).values(refunded_minor=700),
    "is the last number": update(ReceiptSequence).values(last_number=3),
    "there is a gap": update(Receipt).values(number=3),
    "never counted": text("DELETE FROM receipt_sequence"),
    "is in force but does not fit": update(Receipt).values(is_specimen=True, number=None),
    "its gifts come to 5000, not to 6000": update(Receipt).values(amount_minor=6000),
    "nothing replaces it": update(Receipt).values(status="replaced", voided_at=AT),
    "are not what the gifts say": update(GivingTotal).values(amount_minor=1),
    "for 2026 in EUR": text("DELETE FROM giving_total"),
}


def let_receipts_change(db):
    """Take away what keeps issued receipts as they are, as somebody with the database in hand could."""
    is_sqlite = db.get_bind().dialect.name == "sqlite"
    db.execute(text("DROP TRIGGER receipt_never_changes" if is_sqlite else "ALTER TABLE receipt DISABLE TRIGGER USER"))


@pytest.mark.parametrize("finding", UPSETS)
def test_whatever_does_not_add_up_is_named(db, gift, upset_books, command, finding):
    let_receipts_change(db)
    db.execute(UPSETS[finding], execution_options={"synchronize_session": False})
    db.commit()

    assert any(finding in line for line in check(db)), check(db)
    db.rollback()
    answer = command(args=["books", "check"])
    assert (answer.exit_code, finding in answer.output) == (1, True)


def test_books_in_balance_say_so(db, gift, command):
    refund_gift(db, gift, 1000)
    make_offline_gift(db, amount=Money(700, "EUR"))
    db.commit()

    answer = command(args=["books", "check"])

    assert (answer.exit_code, answer.output) == (0, "The books are in balance.\n")


def test_figures_are_verified_and_repaired(db, gift, command):
    db.execute(update(GivingTotal).values(amount_minor=1))
    db.commit()
    assert command(args=["totals", "verify"]).exit_code == 1

    assert "1 repaired." in command(args=["totals", "verify", "--repair"]).output

    assert command(args=["totals", "verify"]).output == "Every figure is right.\n"


def test_figures_are_kept_by_year_and_currency(db):
    contact = make_contact(db)
    make_offline_gift(db, contact, amount=Money(1000, "EUR"))
    make_offline_gift(db, contact, amount=Money(3000, "EUR"))
    make_offline_gift(db, contact, amount=Money(500, "USD"))
    db.commit()

    found = {total.currency: total for total in db.query(GivingTotal)}
    assert (found["EUR"].gifts, found["EUR"].amount, found["EUR"].largest_minor) == (2, Money(4000, "EUR"), 3000)
    assert found["USD"].amount == Money(500, "USD")
    assert wrong_totals(db) == []


def test_figures_refreshed_twice_stay_the_same(db, gift):
    refresh_totals(db, gift.contact_id, gift.fiscal_year)
    refresh_totals(db, gift.contact_id, gift.fiscal_year)
    db.commit()

    assert repair_totals(db) == 0
    assert db.query(GivingTotal).one().gifts == 1


def test_receipts_that_waited_are_issued_by_command(db, command):
    french_organisation(db).signatory_name = ""
    make_offline_gift(db)
    db.commit()
    assert "0 receipts issued." in command(args=["receipts", "issue-waiting"]).output

    french_organisation(db)
    db.commit()

    assert "1 receipts issued." in command(args=["receipts", "issue-waiting"]).output

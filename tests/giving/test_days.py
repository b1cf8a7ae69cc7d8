"""What is kept of each day: right before it is kept and after, and never stale, whoever changes a gift."""

from datetime import date
from threading import Thread

import pytest
from sqlalchemy import func, select, text, update

from app.giving.books import check
from app.giving.models import ChangedDay, Gift, GivingDay, GivingDayFund, Receipt, ReceiptChoice
from app.giving.queries.days import changed_days, days_of_years, given_to_funds, sums_by_currency, waiting_days
from app.giving.services.days import bring_up_to_date, note_days_of, wrong_days
from app.giving.services.gifts import reverse_gift
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.money import Money
from tests.factories.giving import french_organisation, make_offline_gift, make_online_gift, refund_gift

pytestmark = pytest.mark.db


@pytest.fixture
def gifts(db):
    french_organisation(db)
    found = [make_online_gift(db), make_offline_gift(db, amount=Money(700, "EUR"))]
    db.commit()
    return found


@pytest.fixture
def keep(database, db):
    """Bring the days up to date, as the worker does."""

    def keep():
        db.commit()
        return bring_up_to_date(database)

    return keep


def told(database):
    """Everything that is asked of days."""
    with database.reading() as db:
        changed, years = changed_days(db), range(1990, 2100)
        days = sorted((day.received_on, int(day.received), int(day.amount_minor))
                      for day in days_of_years(db, years, changed) if day.received)  # fmt: skip
        funds = {key: minor for key, minor in given_to_funds(db, "EUR", changed).own.items() if minor}
        return days, funds, [tuple(row) for row in sums_by_currency(db, "EUR", None, None)], waiting_days(db)


def test_figures_are_the_same_before_days_are_kept_and_after(database, db, gifts, keep):
    refund_gift(db, gifts[0], 1001)
    db.commit()
    before = told(database)

    assert keep() >= 2

    assert told(database) == before
    assert sum(minor for _day, _gifts, minor in before[0]) == sum(before[1].values()) == 5000 + 700 - 1001
    assert db.scalar(select(func.count()).select_from(ChangedDay)) == 0
    assert keep() == 0


def test_a_change_shows_at_once_although_the_day_was_kept(database, db, gifts, keep):
    keep()
    act_as(db, SYSTEM)
    refund_gift(db, gifts[0], 2000)
    make_offline_gift(db, amount=Money(300, "EUR"))
    db.commit()

    shown = told(database)
    assert sum(minor for _day, _gifts, minor in shown[0]) == sum(shown[1].values()) == 3000 + 700 + 300
    assert shown[2] == [("EUR", None, 3, 4000)]
    keep()
    assert told(database) == shown


def test_a_gift_that_is_taken_back_leaves_its_day_and_keeps_its_entry(database, db, gifts, keep):
    keep()
    reverse_gift(db, db.get_one(Gift, gifts[1].id), "Entered twice", actor=SYSTEM)
    db.commit()
    assert told(database)[2] == [("EUR", None, 2, 5000)]
    keep()
    assert told(database)[2] == [("EUR", None, 2, 5000)]


def test_changes_past_the_product_are_noted_too(database, db, gifts, keep, upset_books):
    keep()
    old, new = gifts[0].received_on, date(2020, 2, 29)
    db.execute(update(Gift).where(Gift.id == gifts[0].id).values(received_on=new, fiscal_year=2020))
    db.commit()

    assert set(changed_days(db)) == {old, new}
    assert (new, 1, 5000) in told(database)[0]


def test_whoever_waits_for_a_receipt_is_counted_until_it_is_there_and_again_when_it_is_void(
    database, db, gifts, keep, upset_books
):
    db.execute(update(Gift).values(receipt_choice=ReceiptChoice.EACH))
    keep()
    before = sum(told(database)[3].values())
    gift_id = db.scalar(select(Receipt.gift_id).limit(1))
    assert gift_id is not None
    is_sqlite = db.get_bind().dialect.name == "sqlite"
    db.execute(text("DROP TRIGGER receipt_never_changes" if is_sqlite else "ALTER TABLE receipt DISABLE TRIGGER "
                    "receipt_never_changes"))  # fmt: skip
    db.execute(text("UPDATE receipt SET status = 'void', voided_at = created_at WHERE gift_id = :it"), {"it": gift_id})
    db.commit()

    assert sum(told(database)[3].values()) == before + 1
    keep()
    assert sum(told(database)[3].values()) == before + 1


def test_a_gift_that_comes_while_its_day_is_reckoned_is_not_lost(database, db, gifts):
    """On PostgreSQL it is written meanwhile, on SQLite before or after: nobody waits for the worker."""
    if database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer")
    day = gifts[1].received_on
    db.execute(update(Gift).where(Gift.id == gifts[1].id).values(status="reversed", reversal_reason="Twice"))
    worker = Thread(target=bring_up_to_date, args=(database,))  # the change above is not committed yet
    worker.start()
    worker.join(20)
    assert not worker.is_alive()
    with database.reading() as looking:
        assert changed_days(looking) == []
    db.execute(update(Gift).where(Gift.id == gifts[1].id).values(status="received", reversal_reason=""))
    db.commit()

    assert changed_days(db) == [day]


def test_two_who_reckon_the_same_days_at_once_both_end_well(database, db, gifts):
    workers = [Thread(target=bring_up_to_date, args=(database,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert changed_days(db) == []
    assert told(database)[2] == [("EUR", None, 2, 5700)]


@pytest.mark.usefixtures("upset_books")
@pytest.mark.parametrize("table", [GivingDay, GivingDayFund])
def test_a_day_that_is_kept_wrongly_is_named_by_the_books(database, db, gifts, keep, table):
    keep()
    assert check(db) == []
    db.execute(update(table).values(amount_minor=1))
    db.commit()

    assert {str(each) for each in wrong_days(db)} == {str(gift.received_on) for gift in gifts}
    assert any("What is kept of the gifts of" in line for line in check(db))
    db.rollback()
    with database.writing() as session:
        note_days_of(session, from_gift=1)
    keep()
    assert check(db) == []


def test_books_without_a_gift_have_no_wrong_day(db):
    assert list(wrong_days(db)) == []

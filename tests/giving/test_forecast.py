"""What recurring gifts will bring, what was gained and lost, and what of failed charges was paid in the end."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from itertools import count
from random import Random
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.giving.charge_days import MONTHS, is_charged_after, nth_charge
from app.giving.models import ChangeKind, FailedCharge, RecurringChange, RecurringGift, RecurringStatus
from app.giving.queries.forecast import expected_charges, month_of, standings
from app.giving.queries.movements import Movement, movements
from app.giving.queries.recovery import recoveries
from app.giving.services.terms import day_of
from app.giving.showing_forecast import moved_file, outlooks
from app.kernel.actors import SYSTEM, ActorKind
from app.kernel.audit import act_as
from app.kernel.money import Money
from app.kernel.organisation import the_organisation
from app.payments.models import Interval, Method
from app.reports.queries import dashboard_figures
from tests.conftest import SignIn
from tests.factories.contacts import make_contact
from tests.factories.giving import make_offline_gift

pytestmark = pytest.mark.db
TODAY = date(2026, 11, 22)
ZONE = "Europe/Paris"
ACTIVE, PAUSED, ENDED = RecurringStatus.ACTIVE, RecurringStatus.PAUSED, RecurringStatus.ENDED
number = count()


def recurring(db: Session, **parts: Any) -> RecurringGift:
    """An active monthly gift of 10 €, next charged on the fifth of December; other parts as given."""
    made: dict[str, Any] = {
        "contact_id": parts.pop("donor", None) or make_contact(db).id, "amount_minor": 1000, "currency": "EUR",
        "interval": Interval.MONTH, "started_on": date(2025, 1, 5), "subscription_reference": f"sub_{next(number)}",
    }  # fmt: skip
    later = {"status": ACTIVE, "next_on": date(2026, 12, 5), "method_kind": Method.CARD}
    for name in [each for each in parts if each in made]:
        made[name] = parts.pop(name)
    gift = RecurringGift(**made)
    for name, value in (later | parts).items():
        setattr(gift, name, value)
    db.add(gift)
    db.flush()
    return gift


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def by_month(db: Session) -> dict[str, int]:
    return {f"{each.month:%Y-%m}": each.amount.minor for each in expected_charges(db, TODAY)}


def test_each_rhythm_comes_in_its_months(db):
    recurring(db, interval=Interval.QUARTER, next_on=date(2027, 1, 31), charge_day=31)
    recurring(db, interval=Interval.YEAR, next_on=date(2027, 11, 30), amount_minor=5000)

    assert by_month(db) == {"2027-01": 1000, "2027-04": 1000, "2027-07": 1000, "2027-10": 1000, "2027-11": 5000}


def test_what_this_month_still_brings_stands_for_itself(db):
    recurring(db, interval=Interval.YEAR, next_on=TODAY)
    recurring(db, next_on=TODAY - timedelta(days=1), last_on=TODAY)

    assert by_month(db) == {"2026-11": 1000, "2027-11": 1000}


def test_an_agreed_end_is_the_last_charge_that_counts(db):
    recurring(db, last_on=date(2027, 2, 28), next_on=date(2026, 12, 31), charge_day=31, ends_on=date(2027, 3, 1))
    recurring(db, next_on=None, last_on=date(2026, 11, 5), charges_agreed=12)

    assert by_month(db) == {"2026-12": 1000, "2027-01": 1000, "2027-02": 1000}


def test_a_pause_with_a_day_counts_from_that_day_and_one_without_not_at_all(db):
    recurring(db, status=PAUSED, paused_until=date(2027, 9, 6))
    recurring(db, status=PAUSED)

    assert by_month(db) == {"2027-10": 1000, "2027-11": 1000}


@pytest.mark.parametrize("status", [RecurringStatus.PAST_DUE, RecurringStatus.LAPSED, RecurringStatus.INCOMPLETE])
def test_what_nobody_can_be_sure_of_is_told_apart_and_not_counted(db, status):
    recurring(db, status=status, lapsed_on=TODAY if status is RecurringStatus.LAPSED else None)

    assert not expected_charges(db, TODAY)
    assert [(each.status, each.gifts, each.monthly, each.yearly) for each in standings(db)] == [
        (status, 1, eur(1000), eur(12000))
    ]


def test_currencies_and_methods_are_kept_apart(db):
    recurring(db, interval=Interval.YEAR)
    recurring(db, interval=Interval.YEAR, method_kind=Method.SEPA_DEBIT)
    recurring(db, interval=Interval.YEAR, method_kind=None, currency="JPY")

    assert [(each.currency, each.method, each.charges) for each in expected_charges(db, TODAY)] == [
        ("EUR", Method.CARD, 1), ("EUR", Method.SEPA_DEBIT, 1), ("JPY", None, 1),
    ]  # fmt: skip


def by_hand(gifts: list[RecurringGift], until: date) -> dict[tuple[str, Method | None, date], tuple[int, int]]:
    """Charge by charge: each day on which each gift is charged, from today until a day."""
    sums: dict[tuple[str, Method | None, date], tuple[int, int]] = {}
    for gift in gifts:
        if gift.status not in {ACTIVE, PAUSED} or (gift.status is PAUSED and gift.paused_until is None):
            continue
        for place in count(1):
            assert gift.next_on is not None
            day = gift.next_on if place == 1 else nth_charge(place, gift.next_on, gift.interval, day_of(gift))
            if day > until or is_charged_after(day, gift.last_on):
                break
            if day >= max(TODAY, gift.paused_until or TODAY):
                key = (gift.currency, gift.method_kind, date(day.year, day.month, 1))
                charges, minor = sums.get(key, (0, 0))
                sums[key] = (charges + 1, minor + gift.amount_minor)
    return sums


def any_gift(db: Session, dice: Random, donor: int) -> RecurringGift:
    """Any recurring gift that may be."""
    day = dice.choice([None, 1, 15, 22, 28, 29, 30, 31])
    next_on = TODAY + timedelta(days=dice.randint(-70, 400))
    if day is not None:
        next_on = next_on.replace(day=min(day, monthrange(next_on.year, next_on.month)[1]))
    status = dice.choice([ACTIVE, ACTIVE, ACTIVE, PAUSED, RecurringStatus.PAST_DUE])
    pause = TODAY + timedelta(days=dice.randint(-10, 300)) if status is PAUSED and dice.random() < 0.8 else None
    return recurring(
        db, donor=donor, amount_minor=dice.randint(1, 90_000), currency=dice.choice(["EUR", "EUR", "CHF"]),
        interval=dice.choice(list(Interval)), status=status, next_on=next_on, paused_until=pause, charge_day=day,
        anchor_day=dice.choice([None, 28, 31]), method_kind=dice.choice([None, Method.CARD, Method.SEPA_DEBIT]),
        last_on=dice.choice([None, None, next_on + timedelta(days=dice.randint(-40, 500))]),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_the_sums_are_those_of_adding_up_charge_by_charge(db, seed):
    dice, donor = Random(seed), make_contact(db).id
    gifts = [any_gift(db, dice, donor) for _ in range(250)]

    found = {(each.currency, each.method, each.month): (each.charges, each.amount.minor)
             for each in expected_charges(db, TODAY)}  # fmt: skip

    assert found == by_hand(gifts, date(2027, 11, 30))
    assert set(MONTHS) == {gift.interval for gift in gifts}
    assert max(month for _currency, _method, month in found) == month_of(2027 * 12 + 10)


def changed(
    db: Session, gift: RecurringGift, at: datetime, *, kind: ChangeKind = ChangeKind.AMOUNT, to: int = 0
) -> None:
    """A change that was made; an amount is raised or lowered to `to`."""
    to = to or gift.amount_minor
    change = RecurringChange(
        recurring_gift_id=gift.id, kind=kind, interval=gift.interval, currency=gift.currency,
        old_amount_minor=gift.amount_minor, new_amount_minor=to, old_yearly_minor=gift.yearly.minor,
        new_yearly_minor=gift.yearly_at(eur(to)).minor, asked_by="Asha Gurung", asked_as=ActorKind.STAFF,
    )  # fmt: skip
    change.finish(at)
    db.add(change)
    gift.charge(eur(to))
    db.flush()


def moved(db: Session) -> list[tuple[Movement, str, int, int]]:
    return [
        (each.movement, f"{each.month:%Y-%m}", each.gifts, each.yearly.minor) for each in movements(db, TODAY, ZONE)
    ]


def test_what_was_gained_and_lost_stands_in_its_month_at_what_it_was_worth_then(db):
    gift = recurring(db, started_on=date(2025, 12, 31))
    changed(db, gift, datetime(2026, 3, 31, 22, 30, tzinfo=UTC), to=1500)
    changed(db, gift, datetime(2026, 5, 2, tzinfo=UTC), to=1200)
    changed(db, gift, datetime(2026, 6, 2, tzinfo=UTC), kind=ChangeKind.PAUSE)
    make_offline_gift(db, gift.contact).recurring_gift_id = gift.id
    gift.status, gift.ended_on, gift.next_on = ENDED, TODAY, None
    db.flush()

    assert sorted(moved(db), key=lambda each: each[1]) == [
        (Movement.BEGUN, "2025-12", 1, 12000),
        (Movement.RAISED, "2026-04", 1, 6000),
        (Movement.LOWERED, "2026-05", 1, 3600),
        (Movement.PAUSED, "2026-06", 1, 14400),
        (Movement.ENDED, "2026-11", 1, 14400),
    ]


def test_what_was_never_charged_has_neither_begun_nor_ended(db):
    recurring(db, started_on=TODAY, status=RecurringStatus.INCOMPLETE)
    recurring(db, started_on=date(2026, 3, 1), status=ENDED, ended_on=date(2026, 3, 3), next_on=None)
    old = recurring(db, started_on=date(2025, 11, 30))
    changed(db, old, datetime(2025, 11, 30, 22, 59, tzinfo=UTC), to=2000)

    assert moved(db) == []


def failed(db: Session, minor: int, failed_at: datetime, closed: str = "", currency: str = "EUR") -> None:
    """A bill that failed, and a week later was recovered or given up."""
    bill = FailedCharge(
        recurring_gift_id=recurring(db, currency=currency).id, invoice_reference=f"in_{next(number)}",
        amount_minor=minor, currency=currency, failed_at=failed_at, read_at=failed_at, tries=1,
    )  # fmt: skip
    if closed:
        getattr(bill, closed)(failed_at + timedelta(days=7))
    db.add(bill)
    db.flush()


def test_the_recovery_rate_is_of_bills_that_were_closed_within_a_year(db):
    failed(db, 1000, datetime(2026, 3, 1, tzinfo=UTC), "recover")
    failed(db, 2000, datetime(2026, 3, 1, tzinfo=UTC), "recover")
    failed(db, 7000, datetime(2025, 11, 15, 12, tzinfo=UTC), "give_up")
    failed(db, 9000, datetime(2025, 11, 14, tzinfo=UTC), "give_up")
    failed(db, 500, datetime(2026, 11, 20, tzinfo=UTC))
    failed(db, 800, datetime(2026, 11, 20, tzinfo=UTC), currency="CHF")

    swiss, euros = recoveries(db, TODAY, ZONE)

    assert (euros.recovered, euros.closed, euros.open) == (2, 3, 1)
    assert (euros.recovered_money, euros.closed_money, euros.open_money) == (eur(3000), eur(10000), eur(500))
    assert (round(euros.share or 0, 4), euros.share_of_money) == (0.6667, 0.3)
    assert (swiss.closed, swiss.share, swiss.share_of_money, swiss.open) == (0, None, None, 1)


def test_the_dashboard_tells_the_rate_even_where_no_gift_runs_any_more(db):
    failed(db, 1000, datetime(2026, 3, 1, tzinfo=UTC), "recover")
    failed(db, 1000, datetime(2026, 3, 1, tzinfo=UTC), "give_up")
    for gift in db.query(RecurringGift):
        gift.status = RecurringStatus.PAST_DUE
    db.flush()

    shown = dashboard_figures(db, the_organisation(db), TODAY)

    assert (shown.recurring_gifts, shown.monthly_promised, shown.recovery) == (0, eur(0), 0.5)


def test_the_page_and_its_file_say_the_same(app, client, sign_in: SignIn):
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        day = date.today() + timedelta(days=40)  # noqa: DTZ011 - far enough from midnight
        gift = recurring(db, interval=Interval.YEAR, amount_minor=123456, next_on=day)
        recurring(db, donor=gift.contact_id, status=RecurringStatus.LAPSED, lapsed_on=day)
    client = sign_in()

    page = client.get("/recurring-gifts/forecast").get_data(as_text=True)
    file = client.get("/recurring-gifts/forecast/file")

    assert "€1,234.56" in page
    assert "Lapsed" in page
    assert file.get_data(as_text=True).splitlines() == [
        "\ufeffMonth,Currency,Payment method,Charges,Expected",
        f"{day:%Y-%m},EUR,Card,1,1234.56",
    ]
    moved = client.get("/recurring-gifts/forecast/moved").get_data(as_text=True).splitlines()
    assert moved[0] == "\ufeffMonth,Currency,Movement,Recurring gifts,Worth a year,Difference"
    assert all(line.split(",")[1:3] == ["EUR", "New ones"] for line in moved[1:])
    assert "/recurring-gifts/forecast" in client.get("/dashboard").get_data(as_text=True)


def test_the_file_of_what_was_gained_and_lost_adds_up_to_the_page(db):
    recurring(db, started_on=TODAY, amount_minor=1000)
    recurring(db, started_on=TODAY, status=RecurringStatus.ENDED, ended_on=TODAY, amount_minor=2000)
    zone = the_organisation(db).time_zone
    lines = [line.split(",") for line in "".join(moved_file(db, TODAY, zone)).splitlines()[1:]]
    (outlook,) = outlooks(db, the_organisation(db), TODAY)

    assert lines
    assert sum(Decimal(line[5]) for line in lines) == outlook.year.net.to_decimal()
    assert sum(int(line[3]) for line in lines) == sum(outlook.year.gifts.values())


def test_without_recurring_gifts_the_page_says_so(app, sign_in: SignIn):
    assert "No recurring gift yet" in sign_in().get("/recurring-gifts/forecast").get_data(as_text=True)


def test_whoever_may_not_read_gifts_sees_nothing_of_it(app, client):
    assert client.get("/recurring-gifts/forecast").status_code == HTTPStatus.SEE_OTHER

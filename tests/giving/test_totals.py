"""A donor's figures are what the gifts add up to, also when many write at one moment, and are mended when not."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from random import Random

import pytest
from sqlalchemy import select, update

from app.contacts.models import Contact
from app.giving.models import Gift, GivingTotal
from app.giving.services.gifts import reverse_gift
from app.giving.services.totals import repair_totals, wrong_totals
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.money import Money
from tests.factories.contacts import make_contact
from tests.factories.funds import make_fund
from tests.factories.giving import make_offline_gift

pytestmark = pytest.mark.db
WRITERS, DEEDS = 8, 12


def test_many_writers_at_once_leave_every_figure_right(database):
    with database.writing() as db:
        act_as(db, SYSTEM)
        donors, fund = [make_contact(db).id for _ in range(3)], make_fund(db).id
        db.flush()

    def write(seed):
        chance, mine = Random(seed), []
        for _ in range(DEEDS):
            with database.writing() as db:
                act_as(db, SYSTEM)
                if mine and chance.random() < 0.3:
                    reverse_gift(db, db.get_one(Gift, mine.pop()), "Entered in error", actor=SYSTEM)
                    continue
                amount = Money(chance.randrange(100, 90_000), chance.choice(("EUR", "NPR")))
                day = date(chance.choice((2024, 2025, 2026)), chance.randrange(1, 10), 5)
                donor = db.get_one(Contact, chance.choice(donors))
                gift = make_offline_gift(db, donor, amount=amount, shares=[(fund, amount)], received_on=day)
                db.flush()
                mine.append(gift.id)
        return len(mine)

    with ThreadPoolExecutor(WRITERS) as pool:
        kept = sum(pool.map(write, range(WRITERS)))

    with database.snapshot() as db:
        assert list(wrong_totals(db)) == []
        assert sum(db.scalars(select(GivingTotal.gifts))) == kept


def test_a_figure_that_was_tampered_with_is_found_and_mended(db):
    make_offline_gift(db, amount=Money(5000, "EUR"))
    other = make_offline_gift(db, amount=Money(700, "EUR"))
    db.flush()
    db.execute(update(GivingTotal).where(GivingTotal.contact_id == other.contact_id).values(amount_minor=800))
    db.expire_all()

    assert [found[0] for found in wrong_totals(db)] == [other.contact_id]
    assert repair_totals(db) == 1
    assert list(wrong_totals(db)) == []

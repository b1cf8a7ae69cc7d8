"""What the pages of gifts cost the database does not depend on how many gifts there are, once their days are kept."""

import pytest
from sqlalchemy import insert, inspect, select

from app.giving.models import Allocation, Gift
from app.giving.services.days import bring_up_to_date
from app.kernel.text import make_token
from tests.contacts.test_growth import MOST, _only_where_steps_are_counted, cost
from tests.factories.giving import french_organisation, make_offline_gift

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("only_where_steps_are_counted")]

FEW, MANY = 300, 6_000
PAGES = (
    "/dashboard", "/gifts", "/gifts?since=2020-01-01", "/gifts?state=disputed", "/gifts?state=pending",
    "/gifts?state=returned", "/gifts?state=failed", "/funds/", "/receipts", "/receipts/waiting",
)  # fmt: skip
only_where_steps_are_counted = _only_where_steps_are_counted


def more_like(db, gift, count):
    """So many gifts more, of the same day for the same fund; nobody is owed a receipt for them."""
    columns = [each.key for each in inspect(Gift).column_attrs if each.key != "id"]
    row = {key: getattr(gift, key) for key in columns}
    rows = [{**row, "token": make_token(), "replaces_id": None, "receipt_choice": "none"} for _ in range(count)]
    share = {"fund_id": gift.allocations[0].fund_id, "amount_minor": gift.amount_minor, "created_at": gift.created_at}
    db.execute(insert(Gift), rows)
    given = select(Gift.id).outerjoin(Allocation, Allocation.gift_id == Gift.id).where(Allocation.id.is_(None))
    db.execute(insert(Allocation), [{**share, "gift_id": key} for key in db.scalars(given).all()])


def test_the_pages_of_gifts_cost_the_same_among_many_as_among_few(app, database, db, sign_in, upset_books):
    french_organisation(db)
    gift = make_offline_gift(db)
    more_like(db, gift, FEW)
    db.commit()
    bring_up_to_date(database)
    client = sign_in()
    before = {page: cost(app, client, page) for page in PAGES}
    more_like(db, gift, MANY)
    db.commit()
    bring_up_to_date(database)
    after = {page: cost(app, client, page) for page in PAGES}

    grown = {each: (before[each], after[each]) for each in PAGES if after[each] > MOST[0] * before[each] + MOST[1]}
    assert not grown

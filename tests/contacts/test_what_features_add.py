"""Other features add columns to the list and entries to the timeline, for those who may see them."""

import pytest

from app.kernel.actors import Capability
from app.kernel.clock import now
from app.kernel.i18n import lazy_gettext as _l
from app.web.feature import Feature, Features, Panel, TimelineItem, TimelineSource
from tests.factories.contacts import make_contact

pytestmark = pytest.mark.db
SEE = Capability("funds.read", _l("See funds and campaigns"))


@pytest.fixture
def visits(app, db):
    """A feature that counts visits."""
    contact = make_contact(db)
    db.commit()
    column = Panel(
        "contacts_column",
        _l("Visits"),
        "",
        lambda _db, rows: {"cells": {row.id: "17 visits" for row in rows}, "kind": "num"},
        SEE,
    )
    source = TimelineSource(lambda *_asked: [TimelineItem(now(), "user", "Came by", url="/visits/1")], SEE)
    before = app.extensions["features"]
    feature = Feature(name="visits", panels=(column,), timeline=(source,))
    app.extensions["features"] = Features((*before.all, feature))
    yield contact
    app.extensions["features"] = before


def test_a_column_is_filled_for_those_who_may_see_it(sign_in, visits):
    assert "17 visits" in sign_in("contacts.read", "funds.read").get("/contacts/").get_data(as_text=True)
    assert "17 visits" not in sign_in("contacts.read").get("/contacts/").get_data(as_text=True)


def test_the_timeline_gathers_what_happened_elsewhere(sign_in, visits):
    address = f"/contacts/{visits.id}"

    assert 'href="/visits/1"' in sign_in("contacts.read", "funds.read").get(address).get_data(as_text=True)
    assert "Came by" not in sign_in("contacts.read").get(address).get_data(as_text=True)

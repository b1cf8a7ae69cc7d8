"""Funds and campaigns, and their pages."""

from datetime import date

import pytest

from app.funds import queries
from app.funds.models import Campaign, Fund, Restriction
from app.funds.queries import open_campaigns, open_funds
from app.funds.services import (
    CampaignDetails,
    close_campaign,
    close_fund,
    edit_campaign,
    reopen_fund,
)
from app.kernel.actors import SYSTEM
from app.kernel.errors import Refused
from app.kernel.money import Money
from tests.factories.funds import make_campaign, make_fund

pytestmark = pytest.mark.db
FUND = {"code": "edu", "name": "Education", "restriction": "restricted", "public_fr": "L’école des filles"}
CAMPAIGN = {"code": "WINTER-26", "name": "Winter", "starts_on": "2026-11-01", "ends_on": "2027-01-15", "goal": "25 000"}


def test_closed_funds_take_no_gifts_until_they_are_opened_again(db):
    first, second = make_fund(db, name="B"), make_fund(db, name="A")

    close_fund(db, first, actor=SYSTEM)
    assert open_funds(db) == [second]

    reopen_fund(db, first, actor=SYSTEM)
    assert open_funds(db) == [second, first]


def test_the_last_open_fund_stays_open(db):
    with pytest.raises(Refused):
        close_fund(db, make_fund(db), actor=SYSTEM)


def test_campaigns_that_are_over_or_closed_are_not_offered(db):
    make_campaign(db, ends_on=date(2020, 1, 1))
    close_campaign(db, make_campaign(db), actor=SYSTEM)
    running = make_campaign(db, ends_on=date(2199, 1, 1))

    assert open_campaigns(db) == [running]


def test_a_campaign_is_never_part_of_itself_even_by_a_detour(db):
    above = make_campaign(db)
    below = make_campaign(db, parent_id=above.id)

    with pytest.raises(Refused):
        edit_campaign(db, above, CampaignDetails(code="A", name="A", parent_id=below.id), actor=SYSTEM)


def test_a_fund_is_opened_on_its_page(sign_in, database):
    answer = sign_in("funds.read", "funds.edit").post("/funds/new", data=FUND)

    with database.reading() as db:
        fund = db.query(Fund).one()
    assert answer.status_code == 303
    assert (fund.code, fund.restriction) == ("EDU", Restriction.RESTRICTED)
    assert (fund.public_name("fr"), fund.public_name("ne")) == ("L’école des filles", "Education")


def test_a_fund_is_renamed_closed_and_opened_again_on_its_pages(sign_in, db, database):
    fund, _other = make_fund(db), make_fund(db)
    db.commit()
    staff = sign_in("funds.read", "funds.edit")

    form = staff.get(f"/funds/{fund.id}/edit").get_data(as_text=True)
    staff.post(f"/funds/{fund.id}/edit", data=FUND)
    staff.post(f"/funds/{fund.id}/close")
    with database.reading() as looking:
        closed = queries.fund(looking, fund.id)
    staff.post(f"/funds/{fund.id}/reopen")

    assert f'value="{fund.code}"' in form
    assert (closed.name, closed.is_open) == ("Education", False)
    with database.reading() as looking:
        assert queries.fund(looking, fund.id).is_open


@pytest.mark.parametrize("page", ["/funds/{}/edit", "/campaigns/{}/edit"])
def test_a_code_that_another_has_is_refused_on_an_edit_too(sign_in, db, page):
    make = make_fund if "funds" in page else make_campaign
    make(db, code="TAKEN")
    own = make(db)
    db.commit()

    form = {"code": "taken", "name": "X", "restriction": "restricted"}
    answer = sign_in("funds.read", "funds.edit").post(page.format(own.id), data=form)

    assert answer.status_code == 422
    assert "already used" in answer.get_data(as_text=True)


def test_a_campaign_is_begun_and_changed_on_its_page(sign_in, database):
    staff = sign_in("funds.read", "funds.edit")
    staff.post("/campaigns/new", data=CAMPAIGN)
    staff.post("/campaigns/1/edit", data={**CAMPAIGN, "name": "Winter 2026", "goal": ""})
    again = staff.get("/campaigns/1/edit").get_data(as_text=True)

    with database.reading() as db:
        campaign = db.query(Campaign).one()
    assert (campaign.name, campaign.goal, campaign.ends_on) == ("Winter 2026", None, date(2027, 1, 15))
    assert 'value="2027-01-15"' in again


def test_a_goal_is_money_in_the_organisations_currency(sign_in, database):
    sign_in("funds.read", "funds.edit").post("/campaigns/new", data=CAMPAIGN)

    with database.reading() as db:
        assert db.query(Campaign).one().goal == Money(2_500_000, "EUR")


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/funds/new", {**FUND, "code": ""}),
        ("/funds/new", {**FUND, "code": "é !"}),
        ("/funds/new", {**FUND, "code": "TAKEN"}),
        ("/funds/new", {**FUND, "restriction": "whim"}),
        ("/funds/new", {**FUND, "name": "x" * 101}),
        ("/funds/new", {**FUND, "name": "\x00"}),
        ("/funds/new", {}),
        ("/campaigns/new", {**CAMPAIGN, "ends_on": "2026-10-01"}),
        ("/campaigns/new", {**CAMPAIGN, "ends_on": "99999-99-99"}),
        ("/campaigns/new", {**CAMPAIGN, "goal": "-5"}),
        ("/campaigns/new", {**CAMPAIGN, "goal": "NaN"}),
        ("/campaigns/new", {**CAMPAIGN, "goal": "9" * 40}),
        ("/campaigns/new", {**CAMPAIGN, "parent_id": "9" * 40}),
        ("/campaigns/new", {**CAMPAIGN, "code": "TAKEN"}),
        ("/campaigns/new", {}),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(sign_in, db, address, form):
    make_fund(db, code="TAKEN")
    make_campaign(db, code="TAKEN")
    db.commit()

    assert sign_in("funds.read", "funds.edit").post(address, data=form).status_code == 422
    assert (db.query(Fund).count(), db.query(Campaign).count()) == (1, 1)


def test_the_last_open_fund_is_not_closed_by_a_button_either(sign_in, db):
    fund = make_fund(db)
    db.commit()

    assert sign_in("funds.edit").post(f"/funds/{fund.id}/close").status_code == 409


@pytest.mark.parametrize("address", ["/funds/", "/campaigns/"])
def test_readers_see_the_lists_and_no_buttons(sign_in, db, address):
    make_fund(db, name="Schools")
    make_campaign(db, name="Schools")
    db.commit()

    text = sign_in("funds.read").get(address).get_data(as_text=True)

    assert "Schools" in text
    assert "/new" not in text


@pytest.mark.parametrize("address", ["/funds/new", "/funds/1/edit", "/campaigns/new", "/campaigns/1/edit"])
def test_readers_do_not_change_them(sign_in, address):
    assert sign_in("funds.read").get(address).status_code == 403
    assert sign_in("funds.read").post(address).status_code == 403


@pytest.mark.parametrize("address", ["/funds/9/edit", "/funds/99999999999999999999/edit", "/campaigns/0/edit"])
def test_one_that_is_not_there_is_not_found(sign_in, address):
    assert sign_in("funds.edit").get(address).status_code == 404


def test_campaigns_are_closed_and_taken_up_again(sign_in, db):
    campaign = make_campaign(db)
    db.commit()
    staff = sign_in("funds.read", "funds.edit")

    closed = staff.post(f"/campaigns/{campaign.id}/close", follow_redirects=True).get_data(as_text=True)
    reopened = staff.post(f"/campaigns/{campaign.id}/reopen", follow_redirects=True).get_data(as_text=True)

    assert "is closed" in closed
    assert "is open again" in reopened

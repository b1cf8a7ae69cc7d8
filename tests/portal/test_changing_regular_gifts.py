"""Donors change what they give regularly: shown once more before it is done, and never somebody else's."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.contacts.models import Contact
from app.giving.models import ChangeKind, ChangeStatus, EndReason, RecurringStatus
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import today
from tests.factories.contacts import make_contact
from tests.giving.recurring_world import start, world

__all__ = ["start", "world"]
pytestmark = pytest.mark.db


@pytest.fixture
def gift(start, app):
    """A recurring gift of 10 € a month that runs at the sandbox."""
    running = start(1000)
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        for contact in db.scalars(select(Contact)):
            contact.language = "en"
    return running


@pytest.fixture
def donor(gift, app, come_in):
    """Its donor's browser."""
    with app.database.reading() as db:
        return come_in(db.get_one(Contact, gift.now.contact_id))


def go_on(donor, gift, kind, **typed):
    """Say what is to change, read what follows, and press the button: the page between, and the last answer."""
    path = f"/my/recurring/{gift.id}/{kind}"
    seen = donor.get(path).text.partition('name="seen"')[2].partition('value="')[2].partition('"')[0]
    between = donor.post(path, data={"seen": seen, **typed})
    return between, donor.post(path, data={"seen": seen, "sure": "yes", **typed})


def test_another_amount_is_shown_and_then_asked_for_by_the_next_charge(donor, gift):
    between, done = go_on(donor, gift, "amount", amount="15")
    gift.world.deliver()
    gift.pass_days(32)

    assert "it is €15.00 instead of €10.00" in between.text
    assert done.location == "/my/recurring"
    (change,) = gift.changes()
    assert (change.kind, change.status, change.asked_by) == (ChangeKind.AMOUNT, ChangeStatus.DONE, "Donor")
    assert gift.gifts() == [1000, 1500]
    assert "€15 each month" in donor.get("/my/recurring").text


def test_nothing_is_changed_before_the_second_button(donor, gift):
    for kind, typed in (("amount", {"amount": "15"}), ("pause", {}), ("day", {"day": "5"}),
                        ("end", {"reason": EndReason.HARDSHIP.value})):  # fmt: skip
        answer = donor.post(f"/my/recurring/{gift.id}/{kind}", data=typed)
        assert answer.status_code == 200
        assert "Yes, do it" in answer.text

    assert gift.changes() == []


def test_a_pause_begins_and_ends(donor, gift):
    until = today() + timedelta(days=40)
    go_on(donor, gift, "pause", until=until.isoformat())
    assert gift.now.status is RecurringStatus.PAUSED
    shown = donor.get("/my/recurring").text
    assert re.search(r'class="button button-primary"[^>]*>Let it go on<', shown)
    assert "next on" in shown
    assert ">Change the pause<" in shown
    assert re.search(r'<p class="ending"><a [^>]*>End it</a></p>\s*</li>', shown), "apart, and last"

    go_on(donor, gift, "resume")

    assert gift.now.status is RecurringStatus.ACTIVE


def test_what_is_paused_without_an_end_names_no_next_charge(donor, gift):
    assert "next on" in donor.get("/my/recurring").text
    go_on(donor, gift, "pause")
    assert gift.now.status is RecurringStatus.PAUSED
    for page in ("/my/recurring", f"/my/recurring/{gift.id}/resume"):
        assert "next on" not in donor.get(page).text


def test_it_is_ended_with_a_reason_and_cannot_be_changed_any_more(donor, gift):
    between, _done = go_on(donor, gift, "end", reason=EndReason.HARDSHIP.value, note="I lost my work")

    assert "cannot be undone" in between.text
    assert gift.now.status is RecurringStatus.ENDED
    assert gift.changes()[0].reason is EndReason.HARDSHIP
    page = donor.get("/my/recurring").text
    assert "It has ended." in page
    assert "/my/recurring/" not in page.partition("<ul")[2]
    _between, again = go_on(donor, gift, "amount", amount="20")
    assert again.status_code == 422
    assert "has ended" in again.text


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("amount", {"amount": "0"}),
        ("amount", {"amount": "x"}),
        ("amount", {"amount": "10"}),
        ("amount", {}),
        ("day", {"day": "32"}),
        ("pause", {"until": "2020-01-01"}),
        ("end", {}),
        ("end", {"reason": EndReason.DECEASED.value}),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(donor, gift, kind, typed):
    _between, answer = go_on(donor, gift, kind, **typed)

    assert answer.status_code == 422
    assert gift.changes() == []


def test_somebody_elses_is_not_there(app, gift, come_in):
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        other = make_contact(db, email="ram@example.org", given_name="Ram", language="en")
    stranger = come_in(other)

    for key in (gift.id, 0, 10**30):
        assert stranger.get(f"/my/recurring/{key}/end").status_code == 404
        sent = stranger.post(f"/my/recurring/{key}/end", data={"sure": "yes", "reason": EndReason.UNKNOWN.value})
        assert sent.status_code == 404
    assert gift.changes() == []


@pytest.mark.parametrize("number", ["0", "-5", "601", "9" * 30])
def test_a_number_of_payments_that_nobody_means_is_refused_before_anything_is_promised(donor, gift, number):
    between, done = go_on(donor, gift, "term", how="charges", charges=number)

    assert (between.status_code, done.status_code) == (422, 422)
    assert "Number must be between" in between.text
    assert gift.changes() == []


def test_how_long_it_goes_on_is_theirs_to_choose(donor, gift):
    between, done = go_on(donor, gift, "term", how="charges", charges="4")
    gift.world.deliver()

    assert "after 4 payments in all" in between.text
    assert done.location == "/my/recurring"
    assert "1 of 4 payments" in donor.get("/my/recurring").text
    for _month in range(5):
        gift.pass_days(31)
    assert gift.gifts() == [1000] * 4
    assert gift.now.end_reason == EndReason.AS_AGREED

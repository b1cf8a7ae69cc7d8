"""Somebody new in the office: invited by mail, in with a password of their own, asked once more before what matters."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from app.accounts.models import StaffSession
from app.kernel.clock import now
from tests.journeys.browsing import SIZES, Visitor
from tests.journeys.conftest import Visit
from tests.journeys.staff import ADMIN, in_english, sign_in
from tests.stack import PASSWORD as PASSWORD_OF_ALL
from tests.stack import Stack

pytestmark = pytest.mark.browser
EMAIL, PASSWORD = "dolma@example.org", "a kettle sings at four"
LINK = re.compile(r"/link/\w+")


def is_well(visitor: Visitor, name: str) -> None:
    """The page that is open fits a phone and a desktop, and shuts nobody out."""
    for size in ("phone", "desktop"):
        visitor.page.set_viewport_size(SIZES[size])
        visitor.look(f"{name}-{size}")


def follow(page: Page, stack: Stack, subject: str) -> None:
    """Open the link of a letter."""
    letter = stack.wait_for_mail(EMAIL, subject)
    page.goto(stack.site + LINK.search(letter["text"])[0])


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_somebody_is_invited_and_chooses_a_password(visit: Visit, stack: Stack) -> None:
    admin = visit()
    sign_in(admin.page, stack, ADMIN)
    in_english(admin.page)
    admin.page.goto(f"{stack.site}/staff/new")
    admin.page.get_by_label("Name").fill("Dolma Lama")
    admin.page.get_by_label("E-mail address").fill(EMAIL)
    admin.page.locator("#language").select_option("en")
    admin.page.get_by_label("Fundraiser").check()
    press(admin.page, "Send the invitation")
    expect(admin.page.get_by_role("row").filter(has_text="Dolma Lama")).to_contain_text("Invited")

    dolma = visit()
    dolma.forgive("410")
    follow(dolma.page, stack, "your account at")
    expect(dolma.page).to_have_url(f"{stack.site}/choose-password")
    is_well(dolma, "choose")
    dolma.page.locator("[name=password]").fill(PASSWORD)
    dolma.page.locator("[name=again]").fill(PASSWORD)
    press(dolma.page, "Begin")
    expect(dolma.page.locator("nav.sidebar")).to_be_attached()
    dolma.page.goto(f"{stack.site}/account/sessions")
    expect(dolma.page.get_by_text("This one")).to_be_visible()
    dolma.page.goto(f"{stack.site}/choose-password")
    expect(dolma.page.get_by_role("heading", level=1)).to_have_text("This link is no longer good")
    is_well(dolma, "link-gone")


def test_a_form_of_weight_survives_the_question_who_one_is(visit: Visit, stack: Stack) -> None:
    admin = visit()
    admin.forgive("403")
    sign_in(admin.page, stack, ADMIN)
    in_english(admin.page)
    admin.page.goto(f"{stack.site}/staff/roles/new")
    admin.page.get_by_label("Name").fill("Treasurer’s deputy")
    admin.page.get_by_label("See contacts").check()
    an_hour_ago = now() - timedelta(hours=1)
    with stack.database.writing() as db:
        db.execute(update(StaffSession).values(started_at=an_hour_ago, confirmed_at=an_hour_ago))
    press(admin.page, "Save")
    expect(admin.page.get_by_role("heading", level=1)).to_have_text("Is it you?")
    is_well(admin, "confirm")
    admin.page.get_by_label("Password").fill(PASSWORD_OF_ALL)
    press(admin.page, "Go on")
    expect(admin.page.get_by_role("link", name="Treasurer’s deputy")).to_be_visible()

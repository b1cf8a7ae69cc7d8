"""What goes wrong on the way: impatience, the back button, pages left open, programs that die. Nobody pays twice."""

import contextlib
import re
from datetime import timedelta

import pytest
from playwright.sync_api import Error, Page, expect

from app.giving.queries.forms import form_with_slug
from app.kernel.clock import now
from app.site.stamps import Stamp
from tests.journeys.conftest import Visit
from tests.journeys.donors import Donor, fill_in, give, go_to_payment, open_form, pay, send, wait_to_send
from tests.ledgers import amounts_given
from tests.stack import Stack, eventually

pytestmark = pytest.mark.browser


def test_double_clicks_and_the_back_button_do_not_pay_twice(visit: Visit, stack: Stack) -> None:
    hugo, phone = Donor("Hugo", "Pressé", "20"), visit("phone")
    opened = open_form(phone, stack, hugo)
    fill_in(phone.page, hugo)
    wait_to_send(opened)
    phone.page.locator("#give button").dblclick()
    expect(phone.page.get_by_label("Card number")).to_be_visible()
    pay(phone.page, button="dblclick")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Thank you, Hugo!")
    phone.page.go_back()  # the payment service's page
    expect(phone.page.get_by_text("already made").or_(phone.page.get_by_label("Card number"))).to_be_visible()
    phone.page.go_back()  # the form, as it was filled in
    send(phone.page, opened)
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Thank you, Hugo!")
    stack.wait_for_mail(hugo.email)
    stack.wait_for_webhooks()
    assert amounts_given(stack, hugo.email) == [20_00]


def test_a_page_left_open_for_days_keeps_what_was_typed(visit: Visit, stack: Stack) -> None:
    lea, phone = Donor("Léa", "Tardive", "100"), visit("phone")
    phone.forgive("422")
    open_form(phone, stack, lea)
    fill_in(phone.page, lea)
    with stack.database.reading() as db:
        form = form_with_slug(db, lea.form)
        assert form is not None
        old = Stamp(form.id, "a page of last week", now() - timedelta(days=7)).signed(stack.env["SECRET_KEY"])
    phone.page.evaluate("stamp => { document.querySelector('[name=stamp]').value = stamp }", old)
    phone.page.locator("#give button").click()
    expect(phone.page.get_by_role("alert")).to_contain_text("open for a long time")
    phone.look("give-too-late")
    expect(phone.page.get_by_label("First name")).to_have_value("Léa")
    wait_to_send()
    phone.page.locator("#give button").click()
    expect(phone.page).to_have_url(re.compile("/c/pay/"))


def test_when_the_payment_service_is_down_the_gift_is_kept_and_can_be_paid_later(visit: Visit, stack: Stack) -> None:
    ines, phone = Donor("Inès", "Patiente", "50"), visit("phone")
    phone.forgive("503")
    opened = open_form(phone, stack, ines)
    fill_in(phone.page, ines)
    with stack.without("payments"):
        send(phone.page, opened)
        expect(phone.page.get_by_role("heading", level=1)).to_have_text("The payment service does not answer")
        phone.look("gateway-down")
    phone.page.get_by_role("button", name="Try again").click()
    expect(phone.page.get_by_label("Card number")).to_be_visible()
    phone.page.wait_for_load_state()  # with its styles
    with stack.without("payments"):
        pass  # and again, with its page open
    pay(phone.page)
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Thank you, Inès!")
    stack.wait_for_mail(ines.email, "thank you")
    assert amounts_given(stack, ines.email) == [50_00]


def leave(page: Page) -> None:
    """Go nowhere. Chromium's own page of an error may get in between once."""
    with contextlib.suppress(Error):
        page.goto("about:blank")
    page.goto("about:blank")


def test_site_and_worker_killed_around_a_payment_lose_and_double_nothing(visit: Visit, stack: Stack) -> None:
    omar, phone = Donor("Omar", "Coupure", "250"), visit("phone")
    phone.forgive("net::ERR_", "Failed to load resource")
    page = go_to_payment(phone, stack, omar)
    with stack.without("worker", "site"):
        pay(page)
        eventually(lambda: stack.look("deliveries")["data"], "webhooks that find nobody")
        page.close()  # or Chromium would look for the thank-you page until it is there
        stack.restart("site")
        stack.wait_for_webhooks()
        assert amounts_given(stack, omar.email) == []
    assert stack.attachment(stack.wait_for_mail(omar.email, "thank you")).startswith(b"%PDF")
    assert amounts_given(stack, omar.email) == [250_00]
    assert len(stack.mails(omar.email)) == 1


def test_a_worker_killed_before_it_thanks_does_so_once_it_is_back(visit: Visit, stack: Stack) -> None:
    lina, phone = Donor("Lina", "Reprise", "100"), visit("phone")
    with stack.without("worker"):
        page = give(phone, stack, lina)
        expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, Lina!")
        stack.wait_for_webhooks()
        assert stack.mails(lina.email) == []
    stack.wait_for_mail(lina.email, "thank you")
    assert amounts_given(stack, lina.email) == [100_00]
    assert len(stack.mails(lina.email)) == 1


def test_a_form_that_is_not_published_says_where_one_can_give(visit: Visit, stack: Stack) -> None:
    phone = visit("phone")
    phone.forgive("404")
    phone.page.goto(f"{stack.site}/give/atelier?lang=en")
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("This page is not open")
    phone.look("not-open")
    phone.page.get_by_role("link", name="Stand by Planète Népal").click()
    expect(phone.page.locator("#give")).to_be_visible()

"""A donor gives once, on a phone: with script, without it, and with the page of the bank in between."""

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.conftest import Visit
from tests.journeys.donors import ASKS, DECLINED, GOOD, Donor, fill_in, give, go_to_payment, open_form, pay
from tests.stack import Stack

pytestmark = pytest.mark.browser


def bottom_of(part: Locator) -> float:
    """Where a part of the page ends, in pixels from the top of the screen."""
    box = part.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


def test_fifty_euros_from_a_phone_come_with_a_receipt_by_mail(visit: Visit, stack: Stack) -> None:
    marie, phone = Donor("Marie", "Castelnau", "50"), visit("phone")
    open_form(phone, stack, marie)
    phone.look("give-first")
    assert bottom_of(phone.page.get_by_role("textbox", name="E-mail")) <= 844, "more than a phone's screen"
    fill_in(phone.page, marie)
    phone.look("give-filled")
    page = go_to_payment(phone, stack, marie)
    phone.look("payment-page")
    pay(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, Marie!")
    phone.look("thanks")
    mail = stack.wait_for_mail(marie.email, "thank you")
    assert "€50" in mail["text"]
    assert "€50" in mail["html"]
    assert mail["attachments"][0]["type"] == "application/pdf"
    assert stack.attachment(mail).startswith(b"%PDF")


def test_giving_needs_no_javascript(visit: Visit, stack: Stack) -> None:
    paul, phone = Donor("Paul", "Sansscript", "100"), visit("phone", java_script_enabled=False)
    page = give(phone, stack, paul)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, Paul!")
    phone.picture("thanks-without-script")
    assert stack.wait_for_mail(paul.email)["attachments"]


def test_a_declined_card_then_a_good_one_make_one_gift(visit: Visit, stack: Stack) -> None:
    rosa, phone = Donor("Rosa", "Dupuis", "20"), visit("phone")
    phone.forgive("402")
    page = go_to_payment(phone, stack, rosa)
    pay(page, DECLINED)
    expect(page.get_by_role("alert")).to_contain_text("Your card was declined")
    pay(page, GOOD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, Rosa!")
    stack.wait_for_mail(rosa.email)
    stack.wait_for_webhooks()
    assert len(stack.mails(rosa.email)) == 1


def test_three_d_secure_can_be_completed(visit: Visit, stack: Stack) -> None:
    nina, desktop = Donor("Nina", "Laforêt", "100"), visit()
    page = go_to_payment(desktop, stack, nina)
    pay(page, ASKS)
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, Nina!")
    desktop.look("thanks")
    stack.wait_for_mail(nina.email)


def test_three_d_secure_that_fails_costs_nothing_and_may_be_tried_again(visit: Visit, stack: Stack) -> None:
    jean, desktop = Donor("Jean", "Oublie", "20"), visit()
    desktop.forgive("402")
    page = go_to_payment(desktop, stack, jean)
    pay(page, ASKS)
    page.get_by_role("button", name="Fail").click()
    expect(page.get_by_role("alert")).to_contain_text("could not confirm")
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your gift is not completed")
    desktop.look("not-completed")
    page.get_by_role("button", name="Go on to the payment").click()
    pay(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, Jean!")

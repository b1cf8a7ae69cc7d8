"""A donor on a phone: gives, signs in by a mailed link, keeps the receipt, moves to another address, signs out."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.browsing import Visitor
from tests.journeys.conftest import Visit
from tests.journeys.donors import Donor, give
from tests.stack import Stack

pytestmark = pytest.mark.browser
LINK = re.compile(r"https?://\S+/my/link/\S+")
CONFIRMING = re.compile(r"https?://\S+/my/email/link/\S+")
NEW = "sunita@nouvelle.example"


def test_a_donor_keeps_the_receipt_and_moves_to_another_address(visit: Visit, stack: Stack, tmp_path: Path) -> None:
    visitor = visit("phone")
    donor = Donor("Sunita", "Lama", amount="50")
    page = give(visitor, stack, donor)
    stack.wait_for_webhooks()
    stack.wait_for_mail(donor.email, "gift")

    page.get_by_role("link", name="Your gifts and receipts").click()
    page.get_by_label("Your e-mail address").fill(donor.email)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("status")).to_contain_text("a mail with a link is on its way")
    visitor.look("own-page-asked")

    mail = stack.wait_for_mail(donor.email, "link to your gifts")
    page.goto(LINK.search(mail["text"])[0])  # type: ignore[index]
    assert page.url == f"{stack.site}/my/open"
    visitor.look("own-page-button")
    page.get_by_role("button", name="Open my page").click()

    expect(page.get_by_role("heading", name="Your gifts", exact=True)).to_be_visible()
    expect(page.get_by_text("€50.00")).to_be_visible()
    visitor.look("own-page-gifts")
    with page.expect_download() as coming:
        page.get_by_role("link", name=re.compile("receipt", re.IGNORECASE)).and_(page.locator(".entries a")).click()
    coming.value.save_as(tmp_path / "receipt.pdf")
    assert (tmp_path / "receipt.pdf").read_bytes().startswith(b"%PDF")

    move(visitor, stack, donor)

    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.goto(f"{stack.site}/my/gifts")
    expect(page).to_have_url(f"{stack.site}/my")


def move(visitor: Visitor, stack: Stack, donor: Donor) -> None:
    """Another e-mail address: typed, confirmed by the link that is mailed to it; the old one is told."""
    page = visitor.page
    page.goto(f"{stack.site}/my/details")
    page.get_by_role("link", name="Change your e-mail address").click()
    page.get_by_label("New e-mail address").fill(NEW)
    page.get_by_role("button", name="Send the link").click()
    used, waits = page.get_by_role("region", name="Where we write to you"), page.get_by_role("region", name="Waits")
    expect(waits).to_contain_text(NEW)
    expect(used).to_contain_text(donor.email)
    visitor.look("own-page-email-waits")

    page.goto(CONFIRMING.search(stack.wait_for_mail(NEW, "your new e-mail address")["text"])[0])  # type: ignore[index]
    assert page.url == f"{stack.site}/my/email/confirm"
    visitor.look("own-page-email-button")
    page.get_by_role("button", name="Yes, write to me there").click()

    expect(page.get_by_role("status")).to_contain_text("From now on we write to you at the new address")
    expect(used).to_contain_text(NEW)
    expect(waits).to_have_count(0)
    told = stack.wait_for_mail(donor.email, "another address")
    assert NEW not in told["text"] + told["html"]
    assert "Was it not you?" in told["text"]
    visitor.look("own-page-email-changed")

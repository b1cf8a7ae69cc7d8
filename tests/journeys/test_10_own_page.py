"""A donor on a phone: gives, signs in by the link in a mail, sees the gift, downloads the receipt, signs out."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.donors import Donor, give
from tests.stack import Stack

pytestmark = pytest.mark.browser
LINK = re.compile(r"https?://\S+/my/link/\S+")


def test_a_donor_sees_the_gift_just_given_and_keeps_its_receipt(visit: Visit, stack: Stack, tmp_path: Path) -> None:
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

    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.goto(f"{stack.site}/my/gifts")
    expect(page).to_have_url(f"{stack.site}/my")

"""The back office at work: find, look through, refund, record, reverse, replay, publish, set, and read it one's way."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from app.kernel.clock import today
from tests.journeys.browsing import Visitor
from tests.journeys.conftest import Visit
from tests.journeys.donors import Donor, fill_in, give, open_form, pay, send, wait_to_send
from tests.journeys.other_site import OtherSite
from tests.journeys.staff import ADMIN, euros, figure, find, in_english, sign_in
from tests.ledgers import amounts_given
from tests.stack import Stack

pytestmark = pytest.mark.browser
THIS_YEAR = today().year


def staff(visit: Visit, stack: Stack, size: str = "desktop") -> Visitor:
    """The administrator, reading English."""
    member = visit(size)
    sign_in(member.page, stack, ADMIN)
    in_english(member.page)
    return member


def given_this_year(page: Page, stack: Stack) -> int:
    """What the dashboard says was given this year, in cents."""
    page.goto(f"{stack.site}/dashboard")
    return euros(figure(page, f"Given in {THIS_YEAR}"))


def test_a_gift_is_found_followed_and_refunded_in_part(visit: Visit, stack: Stack) -> None:
    donor = Donor("Éléonore", "Vandenbroucke", "100")
    member = staff(visit, stack)
    page, before = member.page, given_this_year(member.page, stack)
    give(visit("phone"), stack, donor)
    stack.wait_for_mail(donor.email, "thank you")
    stack.wait_for_webhooks()
    assert given_this_year(page, stack) == before + 100_00
    member.look("dashboard")

    find(page, "eleonor vandenbrouke", "Éléonore Vandenbroucke")
    member.look("contact")
    assert figure(page, f"Given in {THIS_YEAR}") == "€100.00"
    page.get_by_role("row").filter(has_text="€100.00").get_by_role("link").first.click()
    chain = page.locator(".chain")
    for words in ("Main form", "Completed", "€1.75", "€98.25", "Specimen of a receipt", "Thank you for your gift"):
        expect(chain).to_contain_text(words)
    page.locator("summary", has_text="message").click()
    expect(chain.get_by_role("link", name="checkout.session.completed")).to_be_visible()
    member.look("gift")
    gift = page.url
    page.locator(".chain").get_by_role("link", name="See the receipt").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Specimen of a receipt")
    member.look("receipt")
    assert downloaded(page, "PDF").startswith(b"%PDF")

    page.goto(gift)
    page.get_by_role("link", name="Refund").click()
    expect(page.get_by_label("Amount")).to_be_visible()
    member.look("refund")
    page.get_by_label("Amount").fill("30")
    page.get_by_label("Reason").fill("She meant to give 70.")
    page.get_by_role("button", name="Refund").click()
    expect(page.get_by_text("Partly given back").first).to_be_visible()
    expect(chain).to_contain_text("€30.00")
    expect(chain).to_contain_text("€70.00")
    member.look("gift-refunded")
    assert stack.attachment(stack.wait_for_mail(donor.email, "given back €30")).startswith(b"%PDF")
    find(page, "vandenbrouck", "Éléonore Vandenbroucke")
    assert figure(page, f"Given in {THIS_YEAR}") == "€70.00"
    assert given_this_year(page, stack) == before + 70_00


@pytest.fixture
def other_sites(stack: Stack) -> Iterator[tuple[OtherSite, OtherSite]]:
    """Two sites of other people that show the same giving form in a frame."""
    address = f"{stack.site}/give/school-bags/embed"
    with OtherSite(address) as one, OtherSite(address) as another:
        yield one, another


def downloaded(page: Page, name: str) -> bytes:
    """The file behind a link."""
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name).click()
    return waiting.value.path().read_bytes()


def test_a_cheque_gets_its_receipt_and_is_reversed_when_it_was_a_slip(visit: Visit, stack: Stack) -> None:
    member = staff(visit, stack)
    page, before = member.page, given_this_year(member.page, stack)
    find(page, "loic selik", "Loïc Çelik")
    donor, email = page.url, page.locator("a[href^='mailto:']").first.inner_text()
    page.get_by_role("link", name="Record a gift").click()
    page.get_by_label("Amount").first.fill("120")
    page.get_by_label("Received on").fill(today().isoformat())
    page.get_by_label("Method").select_option("cheque")
    page.get_by_label("Reference").fill("1234567")
    member.look("record-gift")
    page.get_by_role("button", name="Record the gift").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Gift of €120.00")
    code = page.locator(".chain").get_by_text(re.compile(r"^Receipt \d{4}-\d+")).inner_text()
    number = code.split()[-1]
    mail = stack.wait_for_mail(email, "120,00")  # he reads French
    assert number in mail["text"]
    assert stack.attachment(mail).startswith(b"%PDF")
    assert given_this_year(page, stack) == before + 120_00

    page.goto(donor)
    page.get_by_role("row").filter(has_text="€120.00").get_by_role("link").first.click()
    page.get_by_role("link", name="Reverse").click()
    page.get_by_label("Reason").fill("Typed twice.")
    member.look("reverse")
    page.get_by_role("button", name="Reverse it").click()
    expect(page.locator(".page-head").get_by_text("Reversed")).to_be_visible()
    stack.wait_for_mail(email, number)  # only the word that it is void has it in its subject
    assert given_this_year(page, stack) == before


def test_a_message_of_the_payment_service_is_worked_again_without_effect(visit: Visit, stack: Stack) -> None:
    donor, member = Donor("Rémi", "Répété", "20"), staff(visit, stack)
    give(visit("phone"), stack, donor)
    stack.wait_for_mail(donor.email)
    stack.wait_for_webhooks()
    page = member.page
    page.goto(f"{stack.site}/gateway-events/?kind=checkout.session.completed")
    member.look("events")
    page.locator(".row-link").first.click()
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_role("status").first).to_be_visible()
    member.look("event")
    assert amounts_given(stack, donor.email) == [20_00]
    assert len(stack.mails(donor.email)) == 1


def test_a_form_is_made_tried_published_shared_and_closed(
    visit: Visit, stack: Stack, other_sites: tuple[OtherSite, OtherSite]
) -> None:
    friends, strangers = other_sites
    member = staff(visit, stack)
    page = member.page
    page.goto(f"{stack.site}/forms/new")
    page.get_by_label("Name").first.fill("School bags")
    page.get_by_label("Address", exact=False).first.fill("school-bags")
    page.get_by_role("checkbox", name="Français").uncheck()
    page.locator("[name=title_en]").fill("A school bag for everybody")
    page.locator("[name=intro_en]").fill("€50 fill **five** bags.")
    page.locator("[name=funds]").first.select_option(index=1)
    page.get_by_label("Sites that may show it in a frame").fill(friends.origin)
    member.look("form-new")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("School bags")
    form = page.url

    preview = page.get_by_role("link", name="Preview").get_attribute("href")
    page.goto(f"{stack.site}{preview}")
    expect(page.get_by_text("This is a preview")).to_be_visible()
    expect(page.locator("#give .send button")).to_be_disabled()
    page.goto(form)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("button", name="Close")).to_be_visible()
    member.look("form")
    expect(page.locator("img.qr")).to_be_visible()
    assert page.locator("img.qr").evaluate("image => image.naturalWidth") > 0
    assert downloaded(page, "Download for print").startswith(b"\x89PNG")

    give_in_a_frame(visit, stack, friends, strangers)
    late, donor = visit("phone"), Donor("Trop", "Tard", "50", form="school-bags", receipt=False)
    late.forgive("409")
    opened = open_form(late, stack, donor)
    fill_in(late.page, donor)
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Publish")).to_be_visible()
    send(late.page, opened)
    expect(late.page.get_by_text("Nothing was charged")).to_be_visible()
    late.look("form-closed")


def give_in_a_frame(visit: Visit, stack: Stack, friends: OtherSite, strangers: OtherSite) -> None:
    """Give through the page as another site shows it; a site that may not show it shows nothing."""
    guest, donor = visit(), Donor("Iris", "Cadre", "50", form="school-bags", receipt=False)
    guest.trust(friends.origin, strangers.origin)
    guest.page.goto(f"{friends.origin}/")
    frame = guest.page.frame_locator("iframe")
    expect(frame.get_by_role("heading", level=1)).to_have_text("A school bag for everybody")
    fill_in(frame, donor)
    wait_to_send()
    frame.locator("#give button[type=submit]").click()
    expect(guest.page).to_have_url(re.compile(re.escape(f"{stack.stripe}/c/pay/")))
    pay(guest.page)
    expect(guest.page.get_by_role("heading", level=1)).to_have_text("Thank you, Iris!")
    guest.forgive("frame-ancestors")
    guest.page.goto(f"{strangers.origin}/")
    expect(guest.page.frame_locator("iframe").locator("#give")).to_have_count(0)


def test_what_is_set_for_the_organisation_shows_on_its_pages(visit: Visit, stack: Stack) -> None:
    member = staff(visit, stack)
    page = member.page
    page.goto(f"{stack.site}/settings/organisation")
    tagline = page.locator("[name=tagline_en]")
    before = tagline.input_value()
    try:
        tagline.fill("From Paris to the Himalaya")
        page.locator("[name=colour]").fill("#7a1f4b")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status").first).to_be_visible()
        guest = visit("phone")
        guest.page.goto(f"{stack.site}/give/soutenir?lang=en")
        expect(guest.page.get_by_text("From Paris to the Himalaya")).to_be_visible()
        guest.look("give-in-own-colour")
    finally:
        page.goto(f"{stack.site}/settings/organisation")
        page.locator("[name=tagline_en]").fill(before)
        page.locator("[name=colour]").fill("#0d5c54")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status").first).to_be_visible()
    page.goto(f"{stack.site}/settings/trail/")
    expect(page.locator("main")).to_contain_text("Mathilde Aubry")


def test_staff_read_it_in_their_language_and_colours(visit: Visit, stack: Stack) -> None:
    member = visit("phone")
    page = member.page
    sign_in(page, stack)
    page.goto(f"{stack.site}/dashboard")
    for native, code, title in (
        ("Français", "fr", "Tableau de bord"),
        ("नेपाली", "ne", None),
        ("English", "en", "Dashboard"),
    ):
        page.locator(".topbar [data-menu] summary").click()
        page.get_by_role("button", name=native).click()
        expect(page.locator("html")).to_have_attribute("lang", code)
        if title:
            expect(page.get_by_role("heading", level=1)).to_have_text(title)
        member.look(f"dashboard-{code}")
    light = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    page.locator(".topbar [data-menu] summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") != light
    member.look("dashboard-dark")
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("link", name="Contacts").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Contacts")
    member.look("contacts-dark")
    page.locator(".topbar [data-menu] summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in|/$"))

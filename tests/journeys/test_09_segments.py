"""Finding and understanding people: misspelt names, one donor's whole story, a search that is saved, tagged, undone."""

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from app.contacts.models import Channel, ConsentWording, Contact, ContactKind
from app.contacts.models.tag import Tag
from app.contacts.services import AddressDetails, ConsentAnswer, ContactDetails, EmailDetails, record_contact
from app.contacts.services.consents import record_consents
from app.funds.models import Fund
from app.giving.services.gifts import OfflineGift, record_offline_gift
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import today
from app.kernel.money import Money
from app.payments.models import Method
from tests.journeys.browsing import Visitor
from tests.journeys.conftest import Visit
from tests.journeys.staff import ADMIN, find, in_english, sign_in
from tests.stack import Stack

pytestmark = pytest.mark.browser
LAST_YEAR = today().year - 1
NAMES = ("Bérénice", "Delacroix-Fournier")


@pytest.fixture(scope="module")
def donor(stack: Stack) -> str:
    """Somebody in Paris who gave 120 € last year, nothing since, and agreed to news by e-mail: their name."""
    with stack.database.writing() as db:
        act_as(db, SYSTEM)
        contact = _person(*NAMES, "75011", "Paris")
        person = record_contact(db, contact, actor=SYSTEM)
        db.flush()
        fund = db.query(Fund).filter(Fund.is_open).order_by(Fund.id).first()
        assert fund is not None
        amount = Money(12_000, "EUR")
        gift = OfflineGift(
            contact=person, amount=amount, received_on=date(LAST_YEAR, 6, 3), method=Method.CHEQUE,
            shares=[(fund.id, amount)], is_thanked=False,
        )  # fmt: skip
        record_offline_gift(db, gift, actor=SYSTEM)
        wording = db.query(ConsentWording).filter_by(purpose="news", channel=Channel.EMAIL, is_current=True).one()
        record_consents(
            db, person, [ConsentAnswer(wording.id, is_given=True)], source="staff", language="fr", actor=SYSTEM
        )
        record_contact(db, _person("लक्ष्मी", "श्रेष्ठ", "44600", "काठमाडौँ", "NP"), actor=SYSTEM)
    return " ".join(NAMES)


def _person(given: str, family: str, postcode: str, city: str, country: str = "FR") -> ContactDetails:
    return ContactDetails(
        kind=ContactKind.PERSON, given_name=given, family_name=family, language="fr",
        emails=(EmailDetails(address=f"{abs(hash(given)) % 10**6}@example.org"),),
        addresses=(AddressDetails(street="1 rue X", postcode=postcode, city=city, country=country),),
    )  # fmt: skip


@pytest.fixture
def member(visit: Visit, stack: Stack) -> Visitor:
    """The administrator, reading English."""
    found = visit("desktop")
    sign_in(found.page, stack, ADMIN)
    in_english(found.page)
    return found


def line(page: Page, place: int, field: str, op: str = "") -> None:
    """Choose what a line of the builder searches by, and how it is compared."""
    page.locator(f"#q-{place}-field").select_option(field)
    expect(page.locator(f"#q-{place}-is")).to_be_visible()
    if op:
        page.locator(f"#q-{place}-is").select_option(op)
        expect(page.locator(f"#q-{place}-is")).to_have_value(op)


def another(page: Page, place: int) -> None:
    """Ask for one more line."""
    page.locator("button[value='add:q']").click()
    expect(page.locator(f"#q-{place}-field")).to_be_visible()


def test_people_are_found_without_accents_in_the_wrong_order_and_misspelt(member: Visitor, donor: str) -> None:
    find(member.page, "fournier delacroi berenice", donor)
    expect(member.page.get_by_text("€120.00").first).to_be_visible()
    member.look("whole-story")
    find(member.page, "laxmi shresta", "लक्ष्मी श्रेष्ठ")


def build(page: Page, stack: Stack) -> None:
    """Gave 100 € or more last fiscal year, nothing this year, lives in 75, agreed to news by e-mail."""
    page.goto(f"{stack.site}/segments/new")
    line(page, 0, "giving.sum")
    page.locator("#q-0-period").select_option("year:-1")
    expect(page.locator("#q-0-period")).to_have_value("year:-1")
    page.locator("#q-0-v").fill("100")
    another(page, 1)
    line(page, 1, "giving.count", "equals")
    page.locator("#q-1-period").select_option("year:0")
    expect(page.locator("#q-1-period")).to_have_value("year:0")
    page.locator("#q-1-v").fill("0")
    another(page, 2)
    line(page, 2, "address.postcode", "begins")
    page.locator("#q-2-v").fill("75")
    another(page, 3)
    line(page, 3, "consent.news.email")
    page.get_by_role("checkbox", name="agreed", exact=True).check()
    expect(page.locator("#found")).to_contain_text("Postcode begins with “75”")
    expect(page.locator("#found .segment-count")).to_have_text(re.compile(r"^\s*[1-9]\d? contacts?\s*$"))


def test_a_search_is_built_counted_saved_tagged_and_undone(member: Visitor, stack: Stack, donor: str) -> None:
    page = member.page
    member.forgive("htmx:sendAbort", "htmx:afterRequest")  # whoever types on is not interested in the count before
    build(page, stack)
    member.look("builder")
    page.get_by_label("Name").fill("Parisians who may be lost")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Parisians who may be lost")
    expect(page.get_by_role("link", name=donor)).to_be_visible()
    member.look("segment")

    segment, contact = page.url, _contact(stack)
    page.locator("summary", has_text="Do to all of them").click()
    page.get_by_role("link", name="Put a tag on them").click()
    page.get_by_label("Which tag?").select_option(index=1)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Do it")).to_be_visible()
    member.look("bulk-confirm")
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("Done", exact=True)).to_be_visible(timeout=30_000)
    member.look("bulk-done")
    bulk = page.url
    assert _tags(stack, contact) == 1

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone", exact=True)).to_be_visible(timeout=30_000)
    assert _tags(stack, contact) == 0
    page.goto(segment)
    expect(page.get_by_role("link", name=donor)).to_be_visible()
    page.goto(bulk)
    member.look("bulk-undone")


def _contact(stack: Stack) -> int:
    with stack.database.reading() as db:
        return db.query(Contact).filter_by(family_name=NAMES[1]).one().id


def _tags(stack: Stack, contact_id: int) -> int:
    with stack.database.reading() as db:
        assert db.query(Tag).count()
        return len(db.get_one(Contact, contact_id).tags)


def test_a_household_is_made_greeted_and_greeted_otherwise(member: Visitor, stack: Stack, donor: str) -> None:
    page = member.page
    page.goto(f"{stack.site}/contacts/{_contact(stack)}/household/choose")
    page.get_by_role("button", name="Make a new household").click()
    greetings = page.locator("#greetings")
    expect(greetings).to_contain_text("Delacroix-Fournier")
    member.look("household")

    greetings.get_by_role("link", name="Edit the greetings").click()
    page.get_by_label("Formal").first.fill("Chère Madame Delacroix, cher ami")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#greetings")).to_contain_text("Chère Madame Delacroix, cher ami")
    member.look("household-greeted")

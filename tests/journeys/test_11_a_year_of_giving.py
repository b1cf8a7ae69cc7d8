"""A year of regular gifts: by card and by debit, failed and mended, paused, raised, refunded, disputed, paid out.

The programs and the payment service live through it together, on a clock of their own (`tests/clockwork`).
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from sqlalchemy import Select, select

from app.contacts.models import ContactEmail
from app.giving.models import Gift, GiftPayment
from app.kernel.clock import today
from app.payments.models import Dispute, DisputeStatus, Payment, Payout, PayoutStatus
from tests.journeys.browsing import Visitor, visiting
from tests.journeys.conftest import Visit
from tests.journeys.donors import DEBIT, Donor, give, pay
from tests.journeys.staff import ADMIN, find, in_english, sign_in
from tests.ledgers import amounts_given, differences
from tests.stack import DAY, Stack, eventually

pytestmark = pytest.mark.browser
CLOCKWORK = Path(__file__).parents[1] / "clockwork"
FAILS_LATER = "4000 0000 0000 0341"
BEGAN = today().year
"""The year of the programs' first day; in the end it is over."""
LINK = re.compile(r"https?://\S+/my/(?:link|mend)/\S+")
CARD = Donor("Aïcha", "Fidèle", "10", frequency="Monthly")
BY_DEBIT = Donor("Sylvie", "Prélèvement", "25", frequency="Monthly", ticks=("One receipt for the whole year",))
BROKEN = Donor("Kavitā", "Tāmāṅ", "25", frequency="Monthly", receipt=False)
SUMS = """() => {
    const cents = text => Math.round(Number(text.replace(/[^0-9.]/g, '')) * 100);
    return [...document.querySelectorAll('.equation-part')].map(part => {
        const sign = part.querySelector('.equation-sign')?.textContent ?? '+';
        return (sign === '−' ? -1 : 1) * cents(part.querySelector('dd span:last-child').textContent);
    });
}"""
"""The parts of a payout's equation as its page shows them, the total last, in cents."""


class Year:
    """The running product, and how far the year has gone."""

    def __init__(self, stack: Stack, clock: Path, visit: Visit) -> None:
        self.stack, self.visit, self._clock, self.days = stack, visit, clock, 0

    def pass_days(self, days: int) -> None:
        """Let days pass for everybody, and wait until the payment service has told what happened in them."""
        self.days += days
        before = self.stack.look("clock")["now"]
        self._clock.write_text(str(self.days))
        eventually(lambda: self.stack.look("clock")["now"] >= before + days * DAY, "the new day")
        self.stack.advance(0)

    def staff(self) -> Visitor:
        """The administrator, signed in anew and reading English."""
        member = self.visit()
        sign_in(member.page, self.stack, ADMIN)
        if member.page.locator("html").get_attribute("lang") != "en":
            in_english(member.page)
        return member


@pytest.fixture
def year(chromium: Browser, tmp_path: Path) -> Iterator[Year]:
    """Programs that begin today and go where the story takes them. In the end their books are in balance."""
    clock = tmp_path / "days"
    clock.write_text("0")
    stack = Stack(tmp_path, settings={"CLOCK_FILE": str(clock), "PYTHONPATH": str(CLOCKWORK)})
    with stack, ExitStack() as leaving:
        arrive = partial(visiting, chromium, (stack.site, stack.stripe))
        yield Year(stack, clock, lambda size="desktop", **how: leaving.enter_context(arrive(size, **how)))
        assert not (wrong := differences(stack)), "\n".join(wrong)
        assert "in balance" in stack.run("books", "check")


def test_a_year_of_giving_is_lived_through_and_every_cent_explained(year: Year) -> None:
    begin(year)
    debit_is_announced(year)
    card_fails_and_is_mended(year)
    staff_raise_and_pause(year)
    money_goes_back(year)
    for _month in range(10):
        year.pass_days(30)
    eventually(lambda: len(amounts_given(year.stack, BROKEN.email)) >= 12, "a year of gifts")
    every_payout_is_explained(year)
    yearly_receipt_is_issued(year)
    donor_reads_the_year_on_a_phone(year)


def begin(year: Year) -> None:
    """Three donors begin to give every month; the debit is on its way at first, and says under which mandate."""
    stack = year.stack
    give(year.visit("phone"), stack, CARD)
    give(year.visit(), stack, BROKEN, FAILS_LATER)
    phone = year.visit("phone")
    give(phone, stack, BY_DEBIT, DEBIT)
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Thank you! Your gift is on its way")
    assert "Mandate" in stack.wait_for_mail(BY_DEBIT.email, "on its way")["text"]
    assert amounts_given(stack, BY_DEBIT.email) == []
    year.pass_days(6)
    stack.wait_for_mail(BY_DEBIT.email, "thank you")
    assert amounts_given(stack, BY_DEBIT.email) == [25_00]


def debit_is_announced(year: Year) -> None:
    """A fortnight before the second debit its donor is told of it, once."""
    year.pass_days(12)
    year.stack.run("rounds", "run", "giving.debits")
    mail = year.stack.wait_for_mail(BY_DEBIT.email, "will be debited")
    assert "€25" in mail["text"]
    assert re.search(r"Mandate reference.*\S", mail["text"])
    year.pass_days(14)


def card_fails_and_is_mended(year: Year) -> None:
    """The charge stands with its tries on the page of the gift, and the donor pays it by the link in the mail."""
    stack, member = year.stack, year.staff()
    mail = stack.wait_for_mail(BROKEN.email, "did not come through")
    page = open_recurring(member, stack, BROKEN, "Past due")
    failed = page.locator(".card").filter(has_text="Charges that failed")
    expect(failed).to_contain_text("Tried on")
    expect(failed).to_contain_text("The next try is planned for")
    member.look("recurring-failed")

    phone = year.visit("phone")
    mend(phone, stack, LINK.search(mail["text"])[0])  # type: ignore[index]
    eventually(lambda: amounts_given(stack, BROKEN.email) == [25_00, 25_00], "the bill that failed")
    stack.wait_for_mail(BROKEN.email, "another card")
    page.reload()
    expect(page.locator(".page-head")).to_contain_text("Active")
    expect(failed).not_to_contain_text("The next try")
    member.look("recurring-mended")


def mend(phone: Visitor, stack: Stack, link: str) -> None:
    """From the link of the mail to the payment service's page, and back."""
    phone.page.goto(link)
    expect(phone.page.get_by_role("heading", level=1)).to_have_text("Your card or account")
    phone.look("mend")
    phone.page.get_by_role("button", name="Give another card or account").click()
    expect(phone.page).to_have_url(re.compile(re.escape(f"{stack.stripe}/p/session/")))
    phone.page.locator("#name").wait_for()
    pay(phone.page)
    expect(phone.page).to_have_url(f"{stack.site}/my/mended")
    phone.look("mended")


def staff_raise_and_pause(year: Year) -> None:
    """One gift is raised at the donor's wish, another paused and, a month later, resumed; each time a mail says so."""
    stack, member = year.stack, year.staff()
    page = open_recurring(member, stack, CARD, "Active")
    page.get_by_role("link", name="Change the amount").click()
    page.get_by_label("New amount").fill("15")
    member.look("recurring-amount")
    page.get_by_role("button", name="Change the amount").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("€15.00 a month")
    stack.wait_for_mail(CARD.email, "is now €15")

    page = open_recurring(member, stack, BY_DEBIT, "Active")
    page.get_by_role("link", name="Pause").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".page-head")).to_contain_text("Paused")
    expect(page.locator("main")).to_contain_text("Once a year")
    stack.wait_for_mail(BY_DEBIT.email, "is paused")
    year.pass_days(35)
    eventually(lambda: amounts_given(stack, CARD.email) == [10_00, 10_00, 15_00], "the first charge of more")
    eventually(lambda: amounts_given(stack, BY_DEBIT.email) == [25_00, 25_00], "the debit that was on its way")
    page = open_recurring(year.staff(), stack, BY_DEBIT, "Paused")
    page.get_by_role("link", name="Resume").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".page-head")).to_contain_text("Active")
    stack.wait_for_mail(BY_DEBIT.email, "goes on")


def money_goes_back(year: Year) -> None:
    """One charge is refunded in the payment service's own dashboard, another disputed and lost."""
    stack, member = year.stack, year.staff()
    first, second = charges_of(stack, CARD)[:2]
    stack.act(f"refund/{first}")
    stack.act(f"dispute/{second}")
    page = open_dispute(member, stack, DisputeStatus.OPEN)
    expect(page.locator(".page-head")).to_contain_text("Under way")
    member.look("dispute")
    theirs = stack.look("ledger")["disputes"][-1]["id"]
    stack.act(f"lose/{theirs}")
    page = open_dispute(member, stack, DisputeStatus.LOST)
    expect(page.locator(".page-head")).to_contain_text("Lost")
    member.look("dispute-lost")
    page.get_by_role("link", name=re.compile("Gift of")).click()
    expect(page.locator(".chain")).to_contain_text("Void")
    member.look("gift-lost")


def open_dispute(member: Visitor, stack: Stack, status: DisputeStatus) -> Page:
    """From the list to the dispute of the donor, once it is in this state here."""
    eventually(lambda: found(stack, select(Dispute.id).where(Dispute.status == status)), f"the dispute: {status}")
    page = member.page
    page.goto(f"{stack.site}/disputes/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Disputes and returned debits")
    member.look("disputes")
    page.locator(".row-link").filter(has_text=CARD.family).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("€10.00")
    return page


def open_recurring(member: Visitor, stack: Stack, donor: Donor, state: str) -> Page:
    """From the list to the recurring gift of this donor."""
    page = member.page
    page.goto(f"{stack.site}/recurring-gifts")
    page.locator(".row-link").filter(has_text=donor.family).first.click()
    expect(page.locator(".page-head")).to_contain_text(state)
    return page


def found(stack: Stack, query: Select[Any]) -> list[Any]:
    """What our own books say now."""
    with stack.database.reading() as db:
        return list(db.scalars(query))


def charges_of(stack: Stack, donor: Donor) -> list[Any]:
    """The payment service's names of what this donor paid, oldest first."""
    mine = select(ContactEmail.contact_id).where(ContactEmail.address == donor.email)
    query = select(Payment.charge_reference).join(GiftPayment, GiftPayment.payment_id == Payment.id)
    query = query.join(Gift, Gift.id == GiftPayment.gift_id).where(Gift.contact_id.in_(mine)).order_by(Gift.id)
    return found(stack, query)


def every_payout_is_explained(year: Year) -> None:
    """The page of each payout shows a sum that holds to the cent, and no line that nobody can explain."""
    stack, member = year.stack, year.staff()
    page = member.page
    arrived = Payout.status == PayoutStatus.PAID
    waiting = select(Payout.id).where(arrived, Payout.reconciled_at.is_(None))
    eventually(lambda: not found(stack, waiting), "the lines of each payout")
    payouts = found(stack, select(Payout).where(arrived).order_by(Payout.id))
    assert len(payouts) > 12
    for payout in payouts:
        page.goto(f"{stack.site}/payouts/{payout.id}")
        *parts, total = page.evaluate(SUMS)
        assert sum(parts) == total == payout.amount_minor
        assert page.get_by_text(re.compile("not explained", re.IGNORECASE)).count() == 0
    member.look("payout")
    page.goto(f"{stack.site}/payouts/unexplained")
    expect(page.get_by_text("Everything is explained")).to_be_visible()


def yearly_receipt_is_issued(year: Year) -> None:
    """Two cheques of the year in which the story began come on one receipt, now that it is over."""
    stack, member, name = year.stack, year.staff(), f"{CARD.given} {CARD.family}"
    page = member.page
    for euro in ("40", "60"):
        find(page, name, name)
        page.get_by_role("link", name="Record a gift").click()
        page.get_by_label("Amount").first.fill(euro)
        page.get_by_label("Received on").fill(f"{BEGAN}-03-31")
        page.get_by_label("Tax receipt").select_option("yearly")
        page.get_by_label("Thank the donor").uncheck()
        page.get_by_role("button", name="Record the gift").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Gift of €{euro}.00")
    page.goto(f"{stack.site}/receipts/yearly/{BEGAN}")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Yearly receipts of {BEGAN}")
    member.look("yearly")
    page.get_by_role("link", name="Issue and send them").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    member.look("yearly-asked")
    page.get_by_role("dialog").get_by_role("button", name="Issue and send them").click()
    expect(page.get_by_role("status").filter(has_text="Done")).to_be_visible()
    member.look("yearly-done")
    assert stack.attachment(stack.wait_for_mail(CARD.email, f"receipt for {BEGAN}")).startswith(b"%PDF")


def donor_reads_the_year_on_a_phone(year: Year) -> None:
    """By the link of a mail to one's own page: each year with its gifts, and the receipt of the one that is over."""
    stack, phone = year.stack, year.visit("phone")
    page = phone.page
    page.goto(f"{stack.site}/my?lang=en")
    page.get_by_label("Your e-mail address").fill(CARD.email)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("status")).to_contain_text("a mail with a link is on its way")
    mail = stack.wait_for_mail(CARD.email, "link to your gifts")
    page.goto(LINK.search(mail["text"])[0])  # type: ignore[index]
    page.get_by_role("button", name="Open my page").click()
    expect(page.get_by_role("heading", name="Your gifts", exact=True)).to_be_visible()
    phone.look("own-gifts-of-a-year")
    page.get_by_role("navigation", name="Your pages").get_by_role("link", name="Years").click()
    expect(page.get_by_role("heading", name="Your years")).to_be_visible()
    phone.look("own-years")
    page.get_by_role("link", name=f"{BEGAN}", exact=True).click()
    expect(page.get_by_role("heading", name=f"Your gifts in {BEGAN}")).to_be_visible()
    expect(page.get_by_text("€60.00")).to_be_visible()
    phone.look("own-year")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Yearly receipt").click()
    receipt = PdfReader(BytesIO(coming.value.path().read_bytes())).pages[0].extract_text()
    assert CARD.family in receipt
    assert "100" in receipt

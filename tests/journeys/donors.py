"""What a donor does: fill in the giving page, pay on the payment service's page, come back."""

import re
import time
from dataclasses import dataclass, field

from playwright.sync_api import Page, expect

from app.kernel.text import fold
from tests.journeys.browsing import Visitor
from tests.stack import Stack

GOOD, DECLINED, ASKS = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0025 0000 3155"
DEBIT, DEBIT_FAILS = "FR14 2004 1010 0505 0001 3M02 606", "FR84 2004 1010 0505 0001 3M02 607"
SOONEST = 2.2
"""Seconds until the page may be sent: whoever is quicker is taken for a machine."""


@dataclass
class Donor:
    """Somebody who gives: in English, 50 € once with the main form, unless something else is said."""

    given: str
    family: str
    amount: str = "50"
    frequency: str = "Once"
    form: str = "soutenir"
    receipt: bool = True
    opens: str = ""
    ticks: tuple[str, ...] = ()
    more: dict[str, str] = field(default_factory=dict)

    @property
    def email(self) -> str:
        """An address of their own, at a domain that exists nowhere."""
        return f"{fold(self.given)}.{fold(self.family)}@exemple.example".replace(" ", "-")


def open_form(visitor: Visitor, stack: Stack, donor: Donor) -> float:
    """Open the giving page; when that was, so that it is not sent too soon."""
    visitor.page.goto(f"{stack.site}/give/{donor.form}?lang=en")
    return time.monotonic()


def fill_in(page: Page, donor: Donor) -> None:
    """Type what the giving page asks. A receipt needs the address."""
    if page.get_by_label(donor.frequency, exact=True).count():
        page.get_by_label(donor.frequency, exact=True).check()
    page.get_by_role("radio", name=re.compile(rf"^€?{donor.amount}(?!\d)")).and_(page.locator(":visible")).check()
    page.get_by_label("First name").fill(donor.given)
    page.get_by_label("Last name").fill(donor.family)
    page.get_by_role("textbox", name="E-mail", exact=True).fill(donor.email)
    if donor.receipt:
        page.get_by_label("I want a tax receipt").check()
        page.get_by_label("Number and street").fill("3 rue des Écoles")
        page.get_by_label("Postcode").fill("69001")
        page.get_by_label("Town").fill("Lyon")
    if donor.opens:
        page.locator("summary", has_text=donor.opens).click()
    for label in donor.ticks:
        page.get_by_label(label).check()
    for label, text in donor.more.items():
        page.get_by_role("textbox", name=label).fill(text)


def wait_to_send(opened: float | None = None) -> None:
    """Wait until people could have read a page opened then; from now on without an instant."""
    time.sleep(SOONEST if opened is None else max(0.0, opened + SOONEST - time.monotonic()))


def send(page: Page, opened: float) -> None:
    """Press the button, once people could have read the page."""
    wait_to_send(opened)
    page.locator("#give button[type=submit]").click()


def go_to_payment(visitor: Visitor, stack: Stack, donor: Donor) -> Page:
    """From the giving page to the page on which one pays."""
    opened = open_form(visitor, stack, donor)
    fill_in(visitor.page, donor)
    send(visitor.page, opened)
    expect(visitor.page).to_have_url(re.compile(re.escape(f"{stack.stripe}/c/pay/")))
    return visitor.page


def pay(page: Page, number: str = GOOD, button: str = "click") -> None:
    """Type a card or an IBAN on the payment service's page, and pay."""
    if number[:2].isalpha():
        page.get_by_label("SEPA").check(force=True)
        page.get_by_label("IBAN").fill(number)
    else:
        page.get_by_label("Card number").fill(number)
        page.get_by_label("Expiry").fill("12 / 34")
        page.get_by_label("Security code").fill("123")
    page.locator("#name").fill("A donor")
    getattr(page.locator("button.primary"), button)()


def give(visitor: Visitor, stack: Stack, donor: Donor, number: str = GOOD) -> Page:
    """The whole way: form, payment, thank-you page."""
    page = go_to_payment(visitor, stack, donor)
    pay(page, number)
    expect(page).to_have_url(re.compile(re.escape(f"{stack.site}/give/thanks/")))
    return page

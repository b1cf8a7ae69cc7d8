"""People who give over HTTP while things go wrong, each as a person would: who gets no answer presses again."""

import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

import requests

from demo.visitors import ASKS, CARD, DECLINED, IBAN, Untouched
from tests.faults.browsing import Browser, GaveUp
from tests.stack import Stack

FORMS = ("soutenir", "hiver")
READS = 2.1
"""Seconds until a page may be sent: whoever is quicker is taken for a machine."""
TRIES = 4
"""So often one presses “Try again” before one begins anew."""
_ACTION = re.compile(r'action="(/give/again/[^"]+)"')
_WAY_BACK = re.compile(r'class="secondary" href="([^"]+)"')
KINDS = {"card": 9, "declined": 3, "asks": 2, "debit": 3, "monthly": 3}
NUMBERS = {"card": (CARD,), "declined": (DECLINED, CARD), "asks": (ASKS,), "debit": (IBAN,), "monthly": (CARD,)}


@dataclass(frozen=True)
class Wish:
    """What somebody wants to give. `kind` is one of KINDS."""

    number: int
    kind: str
    euros: int
    wants_receipt: bool

    @property
    def form(self) -> str:
        """The form they come to."""
        return FORMS[self.number % len(FORMS)]

    @property
    def numbers(self) -> tuple[str, ...]:
        """What they pay by, one after the other until one is taken."""
        return NUMBERS[self.kind]

    @property
    def email(self) -> str:
        """An address that nobody else has."""
        return f"donor-{self.number}@exemple.example"

    @property
    def typed(self) -> dict[str, str]:
        """What is typed on the giving page, beside what stands there already."""
        typed = {"given_name": "Aude", "family_name": f"Patience {self.number}", "email": self.email, "country": "FR"}
        amount = "amount_recurring" if self.kind == "monthly" else "amount_once"
        typed |= {"frequency": "month" if self.kind == "monthly" else "once", amount: "other", "other": str(self.euros)}
        if self.wants_receipt:
            typed |= {"wants_receipt": "y", "street": "3 rue des Écoles", "postcode": "69001", "city": "Lyon"}
        return typed


def wishes(seed: int) -> Iterator[Wish]:
    """People without end, the same ones for the same seed."""
    dice, number = random.Random(seed), 0
    while True:
        number += 1
        kind = dice.choices(list(KINDS), list(KINDS.values()))[0]
        yield Wish(number, kind, dice.randint(5, 150), dice.random() < 0.7)


@dataclass
class Story:
    """How it went: `is_paid` once the payment service has sent them back as paid, `is_thanked` once we said so too."""

    wish: Wish
    is_paid: bool = False
    is_thanked: bool = False
    thanks_page: str = ""


class Donor:
    """One person on the way from the giving form to the thank-you page."""

    def __init__(self, stack: Stack, wish: Wish, browser: Browser) -> None:
        self.stack, self.wish, self.browser = stack, wish, browser
        self.story = Story(wish)

    def give(self) -> Story:
        """The whole way, as far as patience lasts."""
        try:
            self.pay(self.find_payment_page())
            self.arrive()
        except GaveUp:
            pass
        return self.story

    def find_payment_page(self) -> str:
        """Fill in the form, and begin anew where that helps; the page on which to pay."""
        while True:
            if page := self._from_form_to_payment():
                return page
            if time.monotonic() > self.browser.until:
                raise GaveUp

    @property
    def form(self) -> str:
        """The address of the form that this person uses."""
        return f"{self.stack.site}/give/{self.wish.form}?lang=en"

    def fill_in(self) -> dict[str, str]:
        """What the form sends once it was opened, read and filled in."""
        page = self.browser.opened(self.form).text
        time.sleep(READS)
        return {**Untouched.values_of(page), **self.wish.typed}

    def _from_form_to_payment(self) -> str:
        """The page to pay on; empty when nothing helps but to begin anew."""
        onward, typed = self.form, self.fill_in()
        for _try in range(TRIES):
            answer = self.browser.until_answered(lambda to=onward, sent=typed: self.browser.ask(to, sent))
            if answer.status_code == 303:
                return urljoin(self.stack.site, answer.headers["Location"])
            if later := _ACTION.search(answer.text):
                onward, typed = urljoin(self.stack.site, later[1]), {}
            elif answer.status_code == 422:
                typed = {**Untouched.values_of(answer.text), **self.wish.typed}
            time.sleep(0.5)
        return ""

    def pay(self, page: str) -> None:
        """Pay on the payment service's page, with one number after the other. A second press never pays twice."""
        for number in self.wish.numbers:
            answer = self.browser.until_answered(lambda using=number: self._pressed(page, using))
            if answer.status_code == 303:
                break
        if answer.headers.get("Location", "").endswith("/authenticate"):
            onward = urljoin(page, answer.headers["Location"])
            answer = self.browser.until_answered(lambda: self._confirmed(onward))
        back = answer.headers.get("Location") or _WAY_BACK.search(answer.text)[1]  # type: ignore[index]
        self.story.thanks_page, self.story.is_paid = back, True

    def _pressed(self, page: str, number: str) -> requests.Response | None:
        how = {"method": "sepa_debit", "iban": number} if number[:2].isalpha() else {"method": "card", "number": number}
        typed = {"email": self.wish.email, "name": "Aude Patience", "expiry": "12 / 34", "cvc": "123", **how}
        answer = self.browser.ask(page, typed)
        return answer if answer is not None and answer.status_code in {303, 402} else None

    def _confirmed(self, page: str) -> requests.Response | None:
        answer = self.browser.ask(page, {"result": "complete"})
        return answer if answer is not None and answer.status_code == 303 else None

    def arrive(self) -> None:
        """Look at the thank-you page until it says so."""

        def thanked() -> bool | None:
            answer = self.browser.ask(self.story.thanks_page)
            return True if answer is not None and answer.status_code == 200 and "heart.svg" in answer.text else None

        self.story.is_thanked = self.browser.until_answered(thanked, pause=1.0)

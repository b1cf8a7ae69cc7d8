"""Somebody in the office while things go wrong: cheques are entered, gifts refunded, and buttons pressed again."""

import random
import time
from dataclasses import dataclass, field
from urllib.parse import urljoin

import requests
from sqlalchemy import Select, select
from sqlalchemy.exc import OperationalError

from app.contacts.models import ContactAddress, ContactEmail
from app.giving.models import Gift, GiftStatus
from demo.visitors import Untouched
from tests.faults.browsing import Browser, GaveUp
from tests.stack import PASSWORD, Stack

WHO = "finance@planete-nepal.example"


@dataclass
class Bookkeeper:
    """One person at a desk. `cheques` are those that were recorded for certain, by number, with their cents."""

    stack: Stack
    browser: Browser
    dice: random.Random
    cheques: dict[str, int] = field(default_factory=dict)
    refunded: list[int] = field(default_factory=list)

    def work(self, until: float) -> None:
        """Enter cheques and refund gifts by turns until then."""
        try:
            while time.monotonic() < until:
                self.enter_cheque()
                self.refund_something()
        except GaveUp:
            pass

    def _page(self, path: str) -> requests.Response:
        """A page of the office, signed in."""
        while True:
            answer = self.browser.until_answered(lambda: self.browser.ask(self.stack.site + path))
            if answer.status_code == 200:
                return answer
            if answer.status_code in {302, 303} and "/sign-in" in answer.headers["Location"]:
                self._sign_in()
            elif time.monotonic() > self.browser.until:
                raise GaveUp

    def _sign_in(self) -> None:
        address = f"{self.stack.site}/sign-in"
        typed = {**Untouched.values_of(self.browser.opened(address).text), "email": WHO, "password": PASSWORD}
        self.browser.until_answered(lambda: self.browser.ask(address, typed))

    def _send(self, path: str, typed: dict[str, str]) -> str:
        """Fill in a form and press its button until the answer leads on; where to. "" when it was refused."""
        filled = {**Untouched.values_of(self._page(path).text), **typed}
        while True:
            answer = self.browser.until_answered(lambda: self.browser.ask(self.stack.site + path, filled))
            onward = urljoin(self.stack.site, answer.headers.get("Location", ""))
            if answer.status_code == 303 and "/sign-in" not in onward:
                return onward
            if answer.status_code in {400, 403, 409, 422}:
                return ""
            if answer.status_code in {302, 303}:
                self._sign_in()
            time.sleep(0.4)
            if time.monotonic() > self.browser.until:
                raise GaveUp

    def _known(self, query: Select[tuple[int]]) -> list[int]:
        """What the database says, once it is there."""

        def look() -> list[int] | None:
            try:
                with self.stack.database.reading() as db:
                    return list(db.scalars(query))
            except OperationalError:
                return None

        return self.browser.until_answered(look)

    def enter_cheque(self) -> None:
        """Record a cheque of somebody whose address is known, so that a numbered receipt and a mail follow."""
        known = select(ContactEmail.contact_id).join(
            ContactAddress, ContactAddress.contact_id == ContactEmail.contact_id
        )
        contact_id = self.dice.choice(sorted(set(self._known(known))))
        number, euros = f"cheque {len(self.cheques) + 1}", self.dice.randint(10, 90)
        typed = {"amount": str(euros), "method": "cheque", "bank_reference": number, "receipt_choice": "each"}
        if self._send(f"/gifts/new?contact={contact_id}", typed):
            self.cheques[number] = euros * 100

    def refund_something(self) -> None:
        """Give one euro back to somebody who gave online."""
        online = (Gift.submission_id.is_not(None), Gift.status == GiftStatus.RECEIVED, Gift.returned_minor == 0)
        found = self._known(select(Gift.id).where(*online, Gift.id.not_in(self.refunded)))
        if found:
            gift_id = self.dice.choice(found)
            self.refunded.append(gift_id)
            self._send(f"/gifts/{gift_id}/refund", {"amount": "1", "reason": "Asked for by telephone."})

"""What people do in two years: donors change and mend; staff and the dashboard refund; banks dispute."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

from sqlalchemy import Select, select

from app.giving import changing, flows
from app.giving.models import Gift, GiftStatus, RecurringGift, RecurringStatus
from app.giving.models.recurring_change import END_REASONS
from app.giving.services.refunds import RefundDetails, refundable
from app.kernel.actors import Actor, ActorKind
from app.kernel.clock import today
from app.kernel.errors import Outside, Refused
from app.kernel.money import Money
from app.kernel.text import make_token
from app.payments.models import Checkout
from app.web.application import Application
from sandbox.in_process import Paid
from tests.sandbox_world import ASKS_3DS, CARD, DECLINED_LATER, SEPA, SEPA_FAILS
from tests.two_years.coming import DONOR
from tests.two_years.deaths import Killed

STAFF = Actor(ActorKind.STAFF, "Marie Comptable", capabilities=frozenset({"gifts.refund"}))
LATELY = 60
"""Among how many of the newest charges, refunds and payouts somebody outside chooses."""


class TheirSide(Protocol):
    """The payment service as people outside have it before them, in this process or in one of its own."""

    def send(self, path: str, **form: str) -> Paid:
        """Send a form to one of its pages."""

    def newest(self, kind: str, many: int) -> list[dict[str, Any]]:
        """Its own things of a kind, so many of the newest."""

    def portal_page(self, customer: str) -> str:
        """The path of a page on which this customer changes what they give by."""


class Deeds:
    """Everybody's hands. Nothing here waits: whoever gets no answer, or a no, goes away."""

    def __init__(self, app: Application, theirs: TheirSide, dice: random.Random) -> None:
        self.app, self._theirs, self._dice = app, theirs, dice
        self.told: Counter[str] = Counter()

    def do_something(self) -> None:
        """One deed, chosen by the dice."""
        deed = self._dice.choices(list(DEEDS), list(DEEDS.values()))[0]
        done = self._tried(lambda: deed(self))
        self.told[deed.__name__ if done else "no answer, or a no"] += 1

    def _tried(self, deed: Callable[[], object]) -> bool:
        try:
            return deed() is not None
        except (Refused, Outside, Killed):
            return False

    # What is chosen from --------------------------------------------------------------------------------

    def _one(self, query: Select[tuple[int]]) -> int | None:
        """One of the keys that the query finds."""
        with self.app.database.reading() as db:
            found = list(db.scalars(query))
        return self._dice.choice(found) if found else None

    def _recurring(self, *statuses: RecurringStatus) -> int | None:
        return self._one(select(RecurringGift.id).where(RecurringGift.status.in_(statuses)).order_by(RecurringGift.id))

    def _of_theirs(self, kind: str, *statuses: str) -> dict[str, Any] | None:
        """One of the gateway's own things of late, in one of these states."""
        found = [each for each in self._theirs.newest(kind, LATELY) if each["status"] in statuses]
        return self._dice.choice(found) if found else None

    def _outside(self, act: str, thing: dict[str, Any] | None, **given: str) -> object:
        """Have somebody outside do it; None when it cannot be done."""
        if thing is None:
            return None
        answer = self._theirs.send(f"/_sandbox/{act}/{thing['id']}", **given)
        return answer if answer.status == 200 else None

    # Money that goes back -------------------------------------------------------------------------------

    def refund_here(self) -> object:
        usual = (
            Gift.status == GiftStatus.RECEIVED,
            Gift.submission_id.is_not(None) | Gift.recurring_gift_id.is_not(None),
        )
        gift_id = self._one(select(Gift.id).where(*usual).order_by(Gift.id.desc()).limit(LATELY))
        if gift_id is None:
            return None
        with self.app.database.reading() as db:
            found = refundable(db, db.get_one(Gift, gift_id))
        if found is None:
            return None
        cents = self._dice.choice((found.left.minor, max(1, found.left.minor // 3)))
        asked = RefundDetails(amount=Money(cents, "EUR"), reason="Asked for by telephone.", token=make_token())
        return flows.refund_gift(self.app.work, gift_id, asked, actor=STAFF)

    def refund_at_gateway(self) -> object:
        charge = self._of_theirs("charge", "succeeded")
        part = {} if charge is None or self._dice.random() < 0.4 else {"amount": str(max(1, charge["amount"] // 4))}
        return self._outside("refund", charge, **part)

    def refund_fails(self) -> object:
        return self._outside("fail_refund", self._of_theirs("refund", "succeeded", "pending"))

    def dispute(self) -> object:
        return self._outside("dispute", self._of_theirs("charge", "succeeded"))

    def inquire(self) -> object:
        return self._outside("inquire", self._of_theirs("charge", "succeeded"))

    def win(self) -> object:
        return self._outside("win", self._of_theirs("dispute", "needs_response", "warning_needs_response"))

    def lose(self) -> object:
        return self._outside("lose", self._of_theirs("dispute", "needs_response", "warning_needs_response"))

    def payout_fails(self) -> object:
        return self._outside("fail_payout", self._of_theirs("payout", "paid"))

    def warn(self) -> object:
        return self._outside("warn", self._of_theirs("charge", "succeeded"))

    # Changes of recurring gifts -------------------------------------------------------------------------

    def _anybody(self) -> Actor:
        return self._dice.choice((STAFF, DONOR))

    def change_amount(self) -> object:
        found = self._recurring(RecurringStatus.ACTIVE, RecurringStatus.PAUSED)
        amount = Money(self._dice.randint(500, 15_000), "EUR")
        return found and changing.change_amount(self.app.work, found, amount, actor=self._anybody())

    def pause(self) -> object:
        found = self._recurring(RecurringStatus.ACTIVE)
        until = today() + timedelta(days=self._dice.randint(5, 200)) if self._dice.random() < 0.7 else None
        return found and changing.pause(self.app.work, found, until, actor=self._anybody())

    def resume(self) -> object:
        found = self._recurring(RecurringStatus.PAUSED)
        return found and changing.resume(self.app.work, found, actor=self._anybody())

    def move_day(self) -> object:
        found = self._recurring(RecurringStatus.ACTIVE)
        return found and changing.move_day(self.app.work, found, self._dice.randint(1, 31), actor=self._anybody())

    def end(self) -> object:
        found = self._recurring(*(each for each in RecurringStatus if each is not RecurringStatus.ENDED))
        reason = self._dice.choice(END_REASONS)
        return found and changing.end(self.app.work, found, reason, "", actor=self._anybody())

    def end_at_gateway(self) -> object:
        return self._at_portal(self._recurring(RecurringStatus.ACTIVE), act="cancel")

    # Cards that break and are mended --------------------------------------------------------------------

    def card_breaks(self) -> object:
        number = self._dice.choice((DECLINED_LATER, DECLINED_LATER, ASKS_3DS, SEPA_FAILS))
        return self._new_number(self._recurring(RecurringStatus.ACTIVE), number)

    def card_is_mended(self) -> object:
        return self._new_number(self._recurring(RecurringStatus.PAST_DUE), self._dice.choice((CARD, CARD, SEPA)))

    def bank_is_asked(self) -> object:
        """Somebody confirms an overdue charge on the page that the bank's question leads to."""
        invoice = self._of_theirs("invoice", "open")
        return invoice and self._theirs.send(f"/i/{invoice['id']}", result="complete")

    def _new_number(self, found: int | None, number: str) -> object:
        by_debit = number[:2].isalpha()
        how = {"method": "sepa_debit", "iban": number} if by_debit else {"method": "card", "number": number}
        return self._at_portal(found, act="method", name="Aude Fidèle", expiry="12 / 39", cvc="123", **how)

    def _at_portal(self, recurring_id: int | None, **typed: str) -> object:
        """What a donor does on the payment service's own page for them."""
        if recurring_id is None:
            return None
        with self.app.database.reading() as db:
            recurring = db.get_one(RecurringGift, recurring_id)
            customer = db.get_one(Checkout, recurring.checkout_id).customer_reference
        subscription = recurring.subscription_reference
        return self._theirs.send(self._theirs.portal_page(customer), subscription=subscription, **typed)


DEEDS: dict[Callable[[Deeds], object], int] = {
    Deeds.refund_here: 8,
    Deeds.refund_at_gateway: 8,
    Deeds.refund_fails: 3,
    Deeds.dispute: 6,
    Deeds.inquire: 3,
    Deeds.win: 4,
    Deeds.lose: 3,
    Deeds.payout_fails: 1,
    Deeds.warn: 1,
    Deeds.change_amount: 8,
    Deeds.pause: 6,
    Deeds.resume: 6,
    Deeds.move_day: 6,
    Deeds.end: 2,
    Deeds.end_at_gateway: 1,
    Deeds.card_breaks: 6,
    Deeds.card_is_mended: 10,
    Deeds.bank_is_asked: 3,
}
"""What is done, and how often."""

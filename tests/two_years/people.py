"""The donors of two years: who they are, how often they give, and by what."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.payments.models import Interval
from tests.sandbox_world import (
    ASKS_3DS,
    CARD,
    DECLINED_LATER,
    DISPUTED,
    FRAUD_WARNING,
    REFUND_FAILS,
    REFUND_LATER,
    SEPA,
    SEPA_DISPUTED,
    SEPA_FAILS,
)

ASKS_ONCE = "4000002500003155"
SLOW_SEPA = "FR3020041010050500013M02609"
NUMBERS: Mapping[str, int] = {
    CARD: 55, SEPA: 16, SLOW_SEPA: 3, DECLINED_LATER: 7, SEPA_FAILS: 2, ASKS_ONCE: 3, ASKS_3DS: 2, REFUND_LATER: 4,
    REFUND_FAILS: 3, DISPUTED: 1, SEPA_DISPUTED: 1, FRAUD_WARNING: 1,
}  # fmt: skip
"""What people pay by, and how many of a hundred do."""
CHOICES: Mapping[str, int] = {"each": 5, "yearly": 3, "none": 2}


@dataclass(frozen=True)
class Crowd:
    """How many give how often."""

    monthly: int
    quarterly: int
    yearly: int
    once: int

    @property
    def size(self) -> int:
        """All of them."""
        return self.monthly + self.quarterly + self.yearly + self.once


@dataclass(frozen=True)
class Person:
    """Somebody who comes to the giving form on a day (counted from the first), with what they want to give.

    `interval` None means once. One who is `without_address` leaves out what the law wants on a receipt.
    """

    number: int
    comes_on: int
    interval: Interval | None
    cents: int
    pays_by: str
    receipts: str
    is_without_address: bool

    @property
    def answers(self) -> dict[str, str]:
        """What they type beside the amount."""
        typed = {
            "given_name": "Aude", "family_name": f"Fidèle {self.number}", "receipt_choice": self.receipts,
            "email": f"fidele-{self.number}@exemple.example", "country": "FR",
        }  # fmt: skip
        home = {"street": "3 rue des Écoles", "postcode": "69001", "city": "Lyon"}
        return typed if self.is_without_address else typed | home


def _chosen(dice: random.Random, shares: Mapping[str, int]) -> str:
    return dice.choices(list(shares), list(shares.values()))[0]


def arriving(crowd: Crowd, dice: random.Random) -> Iterator[Person]:
    """Everybody in the order they come: those who give seldom within ten weeks, the others within half a year."""
    kinds = [
        *[Interval.MONTH] * crowd.monthly, *[Interval.QUARTER] * crowd.quarterly, *[Interval.YEAR] * crowd.yearly,
        *[None] * crowd.once,
    ]  # fmt: skip
    dice.shuffle(kinds)
    latest = {Interval.YEAR: 70, Interval.QUARTER: 70, Interval.MONTH: 180, None: 700}
    days = sorted((dice.randrange(latest[kind]), place) for place, kind in enumerate(kinds))
    for number, (day, place) in enumerate(days):
        yield Person(
            number, day, kinds[place], dice.randint(500, 15_000), _chosen(dice, NUMBERS), _chosen(dice, CHOICES),
            dice.random() < 0.05,
        )  # fmt: skip

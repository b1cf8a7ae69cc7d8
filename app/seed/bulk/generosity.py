"""What the crowd gave: most of them once, some now and then, a few every month for years; as rows of the books.

Each gift came by post, bank or hand, is settled, and has its payment and its shares; the donors' totals are worked out
afterwards from the gifts themselves. Tokens rise from gift to gift, so that their index only grows at its end: nobody
is protected by the token of an invented gift.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from app.kernel.organisation import Organisation
from app.kernel.text import CROCKFORD
from app.seed.bulk.loading import Row, Shape

BATCH = 20_000
YEARS = 6
MONTHS = 12
OFTEN = 40
"""So many gifts behind the plan, and somebody gives every month."""
BORN = frozenset({"created_at"})
AMOUNTS = (
    (5_00, 3), (10_00, 10), (15_00, 8), (20_00, 14), (30_00, 14), (40_00, 6), (50_00, 18), (75_00, 4), (80_00, 5),
    (100_00, 12), (150_00, 5), (200_00, 4), (250_00, 3), (500_00, 2), (1_000_00, 1), (5_000_00, 1),
)  # fmt: skip
USUAL = tuple(amount for amount, many in AMOUNTS for _ in range(many))
SEASON = (3, 2, 3, 3, 3, 3, 2, 2, 4, 5, 8, 14)
"""How much is given from January to December."""
METHODS = ("cheque", "cheque", "cheque", "transfer", "transfer", "cash")

GIFT = Shape(
    "gift",
    ("id", "contact_id", "amount_minor", "currency", "received_on", "fiscal_year", "token", "receipt_choice",
     "created_at"),
    {
        "is_test": False, "is_anonymous": False, "fee_cover_minor": 0, "comment": "", "staff_note": "", "source": "{}",
        "recorded_by": "", "status": "received", "returned_minor": 0, "is_disputed": False, "reversal_reason": "",
    },
    BORN,
)  # fmt: skip
SHARE = Shape("allocation", ("gift_id", "fund_id", "amount_minor", "created_at"), {}, BORN)
PAYMENT = Shape(
    "payment",
    ("id", "method", "amount_minor", "currency", "token", "settled_at", "bank_reference", "created_at"),
    {"is_test": False, "status": "settled", "refunded_minor": 0, "disputed_minor": 0, "is_disputed": False},
    frozenset({"created_at", "settled_at"}),
)  # fmt: skip
LINK = Shape("gift_payment", ("gift_id", "payment_id", "created_at"), {}, BORN)
SHAPES = (PAYMENT, GIFT, SHARE, LINK)
Day = tuple[str, int, str]
"""(the day, its fiscal year, noon where the charity is)"""


@dataclass(frozen=True)
class Purse:
    """Where gifts begin: the next keys of a gift and of a payment, and what they may be for."""

    gift_id: int
    payment_id: int
    funds: Sequence[int]
    days: Sequence[Day]


def days_until(today: date, home: Organisation) -> list[Day]:
    """The days on which the crowd gave, and today the last."""
    days, zone = [today - timedelta(days=ago) for ago in range(YEARS * 365 - 1, -1, -1)], ZoneInfo(home.time_zone)
    noons = [datetime.combine(day, time(12), zone).astimezone(UTC) for day in days]
    return [
        (str(day), home.fiscal_year_of(day), f"{noon:%Y-%m-%d %H:%M:%S}.000000")
        for day, noon in zip(days, noons, strict=True)
    ]


@dataclass
class Generosity:
    """Makes gifts, donor by donor."""

    purse: Purse
    dice: Random
    made: int = 0
    rows: dict[str, list[Row]] = field(default_factory=lambda: {shape.table: [] for shape in SHAPES})

    def __post_init__(self) -> None:
        self.next_gift = self.purse.gift_id
        self.days = self.purse.days
        months = [int(day[5:7]) for day, _year, _noon in self.days]
        self.seasonal = [place for place, month in enumerate(months) for _ in range(SEASON[month - 1])]

    def batches(self, gifts: int, donors: range) -> Iterator[tuple[int, dict[str, list[Row]]]]:
        """Let the people with these keys give so many gifts in all: how many more, and the rows of each table."""
        said = 0
        for place, contact_id in enumerate(donors, 1):
            due = gifts * place // len(donors)
            times = self._times(due - self.made, gifts - self.made, is_last=place == len(donors))
            if times:
                self._give(contact_id, times)
            if self.made - said >= BATCH or place == len(donors):
                yield self.made - said, self.rows
                said = self.made
                for rows in self.rows.values():
                    rows.clear()

    def _times(self, behind: int, left: int, *, is_last: bool) -> int:
        """How often somebody gives, who comes when the plan is so many gifts behind."""
        if is_last:
            return left
        chance = self.dice.random()
        if behind <= 0 or chance < 0.3:
            return 0
        if behind > OFTEN:
            return min(left, int(MONTHS * (1 + self.dice.random() * (YEARS - 1))))
        if chance < 0.72:
            return 1
        return min(left, 2 + int(self.dice.random() * (3 if chance < 0.9 else 5)))

    def _give(self, contact_id: int, times: int) -> None:
        dice = self.dice.random
        usual, currency = USUAL[int(len(USUAL) * dice())], "GBP" if dice() < 0.04 else "EUR"
        places = self._monthly(times) if times >= MONTHS else [
            self.seasonal[int(len(self.seasonal) * dice())] for _ in range(times)
        ]  # fmt: skip
        method = "transfer" if times >= MONTHS else METHODS[int(6 * dice())]
        choice = "none" if currency == "GBP" else "yearly"
        for place in places:
            self._book(contact_id, self.days[place], (usual, currency), (method, choice))
        self.made += times

    def _monthly(self, times: int) -> list[int]:
        """Every thirty days, until today or until they stopped."""
        step = max(1, min(30, (len(self.days) - 1) // times))
        begins = int(self.dice.random() * (len(self.days) - step * times)) if step * times < len(self.days) else 0
        return [(begins + step * turn) % len(self.days) for turn in range(times)]

    def _book(self, contact_id: int, fact: Day, sum_: tuple[int, str], how: tuple[str, str]) -> None:
        (day, year, noon), (amount, currency), (method, choice) = fact, sum_, how
        number, paid = self.next_gift, self.next_gift + self.purse.payment_id - self.purse.gift_id
        self.next_gift += 1
        reference = f"{1_000_000 + number * 7919 % 9_000_000}" if method == "cheque" else ""
        token, funds, rows = _token(number), self.purse.funds, self.rows
        fund = int(len(funds) * self.dice.random() ** 2)
        rows["payment"].append((paid, method, amount, currency, f"P{token[1:]}", noon, reference, noon))
        rows["gift"].append((number, contact_id, amount, currency, day, year, token, choice, noon))
        if amount >= 100_00 and number % 7 == 0 and len(funds) > 1:
            part = amount // 3
            rows["allocation"].append((number, funds[fund], amount - part, noon))
            rows["allocation"].append((number, funds[fund - 1], part, noon))
        else:
            rows["allocation"].append((number, funds[fund], amount, noon))
        rows["gift_payment"].append((number, paid, noon))


PAIRS = tuple(first + second for first in CROCKFORD for second in CROCKFORD)


def _token(number: int) -> str:
    """Twenty-six signs that rise with the number."""
    high, low = divmod(number, 1024)
    higher, middle = divmod(high, 1024)
    return f"G{PAIRS[higher % 1024]}{PAIRS[middle]}{PAIRS[low]}SEED000000000000000"

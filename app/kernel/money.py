"""Money is an integer of minor units and a currency; it is never a float.

The exponents are one explicit table. ISO 4217, Babel and gateways disagree on a few currencies, so that each
table stands where it is used: this one is ours, the gateway adapter converts to its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

EXPONENTS: dict[str, int] = {
    "EUR": 2, "USD": 2, "GBP": 2, "CHF": 2, "CAD": 2, "AUD": 2, "NPR": 2, "INR": 2, "SEK": 2, "NOK": 2, "DKK": 2,
    "PLN": 2, "CZK": 2, "HUF": 2, "RON": 2, "SGD": 2, "HKD": 2, "NZD": 2, "MXN": 2, "BRL": 2, "ZAR": 2, "AED": 2,
    "JPY": 0, "KRW": 0, "XOF": 0, "XAF": 0, "XPF": 0, "VND": 0, "CLP": 0,
    "KWD": 3, "BHD": 3, "TND": 3, "JOD": 3, "OMR": 3,
}  # fmt: skip
LARGEST_MINOR = 10**14
"""More than any gift, and far below what a 64-bit integer and exact sums can hold."""
_PLAIN = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,9})?")


class CurrencyMismatch(Exception):
    """Two currencies met in one sum. That is always a fault of ours, never of a person's input."""


def exponent(currency: str) -> int:
    """How many decimals the currency has.

    Raises:
        ValueError: the currency is not one we know.

    """
    if currency not in EXPONENTS:
        raise ValueError(f"Unknown currency {currency!r}")
    return EXPONENTS[currency]


@dataclass(frozen=True, order=False)
class Money:
    """An amount: `minor` units (cents) of `currency` (ISO 4217). May be negative in the books."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"Minor units are whole numbers, not {self.minor!r}")
        exponent(self.currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Read what a person or a file wrote with a decimal point ("12.50").

        Raises:
            ValueError: not a number, too many decimals for the currency, or out of all proportion.

        """
        if not _PLAIN.fullmatch(text):
            raise ValueError(f"Not an amount: {text[:40]!r}")
        minor = Decimal(text).scaleb(exponent(currency))
        if minor != minor.to_integral_value() or abs(minor) > LARGEST_MINOR:
            raise ValueError(f"Not an amount in {currency}: {text!r}")
        return cls(int(minor), currency)

    def to_decimal(self) -> Decimal:
        """The amount in major units, exactly."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} met {other.currency}")
        return other.minor

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def split(self, weights: Sequence[int]) -> list["Money"]:
        """Divide by weights so that no cent is lost: the odd cents go to the first parts that do not come out even.

        Raises:
            ValueError: no weights, a negative one, or all nought.

        """
        total = sum(weights)
        if not weights or total <= 0 or min(weights) < 0:
            raise ValueError("Weights must be positive")
        sign = -1 if self.minor < 0 else 1
        exact = [divmod(abs(self.minor) * weight, total) for weight in weights]
        shares = [share for share, _rest in exact]
        uneven = [index for index, (_share, rest) in enumerate(exact) if rest]
        for index in uneven[: abs(self.minor) - sum(shares)]:
            shares[index] += 1
        return [Money(sign * share, self.currency) for share in shares]

    def percent(self, percent: Decimal | int) -> "Money":
        """That many per cent of the amount, halves rounded away from nought."""
        exact = Decimal(self.minor) * Decimal(percent) / 100
        return Money(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), self.currency)

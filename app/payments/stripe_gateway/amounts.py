"""Amounts as Stripe counts them, which is neither ISO 4217's way nor Babel's.

Source: https://docs.stripe.com/currencies. The table is written out, so that a currency we have not thought of is
refused instead of being off by a hundred.
"""

from app.kernel.money import Money, exponent
from app.payments.gateway import GatewayRefused

ZERO = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
THREE = "BHD JOD KWD OMR TND"
TWO = (
    "AED AUD BRL CAD CHF CZK DKK EUR GBP HKD HUF INR MXN NOK NPR NZD PLN RON SEK SGD USD ZAR "
    "ISK UGX"  # without decimals in real life, yet sent with two, always 00
)
STRIPE_EXPONENTS: dict[str, int] = {
    **dict.fromkeys(ZERO.split(), 0),
    **dict.fromkeys(TWO.split(), 2),
    **dict.fromkeys(THREE.split(), 3),
}
ENDS_IN_ZERO = frozenset(THREE.split())
"""Of three decimals the last must be nought: card networks carry two."""


def stripe_exponent(currency: str) -> int:
    """How many decimals Stripe's integers of this currency have.

    Raises:
        GatewayRefused: a currency that is not in the table.

    """
    if currency not in STRIPE_EXPONENTS:
        raise GatewayRefused("currency_unknown")
    return STRIPE_EXPONENTS[currency]


def shift(units: int, have: int, want: int) -> int:
    """The same amount with another number of decimals.

    Raises:
        GatewayRefused: it cannot be said exactly.

    """
    if want >= have:
        return units * int(10 ** (want - have))
    units, rest = divmod(units, int(10 ** (have - want)))
    if rest:
        raise GatewayRefused("amount_not_exact")
    return units


def to_stripe(amount: Money) -> tuple[int, str]:
    """Stripe's integer and its lower-case currency.

    Raises:
        GatewayRefused: a currency or an amount that Stripe cannot take.

    """
    units = shift(amount.minor, exponent(amount.currency), stripe_exponent(amount.currency))
    if amount.currency in ENDS_IN_ZERO and units % 10:
        raise GatewayRefused("amount_not_exact")
    return units, amount.currency.lower()


def from_stripe(units: int, currency: str) -> Money:
    """Money from what Stripe sends.

    Raises:
        GatewayRefused: a currency that we do not know.

    """
    code = currency.upper()
    units_exponent = stripe_exponent(code)
    try:
        return Money(shift(units, units_exponent, exponent(code)), code)
    except ValueError:
        raise GatewayRefused("currency_unknown") from None

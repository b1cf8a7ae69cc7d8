"""What a giving page proposes at first: from its address, else from its form. Never anything about a person."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.giving.models import GivingForm, Terms
from app.kernel.money import Money
from app.payments.models import Interval
from app.site.countries import USUAL
from app.site.forms import ONCE, OTHER_AMOUNT

LONGEST = 20
CURRENCY = "currency"
"""Names the currency in an address; the one the form opens in need not be named."""
PARAMETERS = frozenset({"amount", "frequency", "fund"})
"""What an address may propose. Whatever else stands in it changes nothing in the fields."""


def prefilled(form: GivingForm, terms: Terms, asked: Mapping[str, str], country: str) -> dict[str, Any]:
    """Values of the page's fields in one of its currencies.

    The address may name `amount` (major units), `frequency` and `fund`.
    """
    often = ([ONCE] if form.takes_once else []) + list(form.intervals)
    frequency = asked.get("frequency", "")
    funds = {str(fund.id) for fund in form.open_funds}
    values: dict[str, Any] = {
        "frequency": frequency if frequency in often else next(iter(often), ONCE),
        "amount_once": _middle(terms.presets_once),
        "amount_recurring": _middle(terms.presets_recurring),
        "country": country if country in USUAL else "FR",
    }
    if asked.get("fund") in funds:
        values["fund"] = asked["fund"]
    amount = _amount(asked.get("amount", ""), terms)
    if amount is not None:
        is_once = values["frequency"] == ONCE
        name, presets = (
            ("amount_once", terms.presets_once) if is_once else ("amount_recurring", terms.presets_recurring)
        )
        values[name] = str(amount.minor) if amount.minor in presets else OTHER_AMOUNT
        values |= {} if amount.minor in presets else {"other": amount}
    return values


def wanted_terms(form: GivingForm, asked: Mapping[str, str]) -> Terms:
    """What the form takes in the currency that the address names; in the one it opens in, if it names none of these."""
    return form.terms_in(asked.get(CURRENCY, "")) or form.terms[0]


def names_no_currency_of(form: GivingForm, asked: Mapping[str, str]) -> bool:
    """Whether the address names a currency that the form does not take, or takes no longer."""
    return bool(asked.get(CURRENCY)) and form.terms_in(asked[CURRENCY]) is None


def address_values(form: GivingForm, gift: Money, interval: Interval | None, fund_id: int | None) -> dict[str, str]:
    """The other way round: what to put into an address, so that the page proposes this gift."""
    values = {"amount": f"{gift.to_decimal()}", "frequency": interval.value if interval else ONCE}
    values |= {} if gift.currency == form.currency else {CURRENCY: gift.currency}
    return values | ({"fund": str(fund_id)} if fund_id and len(form.open_funds) > 1 else {})


def _middle(presets: Sequence[int]) -> str:
    """The preset chosen at first: the second, as the smallest is rarely what is hoped for; "other" without any."""
    return str(presets[min(1, len(presets) - 1)]) if presets else OTHER_AMOUNT


def _amount(text: str, terms: Terms) -> Money | None:
    try:
        amount = Money.parse(text[:LONGEST], terms.currency)
    except ValueError:
        return None
    return amount if terms.smallest <= amount <= terms.largest else None

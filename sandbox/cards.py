"""The test instruments: Stripe's own list of card numbers and IBANs, and nothing else.

No other number is accepted, so no real card can ever be typed in and kept. Of a number the sandbox keeps
the last four digits and the brand, which also tell how it behaves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox.shapes import part

if TYPE_CHECKING:
    from sandbox.errors import Json
    from sandbox.world import World


@dataclass(frozen=True)
class Card:
    """How a test card behaves. `three_d_secure` is `no`, `first` (once, at set-up) or `always`."""

    brand: str = "visa"
    decline_code: str | None = None
    three_d_secure: str = "no"
    declines_later: bool = False
    disputed: bool = False
    fraud_warning: bool = False
    #: How a refund goes: `at_once`, `later`, or `fails_later`.
    refund: str = "at_once"


CARDS = {
    "4242424242424242": Card(),
    "5555555555554444": Card(brand="mastercard"),
    "4000000000000002": Card(decline_code="generic_decline"),
    "4000000000009995": Card(decline_code="insufficient_funds"),
    "4000000000009987": Card(decline_code="lost_card"),
    "4000000000000069": Card(decline_code="expired_card"),
    "4000000000000127": Card(decline_code="incorrect_cvc"),
    "4000000000000341": Card(declines_later=True),
    "4000002500003155": Card(three_d_secure="first"),
    "4000002760003184": Card(three_d_secure="always"),
    "4000000000003220": Card(three_d_secure="always"),
    "4000000000000259": Card(disputed=True),
    "4000000000005423": Card(fraud_warning=True),
    "4000000000007726": Card(refund="later"),
    "4000000000005126": Card(refund="fails_later"),
}

#: Error codes that name the decline themselves; every other decline has the code `card_declined`.
_OWN_CODES = frozenset({"expired_card", "incorrect_cvc"})

MESSAGES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "lost_card": "Your card was declined.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "authentication": "We are unable to authenticate your payment method. Please choose another.",
    "debit_not_authorized": "The customer has notified their bank that this debit was not authorised.",
    "bank_insufficient_funds": "The account has insufficient funds to cover this debit.",
    "sepa_failed": "The debit was refused by the customer's bank.",
}


@dataclass(frozen=True)
class BankAccount:
    """How a test IBAN behaves. `delays` counts the configured SEPA delay until the bank answers."""

    succeeds: bool = True
    delays: int = 1
    disputed: bool = False
    failure_code: str | None = None


IBANS = {
    "FR1420041010050500013M02606": BankAccount(),
    "FR3020041010050500013M02609": BankAccount(delays=2),
    "FR8420041010050500013M02607": BankAccount(succeeds=False, failure_code="sepa_failed"),
    "FR7920041010050500013M02600": BankAccount(succeeds=False, delays=2, failure_code="sepa_failed"),
    "FR5720041010050500013M02608": BankAccount(disputed=True),
    "FR9720041010050000002222227": BankAccount(succeeds=False, failure_code="bank_insufficient_funds"),
    "DE89370400440532013000": BankAccount(),
    "DE62370400440532013001": BankAccount(succeeds=False, failure_code="sepa_failed"),
}


def error_code(decline_code: str) -> str:
    """The `code` Stripe gives with this `decline_code`."""
    return decline_code if decline_code in _OWN_CODES else "card_declined"


def card_of(method: Json) -> Card:
    """The behaviour of a stored card."""
    return CARDS[next(number for number in CARDS if number.endswith(method["card"]["last4"]))]


def bank_account_of(method: Json) -> BankAccount:
    """The behaviour of a stored IBAN."""
    return IBANS[next(iban for iban in IBANS if iban.endswith(method["sepa_debit"]["last4"]))]


class Unusable(Exception):
    """What was typed cannot be used; `args[0]` names the text that says why (`sandbox/texts.py`)."""


def new_card(world: World, fields: Json) -> Json:
    """A card payment method from what was typed (`number`, `expiry`, `cvc`, `name`, `email`).

    Raises Unusable for numbers outside the test list, past expiry dates, and malformed codes.
    """
    number = re.sub(r"[ -]", "", fields.get("number", ""))
    if number not in CARDS:
        raise Unusable("only_test_numbers")
    month, year = _expiry(world, fields.get("expiry", ""))
    if not re.fullmatch(r"[0-9]{3}", fields.get("cvc", "").strip()):
        raise Unusable("bad_cvc")
    method = world.new("payment_method", "pm", type="card", billing_details=_billing(fields))
    card = part("payment_method", "card") | {
        "brand": CARDS[number].brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "FR",
        "display_brand": CARDS[number].brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": f"test{number[-4:]}",
        "funding": "credit",
        "generated_from": None,
        "last4": number[-4:],
        "networks": {"available": [CARDS[number].brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return _only_its_type(method, card)


def new_bank_account(world: World, fields: Json) -> Json:
    """A SEPA debit payment method from what was typed (`iban`, `name`, `email`); raises Unusable."""
    iban = re.sub(r"[ -]", "", fields.get("iban", "")).upper()
    if iban not in IBANS:
        raise Unusable("only_test_ibans")
    if not fields.get("name", "").strip():
        raise Unusable("name_needed")
    method = world.new("payment_method", "pm", type="sepa_debit", billing_details=_billing(fields))
    debit = {
        "bank_code": iban[4:12],
        "branch_code": "",
        "country": iban[:2],
        "fingerprint": f"test{iban[-4:]}",
        "generated_from": {"charge": None, "setup_attempt": None},
        "last4": iban[-4:],
    }
    return _only_its_type(method, debit)


def _only_its_type(method: Json, details: Json) -> Json:
    kept = ("id", "object", "allow_redisplay", "billing_details", "created", "customer", "customer_account")
    slim = {name: method[name] for name in kept}
    slim |= {"livemode": False, "metadata": {}, "type": method["type"], method["type"]: details}
    return slim | {"allow_redisplay": "limited"}


def _billing(fields: Json) -> Json:
    empty = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}
    name, email = fields.get("name", "").strip() or None, fields.get("email", "").strip() or None
    return {"address": empty, "email": email, "name": name, "phone": None, "tax_id": None}


def _expiry(world: World, text: str) -> tuple[int, int]:
    """Month and year of `MM / YY` or `MM/YYYY`; raises Unusable when malformed or past."""
    match = re.fullmatch(r"\s*(0?[1-9]|1[0-2])\s*[/-]?\s*((?:20)?[0-9]{2})\s*", text)
    if not match:
        raise Unusable("bad_expiry")
    month, year = int(match[1]), int(match[2]) % 100 + 2000
    today = datetime.fromtimestamp(world.now(), UTC)
    if (year, month) < (today.year, today.month):
        raise Unusable("past_expiry")
    return month, year

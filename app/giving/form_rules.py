"""The arithmetic and the rules of giving forms: covered fees, proposed monthly amounts, addresses."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from app.kernel.money import Money, exponent

LONGEST_SLUG = 60
RESERVED_SLUGS = frozenset({"thanks", "back", "again", "preview", "embed", "new", "edit"})
"""Words that addresses below /give/ already use."""

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MONTHS_OF_ONE_GIFT = 5
CARD_DECIMALS = 2


def fee_to_cover(amount: Money, permille: int, fixed_minor: int) -> Money:
    """What to add so that after a fee of `permille` ‰ plus `fixed_minor` of the whole, the amount is left.

    The fee is taken of the sum with the cover in it, so the cover is grossed up; a fraction of a minor unit is
    rounded up, in favour of the organisation, and so is what cannot be paid (see `smallest_step`).
    """
    step = smallest_step(amount.currency)
    whole = -((amount.minor + fixed_minor) * 1000 // -((1000 - permille) * step)) * step
    return Money(whole - amount.minor, amount.currency)


def smallest_step(currency: str) -> int:
    """The minor units that payable amounts are a multiple of: cards carry two decimals, so the third one is nought."""
    return 10 if exponent(currency) == CARD_DECIMALS + 1 else 1


def is_payable(amount: Money) -> bool:
    """Whether the amount can be paid online to its last digit."""
    return amount.minor % smallest_step(amount.currency) == 0


def monthly_instead(amount_minor: int, presets: Sequence[int]) -> int | None:
    """The monthly amount to propose after one gift: the largest preset not above a fifth of it, else the smallest.

    None where there is nothing sensible to propose: no preset, or all of them above the gift itself.
    """
    fitting = [preset for preset in presets if preset <= amount_minor // MONTHS_OF_ONE_GIFT]
    if fitting:
        return max(fitting)
    smallest = min(presets, default=None)
    return smallest if smallest is not None and smallest <= amount_minor else None


def is_slug(text: str) -> bool:
    """Whether the text may be the last part of a form's address: lower-case letters, digits, single hyphens."""
    return len(text) <= LONGEST_SLUG and _SLUG.fullmatch(text) is not None and text not in RESERVED_SLUGS


def is_origin(text: str) -> bool:
    """Whether the text is a web origin that may show a form: https://host[:port], http only on this machine."""
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return False
    host = parts.hostname or ""
    is_plain = not (parts.path or parts.query or parts.fragment or parts.username or "*" in text)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in {"localhost", "127.0.0.1"})
    return is_plain and is_safe and port_is_fine and re.fullmatch(r"[a-z0-9.-]+", host) is not None

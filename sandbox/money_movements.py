"""Balance transactions: what each movement does to the merchant's balance, in the settlement currency.

Amounts are minor units. Fees [documented price list for the EEA]: cards 1.5 % + 0.25 EUR, SEPA debit 0.35 EUR.
A payment in another currency is converted at the fixed rates below.
"""
# ruff: noqa: ARG001 (handlers all take the same arguments, needed or not)

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError, Json, not_found

if TYPE_CHECKING:
    from sandbox.world import World

#: Currencies without decimals, as Stripe lists them.
ZERO_DECIMAL = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
#: Currencies with three decimals, as Stripe lists them.
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])

#: One major unit of the currency in euros. Invented, fixed, and near enough to look right.
RATES = {
    "eur": Decimal(1),
    "usd": Decimal("0.92"),
    "gbp": Decimal("1.16"),
    "chf": Decimal("1.05"),
    "cad": Decimal("0.67"),
    "aud": Decimal("0.61"),
    "jpy": Decimal("0.0062"),
    "npr": Decimal("0.0069"),
    "inr": Decimal("0.011"),
    "kwd": Decimal("3.01"),
    "tnd": Decimal("0.30"),
    "xof": Decimal("0.001524"),
}

_CARD_PERCENT = Decimal("0.015")
_CARD_FIXED = 25
_SEPA_FIXED = 35


def exponent(currency: str) -> int:
    """How many decimals Stripe expects for this currency (lower-case ISO code)."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def settle(world: World, amount: int, currency: str) -> tuple[int, Decimal | None]:
    """The amount in the settlement currency's minor units, and the rate used (None when it is the same).

    Raises ApiError for a currency without a rate here.
    """
    target = world.settings.settlement_currency
    if currency == target:
        return amount, None
    if currency not in RATES:
        raise ApiError(f"The sandbox has no exchange rate for '{currency}'.", param="currency")
    rate = RATES[currency] / RATES[target]
    shift = Decimal(10) ** (exponent(target) - exponent(currency))
    return int((amount * rate * shift).quantize(Decimal(1), ROUND_HALF_UP)), rate


def fee_for(settled: int, method_type: str) -> int:
    """The processing fee, in settlement minor units."""
    if method_type == "sepa_debit":
        return _SEPA_FIXED
    return int((settled * _CARD_PERCENT).quantize(Decimal(1), ROUND_HALF_UP)) + _CARD_FIXED


def record(world: World, kind: str, source: Json, *, amount: int, **fields: Any) -> Json:
    """Store one balance transaction; `amount` is in settlement minor units, negative when money leaves.

    `fields` may carry `fee`, `rate`, `available_on`, `reporting_category`, `description`, `balance_type`.
    """
    fee = fields.get("fee", 0)
    rate = fields.get("rate")
    currency = world.settings.settlement_currency
    detail = {"amount": fee, "application": None, "currency": currency, "description": "Stripe processing fees"}
    available = fields.get("available_on", world.now())
    movement = world.new(
        "balance_transaction",
        "txn",
        amount=amount,
        available_on=available,
        balance_type=fields.get("balance_type", "payments"),
        currency=currency,
        description=fields.get("description"),
        exchange_rate=float(rate) if rate is not None else None,
        fee=fee,
        fee_details=[{**detail, "type": "stripe_fee"}] if fee else [],
        net=amount - fee,
        reporting_category=fields.get("reporting_category", kind),
        source=source["id"],
        status="available" if available <= world.now() else "pending",
        type=kind,
        _payout="",
    )
    return world.store.put(movement)


def show(world: World, movement: Json) -> Json:
    """The movement with the status it has by now: `pending` becomes `available` as the clock passes."""
    available = movement["available_on"] <= world.now()
    return {**movement, "status": "available" if available else "pending"}


def retrieve(world: World, params: Json, identifier: str) -> Json:
    """`GET /v1/balance_transactions/:id`."""
    return show(world, world.store.get("balance_transaction", identifier))


def list_all(world: World, params: Json, identifier: str) -> Json:
    """`GET /v1/balance_transactions`, also by `payout`, `source`, `type`, `currency`.

    Only automatic payouts can be itemised; asking for a manual one is refused.
    """
    names = {"payout": "_payout", "source": "source", "type": "type", "currency": "currency"}
    where = {path: params[name] for name, path in names.items() if name in params}
    if "payout" in params:
        payout = world.store.seek(params["payout"])
        if payout is None:
            raise not_found("payout", params["payout"], "payout")
        if not payout["automatic"]:
            raise ApiError(
                "Balance transaction history can only be filtered on automatic transfers, not manual.",
                param="payout",
            )
    rows, more = world.store.page("balance_transaction", where, params)
    return {"data": [show(world, row) for row in rows], "has_more": more}


def balance(world: World, params: Json, identifier: str) -> Json:
    """`GET /v1/balance`: available and pending money not yet paid out."""
    currency = world.settings.settlement_currency
    sums = {"available": 0, "pending": 0}
    for movement in world.store.all("balance_transaction", {"_payout": ""}):
        sums[show(world, movement)["status"]] += movement["net"]
    parts = {
        name: [{"amount": amount, "currency": currency, "source_types": {"card": amount}}]
        for name, amount in sums.items()
    }
    return {"object": "balance", "livemode": False, **parts}

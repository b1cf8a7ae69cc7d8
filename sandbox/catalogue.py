"""Products and prices, and the making of both from inline `price_data`."""
# ruff: noqa: ARG001 (handlers all take the same arguments, needed or not)

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.errors import ApiError, Json, invalid, missing
from sandbox.money_movements import exponent
from sandbox.shapes import part

if TYPE_CHECKING:
    from sandbox.world import World

#: The largest amount Stripe takes for most currencies, in minor units.
_LARGEST = 99_999_999
#: The least that can be charged, in the settlement currency's minor units.
SMALLEST = 50


def create_product(world: World, params: Json, identifier: str) -> Json:
    """`POST /v1/products`; `default_price_data` is not imitated."""
    if "name" not in params:
        raise missing("name")
    return _store_product(world, params)


def _store_product(world: World, params: Json) -> Json:
    product = world.new("product", "prod", active=True, type="service", updated=world.now())
    kept = ("name", "description", "metadata", "active", "images", "statement_descriptor", "unit_label", "url")
    product.update({name: params[name] for name in kept if name in params})
    return world.store.put(product)


def create_price(world: World, params: Json, identifier: str = "") -> Json:
    """`POST /v1/prices`: `unit_amount` or `unit_amount_decimal`, `recurring`, `product` or `product_data`."""
    currency = check_currency(params.get("currency"), "currency")
    amount = unit_amount(params, "unit_amount")
    product = params.get("product")
    if product:
        world.store.get("product", product, "product")
    elif "product_data" in params:
        product = _store_product(world, params["product_data"])["id"]
    else:
        raise missing("product")
    recurring = None
    if "recurring" in params:
        recurring = part("price", "recurring") | {"usage_type": "licensed"}
        recurring |= {"interval_count": 1} | params["recurring"]
    price = world.new(
        "price",
        "price",
        active=True,
        billing_scheme="per_unit",
        currency=currency,
        product=product,
        recurring=recurring,
        tax_behavior="unspecified",
        type="recurring" if recurring else "one_time",
        unit_amount=amount,
        unit_amount_decimal=str(amount),
    )
    price.update({name: params[name] for name in ("metadata", "nickname", "lookup_key") if name in params})
    return world.store.put(price)


def check_currency(currency: Any, param: str) -> str:
    """A lower-case ISO code the sandbox knows a rate for; raises ApiError."""
    if not currency:
        raise missing(param)
    code = str(currency).lower()
    if len(code) != 3 or not code.isalpha():
        raise invalid(param, f"Invalid currency: {currency}.")
    return code


def unit_amount(params: Json, param: str) -> int:
    """The price of one unit in minor units; raises ApiError when missing, negative or not whole."""
    if "unit_amount" in params:
        amount = int(params["unit_amount"])
    elif "unit_amount_decimal" in params:
        exact = Decimal(params["unit_amount_decimal"])
        if exact != exact.to_integral_value():
            raise invalid(param, "The sandbox takes whole minor units only.")
        amount = int(exact)
    else:
        raise missing(param)
    if amount < 0:
        raise invalid(param, "Invalid non-negative integer", "parameter_invalid_integer")
    if amount > _LARGEST:
        raise ApiError("Amount must be no more than 999,999.99", code="amount_too_large", param=param)
    return amount


def resolve_price(world: World, item: Json, param: str) -> Json:
    """The price of a line: an existing one by `price`, or one made from `price_data`."""
    if "price" in item:
        return world.store.get("price", item["price"], f"{param}[price]")
    if "price_data" not in item:
        raise missing(f"{param}[price]")
    data = item["price_data"]
    check_precision(unit_amount(data, f"{param}[price_data][unit_amount]"), data, param)
    price = create_price(world, data)
    price |= {"active": False}
    return world.store.put(price)


def check_precision(amount: int, data: Json, param: str) -> None:
    """Three-decimal currencies take amounts that end in 0 only."""
    if exponent(str(data.get("currency", "")).lower()) == 3 and amount % 10:
        raise invalid(param, "Amounts in three-decimal currencies must end in 0.", "parameter_invalid_integer")

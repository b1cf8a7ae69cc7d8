"""What we send to Stripe: payment pages and refunds, as parameters of its interface."""

from typing import TYPE_CHECKING, Any, Literal

from app.payments.gateway import CheckoutOrder, GatewayRefused, RefundOrder, SubscriptionMove, SubscriptionOrder
from app.payments.models import CheckoutMode, Interval
from app.payments.stripe_gateway.amounts import to_stripe
from app.payments.stripe_gateway.periods import end_after

if TYPE_CHECKING:
    from stripe.params import RefundCreateParams
    from stripe.params.checkout import (
        SessionCreateParams,
        SessionCreateParamsLineItem,
        SessionCreateParamsLineItemPriceDataRecurring,
    )

CHECKOUT_TOKEN = "checkout_token"  # noqa: S105 - the name of a field
REFUND_TOKEN = "refund_token"  # noqa: S105 - the name of a field
RHYTHMS: dict[Interval, tuple[Literal["month", "year"], int]] = {
    Interval.MONTH: ("month", 1),
    Interval.QUARTER: ("month", 3),
    Interval.YEAR: ("year", 1),
}


def page_params(order: CheckoutOrder) -> "SessionCreateParams":
    """A Checkout Session. Our token goes onto the session *and* what comes of it: metadata is not copied down.

    No personal data goes into metadata; the e-mail address goes into its own field, for Stripe's receipt of the card.
    """
    ours = {CHECKOUT_TOKEN: order.token}
    params: SessionCreateParams = {
        "ui_mode": "hosted_page",
        "mode": "payment" if order.mode is CheckoutMode.ONCE else "subscription",
        "line_items": [_line(order)],
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
        "client_reference_id": order.token,
        "metadata": ours,
        "locale": "fr" if order.language == "fr" else "en",
        "adaptive_pricing": {"enabled": False},
    }
    if order.mode is CheckoutMode.ONCE:
        params["submit_type"] = "donate"
        params["payment_intent_data"] = {"metadata": ours, "description": order.description}
    else:
        params["subscription_data"] = {"metadata": ours, "description": order.description}
    if order.customer_reference:
        params["customer"] = order.customer_reference
    elif order.email:
        params["customer_email"] = order.email
    if order.expires_at:
        params["expires_at"] = int(order.expires_at.timestamp())
    return params


def _line(order: CheckoutOrder) -> "SessionCreateParamsLineItem":
    units, currency = to_stripe(order.amount)
    line: SessionCreateParamsLineItem = {
        "quantity": 1,
        "price_data": {"currency": currency, "unit_amount": units, "product_data": {"name": order.description}},
    }
    if order.interval is not None:
        line["price_data"]["recurring"] = _recurring(order.interval)
    return line


def _recurring(interval: Interval) -> "SessionCreateParamsLineItemPriceDataRecurring":
    unit, count = RHYTHMS[interval]
    return {"interval": unit, "interval_count": count}


def change_params(order: SubscriptionOrder, before: dict[str, Any]) -> dict[str, Any]:
    """A change of a subscription, given as it is now. A trial's end is what moves the day of all later charges.

    Source: https://docs.stripe.com/billing/subscriptions/billing-cycle and …/pause-payment.

    Raises:
        GatewayRefused: it is not one that our pages make (several items, none, or no amount).

    """
    return _moved(order, before) | _ending(order, before)


def _ending(order: SubscriptionOrder, before: dict[str, Any]) -> dict[str, Any]:
    """When it ends by itself, if that is to change along: exactly where a period ends, so that no part is charged."""
    if order.term is None:
        return {}
    if order.term.last_on is None:
        return {"cancel_at": ""}
    moved_to = int(order.at.timestamp()) if order.move is SubscriptionMove.DAY and order.at else None
    return {"cancel_at": end_after(before, order.term.last_on, moved_to=moved_to), "proration_behavior": "none"}


def _moved(order: SubscriptionOrder, before: dict[str, Any]) -> dict[str, Any]:
    if order.move is SubscriptionMove.TERM:
        return {}
    if order.move is SubscriptionMove.PAUSE:
        ends = {"resumes_at": int(order.at.timestamp())} if order.at else {}
        return {"pause_collection": {"behavior": "void", **ends}}
    if order.move is SubscriptionMove.RESUME:
        return {"pause_collection": ""}
    if order.move is SubscriptionMove.DAY and order.at is not None:
        return {"trial_end": int(order.at.timestamp()), "proration_behavior": "none"}
    items = (before.get("items") or {}).get("data", [])
    if order.amount is None or len(items) != 1:
        raise GatewayRefused("subscription_not_simple")
    units, currency = to_stripe(order.amount)
    price = items[0]["price"]
    recurring = {name: price["recurring"][name] for name in ("interval", "interval_count")}
    data = {"currency": currency, "unit_amount": units, "product": price["product"], "recurring": recurring}
    return {
        "items": [{"id": items[0]["id"], "quantity": 1, "price_data": data}],
        "proration_behavior": "none",
    }


def refund_params(order: RefundOrder) -> "RefundCreateParams":
    """A refund of a payment, with our token so that we know it again."""
    units, _currency = to_stripe(order.amount)
    return {
        "payment_intent": order.payment_reference,
        "amount": units,
        "metadata": {REFUND_TOKEN: order.token},
    }

"""Where a subscription's periods end, and which charge is its last: what an end has to be so that no part is charged.

Stripe prorates the last period, and so charges a part of it, unless `cancel_at` is the very instant at which a period
ends; there it charges nothing any more. Source: https://docs.stripe.com/billing/subscriptions/cancel and the field
`cancel_at`. Periods are counted from the anchor in UTC; an anchor on the 29th to 31st falls on the last day of shorter
months. Source: https://docs.stripe.com/billing/subscriptions/billing-cycle.
"""

import calendar
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from app.kernel.clock import date_by_clock_of, from_timestamp
from app.payments.gateway import GatewayRefused

Json = dict[str, Any]
MONTHS = {"month": 1, "year": 12}
MOST = 3000
"""Periods from the anchor on that are looked through: 250 years of months."""


def end_after(subscription: Json, last_on: date, *, moved_to: int | None = None) -> int:
    """The instant to end at so that the charge of this day is the last: where the period that it pays for ends.

    `moved_to` is the instant to which the next charge moves along with it.

    Raises:
        GatewayRefused: it is not one that our pages make (other rhythms, or none).

    """
    return next(end for end in _ends(subscription, moved_to) if charge_day(subscription, end, moved_to) > last_on)


def last_charge_of(subscription: Json) -> date | None:
    """The day of the last charge of a subscription whose end is fixed; None where it is not."""
    end, now_until = fixed_end(subscription), _period_end(subscription)
    if end is None or now_until is None:
        return None
    if end <= now_until:
        return charge_day(subscription, min(_of_items(subscription, "current_period_start"), default=now_until))
    last = now_until
    for each in _ends(subscription, None):
        if each >= end:
            break
        last = each
    return charge_day(subscription, last)


def charge_day(subscription: Json, seconds: int, anchor: int | None = None) -> date:
    """The day of a charge. Those in summer have the day of those in winter, though midnight comes an hour earlier.

    `anchor` is what charges are counted from, where it is not what the subscription says.
    """
    counted_from = anchor or subscription.get("billing_cycle_anchor") or seconds
    return date_by_clock_of(from_timestamp(counted_from), from_timestamp(seconds))


def fixed_end(subscription: Json) -> int | None:
    """The instant at which it ends by itself, if that is fixed."""
    if subscription.get("cancel_at"):
        return int(subscription["cancel_at"])
    return _period_end(subscription) if subscription.get("cancel_at_period_end") else None


def charges_again(subscription: Json) -> bool:
    """Whether the end of this period is not the end of all."""
    end, now_until = fixed_end(subscription), _period_end(subscription)
    return end is None or (now_until is not None and now_until < end)


def _ends(subscription: Json, moved_to: int | None) -> Iterator[int]:
    """The ends of this period and of all later ones."""
    first = moved_to or _period_end(subscription)
    months = _months(subscription)
    if first is None or months is None:
        raise GatewayRefused("subscription_not_simple")
    yield first
    anchor = from_timestamp(moved_to or subscription["billing_cycle_anchor"])
    for step in range(MOST):
        found = int(_later(anchor, step * months).timestamp())
        if found > first:
            yield found
    raise GatewayRefused("subscription_without_end")


def _later(anchor: datetime, months: int) -> datetime:
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    day = min(anchor.day, calendar.monthrange(year, month + 1)[1])
    return anchor.replace(year=year, month=month + 1, day=day)


def _months(subscription: Json) -> int | None:
    rhythms = {_rhythm(item) for item in _items(subscription)}
    return rhythms.pop() if len(rhythms) == 1 else None


def _rhythm(item: Json) -> int | None:
    recurring = (item.get("price") or {}).get("recurring") or {}
    months = MONTHS.get(recurring.get("interval", ""))
    return months * int(recurring.get("interval_count") or 1) if months else None


def _items(subscription: Json) -> list[Json]:
    return list((subscription.get("items") or {}).get("data", []))


def _of_items(subscription: Json, name: str) -> list[int]:
    return [int(item[name]) for item in _items(subscription) if item.get(name)]


def _period_end(subscription: Json) -> int | None:
    return min(_of_items(subscription, "current_period_end"), default=None)

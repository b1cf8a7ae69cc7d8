"""What one sandbox is told when it starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

#: Sends one webhook: (url, body, headers) -> HTTP status. Raising OSError counts as "no answer".
Deliver = Callable[[str, bytes, Mapping[str, str]], int]

DAY = 86_400


@dataclass(frozen=True)
class SandboxSettings:
    """The sandbox's configuration. Amounts are minor units, durations seconds of the sandbox's clock."""

    #: Where browsers reach the sandbox; the hosted pages' addresses start with it.
    public_url: str = "http://127.0.0.1:4300"
    #: The SQLite file that keeps the state; None keeps it in memory.
    state: Path | None = None
    #: The product's webhook address and its signing secret; both or neither.
    webhook_url: str | None = None
    webhook_secret: str | None = None
    #: The event types that address subscribes to; `*` means all.
    enabled_events: tuple[str, ...] = ("*",)
    #: How webhooks are sent; None posts over HTTP.
    deliver: Deliver | None = None
    #: Whether a calendar (`demo.calendar`) takes the panel's days one by one, for the product to live through too.
    has_calendar: bool = False
    merchant_name: str = "Planète Népal"
    settlement_currency: str = "eur"
    sepa_delay_seconds: int = 5 * DAY
    card_funds_delay_seconds: int = 3 * DAY
    refund_delay_seconds: int = DAY
    payout_interval_seconds: int = 7 * DAY
    payout_arrival_seconds: int = DAY
    #: After a failed renewal: how long after each failure the next attempt comes, then the end.
    retry_schedule: tuple[int, ...] = (3 * DAY, 5 * DAY, 7 * DAY)
    #: What happens to a subscription when the retries are used up: `canceled`, `unpaid` or `past_due`.
    after_retries: str = "canceled"
    dispute_fee: int = 2000

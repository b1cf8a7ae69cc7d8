"""What the gateway tells us unasked, and what such a message is about."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Topic(StrEnum):
    """What a gateway event is about: the kind of thing to fetch when it comes."""

    CHECKOUT = "checkout"
    PAYMENT = "payment"
    INVOICE = "invoice"
    SUBSCRIPTION = "subscription"
    REFUND = "refund"
    DISPUTE = "dispute"
    PAYOUT = "payout"
    MANDATE = "mandate"
    CUSTOMER = "customer"
    METHOD = "method"
    FRAUD_WARNING = "fraud_warning"


@dataclass(frozen=True, kw_only=True)
class EventEnvelope:
    """A message of the gateway: what it is about and the gateway's own name for it (`kind`)."""

    reference: str
    kind: str
    object_reference: str
    is_test: bool
    api_version: str
    happened_at: datetime
    payload: dict[str, Any] = field(repr=False)

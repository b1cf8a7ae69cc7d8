"""Stripe's events: which ones concern us, and how a message is told from a forgery."""

import json
import re
import time
from collections.abc import Sequence
from typing import Any

import orjson
import stripe

from app.kernel.clock import from_timestamp
from app.payments.gateway import BadSignature, EventEnvelope, Topic

TOLERANCE = 300
"""Seconds a message's time stamp may lie in the past or, which the SDK does not look at, in the future."""

DEEPEST = 50
TOPICS: dict[str, Topic] = {
    "checkout.session.completed": Topic.CHECKOUT,
    "checkout.session.async_payment_succeeded": Topic.CHECKOUT,
    "checkout.session.async_payment_failed": Topic.CHECKOUT,
    "checkout.session.expired": Topic.CHECKOUT,
    "invoice.paid": Topic.INVOICE,
    "invoice.payment_failed": Topic.INVOICE,
    "invoice.payment_action_required": Topic.INVOICE,
    "customer.updated": Topic.CUSTOMER,
    "payment_method.automatically_updated": Topic.METHOD,
    "customer.subscription.updated": Topic.SUBSCRIPTION,
    "customer.subscription.deleted": Topic.SUBSCRIPTION,
    "charge.pending": Topic.PAYMENT,
    "charge.updated": Topic.PAYMENT,
    "refund.created": Topic.REFUND,
    "refund.updated": Topic.REFUND,
    "refund.failed": Topic.REFUND,
    "charge.dispute.created": Topic.DISPUTE,
    "charge.dispute.updated": Topic.DISPUTE,
    "charge.dispute.closed": Topic.DISPUTE,
    "charge.dispute.funds_withdrawn": Topic.DISPUTE,
    "charge.dispute.funds_reinstated": Topic.DISPUTE,
    "mandate.updated": Topic.MANDATE,
    "payout.failed": Topic.PAYOUT,
    "payout.reconciliation_completed": Topic.PAYOUT,
    "radar.early_fraud_warning.created": Topic.FRAUD_WARNING,
}
"""Every kind of event that the endpoint has to be subscribed to. Payments are booked from the checkout, from
`invoice.paid` and, while the bank of a debit has not answered, from `charge.pending`: of a renewal nothing else tells
before. `payment_intent.succeeded` and the like tell the same once more and are left out.
https://docs.stripe.com/api/events/types"""

_CONTAINERS = (dict, list)
_TIME = re.compile(r"(?:^|,)t=(\d{1,12})(?:,|$)")


def read_message(body: bytes, signature: str, secrets: Sequence[str], *, is_test: bool) -> EventEnvelope:
    """The event in a raw request body, if any of the secrets signed it, lately, and in our mode and of our account.

    An event that names an account comes of another one, which is connected to ours.

    Raises:
        BadSignature: otherwise, whatever was sent.

    """
    if not any(_is_signed(body, signature, secret) for secret in secrets):
        raise BadSignature("signature")
    stamped = _TIME.search(signature)
    if stamped is None or int(stamped[1]) > time.time() + TOLERANCE:
        raise BadSignature("time")
    message = _parsed(body)
    envelope = read_envelope(message)
    if envelope.is_test != is_test:
        raise BadSignature("mode")
    if message.get("account"):
        raise BadSignature("account")
    return envelope


def _is_signed(body: bytes, signature: str, secret: str) -> bool:
    if not signature.isascii():  # no digest is, and comparing one with it is refused aloud
        return False
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE)
    except (stripe.SignatureVerificationError, ValueError, OverflowError):
        return False
    return True


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def read_envelope(message: Any) -> EventEnvelope:
    """The envelope of a parsed event that is storable.

    Raises:
        BadSignature: it has not the form of a snapshot event.

    """
    if not isinstance(message, dict) or message.get("object") != "event" or type(message.get("livemode")) is not bool:
        raise BadSignature("form")
    about = (message.get("data") or {}).get("object") if isinstance(message.get("data"), dict) else None
    if not isinstance(about, dict):
        raise BadSignature("form")
    try:
        happened_at = from_timestamp(_whole_number(message.get("created")))
    except (ValueError, OverflowError, OSError):
        raise BadSignature("form") from None
    version = message.get("api_version")
    return EventEnvelope(
        reference=_word(message.get("id")),
        kind=_word(message.get("type")),
        object_reference=about["id"][:255] if isinstance(about.get("id"), str) else "",
        is_test=not message["livemode"],
        api_version=version[:80] if isinstance(version, str) else "",
        happened_at=happened_at,
        payload=message,
    )


def _word(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_.-]{1,255}", value):
        raise BadSignature("form")
    return value


def _whole_number(value: Any) -> int:
    if type(value) is not int:
        raise ValueError(value)
    return value


def _parsed(body: bytes) -> Any:
    """What the body says, storable.

    The quick parser refuses halves of surrogate pairs, which a donor's name cut in the wrong place may have: the
    patient one takes what it refuses. It makes fractions of whole numbers beyond 64 bits: the text is kept for proof,
    and no amount is read from it.

    Raises:
        BadSignature: it is no JSON, or nested deeper than any event is.

    """
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            return storable(json.loads(body.decode(), parse_constant=_refuse_constant))
        except (ValueError, RecursionError):
            raise BadSignature("form") from None
    return message if _is_storable(body, message) else storable(message)


def _is_storable(body: bytes, message: Any) -> bool:
    """Whether it is so as it came, told quickly: a NUL can only have been written as an escape."""
    level: list[Any] = [[message]]
    depth = 0
    while level and depth <= DEEPEST:
        parts = [each.values() if isinstance(each, dict) else each for each in level]
        level = [part for each in parts for part in each if isinstance(part, _CONTAINERS)]
        depth += 1
    return not level and b"\\u0000" not in body


def storable(value: Any, depth: int = 0) -> Any:
    """The message without signs that a database cannot hold: NUL and halves of surrogate pairs.

    Raises:
        BadSignature: nested deeper than any event is.

    """
    if depth > DEEPEST:
        raise BadSignature("form")
    if isinstance(value, str):
        return value.replace("\0", "?").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [storable(part, depth + 1) for part in value]
    if isinstance(value, dict):
        return {storable(name, depth): storable(part, depth + 1) for name, part in value.items()}
    return value

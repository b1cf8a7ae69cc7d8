"""Stripe's failures become ours: refused for good, or try again. Its prose, maybe personal, goes no further."""

from collections.abc import Iterator
from contextlib import contextmanager

import stripe
import structlog

from app.payments.gateway import GatewayRefused, GatewayUnavailable

log = structlog.get_logger()
TRY_AGAIN = frozenset({401, 403, 409, 429})
"""A key that is refused is a fault of the set-up, to be put right; meanwhile nothing may be given up for good."""


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Around every call of Stripe.

    Raises:
        GatewayRefused: Stripe understood and said no.
        GatewayUnavailable: no answer, too busy, out of order, or it does not accept our key.

    """
    try:
        yield
    except stripe.StripeError as error:
        code = _code(error)
        log.info("gateway_failure", call=what, error=type(error).__name__, code=code, request=error.request_id)
        if _is_final(error):
            raise GatewayRefused(code) from None
        raise GatewayUnavailable(f"{type(error).__name__} {code} in {what}") from None


def _is_final(error: stripe.StripeError) -> bool:
    status = error.http_status or 0
    if status in TRY_AGAIN or status >= 500:
        return False
    return isinstance(error, stripe.CardError | stripe.InvalidRequestError | stripe.IdempotencyError)


def _code(error: stripe.StripeError) -> str:
    declined = getattr(error.error, "decline_code", None) if error.error else None
    if isinstance(error, stripe.IdempotencyError):
        return "idempotency_error"
    return str(declined or error.code or "unknown")[:80]

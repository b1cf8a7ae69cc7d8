"""How often one address, account or e-mail may try something."""

from ipaddress import IPv6Address, ip_address

from flask import request
from flask_limiter import Limiter, RateLimitExceeded

from app.kernel.clock import now
from app.kernel.text import one_line

HOUSEHOLD = 64
"""Bits of an IPv6 address that belong to a line; the rest its owner may change at will (RFC 6177, RFC 8981)."""


def by_address() -> str:
    """Key of a limit that counts by where a request comes from: an IPv4 address, or an IPv6 line of 64 bits."""
    try:
        address = ip_address((request.remote_addr or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    is_line = isinstance(address, IPv6Address) and not address.is_loopback
    return f"{int(address) >> HOUSEHOLD:x}::/{HOUSEHOLD}" if is_line else str(address)


class Limits(Limiter):
    """The library's limiter, for limits that stand on views: those it checks where they stand."""

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:  # noqa: FBT001, FBT002 - the library's
        """Nothing before the view: there are no limits of the whole product, and looking for them takes its time."""
        if in_middleware:
            return
        try:
            super()._check_request_limit(callable_name, in_middleware)
        except RateLimitExceeded:
            raise
        except Exception:
            # Several threads may find at one moment that the counts are gone; the library lets the first alone go on.
            if not self._storage_dead:
                raise
            super()._check_request_limit(callable_name, in_middleware)


limiter = Limits(key_func=by_address, strategy="moving-window", headers_enabled=False, in_memory_fallback_enabled=True)
"""Where the counts are kept may be gone (a Redis): until it is back each process counts for itself."""


def seconds_to_wait() -> int | None:
    """How long whoever has tried too often has to wait; None when no limit is behind the refusal."""
    reached = limiter.current_limit
    return max(1, reached.reset_at - int(now().timestamp())) if reached is not None and reached.breached else None


def by_field(name: str) -> str:
    """Key of a limit that counts by what was typed into a field (an e-mail address), whatever its capitals.

    It is read as forms read it: signs without width would make as many keys of one account as one likes.
    """
    return f"{name}:{one_line(request.form.get(name, '')).casefold()[:200]}"

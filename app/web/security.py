"""Headers that keep pages ours: a strict content security policy, no framing, no sniffing, no referrer leaks."""

import re
from collections.abc import Sequence

from flask import Response, g

from app.web.application import Application
from config import Config

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ONLY_HTTPS = "max-age=31536000; includeSubDomains"
_SOURCE = re.compile(r"'none'|'self'|https?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?")


def cookie_name(name: str, *, is_secure: bool) -> str:
    """What a cookie is called: over https with the prefix by which browsers let no other host set it (RFC 6265bis)."""
    return f"__Host-{name}" if is_secure else name


def allow_framing(origins: Sequence[str]) -> None:
    """For this answer only: these origins may show the page in a frame. What is no origin is left out."""
    g.frame_ancestors = " ".join(each for each in origins if _SOURCE.fullmatch(each)) or "'none'"


def _policy(settings: Config) -> str:
    """Nothing from elsewhere; forms may lead to where donors pay, since browsers apply the rule to redirects."""
    pay = " ".join(("'self'", *settings.checkout_origins))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; manifest-src 'self'; frame-src 'self'; form-action {pay}; base-uri 'none'; "
        "frame-ancestors {ancestors}"
    )


def headers_always(settings: Config) -> dict[str, str]:
    """The headers of an answer that is no page: for programs, kept by nobody."""
    over_https = {"Strict-Transport-Security": ONLY_HTTPS} if settings.is_secure else {}
    policy = _policy(settings).replace("{ancestors}", "'none'")
    return {**ALWAYS, "Content-Security-Policy": policy, "Cache-Control": "no-store", **over_https}


def register_headers(app: Application, settings: Config) -> None:
    """Put the headers on every answer."""
    policy = _policy(settings)

    @app.after_request
    def add_headers(response: Response) -> Response:
        ancestors = g.get("frame_ancestors", "'none'")
        there = {name.lower() for name, _value in response.headers}
        if "content-security-policy" not in there:
            response.headers.add("Content-Security-Policy", policy.replace("{ancestors}", ancestors))
        for name, value in ALWAYS.items():
            if name.lower() not in there:
                response.headers.add(name, value)
        if settings.is_secure:
            response.headers["Strict-Transport-Security"] = ONLY_HTTPS
        # "no-cache" alone is what Flask says of files that a view sends: kept, and asked about again.
        if response.headers.get("Cache-Control", "no-cache") == "no-cache":
            response.headers["Cache-Control"] = "no-store"
        return response

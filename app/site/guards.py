"""How often one address, one e-mail or one form may send gifts: what keeps card testers from using a giving page."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, abort, request
from flask.typing import ResponseReturnValue

from app.kernel.text import one_line
from app.web.application import SAFE_METHODS
from app.web.limits import by_address, by_field, limiter

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

BY_ADDRESS = "12 per minute; 60 per hour"
BY_EMAIL = "6 per 10 minutes; 20 per day"
BY_FORM = "150 per 5 minutes"
LARGEST = 100_000
FAILURES = "25 per 30 minutes"


def _email() -> str:
    """The e-mail typed; where there is none, the address, so that people who forgot it do not share one limit."""
    return by_field("email") if one_line(request.form.get("email", "")) else f"none:{by_address()}"


def _form() -> str:
    return f"form:{(request.view_args or {}).get('slug', '')}"


def _was_refused(response: Response) -> bool:
    return response.status_code == 422


def light_only(view: View) -> View:
    """Take only what a person can have typed; a page with everything in it comes to a tenth of this."""

    @wraps(view)
    def guarded(*given: Any, **named: Any) -> ResponseReturnValue:
        if (request.content_length or 0) > LARGEST:
            abort(413)
        return view(*given, **named)

    return cast("View", guarded)


def limit_gifts(view: View) -> View:
    """Bound how often gifts are sent; an address that is refused again and again has to wait."""
    limited: Any = view
    for bounds, key in ((BY_ADDRESS, by_address), (BY_EMAIL, _email), (BY_FORM, _form)):
        limited = limiter.limit(bounds, methods=["POST"], key_func=key)(limited)
    limited = limiter.limit(FAILURES, methods=["POST"], deduct_when=_was_refused)(limited)

    @wraps(view)
    def guarded(*given: Any, **named: Any) -> ResponseReturnValue:
        chosen = view if request.method in SAFE_METHODS else limited
        return cast("ResponseReturnValue", chosen(*given, **named))

    return cast("View", guarded)


def from_anywhere(view: View) -> View:
    """Take what is sent without the session's token: the page may stand in a frame that gets no cookies.

    The signed stamp of the page stands in for it where something is written (see `app.site.stamps`).
    """
    view.csrf_exempt = True  # type: ignore[attr-defined]
    return view

"""The pages a donor sees: payment, 3-D Secure, and what is shown when a session is over.

No JavaScript; the page posts to itself. Addresses: `/c/pay/<session>` and `/c/pay/<session>/authenticate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request

from sandbox import completion
from sandbox.cards import Unusable, new_bank_account, new_card
from sandbox.money_movements import exponent
from sandbox.payments import Outcome, decline_of
from sandbox.texts import amount_text, catalogue

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from sandbox.errors import Json
    from sandbox.world import World

pages = Blueprint("hosted_page", __name__)

_PERIODS = {"day": "days", "week": "weeks", "month": "months", "year": "years"}


def the_world() -> World:
    """The sandbox this request belongs to."""
    world: World = current_app.extensions["sandbox"].world
    return world


def show(
    template: str, locale: str | None, *, status: int = 200, leads_to: tuple[str, ...] = (), **values: Any
) -> Response:
    """A page in the session's language, with headers that allow forms to lead only to known places."""
    language, words = catalogue(locale, request.headers.get("Accept-Language", ""))
    merchant = the_world().settings.merchant_name
    body = render_template(template, t=words, language=language, merchant=merchant, **values)
    answer = make_response(body, status)
    origins = {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, leads_to) if parts.netloc}
    forms = " ".join(["'self'", *sorted(origins)])
    policy = f"default-src 'none'; style-src 'self'; form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
    answer.headers["Content-Security-Policy"] = policy
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@pages.get("/c/pay/<session_id>")
def payment_page(session_id: str) -> AnyResponse:
    """The form, or what became of the session."""
    with the_world().store.transaction():
        session = the_world().store.seek(session_id)
        return _over(session) or _form(_known(session))


@pages.post("/c/pay/<session_id>")
def pay(session_id: str) -> AnyResponse:
    """Take what was typed and try to pay. A second press of the button finds the session complete."""
    world = the_world()
    typed = {name: value[:200] for name, value in request.form.items()}
    with world.store.transaction():
        session = world.store.seek(session_id)
        over = _over(session)
        if over is not None:
            return over
        session = _known(session)
        typed["email"] = _fixed_email(session) or typed.get("email", "").strip()
        if "@" not in typed["email"]:
            return _form(session, typed, "bad_email")
        try:
            is_debit = typed.get("method") == "sepa_debit" and "sepa_debit" in session["payment_method_types"]
            method = (new_bank_account if is_debit else new_card)(world, typed)
        except Unusable as refusal:
            return _form(session, typed, str(refusal))
        return _answer(session, completion.pay(world, session, method), method, typed)


@pages.get("/c/pay/<session_id>/authenticate")
def challenge(session_id: str) -> AnyResponse:
    """What stands for the bank's 3-D Secure page."""
    session = the_world().store.seek(session_id)
    over = _over(session)
    if over is not None:
        return over
    session = _known(session)
    if not session.get("_waiting_method"):
        return redirect(f"/c/pay/{session_id}", 303)
    return show(
        "challenge.html", session["locale"], leads_to=_ways_out(session), action=request.path, **_summary(session)
    )


@pages.post("/c/pay/<session_id>/authenticate")
def authenticate(session_id: str) -> AnyResponse:
    """Complete or Fail was pressed at the 3-D Secure step."""
    world = the_world()
    with world.store.transaction():
        session = world.store.seek(session_id)
        over = _over(session)
        if over is not None:
            return over
        session = _known(session)
        if not session.get("_waiting_method"):
            return redirect(f"/c/pay/{session_id}", 303)
        method = world.store.get("payment_method", session["_waiting_method"])
        if request.form.get("result") == "complete":
            outcome = completion.pay(world, session, method, authenticated=True)
            return _answer(session, outcome, method, {})
        completion.refuse_authentication(world, session)
        return _form(session, {}, "authentication")


def _answer(session: Json, outcome: Outcome, method: Json, typed: Json) -> AnyResponse:
    if outcome is Outcome.REQUIRES_ACTION:
        return redirect(f"/c/pay/{session['id']}/authenticate", 303)
    if outcome is Outcome.DECLINED:
        return _form(session, typed, decline_of(method))
    return redirect(success_address(session), 303)


def success_address(session: Json) -> str:
    """The session's `success_url` with its own id in the place kept for it."""
    address: str = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
    return address


def _known(session: Json | None) -> Json:
    assert session is not None  # `_over` answered otherwise
    return session


def _over(session: Json | None) -> AnyResponse | None:
    """The page for a session that cannot be paid (any more); None when it is open."""
    if session is None or session["object"] != "checkout.session":
        return show("notice.html", "auto", status=404, title="unknown", back=None)
    expired = session["status"] == "open" and session["expires_at"] <= the_world().now()
    if session["status"] == "open" and not expired:
        return None
    if session["status"] == "complete":
        if request.method == "POST":
            return redirect(success_address(session), 303)
        return show("notice.html", session["locale"], title="done", back=success_address(session))
    return show("notice.html", session["locale"], status=410, title="expired", back=session["cancel_url"])


def _form(session: Json, typed: Json | None = None, error: str | None = None) -> Response:
    typed = typed or {}
    fixed = _fixed_email(session)
    return show(
        "pay.html",
        session["locale"],
        status=402 if error else 200,
        leads_to=_ways_out(session),
        action=f"/c/pay/{session['id']}",
        error=error,
        email=fixed or typed.get("email", ""),
        email_is_fixed=bool(fixed),
        name=typed.get("name", ""),
        chosen=typed.get("method", "card"),
        methods=session["payment_method_types"],
        back=session["cancel_url"],
        **_summary(session),
    )


def _fixed_email(session: Json) -> str | None:
    """The address given by the caller or known of the customer; the donor cannot change it."""
    customer = the_world().store.seek(session["customer"]) if session["customer"] else None
    fixed: str | None = session["customer_email"] or (customer or {}).get("email")
    return fixed


def _summary(session: Json) -> Json:
    language, words = catalogue(session["locale"], request.headers.get("Accept-Language", ""))
    amount = amount_text(session["amount_total"], exponent(session["currency"]), session["currency"], language)
    lines = session["_line_items"]
    rhythm = ""
    recurring = lines[0]["price"]["recurring"]
    if recurring:
        count = recurring["interval_count"]
        unit = words[_PERIODS[recurring["interval"]]]
        rhythm = words[f"per_{recurring['interval']}"] if count == 1 else words["every"].format(count=count, unit=unit)
    button = "subscribe" if recurring else ("donate" if session["submit_type"] == "donate" else "pay")
    descriptions = [line["description"] for line in lines]
    return {"amount": amount, "rhythm": rhythm, "button": button, "descriptions": descriptions}


def _ways_out(session: Json) -> tuple[str, ...]:
    return tuple(filter(None, (session["success_url"], session["cancel_url"])))

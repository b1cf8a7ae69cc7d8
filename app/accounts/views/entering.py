"""What follows when somebody has proved who they are, by whichever way: the sign-in begins, and its cookie."""

from flask import current_app, g, make_response, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from app.accounts.models import EndReason, SignInMethod, StaffSession, StaffUser
from app.accounts.queries.factors import has_second_factor
from app.accounts.rules.devices import device_in_words
from app.accounts.services.sessions import Arrival, begin_session, end_session
from app.accounts.views.known_devices import device_of_request, remember_device
from app.accounts.views.setting_up import counts_as_two
from app.accounts.views.waiting import begin_waiting
from app.kernel.actors import Actor
from app.kernel.audit import act_as
from app.web.application import this_application

COOKIE_KEY = "_user_id"
"""Where Flask-Login looks for whom the cookie names."""


def first_factor_passed(user: StaffUser, how: SignInMethod, onward: str) -> ResponseReturnValue:
    """Somebody has shown a first proof of who they are; where they go from here. Every way of signing in ends here.

    Whoever has a second factor is asked for it, whichever of the others they came by, a mailed link too.
    """
    if not counts_as_two(how):
        with this_application().database.reading() as db:
            needs_more = has_second_factor(db, user)
        if needs_more:
            begin_waiting(user, how, onward)
            return redirect(url_for("second_step.code"), 303)
    return enter(user, how, onward)


def enter(user: StaffUser, how: SignInMethod, onward: str) -> ResponseReturnValue:
    """Begin a sign-in of this user, with nothing in its cookie of what was before, and go on to `onward`.

    Opens a transaction of its own: for views that are marked `@own_transactions`.
    """
    before: StaffSession | None = g.get("staff_session")
    arrival = Arrival(
        how, request.remote_addr, device_in_words(request.user_agent.string),
        is_new_device=not device_of_request().knows(user), lasting=this_application().settings.session_lasting,
    )  # fmt: skip
    with this_application().database.writing() as db:
        kept = db.get_one(StaffUser, user.id)
        actor = as_present_actor(kept)
        act_as(db, actor)
        if before is not None:
            end_session(db, db.get_one(StaffSession, before.id), EndReason.REPLACED, actor=actor)
        record, key = begin_session(db, kept, arrival, actor=actor)
    keep_in_cookie(record.cookie(key))
    response = make_response(redirect(onward, 303))
    remember_device(response, user)
    return response


def as_present_actor(user: StaffUser) -> Actor:
    """The user as the one who acts in this request, before their sign-in has begun."""
    actor = user.as_actor()
    return Actor(actor.kind, actor.name, actor.id, actor.capabilities, request.remote_addr, g.get("request_id"))


def keep_in_cookie(cookie: str) -> None:
    """Make the browser's cookie name this sign-in and nothing else."""
    session.clear()
    session[COOKIE_KEY] = cookie
    _forget_who_asked()


def renew_cookie(cookie: str) -> None:
    """The sign-in stays, under another key. What else the browser keeps stays too: a form may be on its way."""
    session[COOKIE_KEY] = cookie


def leave() -> None:
    """Empty the browser's cookie."""
    session.clear()
    _forget_who_asked()


def _forget_who_asked() -> None:
    """What was found out at the beginning of the request is no longer true."""
    for name in ("staff_session", "actor"):
        g.pop(name, None)
    current_app.login_manager._update_request_context_with_user()  # type: ignore[attr-defined]  # noqa: SLF001

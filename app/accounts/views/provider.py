"""Signing in through one's organisation's provider: there, and back. No transaction waits for the network."""

import structlog
from flask import Blueprint, abort, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.accounts.models import SignInMethod, StaffSession
from app.accounts.provider import COME_BACK, Asked, Identity, Provider
from app.accounts.services.identities import staff_of_identity
from app.accounts.services.sessions import confirm_session
from app.accounts.views.entering import first_factor_passed, renew_cookie
from app.accounts.views.session import present_session
from app.accounts.views.setting_up import for_setting_up
from app.accounts.views.waiting import LONGEST
from app.kernel.audit import act_as
from app.kernel.clock import from_timestamp, now
from app.kernel.errors import Outside, Refused
from app.kernel.i18n import gettext as _
from app.web.addresses import safe_next
from app.web.application import own_transactions, this_application
from app.web.auth import current_actor, public, signed_in
from app.web.limits import limiter

bp = Blueprint("provider", __name__)
log = structlog.get_logger()
KEY = "provider"
PATIENCE = 600
"""Seconds within which people come back from their provider."""
MOST_AT_ONCE = 3
"""Sign-ins that one browser may have begun in several tabs; what is kept of them is in its cookie."""
HOME = "/"


@bp.route("/sign-in/provider")
@public
@limiter.limit("20 per minute; 200 per hour")
def leave() -> ResponseReturnValue:
    """Send the person to their provider. A link, and no form: browsers would hold a form to our own addresses."""
    return _send_away(Asked.anew(), url_for("accounts.sign_in"))


@bp.route("/confirm/provider")
@signed_in
@for_setting_up
@limiter.limit("20 per minute; 200 per hour")
def confirm() -> ResponseReturnValue:
    """Send the person to their provider to prove anew who they are."""
    return _send_away(Asked.anew(is_again=True), url_for("confirming.confirm", next=_wanted()))


@bp.route(COME_BACK)
@public
@own_transactions
@limiter.limit("20 per minute; 200 per hour")
def arrive() -> ResponseReturnValue:
    """The person comes back. What was asked is good once, in the browser that asked."""
    found = _take_asked(request.args.get("state", ""))
    failed = url_for("accounts.sign_in")
    if found is None:
        flash(_("That took too long. Please try again."), "danger")
        return redirect(failed, 303)
    asked, onward = found
    try:
        identity = _provider().identity(asked, request.args)
        return _confirm_again(identity, onward) if asked.is_again else _let_in(identity, onward)
    except Outside:
        flash(_silent(), "danger")
    except Refused as refusal:
        log.warning("proof_failed", view=request.endpoint)
        flash(str(refusal), "danger")
    return redirect(url_for("confirming.confirm", next=onward) if asked.is_again else failed, 303)


def _provider() -> Provider:
    if not this_application().settings.OIDC_ISSUER:
        abort(404)
    return this_application().ports.get(Provider)


def _wanted() -> str:
    return safe_next(request.args.get("next"), HOME)


def _silent() -> str:
    return _(
        "%(name)s does not answer at the moment. Please try again in a minute, or in another way.",
        name=this_application().settings.OIDC_NAME,
    )


def _send_away(asked: Asked, back: str) -> ResponseReturnValue:
    try:
        address = _provider().address(asked)
    except Outside:
        flash(_silent(), "danger")
        return redirect(back, 303)
    _keep_asked(asked, _wanted())
    return redirect(address, 303)


def _keep_asked(asked: Asked, onward: str) -> None:
    kept = session.get(KEY)
    begun = dict(list(kept.items())[1 - MOST_AT_ONCE :]) if isinstance(kept, dict) else {}
    onward = onward if len(onward) <= LONGEST else HOME
    begun[asked.state] = [asked.nonce, asked.verifier, int(asked.at.timestamp()), asked.is_again, onward]
    session[KEY] = begun


def _take_asked(state: str) -> tuple[Asked, str] | None:
    """What was asked under this state, and where the person wanted to go; gone from the cookie afterwards."""
    begun = dict(session.get(KEY) or {})
    kept = begun.pop(state, None)
    session[KEY] = begun
    if kept is None or now().timestamp() - kept[2] > PATIENCE:
        return None
    nonce, verifier, at, is_again, onward = kept
    return Asked(state, nonce, verifier, from_timestamp(at), is_again), onward


def _let_in(identity: Identity, onward: str) -> ResponseReturnValue:
    with this_application().database.writing() as writing:
        act_as(writing, current_actor())
        user = staff_of_identity(writing, identity, actor=current_actor())
    return first_factor_passed(user, SignInMethod.PROVIDER, onward)


def _confirm_again(identity: Identity, onward: str) -> ResponseReturnValue:
    if not current_user.is_authenticated:
        raise Refused(_("Please sign in again."))
    with this_application().database.writing() as writing:
        act_as(writing, current_actor())
        if staff_of_identity(writing, identity, actor=current_actor()).id != current_user.id:
            raise Refused(_("That was somebody else. Please confirm as %(name)s.", name=current_user.name))
        record = writing.get_one(StaffSession, present_session().id)
        cookie = confirm_session(writing, record, actor=current_actor())
    renew_cookie(cookie)
    return redirect(onward, 303)

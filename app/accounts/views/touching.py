"""Signing in with a passkey and nothing else; and what all views that ask for a passkey have in common."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from flask import Blueprint, flash, jsonify, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from app.accounts.forms.factors import PasskeyForm
from app.accounts.letters.security import SecurityNews
from app.accounts.models import CeremonyPurpose, SignInMethod, StaffUser
from app.accounts.rules.passkeys import PasskeySite, challenge_in
from app.accounts.services.passkeys import Ceremony, CopiedPasskey, begin_ceremony, use_passkey
from app.accounts.services.second_factors import note_factor
from app.accounts.views.entering import first_factor_passed
from app.kernel.audit import act_as
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.web.addresses import safe_next
from app.web.application import db, own_transactions, this_application
from app.web.auth import current_actor, public
from app.web.limits import limiter

bp = Blueprint("touching", __name__, url_prefix="/sign-in/passkey")
log = structlog.get_logger()
ASKED = "passkey_challenge"
HOME = "/"


def this_site() -> PasskeySite | None:
    """For whom passkeys are made here; None where browsers make none (see `PasskeySite.at`)."""
    return PasskeySite.at(this_application().settings.PUBLIC_URL)


@bp.app_template_global()
def other_ways_in() -> dict[str, Any]:
    """For the pages on which people prove who they are: whether passkeys work here, and what the provider is called."""
    settings = this_application().settings
    return {"passkey": this_site() is not None, "provider": settings.OIDC_NAME if settings.OIDC_ISSUER else ""}


@contextmanager
def copies_reported() -> Iterator[None]:
    """Around a transaction in which a passkey is used: a copied one is written down and its owner told."""
    try:
        yield
    except CopiedPasskey as refusal:
        with this_application().database.writing() as writing:
            act_as(writing, current_actor())
            owner = writing.get_one(StaffUser, refusal.owner_id)
            note_factor(writing, owner, SecurityNews.PASSKEY_COPIED, actor=current_actor())
        raise


@bp.route("/options", methods=["POST"])
@public
@limiter.limit("20 per minute; 200 per hour")
def options() -> ResponseReturnValue:
    """What the browser is asked for: any passkey of ours. The challenge is good in this browser only."""
    site = this_site()
    if site is None:
        return jsonify(error="impossible"), 409
    told, challenge = begin_ceremony(db, Ceremony(site, CeremonyPurpose.SIGN_IN))
    session[ASKED] = base64.b64encode(challenge).decode()
    return jsonify(told)


@bp.route("/", methods=["POST"])
@public
@own_transactions
@limiter.limit("20 per minute; 100 per hour")
def enter_by_passkey() -> ResponseReturnValue:
    """The browser's answer: both steps in one."""
    onward = safe_next(request.args.get("next"), HOME)
    try:
        user = _whose(PasskeyForm())
    except Refused as refusal:
        log.warning("proof_failed", view=request.endpoint)
        flash(str(refusal), "danger")
        return redirect(url_for("accounts.sign_in", next=onward), 303)
    return first_factor_passed(user, SignInMethod.PASSKEY, onward)


def _whose(form: PasskeyForm) -> StaffUser:
    asked, site = session.pop(ASKED, None), this_site()
    if not form.validate() or site is None:
        raise Refused(_("The passkey did not answer. Please try again."))
    answer = form.answer.data or ""
    if not isinstance(asked, str) or base64.b64decode(asked) != challenge_in(answer):
        raise Refused(_("That took too long. Please try again."))
    with copies_reported(), this_application().database.writing() as writing:
        act_as(writing, current_actor())
        return use_passkey(writing, Ceremony(site, CeremonyPurpose.SIGN_IN), answer)

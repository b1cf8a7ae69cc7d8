"""Before dangerous acts: proving once more who one is, and carrying on with what one was about to do."""

from collections.abc import Sequence

import structlog
from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from app.accounts.forms.staff import ConfirmForm
from app.accounts.models import CeremonyPurpose, StaffSession, StaffUser
from app.accounts.queries.factors import factors_of
from app.accounts.rules.passwords import is_right
from app.accounts.services.authenticators import spend_code
from app.accounts.services.passkeys import Ceremony, begin_ceremony, use_passkey
from app.accounts.services.sessions import confirm_session
from app.accounts.views.entering import renew_cookie
from app.accounts.views.session import is_confirmed, present_session
from app.accounts.views.setting_up import for_setting_up
from app.accounts.views.touching import copies_reported, this_site
from app.kernel.audit import act_as
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.web.addresses import safe_next
from app.web.application import db, own_transactions, this_application
from app.web.auth import current_actor, signed_in
from app.web.limits import limiter

bp = Blueprint("confirming", __name__)
log = structlog.get_logger()
HOME = "/"
OURS = frozenset(
    {"csrf_token", "confirm-password", "confirm-code", "confirm-answer", "confirm-next", "confirm-carries"}
)
"""Fields of this page; everything else that is sent with them was typed elsewhere and is carried on."""


def whose() -> str:
    """Key of a limit that counts by account: whoever found a session open may not try passwords in it."""
    return f"account:{current_actor().id}"


def ask_to_confirm() -> ResponseReturnValue | None:
    """Nothing where the last proof is fresh; else the page that asks for one, with what was typed kept in it."""
    if is_confirmed():
        return None
    if request.headers.get("HX-Request") == "true":
        return "", 204, {"HX-Redirect": url_for("confirming.confirm", next=_back())}
    if request.method == "GET":
        return redirect(url_for("confirming.confirm", next=request.full_path.rstrip("?")), 303)
    form = ConfirmForm(formdata=None, prefix="confirm", next=request.full_path.rstrip("?"), carries="yes")
    return _page(form), 403


@bp.route("/confirm", methods=["GET", "POST"])
@signed_in
@for_setting_up
@own_transactions
@limiter.limit(
    "6 per 10 minutes", methods=["POST"], key_func=whose, deduct_when=lambda answer: answer.status_code == 422
)
def confirm() -> ResponseReturnValue:
    """Ask for a proof, and go on. A request that was held up is sent again by the browser as it was (307)."""
    form = ConfirmForm(prefix="confirm", next=safe_next(request.args.get("next"), HOME))
    if form.is_submitted() and (is_confirmed() or form.validate()):
        try:
            _prove(form)
        except Refused as refusal:
            log.warning("proof_failed", view=request.endpoint)
            form.refuse(refusal)
        else:
            return redirect(safe_next(form.next.data, HOME), 307 if form.carries.data else 303)
    return _page(form), form.status


@bp.route("/confirm/passkey/options", methods=["POST"])
@signed_in
@for_setting_up
@limiter.limit("30 per 10 minutes", key_func=whose)
def passkey_options() -> ResponseReturnValue:
    """What the browser is asked for: one of the person's own passkeys."""
    site = this_site()
    if site is None:
        return jsonify(error="impossible"), 409
    return jsonify(begin_ceremony(db, Ceremony(site, CeremonyPurpose.CONFIRM, _present_user()))[0])


def _prove(form: ConfirmForm) -> None:
    """Look at the proof, unless one was given meanwhile in another tab.

    Raises:
        Refused: it is wrong, or there is none.

    """
    if is_confirmed():
        return
    is_by_password = not (form.answer.data or form.code.data)
    if is_by_password and not is_right(current_user.password_hash or None, form.password.data or ""):
        raise Refused(_l("This is not your present password."), field="password")
    with copies_reported(), this_application().database.writing() as writing:
        act_as(writing, current_actor())
        record = writing.get_one(StaffSession, present_session().id)
        if not is_by_password:
            _prove_by_factor(writing, record.staff_user, form)
        cookie = confirm_session(writing, record, actor=current_actor())
    renew_cookie(cookie)


def _prove_by_factor(writing: Session, user: StaffUser, form: ConfirmForm) -> None:
    site = this_site()
    if form.answer.data and site is not None:
        use_passkey(writing, Ceremony(site, CeremonyPurpose.CONFIRM, user), form.answer.data)
    else:
        spend_code(writing, user, form.code.data or "")


def _present_user() -> StaffUser:
    return present_session().staff_user


def _carried() -> Sequence[tuple[str, str]]:
    """(name, value) of every field that was typed on the page one came from. Files cannot be carried."""
    return [(name, value) for name, value in request.form.items(multi=True) if name not in OURS]


def _back() -> str:
    """The page from which a part of it asked, as the browser tells; its beginning is ours or it is not used."""
    told = request.headers.get("HX-Current-URL", "")
    return safe_next(told.removeprefix(request.host_url.rstrip("/")), HOME)


def _page(form: ConfirmForm) -> str:
    """The page, with every way by which this person can prove who they are."""
    came_from = (request.referrer or "").removeprefix(request.host_url.rstrip("/"))
    return render_template(
        "accounts/confirm.html", form=form, carried=_carried(), has_files=bool(request.files),
        factors=factors_of(db, _present_user()),
        after_provider=safe_next(came_from if form.carries.data else form.next.data, HOME),
    )  # fmt: skip

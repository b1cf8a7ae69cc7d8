"""Before dangerous acts: proving once more who one is, and carrying on with what one was about to do."""

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.accounts.forms import ConfirmForm
from app.accounts.passwords import is_right
from app.accounts.services.sessions import confirm_session
from app.accounts.session import is_confirmed, present_session
from app.accounts.setting_up import for_setting_up
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.web.addresses import safe_next
from app.web.application import db
from app.web.auth import current_actor, signed_in
from app.web.limits import limiter

bp = Blueprint("confirming", __name__)
HOME = "/"
OURS = frozenset({"csrf_token", "confirm-password", "confirm-next", "confirm-carries"})
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
@limiter.limit(
    "6 per 10 minutes", methods=["POST"], key_func=whose, deduct_when=lambda answer: answer.status_code == 422
)
def confirm() -> ResponseReturnValue:
    """Ask for the password, and go on. A request that was held up is sent again by the browser as it was (307)."""
    form = ConfirmForm(prefix="confirm", next=safe_next(request.args.get("next"), HOME))
    if form.is_submitted() and (is_confirmed() or form.validate()):
        try:
            _prove(form)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return redirect(safe_next(form.next.data, HOME), 307 if form.carries.data else 303)
    return _page(form), form.status


def _prove(form: ConfirmForm) -> None:
    """Look at the password, unless the proof was given meanwhile in another tab."""
    if is_confirmed():
        return
    if not is_right(current_user.password_hash, form.password.data or ""):
        raise Refused(_l("This is not your present password."), field="password")
    confirm_session(db, present_session(), actor=current_actor())


def _carried() -> Sequence[tuple[str, str]]:
    """(name, value) of every field that was typed on the page one came from. Files cannot be carried."""
    return [(name, value) for name, value in request.form.items(multi=True) if name not in OURS]


def _back() -> str:
    """The page from which a part of it asked, as the browser tells; its beginning is ours or it is not used."""
    told = request.headers.get("HX-Current-URL", "")
    return safe_next(told.removeprefix(request.host_url.rstrip("/")), HOME)


def _page(form: ConfirmForm) -> str:
    return render_template("accounts/confirm.html", form=form, carried=_carried(), has_files=bool(request.files))

"""Signing in and out, and one's own account."""

from typing import TYPE_CHECKING, cast

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user

from app.accounts.forms import OwnLanguageForm, PasswordForm, SignInForm
from app.accounts.services import change_password, sign_in_with_password
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.web.addresses import safe_next
from app.web.application import db
from app.web.auth import current_actor, public, signed_in
from app.web.limits import by_field, limiter

if TYPE_CHECKING:
    from app.accounts.models import StaffUser

bp = Blueprint("accounts", __name__)
HOME = "/"


def _whose() -> str:
    """Key of a limit that counts by account: whoever found a session open may not try passwords in it."""
    return f"account:{current_actor().id}"


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@limiter.limit("20 per minute; 100 per hour", methods=["POST"])
@limiter.limit("6 per minute; 30 per hour", methods=["POST"], key_func=lambda: by_field("email"))
def sign_in() -> ResponseReturnValue:
    """Sign in with e-mail address and password."""
    form = SignInForm()
    onward = safe_next(request.args.get("next"), HOME)
    if current_user.is_authenticated and request.method == "GET":
        return redirect(onward, 303)
    if form.validate_on_submit():
        try:
            user = sign_in_with_password(db, form.email.data or "", form.password.data or "", actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            session.clear()
            login_user(user)
            return redirect(onward, 303)
    return render_template("accounts/sign_in.html", form=form), form.status


@bp.route("/sign-out", methods=["POST"])
@public
def sign_out() -> ResponseReturnValue:
    """End this session."""
    logout_user()
    session.clear()
    return redirect(url_for("accounts.sign_in"), 303)


@bp.route("/account", methods=["GET", "POST"])
@signed_in
@limiter.limit(
    "6 per 10 minutes", methods=["POST"], key_func=_whose, deduct_when=lambda answer: answer.status_code == 422
)
def own() -> ResponseReturnValue:
    """One's own account: the password."""
    form = PasswordForm()
    user = cast("StaffUser", current_user._get_current_object())  # noqa: SLF001 - the record, not the proxy
    if form.validate_on_submit():
        try:
            change_password(db, user, form.old_password.data or "", form.password.data or "", actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            login_user(user)
            flash(_("Your password is changed. Other sessions of yours have ended."), "success")
            return redirect(url_for(".own"), 303)
    language = OwnLanguageForm(formdata=None, language=user.language)
    return render_template("accounts/own.html", form=form, language_form=language), form.status


@bp.route("/account/language", methods=["POST"])
@signed_in
def own_language() -> ResponseReturnValue:
    """Choose the language one reads in, and go back to the page."""
    form = OwnLanguageForm()
    if form.validate_on_submit():
        current_user.language = form.language.data
    return redirect(safe_next(request.form.get("next"), url_for(".own")), 303)

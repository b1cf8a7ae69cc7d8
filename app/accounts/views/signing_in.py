"""Signing in and out, and one's own account."""

from typing import cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.accounts.forms import OwnLanguageForm, PasswordForm, SignInForm
from app.accounts.models import EndReason, SignInMethod, StaffUser
from app.accounts.services import change_password, end_session, staff_with_password
from app.accounts.services.staff import rehash_if_outdated
from app.accounts.session import present_session
from app.accounts.views.entering import as_present_actor, first_factor_passed, leave
from app.kernel.audit import act_as
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.web.addresses import safe_next
from app.web.application import db, own_transactions, this_application
from app.web.auth import current_actor, public, signed_in
from app.web.limits import by_field, limiter

bp = Blueprint("accounts", __name__)
HOME = "/"


def _whose() -> str:
    """Key of a limit that counts by account: whoever found a session open may not try passwords in it."""
    return f"account:{current_actor().id}"


def _present_user() -> StaffUser:
    """The record of whoever is signed in, not the proxy."""
    return cast("StaffUser", current_user._get_current_object())  # noqa: SLF001


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@own_transactions
@limiter.limit("20 per minute; 100 per hour", methods=["POST"])
@limiter.limit("6 per minute; 30 per hour", methods=["POST"], key_func=lambda: by_field("email"))
def sign_in() -> ResponseReturnValue:
    """Sign in with e-mail address and password. Trying one takes a while, for which nobody who writes has to wait."""
    form = SignInForm()
    onward = safe_next(request.args.get("next"), HOME)
    if current_user.is_authenticated and request.method == "GET":
        return redirect(onward, 303)
    if form.validate_on_submit():
        try:
            user = staff_with_password(db, form.email.data or "", form.password.data or "")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            _hash_anew(user, form.password.data or "")
            return first_factor_passed(user, SignInMethod.PASSWORD, onward)
    return render_template("accounts/sign_in.html", form=form), form.status


def _hash_anew(user: StaffUser, password: str) -> None:
    with this_application().database.writing() as writing:
        act_as(writing, as_present_actor(user))
        rehash_if_outdated(writing, user, password)


@bp.route("/sign-out", methods=["POST"])
@public
def sign_out() -> ResponseReturnValue:
    """End this sign-in, and no other one."""
    if current_user.is_authenticated:
        end_session(db, present_session(), EndReason.SIGNED_OUT, actor=current_actor())
    leave()
    return redirect(url_for("accounts.sign_in"), 303)


@bp.route("/account", methods=["GET", "POST"])
@signed_in
@limiter.limit(
    "6 per 10 minutes", methods=["POST"], key_func=_whose, deduct_when=lambda answer: answer.status_code == 422
)
def own() -> ResponseReturnValue:
    """One's own account: the password."""
    form = PasswordForm()
    user = _present_user()
    if form.validate_on_submit():
        try:
            change_password(
                db, present_session(), form.old_password.data or "", form.password.data or "", actor=current_actor()
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
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

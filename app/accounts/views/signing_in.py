"""Signing in and out, and one's own account."""

from typing import cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.accounts.forms.staff import OwnLanguageForm, OwnRemindersForm, PasswordForm, SignInForm
from app.accounts.models import EndReason, SignInMethod, StaffUser
from app.accounts.queries.staff import whom_address_names
from app.accounts.rules.passwords import is_outdated
from app.accounts.services import change_password, check_password, end_session
from app.accounts.services.passwords import rehash_password
from app.accounts.services.signing_in import Attempt, TooOften, note_failure, refuse_too_often
from app.accounts.views.confirming import whose
from app.accounts.views.entering import as_present_actor, first_factor_passed, leave, renew_cookie
from app.accounts.views.known_devices import attempt_of_request
from app.accounts.views.session import present_session
from app.accounts.views.setting_up import for_setting_up
from app.kernel.audit import act_as
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.web.addresses import safe_next
from app.web.application import db, own_transactions, this_application
from app.web.auth import current_actor, public, signed_in
from app.web.limits import limiter

bp = Blueprint("accounts", __name__)
HOME = "/"
TOO_MANY = 429


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@own_transactions
@limiter.limit("20 per minute; 100 per hour", methods=["POST"])
def sign_in() -> ResponseReturnValue:
    """Sign in with e-mail address and password. Trying one takes a while, for which nobody who writes has to wait."""
    form = SignInForm()
    onward = safe_next(request.args.get("next"), HOME)
    if current_user.is_authenticated and request.method == "GET":
        return redirect(onward, 303)
    if form.validate_on_submit():
        try:
            return first_factor_passed(_proven(form), SignInMethod.PASSWORD, onward)
        except TooOften as refusal:
            form.refuse(refusal)
            return render_template("accounts/sign_in.html", form=form), TOO_MANY, {"Retry-After": str(refusal.seconds)}
        except Refused as refusal:
            form.refuse(refusal)
    return render_template("accounts/sign_in.html", form=form), form.status


def _proven(form: SignInForm) -> StaffUser:
    """Whoever the typed address and password belong to. Every step is taken for an address of nobody too.

    Raises:
        Refused: they do not go together, or too many attempts have failed.

    """
    user = whom_address_names(db, form.email.data or "")
    attempt = attempt_of_request(form.email.data or "", user)
    refuse_too_often(db, attempt)
    try:
        found = check_password(user, form.password.data or "")
    except Refused:
        _note_failure(attempt, user)
        raise
    if is_outdated(found.password_hash):
        _hash_anew(found, form.password.data or "")
    return found


def _note_failure(attempt: Attempt, user: StaffUser | None) -> None:
    with this_application().database.writing() as writing:
        act_as(writing, current_actor())
        note_failure(writing, attempt, user.id if user else None, actor=current_actor())


def _hash_anew(user: StaffUser, password: str) -> None:
    with this_application().database.writing() as writing:
        act_as(writing, as_present_actor(user))
        rehash_password(writing, user.id, user.password_hash, password)


@bp.route("/sign-out", methods=["POST"])
@public
def sign_out() -> ResponseReturnValue:
    """End this sign-in, and no other one."""
    if current_user.is_authenticated:
        end_session(db, present_session(), EndReason.SIGNED_OUT, actor=current_actor())
    leave()
    response = redirect(url_for("accounts.sign_in"), 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'  # nothing of what was read stays behind (ASVS 14.3.1)
    return response


@bp.route("/account", methods=["GET", "POST"])
@signed_in
@limiter.limit(
    "6 per 10 minutes", methods=["POST"], key_func=whose, deduct_when=lambda answer: answer.status_code == 422
)
def own() -> ResponseReturnValue:
    """One's own account: the password."""
    form = PasswordForm()
    if form.validate_on_submit():
        old, new = form.old_password.data or "", form.password.data or ""
        try:
            renew_cookie(change_password(db, present_session(), old, new, actor=current_actor()))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("Your password is changed. Your other sign-ins have ended."), "success")
            return redirect(url_for(".own"), 303)
    user = cast("StaffUser", current_user)
    language = OwnLanguageForm(formdata=None, language=user.language)
    reminders = OwnRemindersForm(formdata=None, gets_reminders=user.gets_reminders)
    shown = {"form": form, "language_form": language, "reminders_form": reminders}
    return render_template("accounts/own.html", **shown), form.status


@bp.route("/account/language", methods=["POST"])
@signed_in
@for_setting_up
def own_language() -> ResponseReturnValue:
    """Choose the language one reads in, and go back to the page."""
    form = OwnLanguageForm()
    if form.validate_on_submit():
        current_user.language = form.language.data
    return redirect(safe_next(request.form.get("next"), url_for(".own")), 303)


@bp.route("/account/reminders", methods=["POST"])
@signed_in
def own_reminders() -> ResponseReturnValue:
    """Choose whether one is mailed what is due."""
    form = OwnRemindersForm()
    if form.validate_on_submit():
        current_user.gets_reminders = form.gets_reminders.data
        flash(_("Your choice is saved."), "success")
    return redirect(url_for(".own"), 303)

"""One's own second factors: set up, named, removed; recovery codes; the tie to the organisation's sign-in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import segno
from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from app.accounts.forms.factors import CodeForm, NewPasskeyForm, PasskeyNameForm
from app.accounts.models import Authenticator, CeremonyPurpose, Passkey, StaffUser
from app.accounts.queries.factors import codes_left, confirmed_authenticator, factors_of, waiting_authenticator
from app.accounts.rules.one_time_codes import new_recovery_codes, provisioning_address
from app.accounts.services.authenticators import begin_authenticator, confirm_authenticator
from app.accounts.services.passkeys import Ceremony, add_passkey, begin_ceremony, passkey_of
from app.accounts.services.recovery import keep_recovery_codes
from app.accounts.services.second_factors import lose_factor
from app.accounts.views.setting_up import for_setting_up
from app.accounts.views.touching import this_site
from app.kernel.audit import act_as
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import gettext as _
from app.web.addresses import safe_next
from app.web.application import db, own_transactions, this_application
from app.web.auth import confirmed, current_actor, signed_in
from app.web.limits import limiter
from app.web.reading import reading_organisation

bp = Blueprint("security", __name__, url_prefix="/account/security")
HOME = "/"


def present_user() -> StaffUser:
    """The record of whoever is signed in, not the proxy."""
    return cast("StaffUser", current_user._get_current_object())  # noqa: SLF001


def _own_passkey(passkey_id: int) -> Passkey:
    found = passkey_of(db, present_user(), passkey_id) if passkey_id < 2**63 else None
    if found is None:
        raise NotFound
    return found


@bp.route("/")
@signed_in
@for_setting_up
def index() -> ResponseReturnValue:
    """What lets one in, beside the password."""
    settings = this_application().settings
    return render_template(
        "accounts/security/index.html", factors=factors_of(db, present_user()), can_touch=this_site() is not None,
        provider_name=settings.OIDC_NAME if settings.OIDC_ISSUER else "", onward=_onward(),
    )  # fmt: skip


@bp.route("/authenticator/begin", methods=["POST"])
@signed_in
@confirmed
@for_setting_up
def begin() -> ResponseReturnValue:
    """Begin to set up an authenticator app."""
    begin_authenticator(db, present_user(), actor=current_actor())
    return redirect(url_for(".authenticator", next=_onward()), 303)


@bp.route("/authenticator", methods=["GET", "POST"])
@signed_in
@confirmed
@for_setting_up
@own_transactions
@limiter.limit("20 per 10 minutes", methods=["POST"])
def authenticator() -> ResponseReturnValue:
    """Show the secret to the app, and ask for a first code of it."""
    form, begun = CodeForm(), waiting_authenticator(db, present_user())
    if begun is None:
        return redirect(url_for(".index"), 303)
    if form.validate_on_submit():
        try:
            with _own_writing() as (writing, user):
                confirm_authenticator(writing, user, form.code.data or "", actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _done(_("Your authenticator app is set up."))
    address = provisioning_address(begun.secret, present_user().email, reading_organisation().name)
    return _setting_up_page(form, begun.secret, address), form.status


@bp.route("/authenticator/remove", methods=["GET", "POST"])
@signed_in
@confirmed
def remove_authenticator() -> ResponseReturnValue:
    """Remove the authenticator app."""
    found = confirmed_authenticator(db, present_user())
    if found is None:
        return redirect(url_for(".index"), 303)
    return _removal(found, _("Remove the authenticator app"), _("Its codes will let nobody in any more."))


@bp.route("/passkeys/options", methods=["POST"])
@signed_in
@confirmed
@for_setting_up
@limiter.limit("30 per 10 minutes")
def passkey_options() -> ResponseReturnValue:
    """What the browser is asked to make."""
    site = this_site()
    if site is None:
        return jsonify(error="impossible"), 409
    return jsonify(begin_ceremony(db, Ceremony(site, CeremonyPurpose.MAKE, present_user()))[0])


@bp.route("/passkeys/new", methods=["GET", "POST"])
@signed_in
@confirmed
@for_setting_up
@own_transactions
def new_passkey() -> ResponseReturnValue:
    """Make a passkey on this device, or on one that is plugged in or near."""
    form, site = NewPasskeyForm(), this_site()
    if site is None:
        raise NotFound
    if form.validate_on_submit():
        try:
            with _own_writing() as (writing, user):
                ceremony = Ceremony(site, CeremonyPurpose.MAKE, user)
                add_passkey(writing, ceremony, form.answer.data or "", form.name.data or "", actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _done(_("Your passkey is set up."))
    return render_template("accounts/security/new_passkey.html", form=form, onward=_onward()), form.status


@bp.route("/passkeys/<int:passkey_id>", methods=["GET", "POST"])
@signed_in
def passkey(passkey_id: int) -> ResponseReturnValue:
    """Call a passkey by another name."""
    kept = _own_passkey(passkey_id)
    form = PasskeyNameForm(obj=kept)
    if form.validate_on_submit():
        kept.rename(form.name.data or "")
        flash(_("Saved."), "success")
        return redirect(url_for(".index"), 303)
    return render_template("accounts/security/passkey.html", form=form, passkey=kept), form.status


@bp.route("/passkeys/<int:passkey_id>/remove", methods=["GET", "POST"])
@signed_in
@confirmed
def remove_passkey(passkey_id: int) -> ResponseReturnValue:
    """Remove a passkey."""
    found = _own_passkey(passkey_id)
    return _removal(
        found, _("Remove “%(name)s”", name=found.name),
        _("It will let nobody in here any more. The device itself may go on offering it: delete it there too."),
    )  # fmt: skip


def _removal(factor: Authenticator | Passkey, title: str, text: str) -> ResponseReturnValue:
    """Ask whether to remove a factor, and do it."""
    if request.method == "POST":
        lose_factor(db, present_user(), factor, actor=current_actor())
        flash(_("It is removed."), "success")
        return redirect(url_for(".index"), 303)
    is_last = factors_of(db, present_user()).count == 1
    return render_template("accounts/security/remove.html", title=title, text=text, is_last=is_last)


@bp.route("/recovery-codes", methods=["POST"])
@signed_in
@confirmed
@own_transactions
@limiter.limit("10 per hour")
def recovery_codes() -> ResponseReturnValue:
    """Make recovery codes and show them, this once."""
    return _show_new_codes("")


@contextmanager
def _own_writing() -> Iterator[tuple[Session, StaffUser]]:
    """A transaction of one's own, with one's own record in it."""
    with this_application().database.writing() as writing:
        act_as(writing, current_actor())
        yield writing, writing.get_one(StaffUser, present_user().id)


def _done(message: str) -> ResponseReturnValue:
    """A factor is set up. With the first one come recovery codes, without being asked for."""
    with this_application().database.reading() as looking:
        has_codes = codes_left(looking, present_user()) > 0
    if not has_codes:
        return _show_new_codes(message)
    flash(message, "success")
    return redirect(url_for(".index"), 303)


def _show_new_codes(message: str) -> ResponseReturnValue:
    """Hashing them takes half a second, for which nobody who writes has to wait."""
    fresh = new_recovery_codes()
    with _own_writing() as (writing, user):
        keep_recovery_codes(writing, user, fresh, actor=current_actor())
    return render_template("accounts/security/recovery_codes.html", codes=fresh.shown, done=message, onward=_onward())


def _onward() -> str | None:
    """Where one wanted to go before one was led here."""
    wanted = request.args.get("next")
    return safe_next(wanted, HOME) if wanted else None


def _setting_up_page(form: CodeForm, secret: str, address: str) -> str:
    picture = segno.make(address, error="m", micro=False).svg_data_uri(border=4, scale=4, light="#fff")
    grouped = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return render_template(
        "accounts/security/authenticator.html", form=form, picture=picture, secret=grouped, address=address,
        onward=_onward(),
    )  # fmt: skip

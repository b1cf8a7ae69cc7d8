"""Links that come by mail: choosing a password after an invitation, or because the old one is forgotten.

The token leaves the address at once and stays in the browser's own cookie, so that it stands in no history, no
referrer and no page. Following a link changes nothing: programs that look into mails may do so.
"""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.accounts.forms.staff import ChosenPasswordForm, ForgottenForm
from app.accounts.models import AccountLink, LinkPurpose, SignInMethod, StaffUser
from app.accounts.queries.staff import link_of_token, whom_address_names
from app.accounts.services.invitations import ask_for_reset
from app.accounts.services.passwords import choose_password
from app.accounts.views.entering import as_present_actor, first_factor_passed
from app.accounts.views.known_devices import remember_device
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.web.application import db, own_transactions, this_application
from app.web.auth import public
from app.web.limits import by_field, limiter

bp = Blueprint("mailed_links", __name__)
KEPT = "account_link"
GONE = 410


@bp.after_request
def without_referrer(response: Response) -> Response:
    """No other site learns from which address one came.

    Our own does: over HTTPS the check of a form's origin asks for it, and "no-referrer" would turn everybody away.
    """
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@bp.route("/forgotten-password", methods=["GET", "POST"])
@public
@limiter.limit("10 per hour", methods=["POST"])
@limiter.limit("5 per hour", methods=["POST"], key_func=lambda: by_field("email"))
def forgotten() -> ResponseReturnValue:
    """Ask for a link to a new password. The answer and the work are the same whether or not the address is known."""
    form = ForgottenForm()
    if form.validate_on_submit():
        ask_for_reset(db, whom_address_names(db, form.email.data or ""))
        return redirect(url_for(".forgotten", sent="yes"), 303)
    return render_template("accounts/forgotten.html", form=form, is_sent="sent" in request.args), form.status


@bp.route("/link/<token>")
@public
@limiter.limit("60 per hour")
def follow(token: str) -> ResponseReturnValue:
    """Take the token out of the address."""
    session[KEPT] = token[:100]
    return redirect(url_for(".choose"), 303)


@bp.route("/choose-password", methods=["GET", "POST"])
@public
@own_transactions
@limiter.limit("30 per hour", methods=["POST"])
def choose() -> ResponseReturnValue:
    """Choose a password with the link that was followed."""
    link = link_of_token(db, session.get(KEPT, ""))
    if link is None or not link.is_good(now()):
        return render_template("accounts/link_gone.html"), GONE
    form = ChosenPasswordForm()
    if form.validate_on_submit():
        try:
            user = _choose(link, form.password.data or "")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _go_on(user, link.purpose)
    is_invitation = link.purpose is LinkPurpose.INVITATION
    page = render_template("accounts/choose.html", form=form, user=link.staff_user, is_invitation=is_invitation)
    return page, form.status


def _choose(link: AccountLink, password: str) -> StaffUser:
    with this_application().database.writing() as writing:
        actor = as_present_actor(link.staff_user)
        act_as(writing, actor)
        return choose_password(writing, link.id, password, actor=actor)


def _go_on(user: StaffUser, purpose: LinkPurpose) -> ResponseReturnValue:
    """Whoever was invited is in. Whoever had forgotten signs in as always: with every factor that is asked for."""
    session.pop(KEPT, None)
    if purpose is LinkPurpose.INVITATION:
        return first_factor_passed(user, SignInMethod.LINK, "/")
    flash(_("Your password is changed, and all your sign-ins have ended. Sign in with the new one."), "success")
    response = make_response(redirect(url_for("accounts.sign_in"), 303))
    remember_device(response, user)
    return response

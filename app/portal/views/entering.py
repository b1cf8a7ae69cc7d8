"""Coming in by a mailed link, choosing whose page to see, and leaving.

Following a link changes nothing, since programs that look into mails follow them too: it opens a page with a button,
and whether the link is good is said only to whoever presses it.
"""

from flask import flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.kernel.audit import act_as
from app.kernel.i18n import gettext as _
from app.kernel.i18n import language
from app.portal.access import as_donor, donor_of_request, donors_only, forget_cookie, keep_in_cookie, present_donor
from app.portal.forms import AddressForm, ButtonForm
from app.portal.models import DonorSession
from app.portal.services import entering
from app.portal.services.one_time import Verdict
from app.portal.views import bp
from app.web.application import db, own_transactions, this_application
from app.web.auth import public
from app.web.limits import by_field, limiter

KEPT = "donor_link"
GONE = 410


@bp.route("", methods=["GET", "POST"])
@public
@limiter.limit("6 per minute; 30 per hour", methods=["POST"])
@limiter.limit("5 per hour", methods=["POST"], key_func=lambda: by_field("email"))
def enter() -> ResponseReturnValue:
    """Ask for a link. The answer and the work are the same whether or not the address is known."""
    if request.method == "GET" and donor_of_request() is not None:
        return redirect(url_for(".gifts", lang=request.args.get("lang")), 303)
    form = AddressForm()
    if form.validate_on_submit():
        entering.ask_for_link(db, form.email.data or "", language=language())
        return redirect(url_for(".enter", sent="yes"), 303)
    return render_template("portal/enter.html", form=form, is_sent="sent" in request.args), form.status


@bp.route("/link/<token>")
@public
@limiter.limit("60 per hour")
def follow(token: str) -> ResponseReturnValue:
    """Take the token out of the address."""
    session[KEPT] = token[:100]
    return redirect(url_for(".open_link"), 303)


@bp.route("/open", methods=["GET", "POST"])
@public
@own_transactions
@limiter.limit("10 per minute; 40 per hour", methods=["POST"])
def open_link() -> ResponseReturnValue:
    """The page with the button; pressed, it opens the donor's page or says why it does not."""
    form = ButtonForm()
    if not form.validate_on_submit():
        return render_template("portal/open.html", form=form, donor=donor_of_request()), form.status
    outcome = _open(str(session.pop(KEPT, "")))
    if isinstance(outcome, Verdict):
        return render_template("portal/link_gone.html", verdict=outcome.value), GONE
    response = make_response(redirect(url_for(".gifts"), 303))
    keep_in_cookie(response, outcome)
    return response


def _open(token: str) -> str | Verdict:
    """What the cookie is to say, or why the link opens nothing; both are written down."""
    donor, actor = donor_of_request(), as_donor()
    with this_application().database.writing() as writing:
        act_as(writing, actor)
        before = writing.get(DonorSession, donor.session.id) if donor is not None else None
        found = entering.open_link(writing, token, before, actor=actor)
        return found if isinstance(found, Verdict) else found[0].cookie(found[1])


@bp.route("/who", methods=["GET", "POST"])
@donors_only
def who() -> ResponseReturnValue:
    """Choose whose page to see, where several read one address."""
    donor, form = present_donor(), ButtonForm()
    chosen = request.form.get("contact", "")
    if form.validate_on_submit() and chosen.isascii() and chosen.isdecimal() and len(chosen) < 19:
        entering.choose_page(db, donor.session, int(chosen), actor=as_donor())
        return redirect(url_for(".gifts"), 303)
    return render_template("portal/who.html", form=form, donor=donor), form.status


@bp.route("/sign-out", methods=["POST"])
@donors_only
def leave() -> ResponseReturnValue:
    """End this sign-in, or with `everywhere` all of those by the same address."""
    if "everywhere" in request.form:
        entering.leave_everywhere(db, present_donor().session)
        flash(_("You are signed out on every device."), "success")
    else:
        entering.leave(present_donor().session)
        flash(_("You are signed out."), "success")
    response = make_response(redirect(url_for(".enter"), 303))
    forget_cookie(response)
    return response

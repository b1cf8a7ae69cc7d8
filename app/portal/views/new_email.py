"""A donor's new e-mail address: typed here, confirmed by the link that is mailed to it.

Following the link changes nothing, since programs that look into mails follow them too: it opens a page with a button.
"""

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.contacts.models import Contact
from app.contacts.queries.contacts import contact_to_change
from app.kernel.audit import act_as
from app.kernel.clock import today
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import LANGUAGES, use_language
from app.kernel.i18n import gettext as _
from app.kernel.mail import Renderer
from app.portal.access import as_donor, donor_of_request, donors_only, present_contact
from app.portal.forms import ButtonForm, NewEmailForm
from app.portal.letters import Desk
from app.portal.links import PortalLinks
from app.portal.queries.new_emails import waiting_email
from app.portal.services import new_email
from app.portal.services.one_time import Verdict
from app.portal.views import bp
from app.web.application import db, own_transactions, this_application
from app.web.auth import public
from app.web.limits import by_field, limiter
from app.web.reading import reading_organisation

KEPT = "donor_new_email"
GONE, FORBIDDEN = 410, 403


def _desk() -> Desk:
    ports = this_application().ports
    return Desk(ports.get(Renderer), ports.get(PortalLinks))


@bp.route("/email", methods=["GET", "POST"])
@donors_only
@limiter.limit("10 per hour", methods=["POST"])
@limiter.limit("5 per hour", methods=["POST"], key_func=lambda: by_field("email"))
def email() -> ResponseReturnValue:
    """The address in use, the one that waits, and a new one. What is said is the same whoever has that address."""
    form = NewEmailForm()
    if form.validate_on_submit():
        try:
            _ask(form.email.data or "")
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return redirect(url_for(".email"), 303)
    contact, button = present_contact(), ButtonForm(formdata=None)
    used = contact.email_on(today(reading_organisation().time_zone))
    waiting = waiting_email(db, contact)
    return render_template("portal/email.html", form=form, button=button, used=used, waiting=waiting), form.status


def _ask(typed: str) -> None:
    held = contact_to_change(db, present_contact().id)
    if held is None:
        raise NotFound
    new_email.ask_for_email(db, held, typed, desk=_desk(), actor=as_donor())


@bp.route("/email/leave", methods=["POST"])
@donors_only
@limiter.limit("30 per hour")
def leave_email() -> ResponseReturnValue:
    """Do without the address that waits."""
    if new_email.leave_email(db, present_contact(), actor=as_donor()):
        flash(_("The new address is given up. We write to you where we did."), "success")
    return redirect(url_for(".email"), 303)


@bp.route("/email/link/<token>")
@public
@limiter.limit("60 per hour")
def follow_email(token: str) -> ResponseReturnValue:
    """Take the token out of the address."""
    session[KEPT] = token[:100]
    return redirect(url_for(".confirm_email"), 303)


@bp.route("/email/confirm", methods=["GET", "POST"])
@public
@own_transactions
@limiter.limit("10 per minute; 40 per hour", methods=["POST"])
def confirm_email() -> ResponseReturnValue:
    """The page with the button; pressed, it confirms the address or says why it does not."""
    form, contact = ButtonForm(), _who_asks()
    if not form.validate_on_submit():
        return render_template("portal/email_confirm.html", form=form, contact=contact), form.status
    outcome = _confirm(str(session.get(KEPT, "")), contact.id if contact else None)
    if outcome is Verdict.NOT_THEM:  # the link stays good: they come in, and follow it once more
        return render_template("portal/email_confirm.html", form=form, contact=None), FORBIDDEN
    session.pop(KEPT, None)
    if isinstance(outcome, Verdict):
        return render_template("portal/email_gone.html", verdict=outcome.value), GONE
    flash(_confirmed() if outcome else _looked_at(), "success")
    return redirect(url_for(".email"), 303)


def _who_asks() -> Contact | None:
    """The donor who is signed in, if one is; they read the page in their language."""
    donor = donor_of_request()
    contact = donor.contact if donor else None
    if contact is not None and request.args.get("lang") not in LANGUAGES:
        use_language(contact.language)
    return contact


def _confirm(token: str, contact_id: int | None) -> bool | Verdict:
    """Whether it is theirs now, or why not; written down either way."""
    actor = as_donor()
    with this_application().database.writing() as writing:
        act_as(writing, actor)
        return new_email.confirm_email(writing, token, contact_id, desk=_desk(), actor=actor)


def _confirmed() -> str:
    return _("Thank you. From now on we write to you at the new address.")


def _looked_at() -> str:
    return _("Thank you. One of us looks at the new address before it is used; until then all stays as it was.")

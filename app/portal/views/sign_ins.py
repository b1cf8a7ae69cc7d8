"""What staff see of a donor's way to their own page: who is signed in, which links are open; and ending them."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.contacts.access import EDIT_CONTACTS, READ_CONTACTS
from app.contacts.models import Contact
from app.kernel.clock import now
from app.kernel.i18n import gettext as _
from app.portal.queries.new_emails import waiting_email
from app.portal.queries.sign_ins import open_links_of, sign_ins_of
from app.portal.services.ending import end_sign_ins
from app.portal.showing import SIGN_IN_ENDS
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.records import get_or_404

bp = Blueprint("donor_sign_ins", __name__)


@bp.route("/contacts/<int:contact_id>/own-page")
@requires(READ_CONTACTS)
def show(contact_id: int) -> ResponseReturnValue:
    """The sign-ins by this contact's addresses, and the links that are still good."""
    contact = get_or_404(Contact, contact_id)
    return render_template(
        "portal/staff/sign_ins.html", contact=contact, sign_ins=sign_ins_of(db, contact),
        links=open_links_of(db, contact), waiting=waiting_email(db, contact), at=now(), ends=SIGN_IN_ENDS,
    )  # fmt: skip


@bp.route("/contacts/<int:contact_id>/own-page/end", methods=["POST"])
@requires(EDIT_CONTACTS)
def end(contact_id: int) -> ResponseReturnValue:
    """Sign the donor out on every device, and make open links worthless."""
    contact = get_or_404(Contact, contact_id)
    ended = end_sign_ins(db, contact, actor=current_actor())
    flash(_("All sign-ins and open links are ended.") if ended else _("Nothing was open any more."), "success")
    return redirect(url_for(".show", contact_id=contact.id), 303)

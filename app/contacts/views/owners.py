"""Who of us looks after a contact: set on a small page of its own."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.accounts.models import StaffUser
from app.contacts.access import EDIT_CONTACTS
from app.contacts.forms.owners import OwnerForm
from app.contacts.models import Contact
from app.contacts.queries.tasks import who_may_own
from app.contacts.services.owners import give_to
from app.kernel.i18n import gettext as _
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.records import get_or_404

bp = Blueprint("owners", __name__)


@bp.route("/contacts/<int:contact_id>/owner", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def edit(contact_id: int) -> ResponseReturnValue:
    """Give a contact to somebody to look after."""
    contact = get_or_404(Contact, contact_id)
    owner = db.get(StaffUser, contact.owner_id) if contact.owner_id is not None else None
    form = OwnerForm(who_may_own(db), owner)
    if form.validate_on_submit():
        give_to(db, contact, form.chosen, actor=current_actor())
        flash(_("Saved."), "success")
        return redirect(url_for("contacts.show", contact_id=contact.id), 303)
    return render_template("contacts/contacts/owner.html", form=form, contact=contact), form.status

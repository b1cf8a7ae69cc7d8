"""Tags of a contact: added by typing, taken off with one click, and back with another."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from app.contacts.access import EDIT_CONTACTS, SET_UP_CONTACTS
from app.contacts.forms.tags import TaggingForm
from app.contacts.models import Contact
from app.contacts.models.tag import ContactTag, Tag
from app.contacts.queries import tags as queries
from app.contacts.services.tagging import tag_contact, untag_contact
from app.contacts.services.tags import TagDetails, add_tag
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.notices import flash_with_undo
from app.web.records import get_or_404

bp = Blueprint("tagging", __name__)


@bp.route("/contacts/<int:contact_id>/tags", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def edit(contact_id: int) -> ResponseReturnValue:
    """The tags of a contact, and the form that puts one more on them."""
    contact = get_or_404(Contact, contact_id, joinedload(Contact.taggings).joinedload(ContactTag.tag))
    form = TaggingForm()
    if form.validate_on_submit():
        try:
            tag = _typed_tag(form.tag.data or "")
            tag_contact(db, contact, tag, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _back(contact.id)
    had = {tag.id for tag in contact.tags}
    others = [tag for tag in queries.offered_tags(db) if tag.id not in had]
    return render_template("contacts/tags/of_contact.html", form=form, contact=contact, others=others), form.status


@bp.route("/contacts/<int:contact_id>/tags/names")
@requires(EDIT_CONTACTS)
def names(contact_id: int) -> ResponseReturnValue:  # noqa: ARG001 - belongs to the contact's page
    """The names to choose from while typing, fetched by the contact's page once somebody begins."""
    return render_template("contacts/tags/_names.html", tags=queries.offered_tags(db))


@bp.route("/contacts/<int:contact_id>/tags/<int:tag_id>/put", methods=["POST"])
@requires(EDIT_CONTACTS)
def put(contact_id: int, tag_id: int) -> ResponseReturnValue:
    """Put a tag on a contact, for the first time or once more."""
    contact, tag = get_or_404(Contact, contact_id), get_or_404(Tag, tag_id)
    tag_contact(db, contact, tag, actor=current_actor())
    return _back(contact.id)


@bp.route("/contacts/<int:contact_id>/tags/<int:tag_id>/take-off", methods=["POST"])
@requires(EDIT_CONTACTS)
def take_off(contact_id: int, tag_id: int) -> ResponseReturnValue:
    """Take a tag off a contact, with a way back."""
    contact, tag = get_or_404(Contact, contact_id), get_or_404(Tag, tag_id)
    if untag_contact(db, contact, tag, actor=current_actor()):
        said = _("%(name)s is taken off.", name=tag.name)
        if tag.archived_at is None:
            flash_with_undo(said, url_for(".put", contact_id=contact.id, tag_id=tag.id))
        else:
            flash(said, "success")
    return _back(contact.id)


def _typed_tag(name: str) -> Tag:
    """The tag of this name; a new one for whoever may add to the list.

    Raises:
        Refused: there is none.

    """
    tag = queries.tag_called(db, name)
    if tag is not None:
        return tag
    if not current_actor().may(SET_UP_CONTACTS):
        said = _l("There is no such tag. Choose one of the list, or ask whoever looks after the settings to add it.")
        raise Refused(said, field="tag")
    return add_tag(db, TagDetails(name=name), actor=current_actor())


def _back(contact_id: int) -> ResponseReturnValue:
    """To the page that was asked from: the contact's tags, or the contact."""
    endpoint = ".edit" if request.args.get("back") == "tags" else "contacts.show"
    return redirect(url_for(endpoint, contact_id=contact_id), 303)

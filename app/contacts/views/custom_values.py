"""What one contact has in an organisation's own fields, a group at a time."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.contacts.access import EDIT_CONTACTS
from app.contacts.forms.custom_values import Offers, ValuesForm, find_name, values_form, version_of
from app.contacts.models import Contact, CustomGroup, CustomType
from app.contacts.queries import custom_fields as queries
from app.contacts.queries.contacts import contact_to_change
from app.contacts.queries.custom_fields import Filled
from app.contacts.queries.search import search_contacts
from app.contacts.services.custom_fields import field_name, set_values
from app.contacts.showing.custom_fields import may_read_restricted
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import language
from app.kernel.text import one_line
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.records import LARGEST_KEY, get_or_404

bp = Blueprint("custom_values", __name__, url_prefix="/contacts/<int:contact_id>/fields")
FOUND = 8
SHOWN = 200
"""Characters of what was typed into a field that is no more."""


@bp.route("/<int:group_id>", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def edit(contact_id: int, group_id: int) -> ResponseReturnValue:
    """Fill in a group; whoever edits older values sees what changed meanwhile and keeps what they typed."""
    contact = _contact(contact_id)
    group = _group(group_id, contact)
    filled = queries.filled_fields(db, contact, with_restricted=may_read_restricted(), group_id=group.id)
    offers = _offers(filled)
    form = values_form(filled, offers)
    if not form.is_submitted() or "find" in request.form:
        return _page(form, contact, group), 200
    if form.version.data != str(version_of(filled)):
        fresh, lost = values_form(filled, offers, formdata=None), _lost(filled)
        return _page(form, contact, group, changes=form.catch_up(fresh), lost=lost), 409
    return _save(form, contact, group)


def _save(form: ValuesForm, contact: Contact, group: CustomGroup) -> ResponseReturnValue:
    if form.validate():
        try:
            set_values(db, contact, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("%(name)s is saved.", name=group.name(language())), "success")
            return redirect(url_for("contacts.show", contact_id=contact.id, _anchor=f"fields-{group.id}"), 303)
    return _page(form, contact, group), form.status


def _contact(key: int) -> Contact:
    if request.method != "POST":
        return get_or_404(Contact, key)
    contact = contact_to_change(db, key) if 0 < key <= LARGEST_KEY else None
    if contact is None:
        raise NotFound
    return contact


def _group(key: int, contact: Contact) -> CustomGroup:
    """The group, if the contact has it and the reader may know of it; one that was put away is told of."""
    group = get_or_404(CustomGroup, key)
    if contact.kind.value not in group.kinds or (group.is_restricted and not may_read_restricted()):
        raise NotFound
    if group.archived_at is not None:
        raise Refused(_("“%(name)s” has been archived: nothing can be written into it.", name=group.name(language())))
    return group


def _offers(filled: Sequence[Filled]) -> Offers:
    """Contacts to choose from: those that are looked for, and those that were chosen or shown before."""
    pointing = [each.field.key for each in filled if each.field.type is CustomType.CONTACT]
    asked: dict[str, Any] = {key: one_line(request.form.get(find_name(key), ""))[:100] for key in pointing}
    chosen = {key: request.form.get(field_name(key), "") for key in pointing}
    names = queries.names_of(db, [int(text) for text in chosen.values() if _is_key(text)])
    offers: dict[str, dict[int, str]] = {}
    for key in pointing:
        found = search_contacts(db, asked[key], FOUND) if asked[key] and "find" in request.form else []
        kept = {int(chosen[key]): names[int(chosen[key])]} if _is_key(chosen[key]) and int(chosen[key]) in names else {}
        offers[key] = {**kept, **{contact.id: contact.name for contact in found}}
    return {key: list(people.items()) for key, people in offers.items()}


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _lost(filled: Sequence[Filled]) -> list[tuple[str, str]]:
    """What was typed into fields that are no more: their names, and what stands there unsaved."""
    known = {each.field.key for each in filled}
    gone = [name.removeprefix("own_") for name in request.form if name.startswith("own_")]
    typed = {key: ", ".join(request.form.getlist(field_name(key)))[:SHOWN] for key in gone if key not in known}
    names = queries.field_names(db, list(typed), with_restricted=may_read_restricted())
    return [(name, one_line(typed[key])) for key, name in names.items() if typed[key].strip()]


def _page(form: ValuesForm, contact: Contact, group: CustomGroup, **shown: Any) -> str:
    told = {"form": form, "contact": contact, "group": group, "name": group.name(language())}
    return render_template("contacts/custom_fields/values.html", **told, **shown)

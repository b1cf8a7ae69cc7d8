"""Contacts: the list, each one's page, and the forms to add and change them."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload, lazyload, load_only

from app.accounts.models import StaffUser
from app.contacts.access import EDIT_CONTACTS, READ_CONTACTS
from app.contacts.forms.contacts import ContactForm
from app.contacts.forms.notes import NoteForm
from app.contacts.models import Contact, ContactAddress, ContactKind, HouseholdMember
from app.contacts.models.tag import ContactTag
from app.contacts.queries import contacts as queries
from app.contacts.queries.households import BARE
from app.contacts.queries.search import search_contacts
from app.contacts.rules.postal import Hint, hints_about
from app.contacts.services import archive_contact, edit_contact, record_contact, restore_contact
from app.contacts.showing import reaching
from app.contacts.showing.narrowing import who_is_wanted
from app.contacts.showing.tags import chosen_tag, with_tag
from app.contacts.showing.timeline import FEW, most_shown
from app.contacts.views import parts
from app.contacts.wording.reaching import HINTS
from app.kernel.clock import today
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import gettext as _
from app.kernel.pages import Page
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.columns import columns
from app.web.paging import pager
from app.web.reading import reading_organisation
from app.web.records import LARGEST_KEY, get_or_404

bp = Blueprint("contacts", __name__, url_prefix="/contacts")
bp.add_app_template_filter(parts.phone, "phone")
bp.add_app_template_filter(parts.country, "country")
MOST_FOUND = 100
WITH_ALL_OF_IT = (
    *map(joinedload, (Contact.emails, Contact.phones, Contact.addresses, Contact.open_reviews)),
    joinedload(Contact.taggings).joinedload(ContactTag.tag),
    joinedload(Contact.membership).joinedload(HouseholdMember.household).options(*BARE),
    joinedload(Contact.owner).options(load_only(StaffUser.name), lazyload("*")),
)
"""A few of each: joined they are one question instead of eight."""


@bp.route("/")
@requires(READ_CONTACTS)
def index() -> ResponseReturnValue:
    """Contacts by name, narrowed by kind or by words."""
    text, shown = request.args.get("q", "").strip(), request.args.get("kind", "")
    kind = ContactKind(shown) if shown in list(ContactKind) else None
    tag, who = chosen_tag(db), who_is_wanted(db)
    if text:
        found = [contact for contact in search_contacts(db, text, MOST_FOUND) if kind in {None, contact.kind}]
        found = who.among(with_tag(db, found, tag))
        page = pager(Page(found, None, None, len(found)))
    else:
        page = who.page_of(queries.contacts_in_order(kind, is_archived=shown == "archived", tag=tag))
    added = columns(db, "contacts_column", page.rows)
    return render_template(
        "contacts/contacts/index.html", page=page, text=text, shown=shown, columns=added, tag=tag, who=who
    )


@bp.route("/<int:contact_id>")
@requires(READ_CONTACTS)
def show(contact_id: int) -> ResponseReturnValue:
    """Everything about one contact."""
    contact = get_or_404(Contact, contact_id, *WITH_ALL_OF_IT)
    limit = most_shown()
    consents = queries.newest_consents(db, contact.id)
    return render_template(
        "contacts/contacts/show.html",
        contact=contact,
        consents=consents,
        ways=reaching.ways_of(contact, today(reading_organisation().time_zone)),
        sources=parts.sources(db, [contact.source, *(consent.source for consent in consents)]),
        reviews=contact.open_reviews,
        panels=parts.panels(db, contact),
        timeline=parts.timeline(db, contact.id, limit),
        is_whole=limit > FEW,
        note_form=NoteForm(formdata=None),
    )


@bp.route("/new", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def new() -> ResponseReturnValue:
    """Add a person, a household or an organisation."""
    asked = request.args.get("kind", ContactKind.PERSON.value)
    kind = ContactKind(asked) if asked in list(ContactKind) else abort(404)
    home = reading_organisation()
    form = ContactForm(kind, home=home.country, language=home.language)
    if form.is_submitted() and not form.rearrange(request.form) and form.validate():
        try:
            contact = record_contact(db, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _saved(contact, _("%(name)s is added.", name=contact.name))
    return render_template("contacts/contacts/new.html", form=form, kind=kind), form.status


@bp.route("/<int:contact_id>/edit", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def edit(contact_id: int) -> ResponseReturnValue:
    """Change a contact; whoever edits an older version sees what changed meanwhile and keeps what they typed."""
    contact = _contact_to_change(contact_id) if request.method == "POST" else get_or_404(Contact, contact_id)
    form = ContactForm(contact.kind, home=reading_organisation().country, contact=contact)
    if not form.is_submitted() or form.rearrange(request.form):
        return _edit_page(form, contact), 200
    if form.version.data != str(contact.version):
        last = queries.last_change(db, contact.id)
        return _edit_page(form, contact, changes=form.catch_up(contact), last=last), 409
    return _save(form, contact)


def _save(form: ContactForm, contact: Contact) -> ResponseReturnValue:
    before = _doubts(contact)
    if form.validate():
        try:
            edit_contact(db, contact, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _saved(contact, _("%(name)s is saved.", name=contact.name), before)
    return _edit_page(form, contact), form.status


@bp.route("/<int:contact_id>/archive", methods=["POST"])
@requires(EDIT_CONTACTS)
def archive(contact_id: int) -> ResponseReturnValue:
    """Put a contact away."""
    contact = _contact_to_change(contact_id)
    archive_contact(db, contact, actor=current_actor())
    flash(_("%(name)s is archived: lists and the search leave it out.", name=contact.name), "success")
    return redirect(url_for(".show", contact_id=contact.id), 303)


@bp.route("/<int:contact_id>/restore", methods=["POST"])
@requires(EDIT_CONTACTS)
def restore(contact_id: int) -> ResponseReturnValue:
    """Take a contact out of the archive."""
    contact = _contact_to_change(contact_id)
    restore_contact(db, contact, actor=current_actor())
    flash(_("%(name)s is back from the archive.", name=contact.name), "success")
    return redirect(url_for(".show", contact_id=contact.id), 303)


def _contact_to_change(key: int) -> Contact:
    contact = queries.contact_to_change(db, key) if 0 < key <= LARGEST_KEY else None
    if contact is None:
        raise NotFound
    return contact


def _edit_page(form: ContactForm, contact: Contact, **shown: Any) -> str:
    return render_template("contacts/contacts/edit.html", form=form, contact=contact, kind=contact.kind, **shown)


Doubts = dict[tuple[int | None, Hint], ContactAddress]


def _doubts(contact: Contact) -> Doubts:
    """What looks wrong of which address."""
    return {(row.id, hint): row for row in contact.addresses for hint in hints_about(row.parts)}


def _saved(contact: Contact, message: str, before: Doubts | None = None) -> ResponseReturnValue:
    """To the contact's page, with what looks wrong of an address and did not before: hints, for people know better."""
    flash(message, "success")
    for key, row in _doubts(contact).items():
        if key not in (before or {}):
            told = {"postcode": row.postcode, "city": row.city or row.postcode or row.street, "region": row.region}
            flash(str(HINTS[key[1]]) % told, "warning")
    return redirect(url_for(".show", contact_id=contact.id), 303)

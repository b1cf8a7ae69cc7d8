"""The pages of ties between contacts: choose the other one, say what they are to each other, correct, end."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.contacts.access import EDIT_CONTACTS, READ_CONTACTS
from app.contacts.forms.relationships import EndForm, TieEditForm, TieForm
from app.contacts.models import Contact, Relationship
from app.contacts.queries import relationships as queries
from app.contacts.queries.search import search_contacts
from app.contacts.services.relationships import delete_tie, edit_tie, end_tie, tie_contacts
from app.kernel.clock import today
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import language
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.reading import reading_organisation
from app.web.records import LARGEST_KEY, get_or_404

bp = Blueprint("relationships", __name__, url_prefix="/contacts/<int:contact_id>/relationships")
IN_PANEL = 12
ON_A_PAGE = 500


def panel(session: Session, contact: Contact) -> dict[str, Any]:
    """A contact's ties for their page, current ones first."""
    found = queries.ties_of(session, contact.id, _today(), IN_PANEL + 1)
    return {"ties": found[:IN_PANEL], "has_more": len(found) > IN_PANEL, "language": language()}


@bp.route("/")
@requires(READ_CONTACTS)
def index(contact_id: int) -> ResponseReturnValue:
    """Every tie of a contact."""
    contact = get_or_404(Contact, contact_id)
    ties = queries.ties_of(db, contact.id, _today(), ON_A_PAGE)
    return render_template("contacts/relationships/index.html", contact=contact, ties=ties, language=language())


@bp.route("/new", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def new(contact_id: int) -> ResponseReturnValue:
    """Tie a contact to another: first to whom, then how."""
    contact, key = get_or_404(Contact, contact_id), request.args.get("with", 0, type=int)
    if not key:
        text = request.args.get("q", "")[:100]
        found = [each for each in search_contacts(db, text) if each.id != contact.id] if text else []
        return render_template("contacts/relationships/choose.html", contact=contact, text=text, found=found)
    other = get_or_404(Contact, key)
    form = TieForm.between(queries.types_between(db, contact.kind, other.kind))
    if form.validate_on_submit():
        try:
            tie_contacts(db, contact, other, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _back(contact, _("The relationship with %(name)s is kept.", name=other.name))
    return render_template("contacts/relationships/new.html", form=form, contact=contact, other=other), form.status


@bp.route("/<int:tie_id>/edit", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def edit(contact_id: int, tie_id: int) -> ResponseReturnValue:
    """Correct the days and the note of a tie."""
    contact, tie = _of(contact_id, tie_id)
    form = TieEditForm.of(tie)
    if form.validate_on_submit():
        try:
            edit_tie(db, tie, form.details(tie), version=form.seen_version, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
            form.version.data = str(tie.version)
        else:
            return _back(contact, _("The relationship is saved."))
    return _page("edit", form, contact, tie), form.status


@bp.route("/<int:tie_id>/end", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def end(contact_id: int, tie_id: int) -> ResponseReturnValue:
    """Let a tie end on a day."""
    contact, tie = _of(contact_id, tie_id)
    form = EndForm.on(_today())
    if form.validate_on_submit() and form.until.data is not None:
        try:
            end_tie(db, tie, form.until.data, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _back(contact, _("The relationship is kept as a former one."))
    return _page("end", form, contact, tie), form.status


@bp.route("/<int:tie_id>/delete", methods=["POST"])
@requires(EDIT_CONTACTS)
def delete(contact_id: int, tie_id: int) -> ResponseReturnValue:
    """Take away a tie that was entered by mistake."""
    contact, tie = _of(contact_id, tie_id)
    delete_tie(db, tie, actor=current_actor())
    return _back(contact, _("The relationship is taken away."))


def _of(contact_id: int, tie_id: int) -> tuple[Contact, Relationship]:
    contact = get_or_404(Contact, contact_id)
    tie = queries.tie_of(db, contact.id, tie_id) if 0 < tie_id <= LARGEST_KEY else None
    if tie is None:
        raise NotFound
    return contact, tie


def _page(name: str, form: Any, contact: Contact, tie: Relationship) -> str:
    seen = queries.seen_from(contact.id, tie, _today())
    template = f"contacts/relationships/{name}.html"
    return render_template(template, form=form, contact=contact, tie=seen, language=language())


def _back(contact: Contact, message: str) -> ResponseReturnValue:
    flash(message, "success")
    return redirect(url_for("contacts.show", contact_id=contact.id) + "#relationships", 303)


def _today() -> Any:
    return today(reading_organisation().time_zone)

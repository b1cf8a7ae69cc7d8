"""Notes about contacts: written, changed, pinned, deleted and brought back. Nobody finds what is not for them."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.contacts.access import EDIT_CONTACTS
from app.contacts.forms.notes import NoteForm
from app.contacts.models import Contact, ContactNote
from app.contacts.queries.notes import note_for
from app.contacts.queries.visibility import is_author
from app.contacts.services import notes as services
from app.contacts.wording.visibility import MARKED
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import gettext as _
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.notices import flash_with_undo
from app.web.records import LARGEST_KEY, get_or_404

bp = Blueprint("notes", __name__)


@bp.route("/contacts/<int:contact_id>/notes", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def new(contact_id: int) -> ResponseReturnValue:
    """Write something down about a contact."""
    contact, form = get_or_404(Contact, contact_id), NoteForm()
    if form.validate_on_submit():
        typed = form.details()
        try:
            services.add_note(db, contact, typed.text, visibility=typed.visibility, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("The note is kept."), "success")
            return _to_timeline(contact.id)
    return render_template("contacts/notes/new.html", form=form, contact=contact), form.status


@bp.route("/notes/<int:note_id>", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def edit(note_id: int) -> ResponseReturnValue:
    """A note, which its author may change; whoever edits an older version sees what changed meanwhile."""
    note = _note(note_id)
    form = NoteForm.of(note)
    if form.is_submitted() and form.version.data != str(note.version):
        return _page(note, form, changes=form.catch_up(NoteForm.of(note, formdata=None))), 409
    if form.validate_on_submit():
        try:
            services.edit_note(db, note, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("The note is kept."), "success")
            return _to_timeline(note.contact_id)
    return _page(note, form), form.status


@bp.route("/notes/<int:note_id>/pin", methods=["POST"])
@requires(EDIT_CONTACTS)
def pin(note_id: int) -> ResponseReturnValue:
    """Keep a note above everything else."""
    note = _note(note_id)
    services.pin_note(db, note, is_pinned=True, actor=current_actor())
    return _to_timeline(note.contact_id)


@bp.route("/notes/<int:note_id>/unpin", methods=["POST"])
@requires(EDIT_CONTACTS)
def unpin(note_id: int) -> ResponseReturnValue:
    """Let a note stand where it stood before."""
    note = _note(note_id)
    services.pin_note(db, note, is_pinned=False, actor=current_actor())
    return _to_timeline(note.contact_id)


@bp.route("/notes/<int:note_id>/delete", methods=["POST"])
@requires(EDIT_CONTACTS)
def delete(note_id: int) -> ResponseReturnValue:
    """Take a note away, with a way back."""
    note = _note(note_id)
    services.delete_note(db, note, actor=current_actor())
    flash_with_undo(_("The note is deleted."), url_for(".restore", note_id=note.id))
    return _to_timeline(note.contact_id)


@bp.route("/notes/<int:note_id>/restore", methods=["POST"])
@requires(EDIT_CONTACTS)
def restore(note_id: int) -> ResponseReturnValue:
    """Bring a deleted note back."""
    note = _note(note_id, is_deleted=True)
    services.restore_note(db, note, actor=current_actor())
    flash(_("The note is back."), "success")
    return _to_timeline(note.contact_id)


def _note(key: int, *, is_deleted: bool = False) -> ContactNote:
    note = note_for(db, key, reader=current_actor(), is_deleted=is_deleted) if 0 < key <= LARGEST_KEY else None
    if note is None:
        raise NotFound
    return note


def _page(note: ContactNote, form: NoteForm, **shown: Any) -> str:
    actor, contact = current_actor(), db.get_one(Contact, note.contact_id)
    rights = {"is_mine": is_author(actor, note), "may_delete": services.may_delete(note, actor)}
    said = {"note": note, "form": form, "contact": contact, "marked": MARKED}
    return render_template("contacts/notes/edit.html", **said, **rights, **shown)


def _to_timeline(contact_id: int) -> ResponseReturnValue:
    return redirect(url_for("contacts.show", contact_id=contact_id, _anchor="timeline"), 303)

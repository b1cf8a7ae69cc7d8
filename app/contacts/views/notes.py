"""Notes about contacts: written, changed, pinned, deleted and brought back. Nobody finds what is not for them."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.contacts.access import EDIT_CONTACTS
from app.contacts.forms.notes import NoteForm
from app.contacts.models import Contact, ContactNote
from app.contacts.queries.files import files_of_note_for
from app.contacts.queries.notes import note_for, note_to_change
from app.contacts.queries.visibility import is_author
from app.contacts.services import notes as services
from app.contacts.services.files import attach_to_note, prepare_all
from app.contacts.showing.files import lines_of
from app.contacts.wording.visibility import MARKED
from app.kernel.audit import act_as
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import gettext as _
from app.web.application import accepts_files, db, own_transactions, this_application
from app.web.auth import current_actor, requires
from app.web.notices import flash_with_undo
from app.web.records import LARGEST_KEY, get_or_404

bp = Blueprint("notes", __name__)


@bp.route("/contacts/<int:contact_id>/notes", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
@own_transactions
@accepts_files
def new(contact_id: int) -> ResponseReturnValue:
    """Write something down about a contact."""
    contact, form = get_or_404(Contact, contact_id), NoteForm(_largest())

    def write(session: Session) -> ContactNote:
        typed, about = form.details(), session.get_one(Contact, contact.id)
        return services.add_note(session, about, typed.text, visibility=typed.visibility, actor=current_actor())

    if form.validate_on_submit() and _kept(form, write):
        return _to_timeline(contact.id)
    page = render_template("contacts/notes/new.html", form=form, contact=contact, largest=_largest() // 1_000_000)
    return page, form.status


@bp.route("/notes/<int:note_id>", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
@own_transactions
@accepts_files
def edit(note_id: int) -> ResponseReturnValue:
    """A note, which its author may change; whoever edits an older version sees what changed meanwhile."""
    note = _note(note_id)
    form = NoteForm.of(note, _largest())

    def change(session: Session) -> ContactNote:
        return services.edit_note(session, _as_shown(session, note), form.details(), actor=current_actor())

    if form.is_submitted() and form.version.data != str(note.version):
        return _page(note, form, changes=form.catch_up(NoteForm.of(note, formdata=None))), 409
    if form.validate_on_submit() and _kept(form, change):
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


def _kept(form: NoteForm, deed: Callable[[Session], ContactNote]) -> bool:
    """Do it, and keep the files with it. Pictures are drawn anew before, so that nobody waits for that."""
    try:
        files = prepare_all(form.files.sent)
        with this_application().database.writing() as session:
            act_as(session, current_actor())
            attach_to_note(session, deed(session), files, actor=current_actor())
    except Refused as refusal:
        form.refuse(refusal)
        return False
    flash(_("The note is kept."), "success")
    return True


def _as_shown(session: Session, note: ContactNote) -> ContactNote:
    """The same note to be changed, unless somebody was quicker by an instant."""
    held = note_to_change(session, note.id, reader=current_actor())
    if held is None or held.version != note.version:
        raise Refused(_("Somebody else changed this while you were typing."))
    return held


def _largest() -> int:
    return this_application().settings.largest_file


def _page(note: ContactNote, form: NoteForm, **shown: Any) -> str:
    actor, contact = current_actor(), db.get_one(Contact, note.contact_id)
    shown |= {"lines": lines_of(files_of_note_for(db, note, reader=actor)), "largest": _largest() // 1_000_000}
    rights = {"is_mine": is_author(actor, note), "may_delete": services.may_delete(note, actor)}
    said = {"note": note, "form": form, "contact": contact, "marked": MARKED}
    return render_template("contacts/notes/edit.html", **said, **rights, **shown)


def _to_timeline(contact_id: int) -> ResponseReturnValue:
    return redirect(url_for("contacts.show", contact_id=contact_id, _anchor="timeline"), 303)

"""Files attached to contacts. They are handed out to be saved, never shown as pages of ours."""

from io import BytesIO

from flask import Blueprint, Response, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from app.contacts.access import EDIT_CONTACTS, READ_CONTACTS
from app.contacts.forms.files import FileForm
from app.contacts.models import Contact
from app.contacts.models.file import ContactFile
from app.contacts.queries import files as queries
from app.contacts.services import files as services
from app.contacts.showing.files import lines_of
from app.kernel import files as stored
from app.kernel.audit import act_as
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import gettext as _
from app.web.application import accepts_files, db, own_transactions, this_application
from app.web.auth import current_actor, requires
from app.web.notices import flash_with_undo
from app.web.records import LARGEST_KEY, get_or_404

bp = Blueprint("files", __name__)
HANDED_OUT = "default-src 'none'; sandbox"
"""The policy of what people sent in: whatever it is, a browser runs nothing of it (ASVS 5.0, 3.2.1)."""


@bp.route("/contacts/<int:contact_id>/files")
@requires(READ_CONTACTS)
def index(contact_id: int) -> ResponseReturnValue:
    """The files of a contact that the reader may see."""
    return _page(get_or_404(Contact, contact_id), FileForm(this_application().settings.largest_file, formdata=None))


@bp.route("/contacts/<int:contact_id>/files", methods=["POST"])
@requires(EDIT_CONTACTS)
@own_transactions
@accepts_files
def attach(contact_id: int) -> ResponseReturnValue:
    """Keep a file. Pictures are drawn anew before anything is written, so that nobody waits for that."""
    contact, form = get_or_404(Contact, contact_id), FileForm(this_application().settings.largest_file)
    if form.validate_on_submit():
        try:
            details = services.prepare(form.filename, form.content, form.chosen)
            with this_application().database.writing() as session:
                act_as(session, current_actor())
                services.attach_file(session, contact, details, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("%(name)s is kept.", name=details.name), "success")
            return _back(contact.id)
    return _page(contact, form)


@bp.route("/files/<int:file_id>")
@requires(READ_CONTACTS)
def download(file_id: int) -> ResponseReturnValue:
    """A file, to be saved."""
    file = _file(file_id)
    content = BytesIO(stored.read(db, file.stored_file_id))
    return _guarded(send_file(content, file.media_type, as_attachment=True, download_name=file.name))


@bp.route("/files/<int:file_id>/thumbnail")
@requires(READ_CONTACTS)
def thumbnail(file_id: int) -> ResponseReturnValue:
    """The small picture that we drew."""
    file = _file(file_id)
    if file.thumbnail_id is None:
        raise NotFound
    return _guarded(send_file(BytesIO(stored.read(db, file.thumbnail_id)), "image/webp"))


@bp.route("/files/<int:file_id>/delete", methods=["POST"])
@requires(EDIT_CONTACTS)
def delete(file_id: int) -> ResponseReturnValue:
    """Take a file away, with a way back."""
    file = _file(file_id)
    services.delete_file(db, file, actor=current_actor())
    flash_with_undo(_("%(name)s is deleted.", name=file.name), url_for(".restore", file_id=file.id))
    return _back(file.contact_id, file.note_id)


@bp.route("/files/<int:file_id>/restore", methods=["POST"])
@requires(EDIT_CONTACTS)
def restore(file_id: int) -> ResponseReturnValue:
    """Bring a deleted file back."""
    file = _file(file_id, is_deleted=True)
    services.restore_file(db, file, actor=current_actor())
    flash(_("%(name)s is back.", name=file.name), "success")
    return _back(file.contact_id, file.note_id)


def _file(key: int, *, is_deleted: bool = False) -> ContactFile:
    file = queries.file_for(db, key, reader=current_actor(), is_deleted=is_deleted) if 0 < key <= LARGEST_KEY else None
    if file is None:
        raise NotFound
    return file


def _guarded(answer: Response) -> Response:
    answer.headers["Content-Security-Policy"] = HANDED_OUT
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _page(contact: Contact, form: FileForm) -> ResponseReturnValue:
    lines = lines_of(queries.files_of(db, contact.id, reader=current_actor()))
    largest = this_application().settings.largest_file // 1_000_000
    page = render_template("contacts/files/index.html", contact=contact, form=form, lines=lines, largest=largest)
    return page, form.status


def _back(contact_id: int, note_id: int | None = None) -> ResponseReturnValue:
    """To the note that the file belongs to, else to all files of the contact."""
    if note_id is not None:
        return redirect(url_for("notes.edit", note_id=note_id), 303)
    return redirect(url_for(".index", contact_id=contact_id), 303)

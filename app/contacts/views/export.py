"""Contacts taken out as a file: a whole segment, or the list. Who took out how many of what is written down first."""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func, select

from app.contacts.access import EXPORT_CONTACTS
from app.contacts.forms.export import EXCEL, ExportForm
from app.contacts.models import Contact, ContactKind
from app.contacts.queries.narrowing import EVERYBODY, may_be_contacted
from app.contacts.queries.segments import is_in
from app.contacts.queries.tags import has_tag
from app.contacts.showing.bulk import seen_segment
from app.contacts.showing.export import USUAL, Sheet
from app.contacts.showing.narrowing import PARAMETER, who_is_wanted
from app.contacts.showing.segments import readers_criteria
from app.contacts.showing.tags import chosen_tag
from app.kernel import audit
from app.kernel.db import Record
from app.kernel.errors import Refused
from app.kernel.organisation import the_organisation
from app.web.application import db, own_transactions, this_application
from app.web.auth import current_actor, requires
from app.web.downloads import download

bp = Blueprint("export", __name__)


@bp.route("/segments/<int:segment_id>/export", methods=["GET", "POST"])
@requires(EXPORT_CONTACTS)
@own_transactions
def segment(segment_id: int) -> ResponseReturnValue:
    """Everybody in a segment now."""
    chosen, criteria = seen_segment(segment_id), readers_criteria(db)
    back = url_for("segments.show", segment_id=chosen.id)
    try:
        whom = [Contact.archived_at.is_(None), is_in(db, chosen, criteria)]
    except Refused as refusal:
        return _answered(None, chosen, {"back": back, "title": chosen.name, "refusal": refusal.message})
    return _answered(whom, chosen, {"back": back, "title": chosen.name})


@bp.route("/contacts/export", methods=["GET", "POST"])
@requires(EXPORT_CONTACTS)
@own_transactions
def everybody() -> ResponseReturnValue:
    """The list of contacts, narrowed as its page is, by `?kind=`, `?tag=` and `?for=`."""
    asked, tag = request.args.get("kind", ""), chosen_tag(db)
    archived = Contact.archived_at
    whom: list[ColumnElement[bool]] = [archived.is_not(None) if asked == "archived" else archived.is_(None)]
    whom += [Contact.kind == ContactKind(asked)] if asked in list(ContactKind) else []
    whom += [has_tag(tag.id)] if tag is not None else []
    kept: dict[str, Any] = {"kind": asked or None, "tag": tag.id if tag else None}
    kept[PARAMETER] = request.args.get(PARAMETER) or None
    back = url_for("contacts.index", **kept)
    return _answered(whom, the_organisation(db), {"back": back, "title": ""})


def _answered(whom: list[ColumnElement[bool]] | None, about: Record, told: dict[str, Any]) -> ResponseReturnValue:
    """The page, or the file; it begins narrowed as the list before was, by `?for=`."""
    sheet, wanted = Sheet.of_reader(db), who_is_wanted(db)
    form = ExportForm(sheet.headings.items(), USUAL, wanted.choices, wanted.wish)
    if whom is not None and form.validate_on_submit():
        sheet.chosen = form.columns.data or []
        return _file(sheet, form.file.data, [*whom, may_be_contacted(db, form.who.data or EVERYBODY)], about)
    try:
        count = _count([*whom, may_be_contacted(db, wanted.wish)]) if whom is not None else 0
    except Refused as refusal:
        count, told = 0, {**told, "refusal": refusal.message}
    return render_template("contacts/export/choose.html", form=form, count=count, **told), form.status


def _file(sheet: Sheet, kind: str, whom: list[ColumnElement[bool]], about: Record) -> Response:
    """The file, read and sent at the same time: nobody waits for long without a sign, and nothing is kept of it."""
    database, actor, count = this_application().database, current_actor(), _count(whom)
    with database.writing() as writing:
        audit.act_as(writing, actor)
        told = {"contacts": count, "columns": list(sheet.chosen), "file_kind": kind}
        audit.note(writing, actor, "contacts.exported", about, **told)
    return download(sheet.workbook(database, whom) if kind == EXCEL else sheet.lines(database, whom), "contacts", kind)


def _count(whom: list[ColumnElement[bool]]) -> int:
    return db.scalar(select(func.count(Contact.id)).where(*whom)) or 0

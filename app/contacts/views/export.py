"""Contacts taken out as a file: a whole segment, or the list. Who took out how many of what is written down first."""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func, select

from app.contacts.access import EXPORT_CONTACTS
from app.contacts.forms.export import ExportForm
from app.contacts.models import Contact, ContactKind
from app.contacts.queries.criteria import GIVEN, may_be_reached
from app.contacts.queries.narrowing import may_be_contacted
from app.contacts.queries.segments import is_in
from app.contacts.queries.tags import has_tag
from app.contacts.showing.bulk import seen_segment
from app.contacts.showing.export import USUAL, Sheet
from app.contacts.showing.segments import readers_criteria
from app.contacts.showing.tags import chosen_tag
from app.kernel import audit
from app.kernel.conditions import Condition, Group, Op
from app.kernel.criteria import Criteria, asking
from app.kernel.db import Record
from app.kernel.errors import Refused
from app.kernel.organisation import the_organisation
from app.web.application import db, own_transactions, this_application
from app.web.auth import current_actor, requires

bp = Blueprint("export", __name__)
CONSENT = "consent."


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
        return _answered(criteria, None, chosen, {"back": back, "title": chosen.name, "refusal": refusal.message})
    return _answered(criteria, whom, chosen, {"back": back, "title": chosen.name})


@bp.route("/contacts/export", methods=["GET", "POST"])
@requires(EXPORT_CONTACTS)
@own_transactions
def everybody() -> ResponseReturnValue:
    """The list of contacts, narrowed as its page is, by `?kind=`, `?tag=` and `?for=`."""
    asked, tag, wish = request.args.get("kind", ""), chosen_tag(db), request.args.get("for", "")
    archived = Contact.archived_at
    whom: list[ColumnElement[bool]] = [archived.is_not(None) if asked == "archived" else archived.is_(None)]
    whom += [Contact.kind == ContactKind(asked)] if asked in list(ContactKind) else []
    whom += [has_tag(tag.id)] if tag is not None else []
    kept: dict[str, Any] = {"kind": asked or None, "tag": tag.id if tag else None, "for": wish or None}
    told = {"back": url_for("contacts.index", **kept)}
    criteria, home = readers_criteria(db), the_organisation(db)
    try:
        whom.append(may_be_contacted(db, wish))
    except Refused as refusal:
        return _answered(criteria, None, home, {**told, "title": "", "refusal": refusal.message})
    return _answered(criteria, whom, home, {**told, "title": ""})


def _answered(
    criteria: Criteria, whom: list[ColumnElement[bool]] | None, about: Record, told: dict[str, Any]
) -> ResponseReturnValue:
    sheet = Sheet.of_reader(db)
    consents = [(each.key, str(each.label)) for each in criteria.all if each.key.startswith(CONSENT)]
    form = ExportForm(sheet.headings.items(), USUAL, consents)
    if whom is not None and form.validate_on_submit():
        sheet.chosen = form.columns.data or []
        return _file(sheet, [*whom, *_narrowed(form, criteria)], about)
    count = _count(whom) if whom is not None else 0
    return render_template("contacts/export/choose.html", form=form, count=count, **told), form.status


def _narrowed(form: ExportForm, criteria: Criteria) -> list[ColumnElement[bool]]:
    """Only who can be reached, and who agreed."""
    asked = asking(db, Contact.id)
    reached = [may_be_reached(asked, form.channel)] if form.channel is not None else []
    agreed = Group(parts=(Condition(form.agreed_to, Op.ANY_OF, (GIVEN,)),))
    return [*reached, *([criteria.compile(agreed, asked)] if form.agreed_to else [])]


def _file(sheet: Sheet, whom: list[ColumnElement[bool]], about: Record) -> Response:
    database, actor, count = this_application().database, current_actor(), _count(whom)
    with database.writing() as writing:
        audit.act_as(writing, actor)
        audit.note(writing, actor, "contacts.exported", about, contacts=count, columns=list(sheet.chosen))
    answer = Response(sheet.lines(database, whom), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=contacts.csv"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _count(whom: list[ColumnElement[bool]]) -> int:
    return db.scalar(select(func.count(Contact.id)).where(*whom)) or 0

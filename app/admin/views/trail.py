"""The trail: who changed what, when, and from where, in words; and taken along to be checked elsewhere."""

from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.accounts.access import READ_AUDIT
from app.accounts.queries.staff import all_staff
from app.admin.queries import Wanted, audit_entries
from app.admin.trail import Reading
from app.admin.trail_export import csv_lines, json_lines
from app.kernel.audit import note
from app.kernel.db import Base
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.organisation import the_organisation
from app.kernel.sealing import newest_seal
from app.kernel.text import clean
from app.web.application import db, this_application
from app.web.auth import confirmed, current_actor, requires
from app.web.downloads import download
from app.web.nav import features
from app.web.paging import pager

bp = Blueprint("trail", __name__, url_prefix="/settings/trail")
PANEL_SIZE = 8
KINDS = (
    ("public", _l("Donors on public pages")),
    ("gateway", _l("The payment service")),
    ("system", _l("The product itself")),
)
FORMATS = {"csv": csv_lines, "jsonl": json_lines}


def wanted_from(asked: MultiDict[str, str]) -> Wanted:
    """What an address or a form asks for; what makes no sense asks for nothing."""
    words = {name: clean(asked.get(name, ""))[:100] for name in ("person", "record_type", "action", "request_id")}
    key = asked.get("record_id", "")
    return Wanted(
        text=clean(asked.get("q", ""))[:100], record_id=int(key) if _is_key(key) else None,
        since=_day(asked.get("since", "")), until=_day(asked.get("until", "")), hidden=_hidden(),
        **{**words, "person": words["person"] if _is_key(words["person"]) or words["person"].isalpha() else ""},
    )  # fmt: skip


def _hidden() -> tuple[str, ...]:
    return features().vocabulary.hidden_from(current_actor())


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text[:12]) < 2**31 and len(text) < 12


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if date.min.year < found.year < date.max.year else None


def lines_of(session: Session, entries: Any) -> list[Any]:
    """Entries in words."""
    reading = Reading(session, features().vocabulary, Base.metadata, entries)
    return [reading.line(entry) for entry in entries]


@bp.route("/")
@requires(READ_AUDIT)
def index() -> ResponseReturnValue:
    """The entries, newest first, narrowed to what is looked for."""
    wanted, words = wanted_from(request.args), features().vocabulary
    page = audit_entries(db, wanted, cursor=request.args.get("after"))
    return render_template(
        "admin/trail/index.html", page=pager(page), lines=lines_of(db, page.rows), wanted=wanted, kinds=KINDS,
        people=[(each.id, each.name) for each in all_staff(db)], deeds=_by_name(words.deeds), seal=newest_seal(db),
        records=_by_name({key: each.label for key, each in words.records.items()}),
    )  # fmt: skip


def _by_name(words: Any) -> list[tuple[str, str]]:
    return sorted(((key, str(text)) for key, text in words.items()), key=lambda pair: pair[1].casefold())


@bp.route("/of/<record_type>/<int:record_id>")
@requires(READ_AUDIT)
def history(record_type: str, record_id: int) -> ResponseReturnValue:
    """The newest entries of one record, as its page shows them; elsewhere the trail narrowed to it."""
    if request.headers.get("HX-Request") != "true":
        return redirect(url_for(".index", record_type=record_type, record_id=record_id))
    wanted = Wanted(record_type=record_type[:100], record_id=record_id if record_id < 2**31 else 0, hidden=_hidden())
    page = audit_entries(db, wanted, size=PANEL_SIZE)
    return render_template("admin/trail/_entries.html", lines=lines_of(db, page.rows), page=page, wanted=wanted)


@bp.route("/export", methods=["POST"])
@requires(READ_AUDIT)
@confirmed
def export() -> ResponseReturnValue:
    """What is looked for as a file; who took it along is written down first."""
    wanted, asked = wanted_from(request.form), request.form.get("format", "")
    kind = asked if asked in FORMATS else "csv"
    note(db, current_actor(), "audit.exported", the_organisation(db), kind=kind, **wanted.told())
    return download(FORMATS[kind](this_application().database, wanted), "audit-trail", kind)

"""The trail: who changed what, when, and from where."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts.access import READ_AUDIT
from app.admin.queries import audit_entries
from app.kernel.text import clean
from app.web.application import db
from app.web.auth import requires
from app.web.paging import pager

bp = Blueprint("trail", __name__, url_prefix="/settings/trail")


@bp.route("/")
@requires(READ_AUDIT)
def index() -> ResponseReturnValue:
    """The entries, newest first, narrowed by words, by kind of record and by record."""
    wanted = request.args
    key = wanted.get("record_id", "")
    page = audit_entries(
        db, text=clean(wanted.get("q", ""))[:100], record_type=clean(wanted.get("record_type", ""))[:60],
        record_id=int(key) if key.isascii() and key.isdecimal() and len(key) < 19 else None, cursor=wanted.get("after"),
    )  # fmt: skip
    return render_template("admin/trail/index.html", page=pager(page))

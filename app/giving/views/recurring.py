"""Recurring gifts: who has agreed to give again and again."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.giving.access import READ_GIFTS
from app.giving.models import RecurringStatus
from app.giving.queries.recurring import promised, recurring_page
from app.giving.wording import choices_of
from app.web.application import db
from app.web.auth import requires
from app.web.paging import pager

bp = Blueprint("recurring", __name__)


@bp.route("/recurring-gifts")
@requires(READ_GIFTS)
def index() -> ResponseReturnValue:
    """Recurring gifts in a state, newest first."""
    asked = request.args.get("status", "")
    status = RecurringStatus(asked) if asked in set(RecurringStatus) else None
    page = pager(recurring_page(db, status, request.args.get("after")))
    choices = choices_of(*RecurringStatus)
    return render_template(
        "giving/recurring/index.html", page=page, status=status, choices=choices, promised=promised(db)
    )

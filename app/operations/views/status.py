"""How the installation is doing: one light for all, a card for each part, and every regular duty with its last run."""

from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import VERSION
from app.kernel import audit
from app.kernel.i18n import format_number, ngettext
from app.kernel.i18n import gettext as _
from app.kernel.jobs import Job
from app.kernel.rounds import Rounds, ask_for
from app.operations import access
from app.operations.health import Light, look
from app.operations.words import PARTS
from app.payments.access import RETRY_JOBS
from app.web.application import db, this_application
from app.web.auth import current_actor, requires

MEGABYTE, GIGABYTE = 1_000_000, 1_000_000_000
bp = Blueprint("status", __name__, url_prefix="/status")


@bp.route("")
@requires(access.READ_OPERATIONS)
def show() -> ResponseReturnValue:
    """The lights."""
    return render_template(
        "operations/status.html", health=look(this_application().work), Light=Light, names=PARTS, version=VERSION,
        span=in_words, size=size_in_words,
    )  # fmt: skip


@bp.route("/duties/<name>/run", methods=["POST"])
@requires(RETRY_JOBS)
def run(name: str) -> ResponseReturnValue:
    """Have a duty done as soon as a worker is free."""
    duty = this_application().ports.get(Rounds).get(name)
    if duty is None:
        abort(404)
    job_id = ask_for(db, duty)
    if job_id is not None:
        audit.note(db, current_actor(), "round.asked", db.get_one(Job, job_id), round=duty.name)
    flash(_("It is being done. Look again in a moment."), "success")
    return redirect(url_for(".show"), 303)


def in_words(span: timedelta | float | None) -> str:
    """A span of time as people say it: seconds, minutes, hours or days."""
    if span is None:
        return "—"
    seconds = round(span.total_seconds() if isinstance(span, timedelta) else span)
    if seconds < 90:
        return ngettext("%(num)s second", "%(num)s seconds", seconds)
    if seconds < 90 * 60:
        return ngettext("%(num)s minute", "%(num)s minutes", round(seconds / 60))
    if seconds < 48 * 3600:
        return ngettext("%(num)s hour", "%(num)s hours", round(seconds / 3600))
    return ngettext("%(num)s day", "%(num)s days", round(seconds / 86_400))


def size_in_words(size: int) -> str:
    """Bytes as megabytes or gigabytes."""
    if size >= GIGABYTE:
        return _("%(size)s GB", size=format_number(round(size / GIGABYTE, 1)))
    return _("%(size)s MB", size=format_number(round(size / MEGABYTE, 1)))

"""Work that could not be done after many attempts and waits for a person."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.kernel.i18n import gettext as _
from app.kernel.i18n import ngettext
from app.kernel.jobs import Job
from app.payments import access, queries
from app.payments.services.gateway_events import retry_job
from app.web.addresses import safe_next
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.job_words import shown_jobs
from app.web.paging import pager
from app.web.records import get_or_404

bp = Blueprint("parked_jobs", __name__, url_prefix="/parked-jobs")


@bp.route("/")
@requires(access.RETRY_JOBS)
def index() -> ResponseReturnValue:
    """Everything that waits, oldest first."""
    page = queries.parked_jobs(db, cursor=request.args.get("after"))
    return render_template("payments/parked_jobs/index.html", page=pager(page), parked=shown_jobs(db, page.rows))


@bp.route("/retry", methods=["POST"])
@requires(access.RETRY_JOBS)
def retry_all() -> ResponseReturnValue:
    """Start everything again that waits (at most 500 at once); go back to the page it was asked on."""
    found = list(queries.oldest_parked(db))
    for job in found:
        retry_job(db, job, actor=current_actor())
    count = len(found)
    flash(ngettext("%(num)s task is being tried again.", "%(num)s tasks are being tried again.", count), "success")
    return redirect(safe_next(request.form.get("next"), url_for(".index")), 303)


@bp.route("/<int:job_id>/retry", methods=["POST"])
@requires(access.RETRY_JOBS)
def retry(job_id: int) -> ResponseReturnValue:
    """Start one again; go back to the page it was asked on."""
    retry_job(db, get_or_404(Job, job_id), actor=current_actor())
    flash(_("It is being tried again."), "success")
    return redirect(safe_next(request.form.get("next"), url_for(".index")), 303)

"""Work that could not be done after many attempts and waits for a person."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.kernel.i18n import gettext as _
from app.kernel.jobs import Job
from app.payments import access, queries
from app.payments.services.gateway_events import retry_job
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.paging import pager
from app.web.records import get_or_404

bp = Blueprint("parked_jobs", __name__, url_prefix="/parked-jobs")


@bp.route("/")
@requires(access.RETRY_JOBS)
def index() -> ResponseReturnValue:
    """Everything that waits, oldest first."""
    page = queries.parked_jobs(db, cursor=request.args.get("after"))
    return render_template("payments/parked_jobs/index.html", page=pager(page))


@bp.route("/<int:job_id>/retry", methods=["POST"])
@requires(access.RETRY_JOBS)
def retry(job_id: int) -> ResponseReturnValue:
    """Start one again."""
    retry_job(db, get_or_404(Job, job_id), actor=current_actor())
    flash(_("It is being tried again."), "success")
    return redirect(url_for(".index"), 303)

"""Receipts for a whole year: what a run would issue and leave out, the run itself, and one donor's at their request."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.contacts.models import Contact
from app.giving.access import ISSUE_RECEIPTS, READ_RECEIPTS
from app.giving.models import ReceiptRun
from app.giving.queries.yearly_receipts import donors_page, newest_run, receipts_of_donor, years_due_of
from app.giving.services import receipt_runs, thanks
from app.giving.services.receipt_drafts import letterhead, missing_of_donor
from app.giving.services.yearly_receipts import issue_year_of
from app.giving.year_preview import missing_of, preview
from app.kernel.clock import today
from app.kernel.errors import NotFound
from app.kernel.i18n import ngettext
from app.kernel.organisation import the_organisation
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.job_words import reason_of
from app.web.paging import pager
from app.web.records import get_or_404

bp = Blueprint("yearly_receipts", __name__)
FIRST_YEAR, LAST_YEAR = 1900, 2998
YEARS = 6
"""So many years back are offered; older ones have an address all the same."""


@bp.route("/receipts/yearly/<int:year>")
@requires(READ_RECEIPTS)
def show(year: int) -> ResponseReturnValue:
    """What a run of this year would do, how far the newest one is, and whose receipts wait."""
    _check(year)
    run, head = newest_run(db, year), letterhead(db)
    told = {"year": year, "years": range(head.day.year, head.day.year - YEARS, -1), "run": run}
    if run is not None and run.is_under_way:  # it changes all figures: there is time for them when it has ended
        stuck = [reason_of(each) for each in receipt_runs.parked_jobs_of(db, run.id)]
        return render_template("giving/yearly/show.html", found=None, page=None, stuck=stuck, **told)
    page = pager(donors_page(db, year, request.args.get("after")))
    return render_template(
        "giving/yearly/show.html", found=preview(db, year, head), page=page,
        missing=missing_of(db, page.rows, year, head), is_over=receipt_runs.is_over(year, head.day), **told,
    )  # fmt: skip


@bp.route("/receipts/yearly/<int:year>/start")
@requires(ISSUE_RECEIPTS)
def ask(year: int) -> ResponseReturnValue:
    """The question before a run begins: what is issued stays issued."""
    _check(year)
    head, run = letterhead(db), newest_run(db, year)
    found = preview(db, year, head)
    if (run is not None and run.is_under_way) or not (found.may_begin and receipt_runs.is_over(year, head.day)):
        return redirect(url_for(".show", year=year), 303)
    return render_template("giving/yearly/start.html", found=found, year=year)


@bp.route("/receipts/yearly/<int:year>/start", methods=["POST"])
@requires(ISSUE_RECEIPTS)
def start(year: int) -> ResponseReturnValue:
    """Have the receipts of a year issued and sent."""
    _check(year)
    receipt_runs.begin_run(db, year, actor=current_actor())
    return redirect(url_for(".show", year=year), 303)


@bp.route("/receipts/yearly/runs/<int:run_id>/stop", methods=["POST"])
@requires(ISSUE_RECEIPTS)
def stop(run_id: int) -> ResponseReturnValue:
    """Let a run go no further."""
    run = get_or_404(ReceiptRun, run_id)
    receipt_runs.stop_run(db, run.id, actor=current_actor())
    return redirect(url_for(".show", year=run.year), 303)


@bp.route("/contacts/<int:contact_id>/receipts")
@requires(READ_RECEIPTS)
def of_donor(contact_id: int) -> ResponseReturnValue:
    """The receipts of one donor, and the years of which gifts wait for a yearly one."""
    contact, head = get_or_404(Contact, contact_id), letterhead(db)
    due = years_due_of(db, contact.id)
    missing = {one.amount.currency: missing_of_donor(contact, one.amount.currency, head) for one in due}
    page = pager(receipts_of_donor(db, contact.id, request.args.get("after")))
    this_year = today(the_organisation(db).time_zone).year
    return render_template(
        "giving/yearly/of_donor.html", contact=contact, due=due, missing=missing, page=page, this_year=this_year
    )


@bp.route("/contacts/<int:contact_id>/receipts/<int:year>", methods=["POST"])
@requires(ISSUE_RECEIPTS)
def issue(contact_id: int, year: int) -> ResponseReturnValue:
    """Issue one donor's receipts of a year, and send them."""
    _check(year)
    issued = issue_year_of(db, get_or_404(Contact, contact_id), year, actor=current_actor())
    thanks.send_each_later(db, issued)
    flash(ngettext("%(num)s receipt was issued.", "%(num)s receipts were issued.", len(issued)), "success")
    return redirect(url_for(".of_donor", contact_id=contact_id), 303)


def _check(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound

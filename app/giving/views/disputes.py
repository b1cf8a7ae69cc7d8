"""Disputes and debits that went back: what waits for a person, and each with its deadline, notes and outcome."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.giving.access import READ_GIFTS, REFUND_GIFTS
from app.giving.explaining_disputes import days_left, left_in_words, what_comes_still, why_taken
from app.giving.forms.disputes import DisputeNoteForm
from app.giving.queries.disputes import disputes_page, gifts_behind, mails_about, notes_of, recurring_behind
from app.kernel.clock import today
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.kernel.organisation import the_organisation
from app.payments.gateway import Gateway
from app.payments.models import Dispute
from app.payments.services.disputes import take_note, write_note
from app.payments.words import dispute_reason
from app.web.application import db, this_application
from app.web.auth import current_actor, requires
from app.web.paging import pager
from app.web.records import get_or_404

bp = Blueprint("disputes", __name__, url_prefix="/disputes")
bp.add_app_template_filter(dispute_reason)


@bp.route("/")
@requires(READ_GIFTS)
def index() -> ResponseReturnValue:
    """Those that need a person (`?shown=waiting`), or all, newest first."""
    shown = "waiting" if request.args.get("shown") == "waiting" else "all"
    page = pager(disputes_page(db, shown, request.args.get("after")))
    gifts, left = gifts_behind(db, page.rows), {each.id: _left(each) for each in page.rows}
    return render_template("giving/disputes/index.html", page=page, shown=shown, gifts=gifts, left=left)


@bp.route("/<int:dispute_id>")
@requires(READ_GIFTS)
def show(dispute_id: int) -> ResponseReturnValue:
    """One of them: what is known, by when it is to be answered, and what was done."""
    return _page(get_or_404(Dispute, dispute_id), DisputeNoteForm())


@bp.route("/<int:dispute_id>/notes", methods=["POST"])
@requires(REFUND_GIFTS)
def note(dispute_id: int) -> ResponseReturnValue:
    """Write down evidence, or that it was answered."""
    dispute, form = get_or_404(Dispute, dispute_id), DisputeNoteForm()
    if form.validate_on_submit():
        try:
            write_note(db, dispute, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("Noted. Nobody is reminded of it any more.") if form.says_answered.data else _("Noted."), "success")
            return redirect(url_for(".show", dispute_id=dispute_id), 303)
    return _page(dispute, form)


@bp.route("/<int:dispute_id>/seen", methods=["POST"])
@requires(REFUND_GIFTS)
def seen(dispute_id: int) -> ResponseReturnValue:
    """Take note that the money is gone."""
    take_note(db, get_or_404(Dispute, dispute_id), actor=current_actor())
    flash(_("Taken note of. It waits for nobody any more."), "success")
    return redirect(url_for(".show", dispute_id=dispute_id), 303)


def _left(dispute: Dispute) -> str:
    zone = the_organisation(db).time_zone
    days = days_left(dispute, today(zone), zone)
    return left_in_words(days) if days is not None else ""


def _page(dispute: Dispute, form: DisputeNoteForm) -> ResponseReturnValue:
    behind = recurring_behind(db, dispute)
    shown: dict[str, Any] = {
        "gift": gifts_behind(db, [dispute]).get(dispute.payment_id),
        "why": why_taken(dispute, the_organisation(db).time_zone),
        "left": _left(dispute),
        "behind": behind,
        "goes_on": what_comes_still(behind) if behind else "",
        "notes": notes_of(db, dispute.id),
        "mails": mails_about(db, dispute.id),
        "page_there": this_application().ports.get(Gateway).page_of_dispute(dispute.reference),
    }
    return render_template("giving/disputes/show.html", dispute=dispute, form=form, **shown), form.status

"""Payouts: what the payment service sent to our bank, what it was made of, and what nobody can explain yet."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.giving.access import READ_GIFTS
from app.giving.forms.payouts import ExplanationForm
from app.giving.payout_files import PayoutFile
from app.giving.queries.payouts import (
    behind,
    counts_of,
    lines_page,
    payouts_by_key,
    payouts_page,
    sums_of,
    unexplained_page,
)
from app.kernel import audit
from app.kernel.errors import Outside, Refused
from app.kernel.i18n import gettext as _
from app.payments.access import REPLAY_EVENTS
from app.payments.line_finding import seek_line
from app.payments.models import LineKind, Payout, PayoutLine
from app.payments.services.line_explaining import explain_line, withdraw_explanation
from app.web.application import db, own_transactions, this_application
from app.web.auth import current_actor, requires
from app.web.downloads import download
from app.web.notices import flash_with_undo
from app.web.paging import pager
from app.web.records import get_or_404

bp = Blueprint("payouts", __name__, url_prefix="/payouts")


@bp.route("/")
@requires(READ_GIFTS)
def index() -> ResponseReturnValue:
    """What was sent to our bank, newest first."""
    page = pager(payouts_page(db, request.args.get("after")))
    payments, unexplained = counts_of(db, [payout.id for payout in page.rows])
    return render_template("giving/payouts/index.html", page=page, payments=payments, unexplained=unexplained)


@bp.route("/<int:payout_id>")
@requires(READ_GIFTS)
def show(payout_id: int) -> ResponseReturnValue:
    """One payout: the sum it is made of, and its lines with the gift behind each."""
    payout, shown = get_or_404(Payout, payout_id), request.args.get("shown", "")
    page = pager(lines_page(db, payout, shown, request.args.get("after")))
    others = payouts_by_key(db, {line.transfer_id for line in page.rows if line.transfer_id})
    return render_template(
        "giving/payouts/show.html", payout=payout, sums=sums_of(db, payout), page=page, shown=shown,
        behind=behind(db, page.rows), others=others, fee_kind=LineKind.FEE,
    )  # fmt: skip


@bp.route("/<int:payout_id>/export", methods=["POST"])
@requires(READ_GIFTS)
@own_transactions
def export(payout_id: int) -> ResponseReturnValue:
    """All lines as a file, read and sent at the same time. That somebody took it out is written down first."""
    payout, kind = get_or_404(Payout, payout_id), "xlsx" if request.form.get("file") == "xlsx" else "csv"
    database, actor, file = this_application().database, current_actor(), PayoutFile.of_reader(payout)
    with database.writing() as writing:
        audit.act_as(writing, actor)
        audit.note(writing, actor, "payout.exported", payout, file_kind=kind)
    return download(file.workbook(database) if kind == "xlsx" else file.lines(database), f"payout-{payout.id}", kind)


@bp.route("/unexplained")
@requires(READ_GIFTS)
def unexplained() -> ResponseReturnValue:
    """The lines of all payouts that nobody can explain yet."""
    page = pager(unexplained_page(db, request.args.get("after")))
    payouts = payouts_by_key(db, {line.payout_id for line in page.rows})
    return render_template("giving/payouts/unexplained.html", page=page, payouts=payouts)


@bp.route("/lines/<int:line_id>", methods=["GET", "POST"])
@requires(REPLAY_EVENTS)
def line(line_id: int) -> ResponseReturnValue:
    """One line: say what it is, or look for it again."""
    found, form = get_or_404(PayoutLine, line_id), ExplanationForm()
    if form.validate_on_submit():
        try:
            explain_line(db, found, form.explanation.data or "", actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash_with_undo(_("Explained."), url_for(".take_back", line_id=line_id))
            return redirect(url_for(".unexplained"), 303)
    payout, gifts = db.get_one(Payout, found.payout_id), behind(db, [found])
    page = render_template("giving/payouts/line.html", form=form, line=found, payout=payout, behind=gifts)
    return page, form.status


@bp.route("/lines/<int:line_id>/take-back", methods=["POST"])
@requires(REPLAY_EVENTS)
def take_back(line_id: int) -> ResponseReturnValue:
    """Take back what was said of a line."""
    withdraw_explanation(db, get_or_404(PayoutLine, line_id), actor=current_actor())
    flash(_("Taken back: the line waits for an explanation again."), "success")
    return redirect(url_for(".line", line_id=line_id), 303)


@bp.route("/lines/<int:line_id>/look", methods=["POST"])
@requires(REPLAY_EVENTS)
@own_transactions
def look(line_id: int) -> ResponseReturnValue:
    """Ask the payment service once more what a line is about."""
    get_or_404(PayoutLine, line_id)
    try:
        is_found = seek_line(this_application().work, line_id, actor=current_actor())
    except (Outside, Refused):
        flash(_("The payment service did not answer this time. Please try again later."), "warning")
    else:
        words = _("Found: it is one of ours.") if is_found else _("Nothing of ours was found behind it.")
        flash(words, "success" if is_found else "warning")
    return redirect(url_for(".line", line_id=line_id), 303)

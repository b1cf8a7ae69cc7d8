"""Receipts: found, shown, printed, sent, issued by hand, void and replaced; and the donor's own download."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.giving.access import ISSUE_RECEIPTS, READ_RECEIPTS, VOID_RECEIPTS
from app.giving.forms.gifts import ReasonForm
from app.giving.forms.receipts import ReceiptFilterForm
from app.giving.jobs import desk_of, printed
from app.giving.models import Gift, Receipt
from app.giving.queries.receipts import (
    count_waiting,
    receipt_by_token,
    receipt_sums,
    receipt_years,
    receipts_page,
    replacement_of,
    waiting_gifts,
    waiting_page,
    with_gifts,
)
from app.giving.queries.stories import messages_with
from app.giving.services import receipts, thanks
from app.giving.services.receipt_drafts import letterhead, missing_for
from app.kernel.clock import today
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import ngettext
from app.kernel.organisation import the_organisation
from app.web.application import db, this_application
from app.web.auth import confirmed, current_actor, public, requires
from app.web.limits import limiter
from app.web.paging import Pager, pager
from app.web.records import get_or_404

bp = Blueprint("receipts", __name__)
AT_ONCE = 200


@bp.route("/receipts")
@requires(READ_RECEIPTS)
def index() -> ResponseReturnValue:
    """The receipts that the filters leave, newest first."""
    form = ReceiptFilterForm.of(request.args, receipt_years(db))
    waiting = count_waiting(db)
    if not form.validate():
        return _index(form, None, waiting), 422
    return _index(form, pager(receipts_page(db, form.wanted(), request.args.get("after"))), waiting)


def _index(form: ReceiptFilterForm, page: Pager | None, waiting: int) -> str:
    last_year = today(the_organisation(db).time_zone).year - 1
    sums = receipt_sums(db, form.wanted()) if page and (form.year.data or form.sort.data == "yearly") else []
    return render_template(
        "giving/receipts/index.html", form=form, page=page, waiting=waiting, last_year=last_year, sums=sums
    )


@bp.route("/receipts/waiting")
@requires(READ_RECEIPTS)
def waiting() -> ResponseReturnValue:
    """Gifts whose receipt waits, and for what."""
    page = pager(waiting_page(db, request.args.get("after")))
    head = letterhead(db)
    missing = {gift.id: missing_for(gift, head) for gift in page.rows}
    return render_template("giving/receipts/waiting.html", page=page, missing=missing)


@bp.route("/receipts/waiting/issue", methods=["POST"])
@requires(ISSUE_RECEIPTS)
def issue_waiting() -> ResponseReturnValue:
    """Issue whatever nothing holds back any more, and send it."""
    gifts = db.scalars(waiting_gifts(db).with_only_columns(Gift.id).order_by(Gift.id).limit(AT_ONCE)).all()
    issued = receipts.issue_waiting(db, gifts, actor=current_actor())
    thanks.send_each_later(db, issued)
    flash(ngettext("%(num)s receipt was issued.", "%(num)s receipts were issued.", len(issued)), "success")
    return redirect(url_for(".waiting"), 303)


@bp.route("/gifts/<int:gift_id>/receipt", methods=["POST"])
@requires(ISSUE_RECEIPTS)
def issue(gift_id: int) -> ResponseReturnValue:
    """Issue the receipt of one gift."""
    gift = get_or_404(Gift, gift_id)
    receipt = receipts.issue_receipt(db, gift, actor=current_actor())
    db.flush()  # the address names it by its key
    flash(_("The receipt is issued. Send or print it from here."), "success")
    return redirect(url_for(".show", receipt_id=receipt.id), 303)


@bp.route("/receipts/<int:receipt_id>")
@requires(READ_RECEIPTS)
def show(receipt_id: int) -> ResponseReturnValue:
    """One receipt, what it says, and where it was sent."""
    receipt = get_or_404(Receipt, receipt_id, with_gifts())
    return render_template(
        "giving/receipts/show.html",
        receipt=receipt,
        replaces=db.get(Receipt, receipt.replaces_id) if receipt.replaces_id else None,
        replaced_by=replacement_of(db, receipt),
        messages=messages_with(db, receipt),
    )


@bp.route("/receipts/<int:receipt_id>/void", methods=["GET", "POST"])
@requires(VOID_RECEIPTS)
@confirmed
def void(receipt_id: int) -> ResponseReturnValue:
    """Take a receipt out of force."""
    receipt, form = get_or_404(Receipt, receipt_id), ReasonForm()
    if form.validate_on_submit():
        try:
            receipts.void_receipt(db, receipt, form.reason.data or "", actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("The receipt is void. Its number stays taken."), "success")
            return redirect(url_for(".show", receipt_id=receipt.id), 303)
    return render_template("giving/receipts/void.html", receipt=receipt, form=form), form.status


@bp.route("/receipts/<int:receipt_id>/replace", methods=["GET", "POST"])
@requires(VOID_RECEIPTS)
@confirmed
def replace(receipt_id: int) -> ResponseReturnValue:
    """Put a corrected receipt in its place."""
    receipt, form = get_or_404(Receipt, receipt_id), ReasonForm()
    if form.validate_on_submit():
        try:
            new = receipts.replace_receipt(db, receipt, form.reason.data or "", actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("A new receipt stands in its place."), "success")
            return redirect(url_for(".show", receipt_id=new.id), 303)
    return render_template("giving/receipts/replace.html", receipt=receipt, form=form), form.status


@bp.route("/receipts/<int:receipt_id>/send", methods=["POST"])
@requires(ISSUE_RECEIPTS)
def send(receipt_id: int) -> ResponseReturnValue:
    """Send a receipt to its donor: the original the first time, then copies."""
    receipt = get_or_404(Receipt, receipt_id)
    address = thanks.send_receipt(db, receipt, desk_of(this_application().work), actor=current_actor())
    flash(_("On its way to %(address)s.", address=address), "success")
    return redirect(url_for(".show", receipt_id=receipt.id), 303)


@bp.route("/receipts/<int:receipt_id>/hand-over", methods=["POST"])
@requires(ISSUE_RECEIPTS)
def hand_over(receipt_id: int) -> ResponseReturnValue:
    """Note that the original was given on paper."""
    receipt = get_or_404(Receipt, receipt_id)
    thanks.hand_over(db, receipt, actor=current_actor())
    flash(_("Noted. What is printed from now on is marked as a copy."), "success")
    return redirect(url_for(".show", receipt_id=receipt.id), 303)


@bp.route("/receipts/<token>.pdf")
@requires(READ_RECEIPTS)
def pdf(token: str) -> ResponseReturnValue:
    """The receipt for staff to print: the original until it was delivered."""
    return _file(token)


@bp.route("/r/<token>")
@public
@limiter.limit("60 per minute")
def download(token: str) -> ResponseReturnValue:
    """The donor's own download, by a link nobody can guess."""
    response = _file(token)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _file(token: str) -> Response:
    receipt = receipt_by_token(db, token)
    if receipt is None:
        raise NotFound
    file = printed(receipt, is_copy=receipt.sent_at is not None)
    response = Response(file.content, content_type=file.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.filename}"'
    response.headers["Cache-Control"] = "no-store"
    return response

"""Taking back: an entry made in error is reversed, money of an online gift is refunded."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.giving.access import REFUND_GIFTS, REVERSE_GIFTS
from app.giving.flows import refund_gift
from app.giving.forms.gifts import ReasonForm, RefundForm
from app.giving.models import Gift, GiftStatus
from app.giving.queries.receipts import receipts_of
from app.giving.services.gifts import reverse_gift
from app.giving.services.refunds import refundable
from app.giving.views.gifts import bp
from app.kernel.errors import NotFound, Outside, Refused
from app.kernel.i18n import format_money
from app.kernel.i18n import gettext as _
from app.payments.models import Refund, RefundStatus
from app.web.application import db, own_transactions, this_application
from app.web.auth import confirmed, current_actor, requires
from app.web.records import get_or_404

__all__ = ["bp", "refund", "reverse"]


@bp.route("/gifts/<int:gift_id>/reverse", methods=["GET", "POST"])
@requires(REVERSE_GIFTS)
@confirmed
def reverse(gift_id: int) -> ResponseReturnValue:
    """Take back an offline entry, and offer to enter it anew."""
    gift = get_or_404(Gift, gift_id)
    if gift.is_online or gift.status is not GiftStatus.RECEIVED:
        raise NotFound
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            reverse_gift(db, gift, form.reason.data or "", actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("Reversed. It stays visible and counts no more."), "success")
            return redirect(url_for(".show", gift_id=gift.id), 303)
    receipts = [receipt for receipt in receipts_of(db, gift.id) if receipt.voided_at is None]
    return render_template("giving/gifts/reverse.html", gift=gift, form=form, receipts=receipts), form.status


@bp.route("/gifts/<int:gift_id>/refund", methods=["GET", "POST"])
@requires(REFUND_GIFTS)
@confirmed
@own_transactions
def refund(gift_id: int) -> ResponseReturnValue:
    """Give the donor of an online gift all or part of it back."""
    gift = get_or_404(Gift, gift_id)
    found = refundable(db, gift)
    form = RefundForm(currency=gift.currency, data={"amount": found.left if found else None})
    if form.validate_on_submit():
        try:
            done = refund_gift(this_application().work, gift_id, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        except Outside:
            flash(_("The payment service did not answer. The refund is written down and will be tried again."), "info")
            return redirect(url_for(".show", gift_id=gift_id), 303)
        else:
            return _asked(done, gift_id)
    return render_template("giving/gifts/refund.html", gift=gift, form=form, found=found), form.status


def _asked(refund: Refund, gift_id: int) -> ResponseReturnValue:
    amount = format_money(refund.amount)
    if refund.status is RefundStatus.FAILED:
        code = (refund.failure_code or "").replace("_", " ")
        flash(_("The payment service did not accept this refund (%(code)s). No money moved.", code=code), "danger")
    else:
        flash(_("%(amount)s goes back to the donor.", amount=amount), "success")
    return redirect(url_for(".show", gift_id=gift_id), 303)

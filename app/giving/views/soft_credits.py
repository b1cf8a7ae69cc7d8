"""Recognising people for gifts that others made, from the gift's own page."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from app.contacts.models import Contact
from app.contacts.queries.search import search_contacts
from app.giving.access import RECORD_GIFTS
from app.giving.forms.soft_credits import CreditForm
from app.giving.models import Gift, SoftCredit
from app.giving.services.soft_credits import credit_softly, take_back_credit
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import gettext as _
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.records import get_or_404

bp = Blueprint("soft_credits", __name__, url_prefix="/gifts/<int:gift_id>/credits")


@bp.route("/new", methods=["GET", "POST"])
@requires(RECORD_GIFTS)
def new(gift_id: int) -> ResponseReturnValue:
    """Choose who is recognised, then say why and for how much."""
    gift, key = get_or_404(Gift, gift_id), request.args.get("contact", 0, type=int)
    if not key:
        text = request.args.get("q", "")[:100]
        found = [each for each in search_contacts(db, text) if each.id != gift.contact_id] if text else []
        return render_template("giving/soft_credits/choose.html", gift=gift, text=text, found=found)
    contact = get_or_404(Contact, key)
    form = CreditForm(currency=gift.currency, data={"amount": gift.amount})
    if form.validate_on_submit():
        try:
            credit_softly(db, gift, form.details(contact), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("%(name)s is recognised for this gift.", name=contact.name), "success")
            return redirect(url_for("gifts.show", gift_id=gift.id), 303)
    return render_template("giving/soft_credits/new.html", form=form, gift=gift, contact=contact), form.status


@bp.route("/<int:credit_id>/take-back", methods=["POST"])
@requires(RECORD_GIFTS)
def take_back(gift_id: int, credit_id: int) -> ResponseReturnValue:
    """Take a recognition back."""
    credit = get_or_404(SoftCredit, credit_id, joinedload(SoftCredit.contact))
    if credit.gift_id != gift_id:
        raise NotFound
    take_back_credit(db, credit, actor=current_actor())
    flash(_("%(name)s is recognised for this gift no more.", name=credit.contact.name), "success")
    return redirect(url_for("gifts.show", gift_id=gift_id), 303)

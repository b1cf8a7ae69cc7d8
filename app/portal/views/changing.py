"""Donors change what they give regularly: asked for, shown once more, carried out by the flow that staff use too."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.giving.changing import make_change
from app.giving.forms.recurring import ChangeForm
from app.giving.models import RecurringGift
from app.giving.queries.recurring import charges_made_of
from app.kernel.errors import NotFound, Outside, Refused
from app.kernel.i18n import gettext as _
from app.portal.access import as_donor, donors_only, present_contact
from app.portal.changes import own_change_form, what_follows
from app.portal.queries import money
from app.portal.showing import EVERY
from app.portal.views import bp
from app.web.application import db, own_transactions, this_application
from app.web.limits import limiter
from app.web.records import LARGEST_KEY


@bp.route("/recurring")
@donors_only
def recurring() -> ResponseReturnValue:
    """What they give regularly."""
    found = money.recurring_of(db, present_contact().id)
    mandates = money.mandates_behind(db, found)
    made = charges_made_of(db, found)
    return render_template("portal/recurring.html", gifts=found, every=EVERY, mandates=mandates, made=made)


@bp.route("/recurring/<int:recurring_id>/<any(amount, pause, resume, day, term, end):kind>", methods=["GET", "POST"])
@donors_only
@own_transactions
@limiter.limit("60 per hour", methods=["POST"])
def change(recurring_id: int, kind: str) -> ResponseReturnValue:
    """Say what is to change; the second time, having read what follows, it is done."""
    gift = money.recurring_one(db, present_contact().id, min(recurring_id, LARGEST_KEY))
    if gift is None:
        raise NotFound
    form, is_sure = own_change_form(kind, gift), "sure" in request.form
    is_in_order = form.validate_on_submit()
    if is_in_order and is_sure:
        answer = _carry_out(gift, form)
        if answer is not None:
            return answer
    follows = what_follows(form, gift) if is_in_order and not is_sure else ""
    page = render_template("portal/change.html", gift=gift, form=form, kind=kind, follows=follows, every=EVERY)
    return page, form.status


def _carry_out(gift: RecurringGift, form: ChangeForm) -> ResponseReturnValue | None:
    """Ask the payment service for it; None where it was refused, which the form says."""
    try:
        make_change(this_application().work, gift.id, form.wanted(), actor=as_donor(), seen=form.seen.data)
    except Refused as refusal:
        form.refuse(refusal)
        return None
    except Outside:
        flash(_("The payment service did not answer. Your change is written down and will be tried again."), "info")
    else:
        flash(_("Done. A mail from us says so too."), "success")
    return redirect(url_for(".recurring"), 303)

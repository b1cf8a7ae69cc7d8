"""Recurring gifts: who has agreed to give again and again, each one's story, and changing it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from app.giving.access import CHANGE_RECURRING, READ_GIFTS
from app.giving.changing import make_change
from app.giving.explaining_disputes import what_comes_still
from app.giving.explaining_recurring import why_no_gift
from app.giving.forms.recurring import ReceiptsForm, change_form
from app.giving.models import WANTED_KINDS, ReceiptChoice, RecurringChange, RecurringGift, RecurringStatus
from app.giving.queries.debit_notices import mandate_in_use, newest_notice
from app.giving.queries.disputes import objection_to, recurring_behind
from app.giving.queries.failed_charges import failed_charges_of
from app.giving.queries.recurring import (
    changes_of,
    funds_of,
    gifts_of_recurring,
    mails_about_changes,
    newest_gift_of,
    promised,
    received_of_recurring,
    recurring_page,
)
from app.giving.services.changes import seen_of
from app.giving.services.recurring import choose_receipts
from app.giving.services.terms import charges_made
from app.giving.wording import asker_said, change_in_words, choices_of, end_reason_said
from app.kernel.clock import date_of, today
from app.kernel.errors import NotFound, Outside, Refused
from app.kernel.i18n import gettext as _
from app.kernel.organisation import the_organisation
from app.web.application import db, give_up, own_transactions, this_application
from app.web.auth import current_actor, requires
from app.web.paging import pager
from app.web.records import get_or_404

bp = Blueprint("recurring", __name__)
bp.add_app_template_filter(end_reason_said, "end_reason_said")
bp.add_app_template_filter(asker_said, "asker_said")
bp.add_app_template_filter(change_in_words, "change_in_words")


@bp.route("/recurring-gifts")
@requires(READ_GIFTS)
def index() -> ResponseReturnValue:
    """Recurring gifts in a state, newest first."""
    asked = request.args.get("status", "")
    status = RecurringStatus(asked) if asked in set(RecurringStatus) else None
    page = pager(recurring_page(db, status, request.args.get("after")))
    choices = choices_of(*RecurringStatus)
    return render_template(
        "giving/recurring/index.html", page=page, status=status, choices=choices, promised=promised(db)
    )


@bp.route("/recurring-gifts/<int:recurring_id>")
@requires(READ_GIFTS)
def show(recurring_id: int) -> ResponseReturnValue:
    """One recurring gift: how it stands, what came of it, and what was changed."""
    recurring = get_or_404(RecurringGift, recurring_id, joinedload(RecurringGift.contact).lazyload("*"))
    changes = changes_of(db, recurring.id)
    count, kept = received_of_recurring(db, recurring)
    return render_template(
        "giving/recurring/show.html",
        recurring=recurring,
        **_how_it_stands(recurring),
        page=pager(gifts_of_recurring(db, recurring.id, request.args.get("after"))),
        changes=changes,
        mails=mails_about_changes(db, [change.id for change in changes]),
        failed=failed_charges_of(db, recurring.id),
        funds=funds_of(db, recurring),
        mandate=mandate_in_use(db, recurring),
        told=newest_notice(db, recurring.id),
        gifts=count,
        made=charges_made(db, recurring) if recurring.charges_agreed else 0,
        kept=kept,
    )


def _how_it_stands(recurring: RecurringGift) -> dict[str, Any]:
    """Why there is no gift, or what speaks against charging it again; each "" or None where there is nothing to say."""
    zone = the_organisation(db).time_zone
    objection = objection_to(db, recurring) if recurring.goes_on else None
    behind = recurring_behind(db, objection) if objection else None
    return {
        "why": why_no_gift(recurring, newest_gift_of(db, recurring.id), today(zone)),
        "objection": objection,
        "objected_on": date_of(objection.opened_at or objection.created_at, zone) if objection else None,
        "goes_on": what_comes_still(behind) if behind else "",
    }


@bp.route("/recurring-gifts/<int:recurring_id>/receipts", methods=["GET", "POST"])
@requires(CHANGE_RECURRING)
def receipts(recurring_id: int) -> ResponseReturnValue:
    """Which receipts its gifts get from now on."""
    recurring = get_or_404(RecurringGift, recurring_id, joinedload(RecurringGift.contact).lazyload("*"))
    now = recurring.receipt_choice.value
    form = ReceiptsForm(data={"seen": now, "choice": now})
    if form.validate_on_submit():
        try:
            wanted = ReceiptChoice(form.choice.data)
            choose_receipts(db, recurring, wanted, actor=current_actor(), seen=form.seen.data)
        except Refused as refusal:
            form.refuse(refusal)
            form.seen.data = recurring.receipt_choice.value
        else:
            flash(_("Saved. It holds from the next gift on."), "success")
            return redirect(url_for(".show", recurring_id=recurring_id), 303)
    return render_template("giving/recurring/receipts.html", recurring=recurring, form=form), form.status


@bp.route("/recurring-gifts/<int:recurring_id>/<kind>", methods=["GET", "POST"])
@requires(CHANGE_RECURRING)
@own_transactions
def change(recurring_id: int, kind: str) -> ResponseReturnValue:
    """Change it, at the gateway and here."""
    if kind not in WANTED_KINDS:
        raise NotFound
    recurring = get_or_404(RecurringGift, recurring_id, joinedload(RecurringGift.contact).lazyload("*"))
    form = change_form(kind, recurring)
    if form.validate_on_submit():
        work, actor = this_application().work, current_actor()
        try:
            return _changed(make_change(work, recurring_id, form.wanted(), actor=actor, seen=form.seen.data))
        except Refused as refusal:
            form.refuse(refusal)
            give_up()  # what was read before is old
            form.seen.data = seen_of(recurring)
        except Outside:
            flash(_("The payment service did not answer. The change is written down and will be tried again."), "info")
            return redirect(url_for(".show", recurring_id=recurring_id), 303)
    return render_template("giving/recurring/change.html", recurring=recurring, form=form, kind=kind), form.status


def _changed(made: RecurringChange) -> ResponseReturnValue:
    flash(_("Done. %(what)s", what=change_in_words(made)), "success")
    return redirect(url_for(".show", recurring_id=made.recurring_gift_id), 303)

"""Recurring gifts: who has agreed to give again and again, each one's story, and changing it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from app.giving.access import CHANGE_RECURRING, READ_GIFTS
from app.giving.changing import make_change
from app.giving.explaining_recurring import why_no_gift
from app.giving.forms.recurring import change_form
from app.giving.models import ChangeKind, RecurringChange, RecurringGift, RecurringStatus
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
from app.giving.wording import asker_said, change_in_words, choices_of, end_reason_said
from app.kernel.clock import today
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
        why=why_no_gift(recurring, newest_gift_of(db, recurring.id), today(the_organisation(db).time_zone)),
        page=pager(gifts_of_recurring(db, recurring.id, request.args.get("after"))),
        changes=changes,
        mails=mails_about_changes(db, [change.id for change in changes]),
        funds=funds_of(db, recurring),
        gifts=count,
        kept=kept,
    )


@bp.route("/recurring-gifts/<int:recurring_id>/<kind>", methods=["GET", "POST"])
@requires(CHANGE_RECURRING)
@own_transactions
def change(recurring_id: int, kind: str) -> ResponseReturnValue:
    """Change it, at the gateway and here."""
    if kind not in set(ChangeKind):
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

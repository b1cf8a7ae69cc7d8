"""What staff see to when charges fail: the link sent to a donor, and cards that are about to run out."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.giving.access import CHANGE_RECURRING, READ_GIFTS
from app.giving.failure_words import failure_in_words
from app.giving.mending_jobs import desk_of
from app.giving.models import RecurringGift
from app.giving.queries.failed_charges import cards_that_expire
from app.giving.services.mend_links import send_mend_link
from app.giving.wording import method_in_words
from app.kernel.clock import today
from app.kernel.i18n import gettext as _
from app.kernel.organisation import the_organisation
from app.web.application import db, this_application
from app.web.auth import current_actor, requires
from app.web.paging import pager
from app.web.records import get_or_404

bp = Blueprint("mending", __name__)
bp.add_app_template_filter(failure_in_words, "failure_in_words")
bp.add_app_template_filter(method_in_words, "charged_by")


@bp.route("/cards")
@requires(READ_GIFTS)
def cards() -> ResponseReturnValue:
    """Cards behind recurring gifts that run out within a month, or have."""
    day = today(the_organisation(db).time_zone)
    page = pager(cards_that_expire(db, day, request.args.get("after")))
    return render_template("giving/recurring/cards.html", page=page, day=day)


@bp.route("/recurring-gifts/<int:recurring_id>/send-link", methods=["POST"])
@requires(CHANGE_RECURRING)
def send_link(recurring_id: int) -> ResponseReturnValue:
    """Send the donor the link by which another card or account is given."""
    recurring = get_or_404(RecurringGift, recurring_id)
    address = send_mend_link(db, recurring, desk_of(this_application().work), actor=current_actor())
    flash(_("The link is on its way to %(address)s.", address=address), "success")
    return redirect(url_for("recurring.show", recurring_id=recurring_id), 303)

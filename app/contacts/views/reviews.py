"""What donors said differently from what we had: decide, one by one."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.contacts.access import EDIT_CONTACTS
from app.contacts.models import ContactReview
from app.contacts.queries import contacts as queries
from app.contacts.services import accept_review, dismiss_review
from app.kernel.i18n import gettext as _
from app.kernel.pages import Sort, paginate
from app.web.addresses import safe_next
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.paging import pager
from app.web.records import get_or_404

bp = Blueprint("reviews", __name__, url_prefix="/contacts/reviews")


@bp.route("/")
@requires(EDIT_CONTACTS)
def index() -> ResponseReturnValue:
    """Everything that waits, the oldest first."""
    total = queries.count_open_reviews(db)
    order = [Sort(ContactReview.id)]
    page = paginate(db, queries.open_reviews(), order, cursor=request.args.get("after"), total=total)
    return render_template("contacts/reviews/index.html", page=pager(page))


@bp.route("/<int:review_id>/accept", methods=["POST"])
@requires(EDIT_CONTACTS)
def accept(review_id: int) -> ResponseReturnValue:
    """Take over what was said, beside what we had."""
    review = get_or_404(ContactReview, review_id)
    accept_review(db, review, as_primary=request.form.get("as_primary") == "1", actor=current_actor())
    flash(_("Taken over."), "success")
    return _back(review)


@bp.route("/<int:review_id>/dismiss", methods=["POST"])
@requires(EDIT_CONTACTS)
def dismiss(review_id: int) -> ResponseReturnValue:
    """Leave the contact as it is."""
    review = get_or_404(ContactReview, review_id)
    dismiss_review(db, review, actor=current_actor())
    flash(_("Left as it was."), "success")
    return _back(review)


def _back(review: ContactReview) -> ResponseReturnValue:
    """To the page the button stood on."""
    there = url_for("contacts.show", contact_id=review.contact_id)
    return redirect(safe_next(request.form.get("next"), there), 303)

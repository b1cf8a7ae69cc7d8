"""The pages of donors. None of them is kept by anybody, found by search engines, or named to other sites."""

from flask import Blueprint, Response

from app.giving.failure_words import failure_in_words
from app.giving.wording import method_in_words
from app.portal.access import donor_of_request
from app.portal.showing import changes_of, funds_in_words, gift_in_words, recurring_in_words, short_name

bp = Blueprint("portal", __name__, url_prefix="/my")
bp.add_app_template_global(failure_in_words, "failure_in_words")
bp.add_app_template_global(method_in_words, "charged_by")
bp.add_app_template_global(short_name, "short_name")
bp.add_app_template_global(gift_in_words, "gift_in_words")
bp.add_app_template_global(funds_in_words, "funds_in_words")
bp.add_app_template_global(recurring_in_words, "recurring_in_words")
bp.add_app_template_global(changes_of, "changes_of")
bp.add_app_template_global(donor_of_request, "donor_of_request")


@bp.after_request
def kept_by_nobody(response: Response) -> Response:
    """Our own site learns where one came from, which the check of a form's origin asks for; no other does."""
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "private, no-store"
    return response

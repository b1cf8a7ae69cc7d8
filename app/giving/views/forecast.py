"""Recurring giving ahead: what is expected by month, what was gained and lost, and what of failures was mended."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.giving.access import READ_GIFTS
from app.giving.showing_forecast import expected_file, month_in_words, moved_file, outlooks
from app.kernel.clock import today
from app.kernel.organisation import the_organisation
from app.web.application import db
from app.web.auth import requires
from app.web.downloads import download

bp = Blueprint("forecast", __name__, url_prefix="/recurring-gifts/forecast")


@bp.route("")
@requires(READ_GIFTS)
def show() -> ResponseReturnValue:
    """Twelve months ahead and twelve behind, each currency for itself."""
    organisation = the_organisation(db)
    day = today(organisation.time_zone)
    found = outlooks(db, organisation, day)
    return render_template("giving/recurring/forecast.html", outlooks=found, this_month=month_in_words(day))


@bp.route("/file")
@requires(READ_GIFTS)
def file() -> ResponseReturnValue:
    """What is expected, for a spreadsheet. It is sums alone: nobody is named in it."""
    day = today(the_organisation(db).time_zone)
    return download("".join(expected_file(db, day)), f"recurring-{day:%Y-%m-%d}", "csv")


@bp.route("/moved")
@requires(READ_GIFTS)
def moved() -> ResponseReturnValue:
    """What was gained and lost, for a spreadsheet: sums alone."""
    zone = the_organisation(db).time_zone
    day = today(zone)
    return download("".join(moved_file(db, day, zone)), f"recurring-gained-and-lost-{day:%Y-%m-%d}", "csv")

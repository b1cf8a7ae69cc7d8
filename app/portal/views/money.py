"""Gifts, receipts and years of whoever is signed in."""

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from app.giving.jobs import printed
from app.kernel.clock import today
from app.kernel.errors import NotFound
from app.portal.access import donors_only, present_contact
from app.portal.queries import money
from app.portal.showing import RECEIPT
from app.portal.views import bp
from app.web.application import db
from app.web.limits import limiter
from app.web.paging import pager
from app.web.reading import reading_organisation
from app.web.records import LARGEST_KEY

FIRST_YEAR, LAST_YEAR = 1900, 2998


@bp.route("/gifts")
@donors_only
def gifts() -> ResponseReturnValue:
    """Their gifts of a year (`?year=`), the newest one without it."""
    contact = present_contact()
    years = money.years_of(db, contact.id)
    asked = request.args.get("year", "")
    newest = years[0] if years else today(reading_organisation().time_zone).year
    year = next((each for each in years if str(each) == asked), newest)
    page = pager(money.gifts_in_year(db, contact.id, year, request.args.get("after")))
    receipts = money.receipts_in_force(db, [gift.id for gift in page.rows])
    return render_template("portal/gifts.html", years=years, year=year, page=page, receipts=receipts)


@bp.route("/receipts")
@donors_only
def receipts() -> ResponseReturnValue:
    """Their receipts, newest first."""
    page = pager(money.receipts_page(db, present_contact().id, request.args.get("after")))
    return render_template("portal/receipts.html", page=page, states=RECEIPT)


@bp.route("/receipts/<int:receipt_id>.pdf")
@donors_only
@limiter.limit("60 per minute")
def receipt(receipt_id: int) -> ResponseReturnValue:
    """One receipt of theirs as a file: the original until it was delivered, then a copy."""
    found = money.receipt_of(db, present_contact().id, min(receipt_id, LARGEST_KEY))
    if found is None:
        raise NotFound
    file = printed(found, is_copy=found.sent_at is not None)
    response = Response(file.content, content_type=file.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.filename}"'
    return response


@bp.route("/years")
@donors_only
def years() -> ResponseReturnValue:
    """What they gave in each year."""
    is_fiscal = _wants_fiscal()
    sums = money.year_sums(db, present_contact().id, is_fiscal=is_fiscal)
    return render_template("portal/years.html", sums=sums, is_fiscal=is_fiscal, has_fiscal=_has_fiscal())


@bp.route("/years/<int:year>")
@donors_only
def year(year: int) -> ResponseReturnValue:
    """One year on a page to print: every gift that counts, its receipt, and the sum."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound
    contact, is_fiscal = present_contact(), _wants_fiscal()
    since, until = money.span_of(reading_organisation(), year, is_fiscal=is_fiscal)
    found = money.gifts_between(db, contact.id, since, until)
    sums = [each for each in money.year_sums(db, contact.id, is_fiscal=is_fiscal) if each.year == year]
    receipts = money.receipts_in_force(db, [gift.id for gift in found])
    return render_template(
        "portal/year.html", year=year, since=since, until=until, gifts=found, sums=sums, receipts=receipts,
        yearly={each.id: each for each in receipts.values() if each.covers_year}.values(),
        is_fiscal=is_fiscal, day=today(reading_organisation().time_zone),
    )  # fmt: skip


def _has_fiscal() -> bool:
    return reading_organisation().fiscal_year_start_month != 1


def _wants_fiscal() -> bool:
    return _has_fiscal() and request.args.get("by") == "fiscal"

"""Donors give another card or account, or confirm a payment: by the link of a mail, or signed in.

Nothing of it is typed here. Each button leads on to a page of the gateway that is made at that moment.
"""

import structlog
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.giving import mending
from app.giving.letters import mailbox_of
from app.giving.links import MendLinks
from app.giving.mending_letters import can_be_mended
from app.giving.models import RecurringGift
from app.giving.services.failed_charges import open_charge_of
from app.kernel.clock import today
from app.kernel.errors import NotFound, Outside, Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import language
from app.portal.access import donors_only, present_contact
from app.portal.forms import ButtonForm
from app.portal.queries import money
from app.portal.showing import EVERY
from app.portal.views import bp
from app.web.application import db, own_transactions, this_application
from app.web.auth import public
from app.web.limits import limiter
from app.web.reading import reading_organisation
from app.web.records import LARGEST_KEY

GONE = 410
log = structlog.get_logger()


@bp.route("/mend/<token>", methods=["GET", "POST"])
@public
@own_transactions
@limiter.limit("60 per hour")
def mend(token: str) -> ResponseReturnValue:
    """The page of a mailed link."""
    gift = _meant(token)
    if gift is None:
        log.info("mend_link_refused")
        return render_template("portal/mend_gone.html"), GONE
    return _page("portal/mend.html", gift, this_application().ports.get(MendLinks).back(), token=token)


@bp.route("/mended")
@public
def mended() -> ResponseReturnValue:
    """Where the gateway leads back to."""
    return render_template("portal/mended.html")


@bp.route("/recurring/<int:recurring_id>/method", methods=["GET", "POST"])
@donors_only
@own_transactions
@limiter.limit("60 per hour", methods=["POST"])
def method(recurring_id: int) -> ResponseReturnValue:
    """The same for a donor who is signed in."""
    gift = money.recurring_one(db, present_contact().id, min(recurring_id, LARGEST_KEY))
    if gift is None:
        raise NotFound
    if not can_be_mended(db, gift):
        flash(_("This regular gift is not charged any more. You can begin a new one at any time."), "info")
        return redirect(url_for(".recurring"), 303)
    return _page("portal/method.html", gift, url_for(".recurring", _external=True))


def _meant(token: str) -> RecurringGift | None:
    """The recurring gift that a link opens, if it does."""
    links = this_application().ports.get(MendLinks)
    key = links.key_in(token, today(reading_organisation().time_zone))
    gift = db.get(RecurringGift, min(key, LARGEST_KEY)) if key is not None else None
    if gift is None or gift.contact.is_deceased:
        return None
    if not links.opens(token, gift, mailbox_of(db, gift.contact, gift.submission_id)):
        return None
    return gift if can_be_mended(db, gift) else None


def _page(template: str, gift: RecurringGift, return_url: str, **values: str) -> ResponseReturnValue:
    form = ButtonForm()
    if form.validate_on_submit():
        try:
            return redirect(_lead(gift.id, return_url), 303)
        except Refused as refusal:
            form.refuse(refusal)
        except Outside:
            words = _("The payment service does not answer at the moment. Please try again in a few minutes.")
            form.refuse(Refused(words))
    charge = open_charge_of(db, gift.id)
    return render_template(template, gift=gift, charge=charge, form=form, every=EVERY, **values), form.status


def _lead(recurring_id: int, return_url: str) -> str:
    """Where the pressed button leads; one that asks for a confirmation nobody needs any more leads back."""
    work = this_application().work
    if request.form.get("way") == "confirm":
        return mending.open_confirmation_page(work, recurring_id) or return_url
    return mending.open_method_page(work, recurring_id, return_url, language())

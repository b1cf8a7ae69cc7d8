"""Gifts: the list with its sums, one gift with its whole chain, and recording what came by post, bank or hand."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.contacts.models import Contact
from app.contacts.queries.search import search_contacts
from app.contacts.rules.reaching import Purpose, may_write
from app.currencies.queries import converted
from app.funds.queries import all_campaigns, all_funds, open_campaigns, open_funds
from app.giving.access import READ_GIFTS, RECORD_GIFTS
from app.giving.explaining import why_no_receipt, why_so
from app.giving.forms.gifts import GiftFilterForm, OfflineGiftForm, values_of
from app.giving.models import Gift, ReceiptChoice
from app.giving.queries.gifts import gifts_page, totals_of, with_all
from app.giving.queries.soft_credits import credits_of_gift
from app.giving.queries.stories import gift_story
from app.giving.services.fund_choice import unbound_fund
from app.giving.services.gifts import record_offline_gift
from app.giving.services.receipt_drafts import letterhead, missing_for
from app.giving.services.refunds import refundable
from app.giving.wording import said, source_name
from app.kernel.clock import today
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import format_money
from app.kernel.i18n import gettext as _
from app.kernel.organisation import the_organisation
from app.payments.effects import in_words
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.paging import pager
from app.web.reading import reading_organisation
from app.web.records import get_or_404

bp = Blueprint("gifts", __name__)
bp.add_app_template_filter(said, "said")
bp.add_app_template_filter(source_name, "source_name")


@bp.route("/gifts")
@requires(READ_GIFTS)
def index() -> ResponseReturnValue:
    """The gifts that the filters leave, newest first, with what all of them come to."""
    form = GiftFilterForm.of(request.args, all_funds(db), all_campaigns(db))
    if not form.validate():
        return render_template("giving/gifts/index.html", form=form, page=None, totals=None), 422
    wanted = form.wanted()
    page = pager(gifts_page(db, wanted, request.args.get("after")))
    totals = totals_of(db, wanted, reading_organisation().currency)
    return render_template("giving/gifts/index.html", form=form, page=page, totals=totals)


@bp.route("/gifts/<int:gift_id>")
@requires(READ_GIFTS)
def show(gift_id: int) -> ResponseReturnValue:
    """One gift, from the form it came by to the last mail about it."""
    gift = get_or_404(Gift, gift_id, *with_all())
    story = gift_story(db, gift)
    return render_template(
        "giving/gifts/show.html",
        story=story,
        gift=gift,
        why=why_so(gift, [each.payment for each in story.payments]),
        waits_for=_waits_for(gift, has_receipt=any(each.voided_at is None for each in story.receipts)),
        refundable=refundable(db, gift),
        in_words=in_words,
        credits=credits_of_gift(db, gift.id),
        worth=_worth(gift),
    )


def _worth(gift: Gift) -> dict[str, Any] | None:
    """A gift in another currency in the organisation's, by which rates; without `found` nobody has said. Else None."""
    currency = the_organisation(db).currency
    if gift.currency == currency:
        return None
    found = converted(db, gift.amount, currency, gift.received_on)
    quotes = [each for each in (found.from_quote, found.to_quote) if each.day is not None] if found else []
    return {"found": found, "quotes": quotes}


def _waits_for(gift: Gift, *, has_receipt: bool) -> str:
    """What its receipt waits for; "" where it has one, or is to have none."""
    if has_receipt or gift.is_disputed or not gift.kept or gift.receipt_choice is not ReceiptChoice.EACH:
        return ""
    missing = missing_for(gift, letterhead(db))
    return why_no_receipt(missing) if missing else _("Nothing is missing any more: it can be issued.")


@bp.route("/gifts/new", methods=["GET", "POST"])
@requires(RECORD_GIFTS)
def new() -> ResponseReturnValue:
    """Record a gift: first whose it is, then what came."""
    contact = _named(Contact, "contact")
    if contact is None:
        text = request.args.get("q", "")[:100]
        found = search_contacts(db, text) if text else []
        return render_template("giving/gifts/choose_donor.html", text=text, found=found)
    corrects = _named(Gift, "corrects")
    form = _offline_form(corrects)
    if form.validate_on_submit():
        try:
            details = form.details(contact, corrects=corrects)
            return _recorded(record_offline_gift(db, details, actor=current_actor()))
        except Refused as refusal:
            form.refuse(refusal)
    return _new_page(form, contact, corrects), form.status


def _new_page(form: OfflineGiftForm, contact: Contact, corrects: Gift | None) -> str:
    """The form, with what is missing for a receipt and the address that thanks would go to today."""
    day = today(the_organisation(db).time_zone)
    email = contact.email_on(day) if may_write(contact.standing, "email", Purpose.OWED) else None
    shown = {"address": contact.address_on(day), "email": email}
    return render_template("giving/gifts/new.html", form=form, contact=contact, corrects=corrects, **shown)


def _offline_form(corrects: Gift | None) -> OfflineGiftForm:
    organisation = the_organisation(db)
    usual = unbound_fund(db)
    begun: dict[str, Any] = (
        values_of(corrects)
        if corrects
        else {"received_on": today(organisation.time_zone), "fund": usual.id if usual else None}
    )
    currency = corrects.currency if corrects else organisation.currency
    return OfflineGiftForm.of(currency, open_funds(db), open_campaigns(db), data=begun)


def _recorded(gift: Gift) -> ResponseReturnValue:
    db.flush()  # the address names it by its key
    flash(_("Recorded: %(amount)s.", amount=format_money(gift.amount)), "success")
    return redirect(url_for(".show", gift_id=gift.id), 303)


def _named(model: Any, name: str) -> Any:
    """The record that a parameter of the address names; None without the parameter."""
    key = request.args.get(name, "")
    if not key:
        return None
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        raise NotFound
    return get_or_404(model, int(key))

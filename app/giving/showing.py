"""What giving shows on other features' pages: a contact's panels and timeline, search hits, what waits for a person."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

from flask import g, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session, lazyload

from app.contacts.models import Contact, ContactKind
from app.contacts.showing.timeline import mail_state, most_shown
from app.funds.models import Campaign, Fund
from app.giving.access import READ_FORMS
from app.giving.models import DebitNotice, Gift, GiftStatus, Receipt, ReceiptRun
from app.giving.queries.figures import (
    figures_of,
    figures_of_household,
    given_in_all,
    giving_figure,
    last_gift_days,
    recurring_gifts_of,
)
from app.giving.queries.forms import form_with_slug
from app.giving.queries.gifts import newest_gifts
from app.giving.queries.purposes import Given, given_by_campaign, given_by_fund
from app.giving.queries.receipts import receipt_by_code, receipt_ids_of
from app.giving.queries.soft_credits import recognition_of
from app.giving.queries.stories import messages_about
from app.kernel.i18n import format_day, format_money, format_percent, ngettext
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money
from app.kernel.organisation import the_organisation
from app.payments.showing import refunds_concerned
from app.web.auth import current_actor
from app.web.feature import Concern, JobWords, SearchHit, TimelineItem

IN_PANEL = 6


def giving_figures(db: Session, contact: Contact) -> dict[str, Any]:
    """A donor's figures; a household's together with those of its members, unless nobody but itself ever gave."""
    if contact.kind is not ContactKind.HOUSEHOLD:
        return {"figures": figures_of(db, contact.id), "together": None}
    found = figures_of_household(db, contact.id)
    is_alone = not any(donor.id != contact.id for donor, _given in found.shares)
    shares = [(donor, _in_words(given)) for donor, given in found.shares]
    return {"figures": found.own, "together": None if is_alone else found.together, "shares": shares}


def _newest(db: Session, contact_id: int) -> Sequence[Gift]:
    """A donor's newest gifts, for panel and timeline, asked once a request."""
    known: dict[int, Sequence[Gift]] = g.setdefault("newest_gifts", {})
    if contact_id not in known:
        known[contact_id] = newest_gifts(db, contact_id, most_shown())
    return known[contact_id]


def gifts_panel(db: Session, contact: Contact) -> dict[str, Any]:
    """A donor's newest gifts."""
    found = _newest(db, contact.id)
    return {"gifts": found[:IN_PANEL], "has_more": len(found) > IN_PANEL}


def credits_panel(db: Session, contact: Contact) -> dict[str, Any]:
    """For which gifts of others a contact is recognised, and what those come to."""
    found = recognition_of(db, contact, IN_PANEL)
    return {"credits": found.credits, "credited": found}


def given_column(db: Session, contacts: Sequence[Contact]) -> dict[str, Any]:
    """What each contact of a list gave in all, in the organisation's currency: others by the rates of their days."""
    given = given_in_all(db, [contact.id for contact in contacts], the_organisation(db).currency)
    return {"cells": {key: format_money(amount) for key, amount in given.items()}, "kind": "num"}


FIGURES_IN_FILES = {
    "sum": _l("Given in all"), "count": _l("Number of gifts"), "largest": _l("Largest gift"),
    "first": _l("First gift"), "last": _l("Last gift"),
}  # fmt: skip


def figure_column(name: str, db: Session, contacts: Sequence[Contact]) -> dict[str, Any]:
    """One figure of each contact's giving, for a file; amounts in the organisation's currency."""
    keys = [contact.id for contact in contacts]
    return {"cells": giving_figure(db, keys, name, the_organisation(db).currency)}


def last_gift_column(db: Session, contacts: Sequence[Contact]) -> dict[str, Any]:
    """When each contact of a list gave last."""
    days = last_gift_days(db, [contact.id for contact in contacts])
    return {"cells": {key: format_day(day) for key, day in days.items()}, "kind": "date"}


def _in_words(given: Given) -> str:
    """What was given, and beside it what has no rate and is not in it."""
    apart = [_("+ %(amount)s without a rate", amount=format_money(amount)) for amount in given.missing]
    return " ".join([format_money(given.worth), *apart])


def fund_column(db: Session, funds: Sequence[Fund]) -> dict[str, Any]:
    """What was given for each fund of a list, with a way to those gifts."""
    given = given_by_fund(db, [fund.id for fund in funds], the_organisation(db).currency)
    return {
        "cells": {key: _in_words(found) for key, found in given.items()},
        "urls": {key: url_for("gifts.index", fund=key) for key in given},
        "kind": "num",
    }


def campaign_column(db: Session, campaigns: Sequence[Campaign]) -> dict[str, Any]:
    """What each campaign of a list brought in and how much of its goal that is, with a way to those gifts."""
    currency = the_organisation(db).currency
    given = given_by_campaign(db, [campaign.id for campaign in campaigns], currency)
    goals = {each.id: each.goal_minor for each in campaigns if each.goal_minor and each.currency == currency}
    shares = {key: f" · {format_percent(given[key].worth.minor / goals[key])}" for key in given if key in goals}
    return {
        "cells": {key: _in_words(found) + shares.get(key, "") for key, found in given.items()},
        "urls": {key: url_for("gifts.index", campaign=key) for key in given},
        "kind": "num",
    }


def form_source(db: Session, source: str) -> dict[str, str]:
    """A contact's or a consent's source, if it is one of our giving forms."""
    kind, _colon, slug = source.partition(":")
    form = form_with_slug(db, slug) if kind == "form" else None
    if form is None:
        return {}
    url = url_for("forms.show", form_id=form.id) if current_actor().may(READ_FORMS) else ""
    return {"text": _("Giving form “%(name)s”", name=form.name), "url": url}


def recurring_panel(db: Session, contact: Contact) -> dict[str, Any]:
    """A donor's recurring gifts."""
    return {"recurring_gifts": recurring_gifts_of(db, contact.id)}


def _title(gift: Gift) -> str:
    amount = format_money(gift.amount)
    if gift.is_disputed:
        return _("Gift of %(amount)s, disputed by the bank", amount=amount)
    words = {
        GiftStatus.PENDING: _("Gift of %(amount)s, on its way", amount=amount),
        GiftStatus.RECEIVED: _("Gift of %(amount)s", amount=amount),
        GiftStatus.FAILED: _("Gift of %(amount)s that did not go through", amount=amount),
        GiftStatus.REVERSED: _("Gift of %(amount)s, entered in error", amount=amount),
    }
    return words[gift.status]


def _what_for(gift: Gift) -> str:
    """Its funds, and beneath them what went back."""
    funds = ", ".join(part.fund.name for part in gift.allocations)
    if not gift.returned_minor:
        return funds
    taken = sum(link.payment.disputed_minor for link in gift.payments)
    given = gift.returned_minor - taken
    told = []
    if given > 0:
        told.append(_("%(amount)s went back to the donor", amount=format_money(Money(given, gift.currency))))
    if taken:
        told.append(_("%(amount)s was taken back by the bank", amount=format_money(Money(taken, gift.currency))))
    return "\n".join([funds, *told])


def _moment(gift: Gift) -> datetime:
    """When it happened: the instant for gifts that came in live, else the day, at noon."""
    if gift.is_online:
        return gift.created_at
    return datetime.combine(gift.received_on, time(12), UTC)


def gifts_in_time(db: Session, contact_id: int, limit: int) -> Sequence[TimelineItem]:
    """A donor's gifts, and the mails about them, newest first."""
    gifts = _newest(db, contact_id)[:limit]
    items = [
        TimelineItem(
            _moment(gift),
            "heart",
            _title(gift),
            _what_for(gift),
            url_for("gifts.show", gift_id=gift.id),
            is_whole_day=not gift.is_online,
        )
        for gift in gifts
    ]
    mails = [
        TimelineItem(
            message.sent_at or message.created_at,
            "mail",
            mail_state(message),
            message.subject,
        )
        for message in messages_about(db, [gift.id for gift in gifts], receipt_ids_of(contact_id))
    ]
    return sorted(items + mails, key=lambda item: item.at, reverse=True)[:limit]


def find_receipts(db: Session, text: str, limit: int) -> Sequence[SearchHit]:
    """The receipt whose number was typed."""
    found = receipt_by_code(db, text)
    if found is None or limit < 1:
        return []
    url = url_for("receipts.show", receipt_id=found.id)
    return [SearchHit(found.id, "receipt", _("Receipt %(code)s", code=found.code), url, found.contact.name)]


def receipts_wait(count: int) -> str:
    """How many gifts wait for a receipt of their own; yearly ones are counted by donor, on the page of the year."""
    return ngettext("%(num)s gift waits for its receipt", "%(num)s gifts wait for their receipt", count)


def lines_unexplained(count: int) -> str:
    """How many lines of payouts nobody can explain yet."""
    return ngettext("%(num)s line of payouts is not explained", "%(num)s lines of payouts are not explained", count)


def gifts_slow(count: int) -> str:
    """How many gifts have been on their way for too long."""
    return ngettext(
        "%(num)s gift has been on its way for over two weeks",
        "%(num)s gifts have been on their way for over two weeks",
        count,
    )


def gifts_concerned(db: Session, keys: Sequence[int]) -> dict[int, Concern]:
    """The gifts that jobs are about."""
    query = select(Gift.id, Gift.amount_minor, Gift.currency).where(Gift.id.in_(keys))
    return {
        row.id: Concern(
            _("Gift of %(amount)s", amount=format_money(Money(row.amount_minor, row.currency))),
            url_for("gifts.show", gift_id=row.id),
        )
        for row in db.execute(query)
    }


def receipts_concerned(db: Session, keys: Sequence[int]) -> dict[int, Concern]:
    """The receipts that jobs are about."""
    found = db.scalars(select(Receipt).where(Receipt.id.in_(keys)))
    return {
        each.id: Concern(each.code or _("Specimen"), url_for("receipts.show", receipt_id=each.id)) for each in found
    }


def notices_concerned(db: Session, keys: Sequence[int]) -> dict[int, Concern]:
    """The direct debits that jobs announce."""
    query = select(DebitNotice).where(DebitNotice.id.in_(keys)).options(lazyload("*"))
    return {
        notice.id: Concern(
            _("Debit of %(amount)s", amount=format_money(notice.amount)),
            url_for("recurring.show", recurring_id=notice.recurring_gift_id),
        )
        for notice in db.scalars(query)
    }


def runs_concerned(db: Session, keys: Sequence[int]) -> dict[int, Concern]:
    """The years whose receipts jobs issue."""
    found = db.scalars(select(ReceiptRun).where(ReceiptRun.id.in_(keys)))
    return {run.id: Concern(str(run.year), url_for("yearly_receipts.show", year=run.year)) for run in found}


def donors_concerned(db: Session, keys: Sequence[int]) -> dict[int, Concern]:
    """The donors whose address jobs tell."""
    found = db.scalars(select(Contact).where(Contact.id.in_(keys)).options(lazyload("*")))
    return {each.id: Concern(each.name, url_for("contacts.show", contact_id=each.id)) for each in found}


GIFT = ("gift_id", gifts_concerned)
JOBS = (
    JobWords("giving.acknowledge", _l("Thank a donor"), *GIFT),
    JobWords("giving.on_its_way", _l("Tell a donor that the money is on its way"), *GIFT),
    JobWords("giving.announce_debit", _l("Tell a donor of a coming direct debit"), "notice_id", notices_concerned),
    JobWords("giving.failed", _l("Tell a donor that the payment failed"), *GIFT),
    JobWords("giving.tribute", _l("Tell somebody of a gift in honour or in memory"), *GIFT),
    JobWords("giving.refunded", _l("Tell a donor of a refund"), "refund_id", refunds_concerned),
    JobWords("giving.refund_failed", _l("Tell a donor that a refund did not arrive"), "refund_id", refunds_concerned),
    JobWords("giving.send_receipt", _l("Send a receipt"), "receipt_id", receipts_concerned),
    JobWords(
        "giving.tell_address", _l("Tell the payment service of a donor’s new address"), "contact_id", donors_concerned
    ),
    JobWords("giving.yearly_receipts", _l("Issue the receipts of a year"), "run_id", runs_concerned),
)

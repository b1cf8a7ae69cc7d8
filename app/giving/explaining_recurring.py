"""Why a recurring gift brought nothing lately, or will bring nothing, in a sentence for whoever asks."""

from datetime import date, timedelta

from app.giving.models import Gift, GiftStatus, RecurringGift, RecurringStatus
from app.giving.wording import end_reason_said
from app.kernel.i18n import format_day
from app.kernel.i18n import gettext as _

A_WHILE = timedelta(days=2)
"""How long a charge may take from when it is due until we hear of it: an hour at the gateway, and its messages."""


def why_no_gift(recurring: RecurringGift, newest: Gift | None, today: date) -> str:
    """The answer to "why is there no gift this month?"; "" where there is one, received. `newest` is its last gift."""
    if recurring.status is RecurringStatus.ENDED:
        return _ended(recurring)
    if recurring.status is RecurringStatus.INCOMPLETE:
        return _(
            "The donor agreed to it on %(day)s, and no charge has come through yet. Until one does, it does not count "
            "as active.",
            day=format_day(recurring.started_on),
        )
    if recurring.status is RecurringStatus.PAST_DUE or recurring.is_lapsed:
        return _lapsed(recurring) if recurring.is_lapsed else _past_due(recurring)
    if recurring.status is RecurringStatus.PAUSED:
        return _paused(recurring)
    if newest is not None and newest.status is GiftStatus.PENDING:
        return _("The donor’s bank was asked for the last charge; the money is on its way.")
    return _active(recurring, newest, today)


def _ended(recurring: RecurringGift) -> str:
    assert recurring.ended_on is not None
    day = format_day(recurring.ended_on)
    if not recurring.end_reason:
        return _("It ended on %(day)s; nothing is charged any more.", day=day)
    why = end_reason_said(recurring.end_reason)
    return _("It ended on %(day)s; nothing is charged any more. Reason: %(why)s.", day=day, why=why)


def _past_due(recurring: RecurringGift) -> str:
    said = _("The last charge was refused by the donor’s bank or card, so no gift came of it.")
    if recurring.retry_on is None:
        return f"{said} " + _("No further try is known of. Ask the donor for another card, or end the gift.")
    return f"{said} " + _("The payment service tries again on %(day)s.", day=format_day(recurring.retry_on))


def _lapsed(recurring: RecurringGift) -> str:
    assert recurring.lapsed_on is not None
    return _(
        "The payment service gave up on %(day)s, after its last try. Nothing is charged until the donor mends it with "
        "another card or account.",
        day=format_day(recurring.lapsed_on),
    )


def _paused(recurring: RecurringGift) -> str:
    if recurring.paused_until is None:
        return _("It is paused until somebody resumes it. Charges that fall into the pause are left out for good.")
    said = _(
        "It is paused until %(day)s. Charges that fall into the pause are left out for good.",
        day=format_day(recurring.paused_until),
    )
    first = recurring.expected_on
    return f"{said} " + _("The first one after it is due on %(day)s.", day=format_day(first)) if first else said


def _active(recurring: RecurringGift, newest: Gift | None, today: date) -> str:
    next_on = recurring.next_on
    if next_on is None:
        return _("No further charge is planned: it ends by itself when the time paid for is over.")
    if next_on + A_WHILE < today:
        return _(
            "A charge was due on %(day)s, and the payment service has not told us of it. We ask it every night what "
            "we missed.",
            day=format_day(next_on),
        )
    is_of_this_month = newest is not None and (newest.received_on.year, newest.received_on.month) == (
        today.year, today.month,
    )  # fmt: skip
    if is_of_this_month:
        return ""
    return _("Nothing is missing: the next charge is due on %(day)s.", day=format_day(next_on))

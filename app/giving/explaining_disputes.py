"""Why money was taken back, in sentences that say what is known and from where, and no more."""

from datetime import date

from app.giving.models import RecurringGift
from app.giving.queries.disputes import Behind
from app.kernel.clock import date_of
from app.kernel.i18n import format_day, format_money, ngettext
from app.kernel.i18n import gettext as _
from app.payments.models import Dispute, DisputeKind, DisputeStatus
from app.payments.words import dispute_reason


def why_taken(dispute: Dispute, zone: str) -> str:
    """What happened, what is known of the reason, and what can be done."""
    if dispute.kind is DisputeKind.DISPUTE:
        return _why_disputed(dispute)
    when = dispute.opened_at or dispute.created_at
    since = dispute.payment.settled_at or dispute.payment.created_at
    age = ngettext("%(num)s day after the debit", "%(num)s days after the debit", max((when - since).days, 0))
    facts = {"day": format_day(date_of(when, zone)), "age": age, "reason": dispute_reason(dispute.reason)}
    words = {
        DisputeKind.BOUNCED: _(
            "The donor’s bank did not pay this debit after all: it went back on %(day)s, %(age)s. The payment service "
            "gives as the reason: %(reason)s. The donor may not know of it; a word to them often settles it.", **facts
        ),
        DisputeKind.TAKEN_BACK: _(
            "This debit was taken back on %(day)s, %(age)s. Within eight weeks a donor may have any SEPA debit "
            "returned without saying why, so why is not known; the payment service says only: %(reason)s. It cannot be "
            "contested. Ask the donor before you debit the account again.", **facts
        ),
        DisputeKind.UNAUTHORISED: _unauthorised(dispute, facts),
    }  # fmt: skip
    return words[dispute.kind]


def what_comes_still(behind: Behind) -> str:
    """What is charged again, or was asked for already, though the payer speaks against it; and what can be done."""
    said = [_charged_again(behind.recurring)] if behind.is_charged_again else []
    if behind.on_its_way is not None:
        facts = {"amount": format_money(behind.on_its_way.amount), "day": format_day(behind.on_its_way.received_on)}
        said.append(_("%(amount)s of %(day)s is on its way already and cannot be called back: ask the donor whether to "
                      "give it back once it has come.", **facts))  # fmt: skip
    return " ".join(said)


def _charged_again(recurring: RecurringGift) -> str:
    amount = format_money(recurring.amount)
    if recurring.expected_on is None:
        said = _("The recurring gift behind it goes on: %(amount)s a time.", amount=amount)
    else:
        day = format_day(recurring.expected_on)
        said = _(
            "The recurring gift behind it goes on: %(amount)s will be asked for on %(day)s.", amount=amount, day=day
        )
    return f"{said} " + _(
        "Pause it until you have spoken with the donor. If it may go on as it is, take note of what happened."
    )


def _unauthorised(dispute: Dispute, facts: dict[str, str]) -> str:
    if dispute.reason in {"debit_not_authorized", "fraudulent", "unrecognized"}:
        return _(
            "This debit went back on %(day)s, %(age)s: the payment service says that it is claimed not to have been "
            "authorised (%(reason)s). Such a claim is possible for thirteen months. It cannot be contested there; keep "
            "the mandate at hand, and do not debit the account again before you have spoken with the donor.",
            **facts,
        )
    return _(
        "This debit went back on %(day)s, %(age)s. That is more than eight weeks, when only debits claimed not to have "
        "been authorised may be returned (for thirteen months); we conclude it from the date, for the payment service "
        "says only: %(reason)s. Keep the mandate at hand.",
        **facts,
    )


def _why_disputed(dispute: Dispute) -> str:
    reason = dispute_reason(dispute.reason)
    if dispute.status is DisputeStatus.INQUIRY:
        return _("The donor’s bank asks about this payment (%(reason)s). No money has moved. An answer may prevent a "
                 "dispute.", reason=reason)  # fmt: skip
    words = {
        DisputeStatus.OPEN: _(
            "The donor disputes this payment through their bank (%(reason)s). The money is withdrawn until it is "
            "decided.",
            reason=reason,
        ),
        DisputeStatus.WON: _("The bank decided for you (%(reason)s): the money is yours again.", reason=reason),
        DisputeStatus.LOST: _("The bank decided for the donor (%(reason)s): the money is gone.", reason=reason),
        DisputeStatus.CLOSED: _("The bank’s question (%(reason)s) is closed; no money moved.", reason=reason),
    }
    return words[dispute.status]


def days_left(dispute: Dispute, today: date, zone: str) -> int | None:
    """Whole days of ours until the answer is due; None where none is, or it was given."""
    if dispute.answer_by is None or not dispute.needs_answer:
        return None
    return (date_of(dispute.answer_by, zone) - today).days


def left_in_words(days: int) -> str:
    """How much time there is."""
    if days < 0:
        return _("the time to answer is over")
    if days == 0:
        return _("to be answered today")
    return ngettext("%(num)s day to answer", "%(num)s days to answer", days)

"""Codes of giving and payments in the reader's words: `{{ gift.status|said }}` in templates."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from app.giving.models import (
    ChangeKind,
    ChangeStatus,
    CreditRole,
    EndReason,
    FailedChargeStatus,
    GiftStatus,
    ReceiptChoice,
    ReceiptStatus,
    RecurringChange,
    RecurringGift,
    RecurringStatus,
    RunStatus,
    TributeKind,
)
from app.kernel.actors import ActorKind
from app.kernel.i18n import Text, format_day, format_money, ngettext
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.payments.models import (
    CheckoutStatus,
    DisputeKind,
    DisputeStatus,
    Interval,
    LineKind,
    MandateStatus,
    Method,
    PaymentStatus,
    PayoutStatus,
    RefundStatus,
)
from app.payments.words import DISPUTE_KINDS, LINE_KINDS, MANDATE_STATUSES, PAYOUT_STATUSES

WORDS: dict[type[StrEnum], Mapping[Any, Text]] = {
    GiftStatus: {
        GiftStatus.PENDING: _l("On its way"),
        GiftStatus.RECEIVED: _l("Received"),
        GiftStatus.FAILED: _l("Failed"),
        GiftStatus.REVERSED: _l("Reversed"),
    },
    CreditRole: {
        CreditRole.SOLICITOR: _l("Asked for it"),
        CreditRole.HOUSEHOLD: _l("Gives together with the donor"),
        CreditRole.EMPLOYEE: _l("Their employer gave it"),
        CreditRole.FOUNDER: _l("Stands behind the foundation that gave it"),
        CreditRole.OTHER: _l("Another reason"),
    },
    ReceiptChoice: {
        ReceiptChoice.EACH: _l("With each gift"),
        ReceiptChoice.YEARLY: _l("Once a year"),
        ReceiptChoice.NONE: _l("None"),
    },
    ReceiptStatus: {
        ReceiptStatus.ISSUED: _l("Issued"),
        ReceiptStatus.VOID: _l("Void"),
        ReceiptStatus.REPLACED: _l("Replaced"),
    },
    RunStatus: {
        RunStatus.RUNNING: _l("Under way"),
        RunStatus.STOPPED: _l("Stopped"),
        RunStatus.DONE: _l("Done"),
    },
    RecurringStatus: {
        RecurringStatus.INCOMPLETE: _l("First charge awaited"),
        RecurringStatus.ACTIVE: _l("Active"),
        RecurringStatus.PAST_DUE: _l("Past due"),
        RecurringStatus.PAUSED: _l("Paused"),
        RecurringStatus.LAPSED: _l("Lapsed"),
        RecurringStatus.ENDED: _l("Ended"),
    },
    FailedChargeStatus: {
        FailedChargeStatus.OPEN: _l("Tried again"),
        FailedChargeStatus.RECOVERED: _l("Came through after all"),
        FailedChargeStatus.GIVEN_UP: _l("Given up"),
    },
    ActorKind: {
        ActorKind.STAFF: _l("Staff"),
        ActorKind.PUBLIC: _l("The donor"),
        ActorKind.GATEWAY: _l("Payment service"),
        ActorKind.SYSTEM: _l("By itself"),
    },
    ChangeKind: {
        ChangeKind.AMOUNT: _l("Amount changed"),
        ChangeKind.PAUSE: _l("Paused"),
        ChangeKind.RESUME: _l("Resumed"),
        ChangeKind.DAY: _l("Day moved"),
        ChangeKind.TERM: _l("End agreed on"),
        ChangeKind.END: _l("Ended"),
        ChangeKind.METHOD: _l("Another payment method"),
    },
    ChangeStatus: {
        ChangeStatus.BEGUN: _l("Under way"),
        ChangeStatus.DONE: _l("Done"),
        ChangeStatus.REFUSED: _l("Refused"),
    },
    EndReason: {
        EndReason.CARD_EXPIRED: _l("The card ran out"),
        EndReason.COMPLETED: _l("The commitment is completed"),
        EndReason.DECEASED: _l("The donor has died"),
        EndReason.HARDSHIP: _l("Financial difficulty"),
        EndReason.NO_INTEREST: _l("No longer interested"),
        EndReason.UNKNOWN: _l("Not known"),
        EndReason.AS_AGREED: _l("Came to its end as agreed"),
        EndReason.PAYMENT_FAILED: _l("No charge came through"),
        EndReason.AT_GATEWAY: _l("Ended at the payment service"),
    },
    TributeKind: {
        TributeKind.HONOUR: _l("In honour of"),
        TributeKind.MEMORY: _l("In memory of"),
    },
    Interval: {
        Interval.MONTH: _l("Monthly"),
        Interval.QUARTER: _l("Quarterly"),
        Interval.YEAR: _l("Yearly"),
    },
    Method: {
        Method.CARD: _l("Card"),
        Method.SEPA_DEBIT: _l("Direct debit"),
        Method.WALLET: _l("Mobile wallet"),
        Method.TRANSFER: _l("Bank transfer"),
        Method.CHEQUE: _l("Cheque"),
        Method.CASH: _l("Cash"),
        Method.PLATFORM: _l("Online platform"),
        Method.OTHER: _l("Other"),
    },
    CheckoutStatus: {
        CheckoutStatus.PREPARED: _l("Prepared"),
        CheckoutStatus.OPEN: _l("Under way"),
        CheckoutStatus.COMPLETED: _l("Completed"),
        CheckoutStatus.EXPIRED: _l("Expired"),
    },
    PaymentStatus: {
        PaymentStatus.PROCESSING: _l("On its way"),
        PaymentStatus.SETTLED: _l("Settled"),
        PaymentStatus.FAILED: _l("Failed"),
        PaymentStatus.REVERSED: _l("Reversed"),
    },
    RefundStatus: {
        RefundStatus.REQUESTED: _l("Asked for"),
        RefundStatus.PENDING: _l("On its way"),
        RefundStatus.SUCCEEDED: _l("Refunded"),
        RefundStatus.FAILED: _l("Failed"),
        RefundStatus.CANCELLED: _l("Cancelled"),
    },
    DisputeStatus: {
        DisputeStatus.INQUIRY: _l("The bank asks"),
        DisputeStatus.OPEN: _l("Under way"),
        DisputeStatus.WON: _l("Won"),
        DisputeStatus.LOST: _l("Lost"),
        DisputeStatus.CLOSED: _l("Case closed"),
    },
    DisputeKind: DISPUTE_KINDS,
    MandateStatus: MANDATE_STATUSES,
    PayoutStatus: PAYOUT_STATUSES,
    LineKind: LINE_KINDS,
}


_SOURCES: dict[str, Text] = {
    "utm_source": _l("Link: source"),
    "utm_medium": _l("Link: medium"),
    "utm_campaign": _l("Link: campaign"),
    "utm_content": _l("Link: content"),
    "utm_term": _l("Link: term"),
    "referrer_host": _l("Came from"),
}


def said(code: StrEnum) -> str:
    """The code in the reader's words; a code we have no word for is shown as it is."""
    return str(WORDS.get(type(code), {}).get(code, code.value))


def end_reason_said(code: str) -> str:
    """Why a recurring gift ended, from what is stored; a code of the gateway that we have no word for as it is."""
    return said(EndReason(code)) if code in set(EndReason) else code.replace("_", " ")


def asker_said(change: RecurringChange) -> str:
    """Who asked for a change: a member of staff by name, others by what they are."""
    return change.asked_by if change.asked_as is ActorKind.STAFF else said(change.asked_as)


def method_in_words(of: RecurringGift | RecurringChange) -> str:
    """By what it is charged: kind, brand and last four signs; "" where that is not known."""
    if of.method_kind is None:
        return ""
    name = of.method_brand.title() or said(of.method_kind)
    return f"{name} ···· {of.method_last_four}" if of.method_last_four else name


def change_in_words(change: RecurringChange) -> str:
    """What a change of a recurring gift is, as a sentence. Its reason and note are not in it."""
    if change.kind is ChangeKind.AMOUNT:
        return _("From %(old)s to %(new)s.", old=format_money(change.old_amount), new=format_money(change.new_amount))
    if change.kind is ChangeKind.PAUSE and change.paused_until is not None:
        return _("Paused until %(day)s.", day=format_day(change.paused_until))
    if change.kind is ChangeKind.DAY and change.charged_on is not None:
        first = format_day(change.charged_on)
        return _("Charged on day %(day)s of the month, next on %(first)s.", day=change.day, first=first)
    if change.kind is ChangeKind.METHOD:
        return _("Charged to %(method)s from now on.", method=method_in_words(change))
    if change.kind is ChangeKind.TERM:
        return term_in_words(change)
    return {
        ChangeKind.PAUSE: _("Paused until further notice."),
        ChangeKind.DAY: _("Charged on day %(day)s of the month.", day=change.day),
        ChangeKind.RESUME: _("Charged again from now on."),
    }.get(change.kind, _("Ended."))


def term_in_words(of: RecurringGift | RecurringChange) -> str:
    """How long it is agreed to go on, as a sentence."""
    if of.charges_agreed is not None:
        return ngettext("It ends after %(num)s charge in all.", "It ends after %(num)s charges in all.",
                        of.charges_agreed)  # fmt: skip
    if of.ends_on is not None:
        return _("It ends on %(day)s.", day=format_day(of.ends_on))
    return _("It goes on until somebody ends it.")


def source_name(name: str) -> str:
    """What a part of a gift's source is called; one we have no word for is shown as it is."""
    return str(_SOURCES.get(name, name.replace("_", " ")))


def choices_of(*codes: StrEnum) -> list[tuple[str, Text]]:
    """(value, words) of these codes, for a select."""
    return [(code.value, WORDS[type(code)][code]) for code in codes]

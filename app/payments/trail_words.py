"""What the audit trail calls the things of this feature."""

from app.kernel.i18n import lazy_gettext as _l
from app.payments.models import (
    CheckoutMode,
    DisputeKind,
    LineKind,
    MandateStatus,
    Method,
    PaymentStatus,
    PayoutStatus,
    SubscriptionStatus,
)
from app.payments.words import DISPUTE_KINDS, LINE_KINDS, MANDATE_STATUSES, METHODS, PAYMENT_STATUSES, PAYOUT_STATUSES
from app.web.trail_words import RecordWords, TrailWords

SUBSCRIPTION = {"subscription_reference": _l("Reference of the recurring gift")}

WORDS = TrailWords(
    records=(
        RecordWords("checkout", _l("Payment page"), {
            **SUBSCRIPTION, "mode": _l("Frequency"), "interval": _l("Interval"), "page_url": _l("Address of the page"),
            "expires_at": _l("Runs out"), "completed_at": _l("Completed"),
            "customer_reference": _l("Reference of the donor"), "subscription_status": _l("Recurring gift"),
            "next_charge_on": _l("Next charge"), "last_failure": _l("Last failure"),
            "charge_minor": _l("Amount of each charge"), "charge_day": _l("Day of the month"),
            "paused_until": _l("Paused until"), "retry_on": _l("Tried again on"),
            "subscription_read_at": _l("Last told"), "method_mark": _l("Payment method"),
            "last_on": _l("Last charge"),
        }),
        RecordWords("payment", _l("Payment"), {
            **SUBSCRIPTION, "checkout_id": _l("Payment page"), "settled_at": _l("Settled"),
            "charge_reference": _l("Reference of the charge"), "invoice_reference": _l("Reference of the invoice"),
            "settlement_minor": _l("Settled amount"), "settlement_currency": _l("Settled in"), "fee_minor": _l("Fee"),
            "net_minor": _l("Net"), "exchange_rate": _l("Exchange rate"),
            "balance_reference": _l("Reference of the booking"), "available_on": _l("Available on"),
            "payout_reference": _l("Reference of the transfer"), "refunded_minor": _l("Refunded"),
            "disputed_minor": _l("Taken back"), "is_disputed": _l("Disputed"), "failure_code": _l("Why it failed"),
            "card_brand": _l("Card"), "last_four": _l("Last four digits"), "bank_reference": _l("Bank reference"),
            "mandate_reference": _l("Mandate for direct debits"),
        }),
        RecordWords("refund", _l("Refund"), {
            "payment_id": _l("Payment"), "requested_by": _l("Asked for by"), "failure_code": _l("Why it failed"),
        }),
        RecordWords("dispute", _l("Dispute"), {
            "payment_id": _l("Payment"), "funds_withdrawn": _l("Money withdrawn"), "fee_minor": _l("Fee"),
            "answer_by": _l("To be answered by"), "closed_at": _l("Decided"), "kind": _l("Kind"),
            "opened_at": _l("Opened"), "is_answered": _l("Answered"), "seen_at": _l("Taken note of"),
            "seen_by": _l("Taken note of by"),
        }, ("disputes.show", "dispute_id")),
        RecordWords("dispute_note", _l("Note on a dispute"), {
            "dispute_id": _l("Dispute"), "written_by": _l("Written by"), "says_answered": _l("Says it was answered"),
        }),
        RecordWords("mandate", _l("Mandate for direct debits"), {
            "checkout_id": _l("Payment page"), "number": _l("Mandate reference"), "given_at": _l("Given"),
            "ended_at": _l("Ended"), "last_four": _l("Last four digits"),
            "creditor_identifier": _l("Creditor identifier"),
        }),
        RecordWords("payout", _l("Transfer to our bank"), {
            "arrives_on": _l("Arrives on"), "reconciled_at": _l("Reconciled"), "is_by_hand": _l("Made by hand"),
        }, ("payouts.show", "payout_id")),
        RecordWords("payout_line", _l("Line of a transfer to our bank"), {
            "payout_id": _l("Transfer to our bank"), "kind": _l("Kind"), "about": _l("About"),
            "source": _l("Reference"), "code": _l("Code"), "amount_minor": _l("Amount"), "fee_minor": _l("Fee"),
            "net_minor": _l("Net"), "exchange_rate": _l("Exchange rate"), "original_minor": _l("Original amount"),
            "original_currency": _l("Original currency"), "booked_on": _l("Booked on"),
            "available_on": _l("Available on"), "payment_id": _l("Payment"), "refund_id": _l("Refund"),
            "dispute_id": _l("Dispute"), "transfer_id": _l("Other transfer"), "is_explained": _l("Explained"),
            "explanation": _l("Explanation"), "explained_by": _l("Explained by"), "explained_at": _l("Explained at"),
        }, ("payouts.line", "line_id")),
        RecordWords("gateway_event", _l("Message of the payment service"), {"kind": _l("Kind")},
                    ("gateway_events.show", "event_id")),
        RecordWords("job", _l("Background work"), {"kind": _l("Kind")}),
    ),
    states={
        CheckoutMode: {CheckoutMode.ONCE: _l("Once"), CheckoutMode.RECURRING: _l("Regularly")},
        SubscriptionStatus: {
            SubscriptionStatus.INCOMPLETE: _l("First charge awaited"), SubscriptionStatus.ACTIVE: _l("Active"),
            SubscriptionStatus.PAST_DUE: _l("Past due"), SubscriptionStatus.PAUSED: _l("Paused"),
            SubscriptionStatus.UNPAID: _l("Lapsed"),
            SubscriptionStatus.ENDED: _l("Ended"),
        },
        DisputeKind: DISPUTE_KINDS,
        MandateStatus: MANDATE_STATUSES,
        PayoutStatus: PAYOUT_STATUSES,
        LineKind: LINE_KINDS,
        Method: METHODS,
        PaymentStatus: PAYMENT_STATUSES,
    },
    deeds={
        "dispute.noted": _l("Note written on a dispute"), "dispute.seen": _l("Loss taken note of"),
        "mandate.kept": _l("Mandate for direct debits read"), "mandate.active": _l("Mandate in force"),
        "mandate.inactive": _l("Mandate ended"),
        "payment.refund_requested": _l("Refund asked for"), "gateway_event.replayed": _l("Message worked once more"),
        "gateway_event.read": _l("Text of a message read"),
        "payout.exported": _l("Lines of a transfer taken out"), "job.retried": _l("Background work tried again"),
    },
    facts={"payment": _l("Payment"), "kind": _l("Kind"),
           "is_answered": _l("Answered"), "file_kind": _l("Kind of file")},
)  # fmt: skip

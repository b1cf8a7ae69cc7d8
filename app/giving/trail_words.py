"""What the audit trail calls the things of this feature."""

from app.giving.models import DonorKind, FeeCover, FormStatus, GivingForm, TributeStatus
from app.giving.wording import WORDS as SAID
from app.kernel.i18n import lazy_gettext as _l
from app.payments.models import Method
from app.web.trail_words import RecordWords, TrailWords, names_in

ORIGIN = {
    "contact_id": _l("Donor"), "form_id": _l("Giving form"), "submission_id": _l("Sent form"),
    "campaign_id": _l("Campaign"), "appeal_id": _l("Appeal"), "fund_id": _l("Fund"), "checkout_id": _l("Payment page"),
    "is_anonymous": _l("Anonymous"), "fee_cover_minor": _l("Of this, to cover the fee"),
    "receipt_choice": _l("Receipts wanted"), "replaces_id": _l("Replaces"), "gift_id": _l("Gift"),
    "recurring_gift_id": _l("Recurring gift"), "donor_kind": _l("Kind of donor"),
}  # fmt: skip
METHOD = {
    "method_kind": _l("Payment method"),
    "method_brand": _l("Brand of the card"),
    "method_last_four": _l("Last four digits"),
}
TERM = {"charges_agreed": _l("Charges agreed on"), "ends_on": _l("Ends on"), "last_on": _l("Last charge")}


WORDS = TrailWords(
    records=(
        RecordWords("gift", _l("Gift"), {
            **ORIGIN, "received_on": _l("Received on"), "fiscal_year": _l("Fiscal year"), "comment": _l("Comment"),
            "staff_note": _l("Note"), "recorded_by": _l("Recorded by"), "returned_minor": _l("Gone back"),
            "is_disputed": _l("Disputed"), "reversal_reason": _l("Why it was reversed"),
        }, ("gifts.show", "gift_id")),
        RecordWords("soft_credit", _l("Soft credit"), {**ORIGIN, "contact_id": _l("Contact"), "role": _l("Why")}),
        RecordWords("allocation", _l("Share of a gift"), ORIGIN),
        RecordWords("gift_payment", _l("Payment of a gift"), {**ORIGIN, "payment_id": _l("Payment")}),
        RecordWords("receipt", _l("Receipt"), {
            **ORIGIN, "organisation_id": _l("Issued by"), "year": _l("Year"), "number": _l("Number"),
            "is_specimen": _l("Specimen"), "issued_on": _l("Issued on"), "content": _l("What it says"),
            "covers_year": _l("For the year"),
            "voided_at": _l("Made void"), "void_reason": _l("Why it is void"), "sent_at": _l("Sent"),
        }, ("receipts.show", "receipt_id")),
        RecordWords("debit_notice", _l("Announcement of a direct debit"), {
            **ORIGIN, "mandate_id": _l("Mandate for direct debits"), "number": _l("Number"),
            "debit_on": _l("Debited on"),
        }),
        RecordWords("receipt_run", _l("Yearly receipts"), {}),
        RecordWords("statutory_rate", _l("Tax rate"), {
            **ORIGIN, "regime": _l("Tax rules"), "valid_from": _l("Valid from"), "valid_to": _l("Valid until"),
            "tiers": _l("Rates"), "article": _l("Article of law"), "income_share_percent": _l("Share of the income"),
        }, ("rates.edit", "rate_id")),
        RecordWords("recurring_gift", _l("Recurring gift"), {
            **ORIGIN, "interval": _l("Interval"), "started_on": _l("Begun on"), "ended_on": _l("Ended on"),
            "end_reason": _l("Why it ended"), "next_on": _l("Next charge"),
            "paused_until": _l("Paused until"), "retry_on": _l("Tried again on"),
            "charge_day": _l("Day of the month"), "anchor_day": _l("Day the payment service counts from"),
            "subscription_reference": _l("Reference of the recurring gift"), "lapsed_on": _l("Lapsed on"), **METHOD,
            **TERM,
            "card_expires_on": _l("Card good until"), "expiry_told_for": _l("Warned of the card’s end"),
        }, ("recurring.show", "recurring_id")),
        RecordWords("recurring_change", _l("Change of a recurring gift"), {
            **ORIGIN, "kind": _l("Kind"), "interval": _l("Interval"), "old_amount_minor": _l("Amount before"),
            "new_amount_minor": _l("New amount"), "old_yearly_minor": _l("Yearly value before"),
            "new_yearly_minor": _l("Yearly value after"), "asked_by": _l("Asked for by"),
            "asked_as": _l("Asked for as"),
            "paused_until": _l("Paused until"), "day": _l("Day of the month"), "charged_on": _l("Next charge"),
            "reason": _l("Why it ends"), "done_at": _l("Done at"), "refusal": _l("Why it was refused"), **METHOD,
            **TERM, "moves_end": _l("Moves the last charge"),
        }),
        RecordWords("failed_charge", _l("Failed charge"), {
            **ORIGIN, "failed_at": _l("Failed at"), "tries": _l("Tries"), "next_try_on": _l("Tried again on"),
            "needs_donor": _l("Waits for the donor’s confirmation"), "failure_code": _l("Why it failed"),
            "invoice_reference": _l("Reference of the bill"), "read_at": _l("Asked at"), "closed_at": _l("Closed at"),
        }),
        RecordWords("charge_try", _l("Try of a charge"), {
            **ORIGIN, "failed_charge_id": _l("Failed charge"), "number": _l("Number"), "tried_at": _l("Tried at"),
            "failure_code": _l("Why it failed"),
        }),
        RecordWords("recurring_allocation", _l("Share of a recurring gift"), {**ORIGIN, "weight": _l("Weight")}),
        RecordWords("giving_form", _l("Giving form"), {
            **ORIGIN, "slug": _l("Address"), "languages": _l("Languages"), "presets_once": _l("Amounts once"),
            "more_currencies": _l("Further currencies"),
            "presets_recurring": _l("Amounts regularly"), "smallest_minor": _l("Smallest amount"),
            "largest_minor": _l("Largest amount"), "takes_once": _l("Takes single gifts"),
            "intervals": _l("Intervals"), "asks": _l("Asks for"), "requires": _l("Insists on"),
            "consent_purposes": _l("Consents asked for"), "fee_cover": _l("Covering the fee"),
            "fee_permille": _l("Fee in thousandths"), "fee_fixed_minor": _l("Fixed fee"), "goal_minor": _l("Goal"),
            "shows_progress": _l("Shows the progress"), "shows_tax_effect": _l("Shows the tax effect"),
            "closes_at": _l("Closes"), "embed_origins": _l("Shown on"), "preview_token": _l("Preview"),
        }, ("forms.show", "form_id"), names_in(GivingForm.id, GivingForm.name)),
        RecordWords("giving_form_fund", _l("Fund of a giving form"), {**ORIGIN, "place": _l("Place")}),
        RecordWords("submission", _l("Sent form"), {
            **ORIGIN, "form_key": _l("Key of the attempt"), "page_key": _l("Key of the page"),
            "answers": _l("Answers"),
        }),
        RecordWords("tribute", _l("Tribute"), {
            **ORIGIN, "kind": _l("Kind"), "honoree": _l("Who is honoured"), "notify_name": _l("Who is told"),
            "notify_email": _l("Told at"),
        }),
    ),
    states={
        **SAID,
        FormStatus: {
            FormStatus.DRAFT: _l("Draft"), FormStatus.PUBLISHED: _l("Published"), FormStatus.CLOSED: _l("Closed"),
        },
        FeeCover: {
            FeeCover.OFF: _l("Not offered"), FeeCover.OFFERED: _l("Offered"),
            FeeCover.PRESELECTED: _l("Ticked beforehand"),
        },
        DonorKind: {DonorKind.PERSON: _l("Private donors"), DonorKind.COMPANY: _l("Companies")},
        TributeStatus: {
            TributeStatus.NOBODY: _l("Nobody to tell"), TributeStatus.TO_NOTIFY: _l("To be told"),
            TributeStatus.NOTIFIED: _l("Told"),
        },
    },
    deeds={
        "soft_credit.given": _l("Somebody recognised for a gift"),
        "soft_credit.taken_back": _l("Recognition for a gift taken back"),
        "gift.begun": _l("Gift begun"), "gift.received": _l("Gift received"), "gift.failed": _l("Gift failed"),
        "gift.recorded": _l("Gift recorded"), "gift.reversed": _l("Gift reversed"),
        "gift.returned": _l("Money gone back"), "gifts.exported": _l("Gifts taken out as a file"),
        "gift.refund_requested": _l("Refund asked for"), "receipt.issued": _l("Receipt issued"),
        "receipt_run.begun": _l("Yearly receipts begun"), "receipt_run.taken_up": _l("Yearly receipts gone on with"),
        "receipt_run.stopped": _l("Yearly receipts stopped"), "receipt_run.done": _l("Yearly receipts issued"),
        "receipt.voided": _l("Receipt made void"), "receipt.sent": _l("Receipt sent"),
        "receipt.handed_over": _l("Receipt handed over"), "recurring_gift.begun": _l("Recurring gift begun"),
        "recurring_gift.active": _l("Recurring gift active"), "recurring_gift.past_due": _l("Recurring gift past due"),
        "recurring_gift.paused": _l("Recurring gift paused"), "recurring_gift.lapsed": _l("Recurring gift lapsed"),
        "recurring_gift.change_begun": _l("Change of a recurring gift asked for"),
        "recurring_gift.change_refused": _l("Change of a recurring gift refused"),
        "recurring_gift.changed": _l("Recurring gift changed"), "recurring_gift.ended": _l("Recurring gift ended"),
        "giving_form.made": _l("Giving form made"), "giving_form.changed": _l("Giving form changed"),
        "giving_form.published": _l("Giving form published"), "giving_form.closed": _l("Giving form closed"),
        "failed_charge.begun": _l("Charge failed"), "failed_charge.recovered": _l("Charge came through after all"),
        "failed_charge.given_up": _l("Charge given up"),
        "recurring_gift.receipts_chosen": _l("Receipts of a recurring gift chosen"),
        "contact.address_told": _l("Payment service told of the new address"),
        "recurring_gift.link_sent": _l("Link for another card or account sent"),
        "debit_notice.planned": _l("Direct debit announced"),
        "statutory_rate.kept": _l("Tax rate kept"),
    },
    fact_states={("gift.recorded", "method"): Method},
    facts={
        "gift": _l("Gift"), "gifts": _l("Gifts"), "year": _l("Year"), "donors": _l("Donors"),
        "customers": _l("Names at the payment service"),
        "issued": _l("Receipts issued"), "left_out": _l("Left out"), "narrowed_by": _l("Narrowed by"),
        "returned_minor": _l("Gone back"), "is_disputed": _l("Disputed"),
    },
)  # fmt: skip

"""When this happens, that follows: one table. Reactions run in the transaction of their cause."""

from collections.abc import Mapping, Sequence

from app.contacts.events import MainEmailChanged
from app.giving import dispute_duties, keeping_terms, telling_address
from app.giving.events import GiftBegun, GiftFailed, GiftReceived, GiftReturned, GiftReversed, ReceiptCorrected
from app.giving.services import changes, debit_notices, failed_charges, intake, receipts, thanks
from app.kernel.events import Reaction
from app.kernel.rounds import RoundEnded
from app.operations.telling import tell_later
from app.payments.events import (
    BillTold,
    CheckoutCompleted,
    DisputeLost,
    DisputeOpened,
    PaymentBegun,
    PaymentFailed,
    PaymentReturned,
    PaymentSettled,
    RefundFailed,
    RefundSucceeded,
    SubscriptionChanged,
)

REACTIONS: Mapping[type, Sequence[Reaction]] = {
    CheckoutCompleted: [intake.note_checkout],
    PaymentBegun: [intake.begin_gift],
    PaymentSettled: [intake.receive_gift],
    PaymentFailed: [intake.fail_gift],
    PaymentReturned: [intake.note_return],
    RefundSucceeded: [thanks.tell_of_refund],
    RefundFailed: [thanks.tell_of_failed_refund],
    BillTold: [failed_charges.note_bill],
    SubscriptionChanged: [changes.note_subscription, keeping_terms.keep_soon, debit_notices.announce_again],
    DisputeOpened: [dispute_duties.tell_later],
    DisputeLost: [dispute_duties.tell_of_loss],
    GiftBegun: [thanks.announce],
    GiftReceived: [receipts.issue_when_received, thanks.thank_donor],
    GiftFailed: [thanks.tell_failure],
    GiftReturned: [receipts.correct_when_returned],
    GiftReversed: [receipts.void_when_reversed],
    ReceiptCorrected: [thanks.tell_of_correction],
    MainEmailChanged: [telling_address.tell_later],
    RoundEnded: [tell_later],
}

"""When this happens, that follows: one table. Reactions run in the transaction of their cause."""

from collections.abc import Mapping, Sequence

from app.giving.events import GiftBegun, GiftFailed, GiftReceived, GiftReturned, GiftReversed, ReceiptCorrected
from app.giving.services import changes, intake, receipts, thanks
from app.kernel.events import Reaction
from app.kernel.rounds import RoundEnded
from app.operations.telling import tell_later
from app.payments.events import (
    CheckoutCompleted,
    PaymentBegun,
    PaymentFailed,
    PaymentReturned,
    PaymentSettled,
    SubscriptionChanged,
)

REACTIONS: Mapping[type, Sequence[Reaction]] = {
    CheckoutCompleted: [intake.note_checkout],
    PaymentBegun: [intake.begin_gift],
    PaymentSettled: [intake.receive_gift],
    PaymentFailed: [intake.fail_gift],
    PaymentReturned: [intake.note_return],
    SubscriptionChanged: [changes.note_subscription],
    GiftBegun: [thanks.announce],
    GiftReceived: [receipts.issue_when_received, thanks.thank_donor],
    GiftFailed: [thanks.tell_failure],
    GiftReturned: [receipts.correct_when_returned],
    GiftReversed: [receipts.void_when_reversed],
    ReceiptCorrected: [thanks.tell_of_correction],
    RoundEnded: [tell_later],
}

"""What an event of the gateway brought about, as codes that are stored and as words that are shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l


class Effect(StrEnum):
    """One thing an event brought about. The first four mean that nothing was to be done."""

    NOT_HANDLED = "not_handled"
    NOT_OURS = "not_ours"
    GONE = "gone"
    NOTHING_NEW = "nothing_new"
    CHECKOUT_COMPLETED = "checkout_completed"
    CHECKOUT_EXPIRED = "checkout_expired"
    PAYMENT_BEGUN = "payment_begun"
    PAYMENT_SETTLED = "payment_settled"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_TAKEN_BACK = "payment_taken_back"
    CHARGE_REFUSED = "charge_refused"
    FEE_NOTED = "fee_noted"
    REFUND_NOTED = "refund_noted"
    REFUND_FAILED = "refund_failed"
    DISPUTE_NOTED = "dispute_noted"
    INQUIRY_NOTED = "inquiry_noted"
    RETURNED_CHANGED = "returned_changed"
    SUBSCRIPTION_CHANGED = "subscription_changed"
    PAYOUT_NOTED = "payout_noted"
    PAYOUT_RECONCILED = "payout_reconciled"
    PAYOUT_DIFFERS = "payout_differs"
    MANDATE_CHANGED = "mandate_changed"
    FRAUD_WARNING = "fraud_warning"


WORDS: Mapping[str, Text] = {
    Effect.NOT_HANDLED: _l("Nothing: this kind of event is not needed."),
    Effect.NOT_OURS: _l("Nothing: this did not begin on our pages."),
    Effect.GONE: _l("Nothing: the payment service no longer knows it."),
    Effect.NOTHING_NEW: _l("Nothing new: this was known already."),
    Effect.CHECKOUT_COMPLETED: _l("The donor went through the payment page to its end."),
    Effect.CHECKOUT_EXPIRED: _l("The payment page closed without a payment."),
    Effect.PAYMENT_BEGUN: _l("A payment is on its way."),
    Effect.PAYMENT_SETTLED: _l("The payment has come."),
    Effect.PAYMENT_FAILED: _l("The payment failed."),
    Effect.PAYMENT_TAKEN_BACK: _l("The bank took the payment back."),
    Effect.CHARGE_REFUSED: _l("A charge was refused; no money moved."),
    Effect.FEE_NOTED: _l("The fee became known."),
    Effect.REFUND_NOTED: _l("A refund was noted."),
    Effect.REFUND_FAILED: _l("A refund failed; the money is back with us."),
    Effect.DISPUTE_NOTED: _l("A dispute was noted."),
    Effect.INQUIRY_NOTED: _l("The bank asks about this payment; no money moved."),
    Effect.RETURNED_CHANGED: _l("What went back to the donor was counted anew."),
    Effect.SUBSCRIPTION_CHANGED: _l("The recurring payment changed its state."),
    Effect.PAYOUT_NOTED: _l("A transfer to our bank was noted."),
    Effect.PAYOUT_RECONCILED: _l("A transfer to our bank agrees with its parts."),
    Effect.PAYOUT_DIFFERS: _l("A transfer to our bank does not agree with its parts."),
    Effect.MANDATE_CHANGED: _l("A direct debit mandate changed."),
    Effect.FRAUD_WARNING: _l("The card network thinks this payment may be a fraud. Consider refunding it."),
}
IDLE = frozenset({Effect.NOT_HANDLED, Effect.NOT_OURS, Effect.GONE})


@dataclass(frozen=True)
class Outcome:
    """What came of an event, and which of our records it was about.

    `told` are the gateway's names of things that were fetched on the way and applied: checkouts and charges that were
    found at their end, and subscriptions. Nothing that was said of them before can be news.
    """

    effects: tuple[Effect, ...] = ()
    checkout_id: int | None = None
    payment_id: int | None = None
    told: frozenset[str] = frozenset()

    def __add__(self, later: "Outcome") -> "Outcome":
        return Outcome(
            self.effects + later.effects,
            later.checkout_id or self.checkout_id,
            later.payment_id or self.payment_id,
            self.told | later.told,
        )

    @property
    def is_idle(self) -> bool:
        """Whether the event was of no concern to us."""
        return bool(self.effects) and set(self.effects) <= IDLE

    @property
    def code(self) -> str:
        """The effects as they are stored, each once."""
        return ",".join(dict.fromkeys(self.effects)) or Effect.NOTHING_NEW


def in_words(code: str) -> list[str]:
    """Stored effects as people read them."""
    return [str(WORDS.get(part, part)) for part in code.split(",") if part]

"""What became of a gift, told truthfully to its donor and to nobody more than their first name."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving.form_rules import monthly_instead
from app.giving.models import Gift, GivingForm, Receipt, ReceiptChoice, ReceiptStatus, Submission
from app.kernel.clock import now
from app.kernel.money import Money
from app.payments.models import Checkout, CheckoutStatus, Interval, Payment, PaymentStatus

RECEIPT_SHOWN = timedelta(hours=24)
"""How long after giving the page leads to the receipt, on which a name and an address stand: its own address stays
in histories of browsers. Later on the donor has it by mail."""


class State(StrEnum):
    """Where a gift is, as its donor is told. `UNKNOWN`: it went through, and the word of the money is awaited."""

    RECEIVED = "received"
    ON_ITS_WAY = "on its way"
    UNKNOWN = "unknown"
    OPEN = "open"
    EXPIRED = "expired"
    FAILED = "failed"


PAID = frozenset({State.RECEIVED, State.ON_ITS_WAY})


@dataclass(frozen=True)
class Outcome:
    """What the page after paying says. `fund_name` is empty where the form leaves no choice."""

    state: State
    token: str
    form: GivingForm
    language: str
    amount: Money
    gift: Money
    interval: Interval | None
    first_name: str
    fund_name: str
    fund_id: int | None
    receipt_token: str | None
    expects_receipt: bool
    takes_gifts: bool

    @property
    def is_paid(self) -> bool:
        """Whether the money has come, or is on its way."""
        return self.state in PAID

    @property
    def monthly(self) -> Money | None:
        """What to propose each month after one gift; None where that is out of place."""
        if not self.is_paid or self.interval or not self.takes_gifts or Interval.MONTH not in self.form.intervals:
            return None
        terms = self.form.terms_in(self.gift.currency)
        minor = monthly_instead(self.gift.minor, terms.presets_recurring) if terms else None
        return None if minor is None else Money(minor, self.gift.currency)


def outcome_of(db: Session, submission: Submission, checkout: Checkout, *, was_asked: bool) -> Outcome:
    """The state of this gift now; `was_asked` tells whether the gateway could be asked just before."""
    form = submission.form
    fund = next((each for each in form.open_funds if each.id == submission.fund_id), None)
    return Outcome(
        state=_state(checkout, _newest_payment(db, checkout), was_asked=was_asked),
        token=checkout.token,
        form=form,
        language=submission.language,
        amount=submission.amount,
        gift=Money(submission.amount_minor - submission.fee_cover_minor, submission.currency),
        interval=checkout.interval,
        first_name=submission.answer("given_name").split(" ")[0],
        fund_name=fund.public_name(submission.language) if fund and len(form.open_funds) > 1 else "",
        fund_id=submission.fund_id,
        receipt_token=_receipt_token(db, submission),
        expects_receipt=submission.answer("receipt_choice") == ReceiptChoice.EACH,
        takes_gifts=form.is_open(now()),
    )


def _newest_payment(db: Session, checkout: Checkout) -> Payment | None:
    query = select(Payment).where(Payment.checkout_id == checkout.id).order_by(Payment.id.desc())
    return db.scalars(query.limit(1)).first()


def _state(checkout: Checkout, payment: Payment | None, *, was_asked: bool) -> State:
    if payment is not None:
        return {
            PaymentStatus.PROCESSING: State.ON_ITS_WAY,
            PaymentStatus.FAILED: State.FAILED,
        }.get(payment.status, State.RECEIVED)
    if checkout.status is CheckoutStatus.COMPLETED or not was_asked:
        return State.UNKNOWN
    return State.EXPIRED if checkout.status is CheckoutStatus.EXPIRED else State.OPEN


def _receipt_token(db: Session, submission: Submission) -> str | None:
    if now() - submission.created_at > RECEIPT_SHOWN:
        return None
    query = (
        select(Receipt.token)
        .join(Gift, Gift.id == Receipt.gift_id)
        .where(Gift.submission_id == submission.id, Receipt.status == ReceiptStatus.ISSUED)
    )
    return db.scalars(query.order_by(Receipt.id.desc()).limit(1)).first()

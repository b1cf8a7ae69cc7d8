"""Money of an online gift that goes back to its donor because staff ask for it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving.models import Gift, GiftStatus
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money
from app.payments.models import Payment, Refund
from app.payments.reversals import may_be_taken_back
from app.payments.services import left_to_refund, request_refund


@dataclass(frozen=True, kw_only=True)
class RefundDetails:
    """What is to go back, and why. `token` names the page it was asked on: one page asks for one refund.

    `accepts_loss`: whoever asks knows that a debit may go back twice.
    """

    amount: Money
    reason: str
    token: str
    accepts_loss: bool = False


@dataclass(frozen=True)
class Refundable:
    """What may still go back of a gift, and through which payment. A direct debit may be taken back twice."""

    payment: Payment
    left: Money

    @property
    def may_go_twice(self) -> bool:
        """Whether the donor's bank may still return the debit without asking us, for eight weeks (SEPA rulebook)."""
        return may_be_taken_back(self.payment, now())


def refundable(db: Session, gift: Gift) -> Refundable | None:
    """The payment of a gift that can be refunded through the gateway; None where there is nothing to refund."""
    if gift.status is not GiftStatus.RECEIVED:
        return None
    for link in gift.payments:
        left = left_to_refund(db, link.payment)
        if link.payment.reference is not None and left.minor > 0:
            return Refundable(link.payment, left)
    return None


def ask_refund(db: Session, gift: Gift, details: RefundDetails, *, actor: Actor) -> Refund:
    """Write down that money is to go back; the gateway is asked once this is committed.

    Asking twice from one page is asking once: the refund of the first time is given.

    Raises:
        Refused: nothing can be refunded, too much is asked, or no reason is given.

    """
    for link in gift.payments:
        db.refresh(link.payment, with_for_update=True)  # two clicks at once take turns here
    before = db.scalars(select(Refund).where(Refund.token == details.token)).one_or_none()
    if before is not None:
        return before
    if not details.reason:
        raise Refused(_l("Say why the money goes back."), field="reason")
    found = refundable(db, gift)
    if found is None:
        raise Refused(_l("Nothing of this gift can be refunded through the payment service."))
    if found.may_go_twice and not details.accepts_loss:
        raise Refused(
            _l("This debit is young: the donor’s bank may still take it back, and you would lose the money twice. Tick "
               "that you know, or wait."), field="accepts_loss",
        )  # fmt: skip
    refund = request_refund(db, found.payment, details.amount, details.reason, actor=actor)
    refund.token = details.token
    audit.note(db, actor, "gift.refund_requested", gift, amount_minor=details.amount.minor)
    return refund

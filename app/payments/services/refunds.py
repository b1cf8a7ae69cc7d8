"""Asking for money to be returned: the row comes first, the gateway is asked by `flows.carry_out_refund`."""

from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.errors import Refused
from app.kernel.i18n import format_money
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money
from app.payments.models import Payment, Refund
from app.payments.queries import refunds_of


def left_to_refund(db: Session, payment: Payment) -> Money:
    """What may still be asked back: what the gateway knows of and what we have asked for already are both taken off."""
    asked = sum(refund.amount_minor for refund in refunds_of(db, payment.id) if refund.counts)
    unknown = Money(max(asked - payment.refunded_minor, 0), payment.currency)
    return max(payment.refundable - unknown, Money(0, payment.currency))


def request_refund(db: Session, payment: Payment, amount: Money, reason: str, *, actor: Actor) -> Refund:
    """Write down that money is to be returned. Locks the payment, so that two requests cannot exceed it together.

    Raises:
        Refused: not an online payment, disputed or not settled, nothing, or more than is left.

    """
    db.refresh(payment, with_for_update=True)
    if payment.reference is None:
        raise Refused(_l("Only payments made online can be returned through the payment service."))
    if payment.is_disputed:
        raise Refused(_l("The bank is looking into this payment. It cannot be refunded until that is decided."))
    left = left_to_refund(db, payment)
    if amount.currency != payment.currency or amount.minor <= 0:
        raise Refused(_l("Write an amount above zero."), field="amount")
    if amount > left:
        raise Refused(_l("At most %(left)s can be refunded.", left=format_money(left)), field="amount")
    refund = Refund(
        payment_id=payment.id, amount_minor=amount.minor, currency=amount.currency, reason=reason,
        requested_by=actor.name,
    )  # fmt: skip
    db.add(refund)
    audit.note(db, actor, "payment.refund_requested", refund, amount_minor=amount.minor, currency=amount.currency)
    return refund

"""Bills of subscriptions as the gateway tells of them: whoever keeps recurring gifts hears of those that failed."""

from sqlalchemy.orm import Session

from app.kernel.actors import Actor
from app.kernel.events import publish
from app.payments.events import BillTold
from app.payments.gateway import InvoiceState


def tell_of_bill(db: Session, bill: InvoiceState, *, actor: Actor) -> None:
    """Tell of a bill that was tried and is not paid, or was not paid by its first try."""
    is_tried = bill.tries > 0 and (bill.is_open or bill.tries > 1 or bill.payment is None)
    if is_tried and bill.subscription_reference is not None:
        publish(db, BillTold(bill.subscription_reference, bill), actor=actor)

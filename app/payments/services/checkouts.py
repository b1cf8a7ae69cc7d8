"""Beginning to pay: the attempt is written down before the gateway is called."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import events
from app.kernel.actors import Actor
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money
from app.payments.events import CheckoutExpired
from app.payments.models import Checkout, CheckoutMode, CheckoutStatus, Interval


@dataclass(frozen=True, kw_only=True)
class CheckoutDetails:
    """What the donor agreed to pay: `amount` once, or at every `interval`. `is_test`: no real money will move."""

    mode: CheckoutMode
    amount: Money
    language: str
    is_test: bool
    interval: Interval | None = None


def prepare_checkout(db: Session, details: CheckoutDetails, *, actor: Actor) -> Checkout:  # noqa: ARG001 - audited
    """Write down an attempt to pay. `flows.open_checkout_page` then asks the gateway for the page.

    Raises:
        Refused: nothing to pay, or a rhythm that does not fit the mode.

    """
    if details.amount.minor <= 0:
        raise Refused(_l("Choose an amount above zero."), field="amount")
    if (details.mode is CheckoutMode.RECURRING) != (details.interval is not None):
        raise Refused(_l("Choose how often you would like to give."), field="interval")
    checkout = Checkout(
        mode=details.mode,
        amount_minor=details.amount.minor,
        currency=details.amount.currency,
        language=details.language,
        is_test=details.is_test,
        interval=details.interval,
    )
    db.add(checkout)
    db.flush()  # callers keep its key
    return checkout


def expire_abandoned(db: Session, before: datetime, *, actor: Actor) -> int:
    """Close attempts begun before, for which the gateway never made a page that anybody could have seen; how many."""
    begun = select(Checkout).where(Checkout.status == CheckoutStatus.PREPARED, Checkout.created_at < before)
    abandoned = list(db.scalars(begun.order_by(Checkout.id).limit(500).with_for_update()))
    for checkout in abandoned:
        checkout.expire()
        events.publish(db, CheckoutExpired(checkout.id), actor=actor)
    return len(abandoned)

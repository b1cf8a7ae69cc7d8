"""Money that came without the gateway: cheques, cash, transfers."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.kernel.actors import Actor
from app.kernel.clock import today
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money
from app.kernel.organisation import the_organisation
from app.payments.models import Method, Payment

ONLINE_METHODS = frozenset({Method.CARD, Method.SEPA_DEBIT, Method.WALLET})


@dataclass(frozen=True, kw_only=True)
class OfflinePayment:
    """What came, how, and on which date; `bank_reference` is what the bank statement or the cheque says."""

    method: Method
    amount: Money
    received_on: date
    bank_reference: str = ""


def record_offline_payment(db: Session, details: OfflinePayment, *, actor: Actor) -> Payment:  # noqa: ARG001 - audited
    """Write down money that has come; it is settled at once, at noon of its date where the organisation is.

    Raises:
        Refused: nothing, from the future, or by a method that only the gateway can take.

    """
    zone = the_organisation(db).time_zone
    if details.amount.minor <= 0:
        raise Refused(_l("Write an amount above zero."), field="amount")
    if details.received_on > today(zone):
        raise Refused(_l("This date has not come yet."), field="received_on")
    if details.method in ONLINE_METHODS:
        raise Refused(_l("This method is only for payments through the payment service."), field="method")
    payment = Payment(
        method=details.method,
        amount_minor=details.amount.minor,
        currency=details.amount.currency,
        bank_reference=details.bank_reference,
    )
    noon = datetime.combine(details.received_on, time(12), ZoneInfo(zone))
    payment.settle(noon.astimezone(UTC))
    db.add(payment)
    db.flush()  # callers tie it to a gift
    return payment

"""What recurring gifts are charged to: noted from the gateway's word, with the last four signs and no more."""

from sqlalchemy.orm import Session

from app.giving import mending_jobs
from app.giving.models import RecurringGift
from app.giving.services.failed_charges import open_charge_of
from app.kernel.jobs import enqueue
from app.payments.gateway import MethodState


def is_another(recurring: RecurringGift, method: MethodState | None) -> bool:
    """Whether the gateway names another payment method than the one that is known."""
    if method is None or recurring.method_kind is None:
        return False
    known = (recurring.method_kind, recurring.method_brand, recurring.method_last_four)
    return known != (method.kind, method.brand, method.last_four)


def take_over_method(db: Session, recurring: RecurringGift, method: MethodState | None) -> None:
    """Keep what it is charged to. If that is new and a bill is overdue, that bill is tried again."""
    if method is None:
        return
    is_new = is_another(recurring, method) or recurring.card_expires_on not in {None, method.expires_on}
    recurring.method_kind, recurring.card_expires_on = method.kind, method.expires_on
    recurring.method_brand, recurring.method_last_four = method.brand, method.last_four[-4:]
    charge = open_charge_of(db, recurring.id) if is_new else None
    if charge is not None:
        key = f"giving.mend_bill:{charge.id}:{method.reference}:{method.expires_on or ''}"
        enqueue(db, mending_jobs.mend_bill, unique_key=key, charge_id=charge.id)

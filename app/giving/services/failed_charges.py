"""Bills of recurring gifts that were refused: noted from what the gateway tells, closed when paid or given up.

Told twice, late or out of order it comes to the same: of two words the one that was read later holds, a bill that was
paid stays paid, and each letter is written once.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving import mending_jobs
from app.giving.mending_letters import MailKind
from app.giving.models import (
    ChargeTry,
    FailedCharge,
    FailedChargeStatus,
    RecurringGift,
    RecurringStatus,
)
from app.giving.services.recurring import recurring_gift_behind
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import date_of, now
from app.kernel.jobs import enqueue
from app.kernel.organisation import the_organisation
from app.payments.events import BillTold
from app.payments.gateway import InvoiceState

OVER = frozenset({RecurringStatus.LAPSED, RecurringStatus.ENDED})
"""Where nothing is tried any more by itself."""


def note_bill(db: Session, event: BillTold, *, actor: Actor) -> FailedCharge | None:
    """What the gateway says of a bill: refused, refused again, or paid after all."""
    recurring = recurring_gift_behind(db, event.subscription_reference)
    bill = event.bill
    if recurring is None or bill.amount is None or bill.amount.minor <= 0:
        return None
    db.flush()
    db.refresh(recurring, with_for_update=True)
    charge = charge_of_bill(db, bill.reference)
    if charge is None:
        charge = _begun(db, recurring, bill, actor) if bill.is_open or bill.failure_code else None
    if charge is not None and charge.is_open and bill.read_at >= charge.read_at:
        _note(db, recurring, charge, bill, actor)
    return charge


def charge_of_bill(db: Session, invoice_reference: str) -> FailedCharge | None:
    """The failed charge of a bill, if it ever failed."""
    return db.scalars(select(FailedCharge).where(FailedCharge.invoice_reference == invoice_reference)).one_or_none()


def open_charge_of(db: Session, recurring_id: int) -> FailedCharge | None:
    """The newest bill of it that is refused and may still be paid."""
    mine = (FailedCharge.recurring_gift_id == recurring_id, FailedCharge.status == FailedChargeStatus.OPEN)
    return db.scalars(select(FailedCharge).where(*mine).order_by(FailedCharge.id.desc()).limit(1)).one_or_none()


def note_paid(db: Session, invoice_reference: str | None, at: datetime, *, actor: Actor) -> None:
    """The money of a bill has come: if it had failed, it is recovered."""
    charge = charge_of_bill(db, invoice_reference) if invoice_reference else None
    if charge is not None and charge.recover(at):
        audit.note(db, actor, "failed_charge.recovered", charge)


def give_up_open_charges(db: Session, recurring: RecurringGift, *, actor: Actor) -> None:
    """Nothing is tried any more: what is open of it will not come by itself."""
    mine = (FailedCharge.recurring_gift_id == recurring.id, FailedCharge.status == FailedChargeStatus.OPEN)
    for charge in db.scalars(select(FailedCharge).where(*mine)):
        if charge.give_up(now()):
            audit.note(db, actor, "failed_charge.given_up", charge)


def _begun(db: Session, recurring: RecurringGift, bill: InvoiceState, actor: Actor) -> FailedCharge:
    assert bill.amount is not None
    charge = FailedCharge(
        recurring_gift_id=recurring.id, invoice_reference=bill.reference, amount_minor=bill.amount.minor,
        currency=bill.amount.currency, failed_at=_tried_at(bill), read_at=bill.read_at, tries=bill.tries,
        failure_code=bill.failure_code,
    )  # fmt: skip
    db.add(charge)
    db.flush()  # jobs and notes name it by its key
    audit.note(db, actor, "failed_charge.begun", charge, code=bill.failure_code)
    return charge


def _note(db: Session, recurring: RecurringGift, charge: FailedCharge, bill: InvoiceState, actor: Actor) -> None:
    charge.read_at = bill.read_at
    if not bill.is_open:
        if charge.recover(bill.read_at) if _is_paid(bill) else charge.give_up(bill.read_at):
            audit.note(db, actor, f"failed_charge.{charge.status.value}", charge)
        return
    charge.tries, charge.failure_code, charge.needs_donor = bill.tries, bill.failure_code, bill.needs_donor
    zone = the_organisation(db).time_zone
    charge.next_try_on = date_of(bill.next_try_at, zone) if bill.next_try_at else None
    if all(each.number != bill.tries for each in charge.attempts):
        charge.attempts.append(ChargeTry(number=bill.tries, tried_at=_tried_at(bill), failure_code=bill.failure_code))
    if recurring.status in OVER and bill.next_try_at is None:
        charge.give_up(bill.read_at)
        return
    _tell(db, charge)


def _is_paid(bill: InvoiceState) -> bool:
    return not bill.is_void


def _tried_at(bill: InvoiceState) -> datetime:
    """When the latest try was made, by the gateway's clock."""
    return bill.payment.at if bill.payment is not None else bill.read_at


def _tell(db: Session, charge: FailedCharge) -> None:
    """Write down that the donor is to be told: of the failure once, and before the last try if it is known to be."""
    kinds = [MailKind.FAILED]
    if charge.next_try_on is not None and 1 < charge.tries == the_organisation(db).charge_tries - 1:
        kinds.append(MailKind.LAST_TRY)
    for kind in kinds:
        key = f"giving.charge_{kind.value}:{charge.id}"
        enqueue(db, mending_jobs.tell_of_failed_charge, unique_key=key, charge_id=charge.id, kind=kind.value)

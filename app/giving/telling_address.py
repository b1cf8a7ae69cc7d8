"""The payment service writes to donors too: when one of them has another e-mail address, it is told."""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.events import MainEmailChanged
from app.contacts.models import Contact
from app.giving.models import RecurringGift, RecurringStatus
from app.kernel import audit
from app.kernel.actors import SYSTEM, Actor
from app.kernel.audit import act_as
from app.kernel.clock import today
from app.kernel.jobs import Work, enqueue, job
from app.kernel.organisation import the_organisation
from app.kernel.text import make_token
from app.payments.following import UNKNOWN
from app.payments.gateway import Gateway, GatewayRefused
from app.payments.models import Checkout


def tell_later(db: Session, event: MainEmailChanged, *, actor: Actor) -> None:  # noqa: ARG001 - a reaction's signature
    """Have the payment service told, if it charges the donor still.

    The token of each change is its own: back at an earlier address, the gateway is to hear of it again.
    """
    if _customers(db, event.contact_id):
        enqueue(db, tell_address, contact_id=event.contact_id, token=make_token())


@job("giving.tell_address")
def tell_address(work: Work, *, contact_id: int, token: str) -> None:
    """Tell the address that holds now. Done twice it comes to the same, and who has moved on meanwhile is told anew.

    A customer whom the gateway no longer knows (removed there, or of its test mode) keeps no word from the others.

    Raises:
        GatewayRefused: it does not accept the address; whoever else the donor is there was told.
        GatewayUnavailable: no answer; it is tried again under the same key.

    """
    with work.database.reading() as db:
        address, customers = _address_of(db, contact_id), _customers(db, contact_id)
    gateway = work.ports.get(Gateway)
    if not address or not customers or not gateway.is_open:
        return
    content = sha256(address.encode()).hexdigest()[:16]  # a try after they have moved again asks for something else
    refusals = [_told(gateway, each, address, f"{token}-{content}-{each}") for each in customers]
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        if told := refusals.count(None):
            audit.note(db, SYSTEM, "contact.address_told", db.get_one(Contact, contact_id), customers=told)
        if _address_of(db, contact_id) not in {address, ""}:
            enqueue(db, tell_address, contact_id=contact_id, token=make_token())
            return  # whatever was refused was about an address they have left
    for refusal in refusals:
        if refusal is not None and refusal.code not in UNKNOWN:
            raise refusal


def _told(gateway: Gateway, reference: str, address: str, token: str) -> GatewayRefused | None:
    """Tell it of one customer; None where that was taken."""
    try:
        gateway.change_email(reference, address, token)
    except GatewayRefused as refusal:
        return refusal
    return None


def _address_of(db: Session, contact_id: int) -> str:
    """Where the donor is written to today; "" for nowhere, or nobody."""
    contact = db.get(Contact, contact_id)
    if contact is None or contact.is_deceased:
        return ""
    used = contact.email_on(today(the_organisation(db).time_zone))
    return used.address if used is not None else ""


def _customers(db: Session, contact_id: int) -> Sequence[str]:
    """What the gateway calls the donor, for each recurring gift of theirs that has not ended."""
    mine = (RecurringGift.contact_id == contact_id, RecurringGift.status != RecurringStatus.ENDED)
    query = select(Checkout.customer_reference).join(RecurringGift, RecurringGift.checkout_id == Checkout.id)
    query = query.where(*mine, Checkout.customer_reference.is_not(None)).distinct()
    return [each for each in db.scalars(query.order_by(Checkout.customer_reference)) if each]

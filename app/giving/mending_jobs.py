"""Slow work on charges that failed: telling the donor, and trying a bill again that can be paid now."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.rules.channels import email_key
from app.giving import mending_letters
from app.giving.letters import Desk, mailbox_of
from app.giving.links import DonorLinks, MendLinks
from app.giving.mending_letters import LINK, PLACE, MailKind, can_be_mended
from app.giving.models import FailedCharge, RecurringGift
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import today
from app.kernel.jobs import Work, job
from app.kernel.mail import Filling, Message, Renderer, attachment, guard, post
from app.kernel.organisation import the_organisation
from app.payments.following import follow
from app.payments.gateway import Gateway, Topic


def desk_of(work: Work) -> Desk:
    """What letters are written with here."""
    return Desk(work.ports.get(Renderer), work.ports.get(DonorLinks))


@job("giving.charge_failed")
def tell_of_failed_charge(work: Work, *, charge_id: int, kind: str) -> None:
    """Tell the donor of a bill that was refused, once of each kind, unless it was paid meanwhile."""
    with work.database.reading() as db:
        letter = mending_letters.charge_failed(db, desk_of(work), db.get_one(FailedCharge, charge_id), MailKind(kind))
    if letter is None:
        return
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        db.get_one(FailedCharge, charge_id, with_for_update=True)
        told = (Message.purpose == letter.purpose, Message.about_type == "failed_charge", Message.about_id == charge_id)
        if db.scalar(select(Message.id).where(*told).limit(1)) is None:
            post(db, letter)


@job("giving.mend_bill")
def mend_bill(work: Work, *, charge_id: int) -> None:
    """Try a bill again that failed, now that there is another payment method, unless the gateway has done so.

    Raises:
        GatewayUnavailable: no answer; it is tried again under the same key.

    """
    with work.database.reading() as db:
        charge = db.get_one(FailedCharge, charge_id)
    if not charge.is_open:
        return
    work.ports.get(Gateway).pay_bill(charge.invoice_reference, f"{charge.token}-{charge.tries}")
    follow(work, Topic.INVOICE, charge.invoice_reference)


@attachment(LINK)
def fill_in_link(work: Work, recurring_id: int) -> Filling:
    """The address of the link, made at the moment its mail leaves: it is good for a month from then on."""
    with work.database.reading() as db:
        recurring = db.get_one(RecurringGift, recurring_id)
        day = today(the_organisation(db).time_zone)
        mailbox = mailbox_of(db, recurring.contact, recurring.submission_id)
    return Filling(PLACE, work.ports.get(MendLinks).mend(recurring, day, mailbox))


def _goes_home(db: Session, message: Message, recurring: RecurringGift) -> bool:
    """Whether the donor, who lives, is still written to at its address: the link in it is for them alone."""
    contact = recurring.contact
    if contact.is_deceased:
        return False
    return mailbox_of(db, contact, recurring.submission_id).endswith(f" {email_key(message.to_address)}")


@guard("failed_charge")
def charge_letter_may_leave(db: Session, message: Message) -> bool:
    """Whether word of a refused bill may still leave: not once it is paid or given up, nor where its donor is not."""
    if message.about_id is None:
        return True
    charge = db.get_one(FailedCharge, message.about_id)
    return charge.is_open and _goes_home(db, message, charge.recurring)


@guard("recurring_gift")
def link_may_leave(db: Session, message: Message) -> bool:
    """Whether a letter with a link may still leave: not once it mends nothing, nor where its donor is not."""
    if message.about_id is None:
        return True
    recurring = db.get_one(RecurringGift, message.about_id)
    return can_be_mended(db, recurring) and _goes_home(db, message, recurring)

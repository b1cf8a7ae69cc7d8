"""Ending a donor's sign-ins and open links from the back office: a telephone was lost, a mailbox is somebody else's."""

from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.portal.models import DonorLink, NewEmail, SignInEnd
from app.portal.queries.new_emails import hold_waiting_email
from app.portal.queries.sign_ins import good_sign_ins_of, hold_open_links_of


def end_sign_ins(db: Session, contact: Contact, *, actor: Actor) -> int:
    """End every sign-in by an e-mail address of a contact, and let no link that was sent there open anything.

    A new address that waits is given up. Whoever reads the same address with them is signed out too. How many sign-ins
    and links were open; where there are none, nothing is written down. The links come first: a sign-in that one of
    them begins meanwhile is seen and ended.
    """
    at = now()
    links: list[DonorLink | NewEmail] = [*hold_open_links_of(db, contact)]
    waiting = hold_waiting_email(db, contact)
    if waiting is not None:
        links.append(waiting)
    for link in links:
        link.withdraw(at)
    sign_ins = good_sign_ins_of(db, contact)
    for each in sign_ins:
        each.end(at, SignInEnd.EVERYWHERE)
    if sign_ins or links:
        audit.note(db, actor, "donor.sign_ins_ended", contact, sign_ins=len(sign_ins), links=len(links))
    return len(sign_ins) + len(links)

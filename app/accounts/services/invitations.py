"""Invitations and forgotten passwords: who is sent a link, and by whom."""

from sqlalchemy.orm import Session

from app.accounts.jobs import send_invitation, send_reset
from app.accounts.links import AccountLinks, make_link, withdraw_links
from app.accounts.models import LinkPurpose, StaffStatus, StaffUser
from app.accounts.services.delegation import changing_accounts, refuse_beyond
from app.accounts.services.staff import StaffDetails, refuse_taken
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.jobs import enqueue

NOBODY = 0
"""Whom a link is sent to when the address is nobody's: the job is written down all the same, and does nothing."""


def invite(db: Session, details: StaffDetails, links: AccountLinks, *, actor: Actor) -> StaffUser:
    """Ask somebody to work here: an account without a password, and a mail with a link to choose one.

    Raises:
        Refused: the address is taken, or the roles allow more than the actor may.

    """
    changing_accounts(db, actor)
    refuse_taken(db, details.address, None)
    refuse_beyond(actor, *(role.capabilities for role in details.roles))
    user = StaffUser(
        email=details.address, name=details.name, language=details.language, roles=list(details.roles)
    )  # fmt: skip
    db.add(user)
    audit.note(db, actor, "staff.invited", user)
    _send(db, user, links, actor)
    return user


def invite_again(db: Session, user: StaffUser, links: AccountLinks, *, actor: Actor) -> None:
    """Send a new invitation; the link of the one before opens nothing any more.

    Raises:
        Refused: the person has come in already, is switched off, or may do more than the actor.

    """
    _refuse_unless_invited(user)
    refuse_beyond(actor, user.capabilities)
    audit.note(db, actor, "staff.invited_again", user)
    _send(db, user, links, actor)


def withdraw_invitation(db: Session, user: StaffUser, *, actor: Actor) -> None:
    """Take back an invitation that nobody has followed: the account goes, and its link with it.

    Raises:
        Refused: the person has come in already, or may do more than the actor.

    """
    changing_accounts(db, actor)
    _refuse_unless_invited(user)
    refuse_beyond(actor, user.capabilities)
    audit.note(db, actor, "staff.invitation_withdrawn", user)
    withdraw_links(db, user)
    db.delete(user)


def ask_for_reset(db: Session, user: StaffUser | None) -> None:
    """Write down that a link to a new password is wanted. The same is written whether there is such a user or not."""
    enqueue(db, send_reset, staff_user_id=user.id if user is not None and user.is_active else NOBODY)


def send_reset_link(db: Session, user: StaffUser, *, actor: Actor) -> None:
    """Send somebody a link to a new password, because they asked a colleague.

    Raises:
        Refused: they are switched off, or may do more than the actor.

    """
    refuse_beyond(actor, user.capabilities)
    if user.status is not StaffStatus.ACTIVE:
        raise Refused(_l("Only somebody who can sign in can be sent a link to a new password."))
    audit.note(db, actor, "staff.reset_sent", user)
    enqueue(db, send_reset, staff_user_id=user.id)


def _send(db: Session, user: StaffUser, links: AccountLinks, actor: Actor) -> None:
    link = make_link(db, user, LinkPurpose.INVITATION, links)
    enqueue(db, send_invitation, link_id=link.id, invited_by=actor.id)


def _refuse_unless_invited(user: StaffUser) -> None:
    if user.status is not StaffStatus.INVITED:
        raise Refused(_l("%(name)s has followed the invitation already.", name=user.name))

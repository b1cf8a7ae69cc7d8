"""Staff users: made, changed, switched off and on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.accounts.letters.account import Desk, address_changed
from app.accounts.links import withdraw_links
from app.accounts.models import EndReason, Role, StaffSession, StaffUser
from app.accounts.queries.staff import staff_by_email
from app.accounts.rules.passwords import PasswordOwner, hash_password
from app.accounts.services.delegation import changing_accounts, refuse_beyond, refuse_locking_everyone_out
from app.accounts.services.sessions import end_session, end_sessions
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.mail import post
from app.kernel.organisation import the_organisation


@dataclass(frozen=True, kw_only=True)
class StaffDetails:
    """What is written down about a staff user. A password is only for accounts made without an invitation."""

    email: str
    name: str
    language: str
    roles: Sequence[Role]
    is_active: bool = True
    password: str = ""

    @property
    def address(self) -> str:
        """The e-mail address as it is kept."""
        return self.email.strip().lower()


def details_of(user: StaffUser) -> StaffDetails:
    """What is written down now, to be changed in part."""
    return StaffDetails(
        email=user.email, name=user.name, language=user.language, roles=user.roles, is_active=user.is_active
    )


def create_staff(db: Session, details: StaffDetails, *, actor: Actor) -> StaffUser:
    """Give somebody access to the back office at once, with a password that is theirs already.

    Raises:
        Refused: the address is taken, the password too weak, or the roles allow more than the actor may.

    """
    refuse_taken(db, details.address, None)
    refuse_beyond(actor, *(role.capabilities for role in details.roles))
    owner = PasswordOwner(details.name, details.address, the_organisation(db).name)
    user = StaffUser(
        email=details.address, name=details.name, language=details.language, is_active=details.is_active,
        roles=list(details.roles), password_hash=hash_password(details.password, owner),
    )  # fmt: skip
    db.add(user)
    audit.note(db, actor, "staff.created", user)
    return user


def edit_staff(
    db: Session, user: StaffUser, details: StaffDetails, *, actor: Actor, desk: Desk | None = None
) -> StaffUser:
    """Change a staff user. Being switched off ends every sign-in they have; of another address the old one is told.

    What their roles allow is asked at every request, so that a change of roles holds at once.

    Raises:
        Refused: the address is taken, the user holds or would hold more than the actor, or nobody would be left to
            manage staff.

    """
    changing_accounts(db, actor)
    refuse_taken(db, details.address, user)
    refuse_beyond(actor, user.capabilities, *(role.capabilities for role in details.roles))
    old = user.email
    user.email, user.name, user.language = details.address, details.name, details.language
    user.roles, user.is_active = list(details.roles), details.is_active
    if not details.is_active:
        end_sessions(db, user, EndReason.SWITCHED_OFF, actor=actor)
        withdraw_links(db, user)
    refuse_locking_everyone_out(db)
    audit.note(db, actor, "staff.edited", user)
    if old != user.email:
        withdraw_links(db, user)  # they went to a mailbox that is no longer theirs
        if desk is not None:
            post(db, address_changed(db, desk, user, old))
    return user


def switch_staff(db: Session, user: StaffUser, *, on: bool, actor: Actor) -> StaffUser:
    """Let somebody in again, or no longer.

    Raises:
        Refused: as for any other change.

    """
    return edit_staff(db, user, replace(details_of(user), is_active=on), actor=actor)


def sign_out_staff(db: Session, user: StaffUser, *, actor: Actor) -> int:
    """End every sign-in of somebody; how many were open.

    Raises:
        Refused: they may do more than whoever asks.

    """
    refuse_beyond(actor, user.capabilities)
    return end_sessions(db, user, EndReason.BY_ADMINISTRATOR, actor=actor)


def sign_out_once(db: Session, record: StaffSession, *, actor: Actor) -> None:
    """End one sign-in of somebody.

    Raises:
        Refused: they may do more than whoever asks.

    """
    refuse_beyond(actor, record.staff_user.capabilities)
    end_session(db, record, EndReason.BY_ADMINISTRATOR, actor=actor)


def refuse_taken(db: Session, email: str, user: StaffUser | None) -> None:
    """Keep addresses unique.

    Raises:
        Refused: it is somebody else's.

    """
    other = staff_by_email(db, email)
    if other is not None and other is not user:
        raise Refused(_l("Somebody has this e-mail address already."), field="email")

"""What may be done with staff users and roles, and signing in."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.access import MANAGE_STAFF
from app.accounts.models import EndReason, Role, StaffSession, StaffUser
from app.accounts.passwords import hash_anew, hash_password, is_outdated, is_right
from app.accounts.queries import staff_by_email
from app.accounts.services.sessions import end_sessions
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l


@dataclass(frozen=True, kw_only=True)
class StaffDetails:
    """What is written down about a staff user; an empty password leaves the present one."""

    email: str
    name: str
    language: str
    roles: Sequence[Role]
    is_active: bool = True
    password: str = ""


def staff_with_password(db: Session, email: str, password: str) -> StaffUser:
    """The staff user with this address and password. It takes a while, and writes nothing.

    Raises:
        Refused: in the same words whether the address, the password or the account is at fault.

    """
    user = staff_by_email(db, email)
    if not is_right(user.password_hash if user else None, password) or user is None or not user.is_active:
        raise Refused(_l("This e-mail address and password do not go together."))
    return user


def rehash_if_outdated(db: Session, user: StaffUser, password: str) -> None:
    """Hash a password that was just proved right anew, where today's way is another than when it was kept."""
    if is_outdated(user.password_hash):
        db.get_one(StaffUser, user.id).password_hash = hash_anew(password)


def create_staff(db: Session, details: StaffDetails, *, actor: Actor) -> StaffUser:
    """Give somebody access to the back office.

    Raises:
        Refused: the address is taken, or the password too weak.

    """
    email = details.email.strip().lower()
    _refuse_taken(db, email, None)
    user = StaffUser(
        email=email, name=details.name, language=details.language, is_active=details.is_active,
        roles=list(details.roles), password_hash=hash_password(details.password),
    )  # fmt: skip
    db.add(user)
    audit.note(db, actor, "staff.created", user)
    return user


def edit_staff(db: Session, user: StaffUser, details: StaffDetails, *, actor: Actor) -> StaffUser:
    """Change a staff user. A new password, and being switched off, end every session they have.

    Raises:
        Refused: the address is taken, the password too weak, or nobody would be left to manage staff.

    """
    email = details.email.strip().lower()
    _refuse_taken(db, email, user)
    user.email, user.name, user.language = email, details.name, details.language
    user.roles, user.is_active = list(details.roles), details.is_active
    if details.password:
        user.password_hash = hash_password(details.password)
    if details.password or not details.is_active:
        reason = EndReason.NEW_PASSWORD if details.is_active else EndReason.SWITCHED_OFF
        end_sessions(db, user, reason, actor=actor)
    _refuse_locking_everyone_out(db)
    audit.note(db, actor, "staff.edited", user)
    return user


def change_password(db: Session, here: StaffSession, old: str, new: str, *, actor: Actor) -> None:
    """Change one's own password; every sign-in of the user ends but the one it is changed in (ASVS 5, 7.4.3).

    Raises:
        Refused: the old one is wrong, or the new one too weak.

    """
    user = here.staff_user
    if not is_right(user.password_hash, old):
        raise Refused(_l("This is not your present password."), field="old_password")
    user.password_hash = hash_password(new)
    end_sessions(db, user, EndReason.NEW_PASSWORD, actor=actor, but=here)
    here.confirm(now())
    audit.note(db, actor, "staff.password_changed", user)


def keep_role(db: Session, role: Role | None, name: str, capabilities: Sequence[str], *, actor: Actor) -> Role:
    """Make a role, or change one.

    Raises:
        Refused: another role has the name, or nobody would be left to manage staff.

    """
    other = db.scalars(select(Role).where(Role.name == name)).one_or_none()
    if other is not None and other is not role:
        raise Refused(_l("There is a role of this name already."), field="name")
    if role is None:
        role = Role(name=name, capabilities=sorted(capabilities))
        db.add(role)
    else:
        role.name, role.capabilities = name, sorted(capabilities)
    _refuse_locking_everyone_out(db)
    audit.note(db, actor, "role.kept", role)
    return role


def _refuse_taken(db: Session, email: str, user: StaffUser | None) -> None:
    other = staff_by_email(db, email)
    if other is not None and other is not user:
        raise Refused(_l("Somebody has this e-mail address already."), field="email")


def _refuse_locking_everyone_out(db: Session) -> None:
    """Somebody must be left who can manage staff, or nobody could ever put it right."""
    db.flush()
    everybody = db.scalars(select(StaffUser)).all()
    if everybody and not any(user.is_active and user.as_actor().may(MANAGE_STAFF) for user in everybody):
        raise Refused(_l("Somebody must be left who may manage staff accounts."))

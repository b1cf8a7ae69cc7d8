"""Who is who in the back office."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Role, StaffUser


def staff_by_email(db: Session, email: str) -> StaffUser | None:
    """The staff user with this address, whatever its capitals."""
    return db.scalars(select(StaffUser).where(StaffUser.email == email.strip().lower())).one_or_none()


def staff_of_session(db: Session, session_id: str) -> StaffUser | None:
    """The active staff user a session cookie names, if its session key is still the present one."""
    key, _, session_key = session_id.partition(":")
    user = db.get(StaffUser, int(key)) if key.isascii() and key.isdecimal() and len(key) < 19 else None
    return user if user is not None and user.is_active and user.session_key == session_key else None


def all_staff(db: Session) -> Sequence[StaffUser]:
    """Everybody, active ones first, by name."""
    return db.scalars(select(StaffUser).order_by(StaffUser.is_active.desc(), StaffUser.name)).all()


def all_roles(db: Session) -> Sequence[Role]:
    """Every role, by name."""
    return db.scalars(select(Role).order_by(Role.name)).all()


def roles(db: Session, keys: Sequence[str]) -> list[Role]:
    """The roles with these keys (as forms send them); unknown ones are left out."""
    return [role for role in all_roles(db) if str(role.id) in keys]

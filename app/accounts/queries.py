"""Who is who in the back office."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Role, StaffSession, StaffUser


def staff_by_email(db: Session, email: str) -> StaffUser | None:
    """The staff user with this address, whatever its capitals."""
    return db.scalars(select(StaffUser).where(StaffUser.email == email.strip().lower())).one_or_none()


def session_of_cookie(db: Session, cookie: str) -> StaffSession | None:
    """The sign-in that a cookie names and has the key to, whether or not it is still good."""
    name, _, key = cookie.partition(":")
    record = db.get(StaffSession, int(name)) if name.isascii() and name.isdecimal() and len(name) < 19 else None
    return record if record is not None and record.opens_with(key) else None


def all_staff(db: Session) -> Sequence[StaffUser]:
    """Everybody, active ones first, by name."""
    return db.scalars(select(StaffUser).order_by(StaffUser.is_active.desc(), StaffUser.name)).all()


def all_roles(db: Session) -> Sequence[Role]:
    """Every role, by name."""
    return db.scalars(select(Role).order_by(Role.name)).all()


def roles(db: Session, keys: Sequence[str]) -> list[Role]:
    """The roles with these keys (as forms send them); unknown ones are left out."""
    return [role for role in all_roles(db) if str(role.id) in keys]

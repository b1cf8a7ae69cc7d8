"""Who is who in the back office."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import StaffUser


def staff_by_email(db: Session, email: str) -> StaffUser | None:
    """The staff user with this address, whatever its capitals."""
    return db.scalars(select(StaffUser).where(StaffUser.email == email.strip().lower())).one_or_none()


def staff_of_session(db: Session, session_id: str) -> StaffUser | None:
    """The active staff user a session cookie names, if its session key is still the present one."""
    key, _, session_key = session_id.partition(":")
    user = db.get(StaffUser, int(key)) if key.isdigit() else None
    return user if user is not None and user.is_active and user.session_key == session_key else None

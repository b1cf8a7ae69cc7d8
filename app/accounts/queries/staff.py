"""Who is who in the back office, and who came in when."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, lazyload

from app.accounts.models import AccountLink, FailedSignIn, LinkPurpose, Role, StaffSession, StaffUser, staff_role
from app.accounts.models.session import hash_of

SHOWN = 20
"""Sign-ins that have ended and attempts that failed, as many as a page shows."""


def staff_by_email(db: Session, email: str) -> StaffUser | None:
    """The staff user with this address, whatever its capitals."""
    return db.scalars(select(StaffUser).where(StaffUser.email == email.strip().lower())).one_or_none()


def whom_address_names(db: Session, email: str) -> StaffUser | None:
    """Like `staff_by_email`, for strangers who type an address: nothing more is asked where somebody has it."""
    same = select(StaffUser).where(StaffUser.email == email.strip().lower())
    return db.scalars(same.options(lazyload(StaffUser.roles))).one_or_none()


def session_of_cookie(db: Session, cookie: str) -> StaffSession | None:
    """The sign-in that a cookie names and has the key to, whether or not it is still good."""
    name, _, key = cookie.partition(":")
    if not (name.isascii() and name.isdecimal() and len(name) < 19):
        return None
    whose = joinedload(StaffSession.staff_user).joinedload(StaffUser.roles)  # every page asks: once
    record = db.get(StaffSession, int(name), options=[whose])
    return record if record is not None and record.opens_with(key) else None


def open_sessions(db: Session, user: StaffUser, at: datetime, idle: timedelta) -> Sequence[StaffSession]:
    """The sign-ins that still let the user in, the one last seen first."""
    mine = (StaffSession.staff_user_id == user.id, StaffSession.ended_at.is_(None))
    still = (StaffSession.expires_at > at, StaffSession.last_seen_at > at - idle)
    return db.scalars(select(StaffSession).where(*mine, *still).order_by(StaffSession.last_seen_at.desc())).all()


def closed_sessions(db: Session, user: StaffUser, at: datetime, idle: timedelta) -> Sequence[StaffSession]:
    """The latest sign-ins that no longer let the user in, newest first."""
    over = or_(
        StaffSession.ended_at.is_not(None), StaffSession.expires_at <= at, StaffSession.last_seen_at <= at - idle
    )
    mine = select(StaffSession).where(StaffSession.staff_user_id == user.id, over)
    return db.scalars(mine.order_by(StaffSession.id.desc()).limit(SHOWN)).all()


def failures_since(db: Session, user: StaffUser, since: datetime | None) -> Sequence[FailedSignIn]:
    """The attempts on an account that failed (since an instant), newest first, at most a hundred."""
    mine = [FailedSignIn.staff_user_id == user.id]
    if since is not None:
        mine.append(FailedSignIn.created_at > since)
    return db.scalars(select(FailedSignIn).where(*mine).order_by(FailedSignIn.id.desc()).limit(100)).all()


def sign_in_before(db: Session, record: StaffSession) -> datetime | None:
    """When the user came in the last time before this one."""
    mine = (StaffSession.staff_user_id == record.staff_user_id, StaffSession.started_at < record.started_at)
    return db.scalar(select(func.max(StaffSession.started_at)).where(*mine))


def link_of_token(db: Session, token: str) -> AccountLink | None:
    """The mailed link with this token, whether or not it is still good."""
    return db.scalars(select(AccountLink).where(AccountLink.token_hash == hash_of(token))).one_or_none()


def open_invitation(db: Session, user: StaffUser) -> AccountLink | None:
    """The invitation that a user may still follow, if its time has not run out it is good."""
    mine = (AccountLink.staff_user_id == user.id, AccountLink.purpose == LinkPurpose.INVITATION)
    still = (AccountLink.used_at.is_(None), AccountLink.withdrawn_at.is_(None))
    return db.scalars(select(AccountLink).where(*mine, *still)).one_or_none()


def all_staff(db: Session) -> Sequence[StaffUser]:
    """Everybody, active ones first, by name."""
    return db.scalars(select(StaffUser).order_by(StaffUser.is_active.desc(), StaffUser.name)).all()


def all_roles(db: Session) -> Sequence[Role]:
    """Every role, by name."""
    return db.scalars(select(Role).order_by(Role.name)).all()


def roles(db: Session, keys: Sequence[str]) -> list[Role]:
    """The roles with these keys (as forms send them); unknown ones are left out."""
    return [role for role in all_roles(db) if str(role.id) in keys]


def holders_of(db: Session, role: Role) -> int:
    """How many people have a role."""
    counted = select(func.count()).select_from(staff_role).where(staff_role.c.role_id == role.id)
    return db.scalar(counted) or 0


def sessions_over(before: datetime) -> list[ColumnElement[bool]]:
    """Sign-ins that let nobody in any more since before then, for forgetting."""
    return [func.coalesce(StaffSession.ended_at, StaffSession.expires_at) < before]


def failures_before(before: datetime) -> list[ColumnElement[bool]]:
    """Attempts that failed before then, for forgetting."""
    return [FailedSignIn.created_at < before]


def links_over(before: datetime) -> list[ColumnElement[bool]]:
    """Links that have opened nothing since before then, and whose owner has come in, for forgetting.

    The last invitation of somebody who has not come stays, since their page shows it.
    """
    has_come = exists().where(StaffUser.id == AccountLink.staff_user_id, StaffUser.last_signed_in_at.is_not(None))
    return [AccountLink.expires_at < before, or_(has_come, AccountLink.purpose == LinkPurpose.RESET)]

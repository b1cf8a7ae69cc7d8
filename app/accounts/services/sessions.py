"""Sign-ins: begun, seen, confirmed and ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.jobs import tell_new_device
from app.accounts.models import EndReason, SignInMethod, StaffSession, StaffUser
from app.accounts.models.session import hash_of
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.jobs import enqueue
from app.kernel.text import make_token

LONGEST = timedelta(hours=12)
"""How long a sign-in lasts where nothing else is said."""


@dataclass(frozen=True)
class Arrival:
    """How somebody comes in: by which method, from where, with what, and whether they came with it before."""

    method: SignInMethod
    address: str | None = None
    device: str = ""
    is_new_device: bool = False
    lasting: timedelta = LONGEST


def begin_session(db: Session, user: StaffUser, arrival: Arrival, *, actor: Actor) -> tuple[StaffSession, str]:
    """Begin a sign-in that counts as confirmed. The record, and the key that only the cookie keeps.

    With a new device the person is told by mail, unless it is the first time that they come (ASVS 5, 6.3.5).
    """
    key, at = make_token(), now()
    record = StaffSession(
        staff_user=user, key_hash=hash_of(key), method=arrival.method, started_at=at, last_seen_at=at,
        expires_at=at + arrival.lasting, confirmed_at=at, address=arrival.address, device=arrival.device,
    )  # fmt: skip
    db.add(record)
    comes_again, user.last_signed_in_at = user.last_signed_in_at is not None, at
    audit.note(db, actor, "staff.signed_in", user, way=arrival.method)
    if arrival.is_new_device and comes_again:
        enqueue(db, tell_new_device, session_id=record.id)
    return record, key


def see_session(db: Session, session_id: int, at: datetime) -> None:
    """Write down that a sign-in was used. Nothing else of it is touched, so that nobody waits for it."""
    mine = (StaffSession.id == session_id, StaffSession.last_seen_at < at)
    db.execute(update(StaffSession).where(*mine).values(last_seen_at=at).execution_options(synchronize_session=False))


def renew_session(record: StaffSession) -> str:
    """The person has just proved once more who they are. What their cookie says from now on: the one before is void."""
    key = make_token()
    record.confirm(now(), hash_of(key))
    return record.cookie(key)


def confirm_session(db: Session, record: StaffSession, *, actor: Actor) -> str:
    """Write down that the person behind a sign-in has proved once more who they are; what their cookie says now."""
    audit.note(db, actor, "staff.confirmed", record.staff_user)
    return renew_session(record)


def end_session(db: Session, record: StaffSession, reason: EndReason, *, actor: Actor) -> None:
    """End one sign-in: a cookie that somebody copied of it is worth nothing from now on."""
    if record.ended_at is None:
        record.end(now(), reason)
        audit.note(db, actor, "staff.signed_out", record.staff_user, reason=reason)


def end_sessions(
    db: Session, user: StaffUser, reason: EndReason, *, actor: Actor, but: StaffSession | None = None
) -> int:
    """End every sign-in of a user, but for this one. How many were open."""
    mine = select(StaffSession).where(StaffSession.staff_user_id == user.id, StaffSession.ended_at.is_(None))
    found = [each for each in db.scalars(mine) if each is not but]
    for each in found:
        end_session(db, each, reason, actor=actor)
    return len(found)

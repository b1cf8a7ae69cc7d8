"""The sign-in behind this request: what Flask-Login asks for, when it was last seen, and when last confirmed."""

from datetime import datetime, timedelta
from typing import cast

import structlog
from flask import g
from sqlalchemy.exc import SQLAlchemyError

from app.accounts.models import StaffSession, StaffUser
from app.accounts.queries.staff import session_of_cookie
from app.accounts.services.sessions import see_session
from app.accounts.views.setting_up import must_set_up
from app.kernel.clock import now
from app.web.application import db, this_application

SEEN_EVERY = timedelta(minutes=5)
"""How exact "last seen" is. An idle sign-in may end so much earlier than the setting says, never later."""
CONFIRMED_FOR = timedelta(minutes=15)
"""How long a proof of who one is holds for acts that ask for one (ASVS 5, 7.5.3)."""
log = structlog.get_logger()


def load_user(cookie: str) -> StaffUser | None:
    """The user whose sign-in the cookie names, if the sign-in is still good."""
    record = session_of_cookie(db, cookie)
    if record is None or not record.is_good(now(), this_application().settings.session_idle):
        return None
    g.staff_session, g.last_seen = record, (record.id, record.last_seen_at)
    user = record.staff_user
    user.is_held_back = must_set_up(record)
    return user if user.is_active else None


def present_session() -> StaffSession:
    """The sign-in of whoever asks. Only for views that need one."""
    return cast("StaffSession", g.staff_session)


def is_confirmed() -> bool:
    """Whether the person has proved who they are within the last quarter of an hour."""
    return now() - present_session().confirmed_at < CONFIRMED_FOR


def note_last_seen(_error: BaseException | None = None) -> None:
    """After the request, when its own transaction has ended: keep "last seen", at most every few minutes.

    A short transaction of its own, because a page that is only read never writes; what cannot be written now (a
    lock, a full disk) is written some other time, and the page is answered all the same.
    """
    seen: tuple[int, datetime] | None = g.pop("last_seen", None)
    at = now()
    if seen is None or at - seen[1] < SEEN_EVERY:
        return
    try:
        with this_application().database.writing() as writing:
            see_session(writing, seen[0], at)
    except SQLAlchemyError as error:
        log.warning("last_seen", error=type(error).__name__)

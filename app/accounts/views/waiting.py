"""Between the first proof and the second: who is on the way in, for ten minutes, in the browser's signed cookie.

Nothing is open to whoever waits here but the second step itself.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from flask import session

from app.accounts.models import SignInMethod, StaffUser
from app.accounts.views.known_devices import device_of_request
from app.kernel.clock import from_timestamp, now
from app.web.application import db
from app.web.limits import by_address

KEY = "second_step"
PATIENCE = timedelta(minutes=10)
LONGEST = 500
"""Characters of an address that are kept: browsers refuse a cookie of more than four thousand without a word."""


@dataclass(frozen=True)
class Waiting:
    """Somebody whose first proof was right, by which way they came, and where they want to go."""

    user: StaffUser
    how: SignInMethod
    onward: str


def begin_waiting(user: StaffUser, how: SignInMethod, onward: str) -> None:
    """Remember who is on the way in. Another tab that began earlier goes on with this one."""
    onward = onward if len(onward) <= LONGEST else "/"
    session[KEY] = [user.id, how.value, onward, int(now().timestamp()), _trait(user)]


def whoever_waits() -> Waiting | None:
    """Who is on the way in; nobody once ten minutes have passed, or the password changed meanwhile."""
    kept = session.get(KEY)
    if not isinstance(kept, list) or len(kept) != 5:
        return None
    user_id, how, onward, at, trait = kept
    user = db.get(StaffUser, user_id) if now() - from_timestamp(at) < PATIENCE else None
    if user is None or not user.is_active or trait != _trait(user):
        return None
    return Waiting(user, SignInMethod(how), onward)


def waiting_key() -> str:
    """Key of a limit that counts by account on the way in.

    A browser that the owner came in with before is counted apart: strangers who have the password keep nobody out.
    """
    kept, device = session.get(KEY), device_of_request()
    if not isinstance(kept, list) or not kept:
        return by_address()
    return f"second step:{kept[0]}" + (f":{device.mark}" if kept[0] in device.accounts else "")


def _trait(user: StaffUser) -> str:
    """Changes with the password, and tells nothing of it."""
    return hashlib.sha256(f"second step {user.password_hash}".encode()).hexdigest()[:16]

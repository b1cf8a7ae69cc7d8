"""Signing in with a password: the look-up that tells nothing, and what slows guessing down.

Failures are counted by account and source (ASVS 5, 6.3.1): a source that fails often waits longer and longer, but
whoever guesses from elsewhere keeps nobody out, and a device that its owner signed in with before is a source of its
own (OWASP, "device cookies"). All strangers together are slowed down too, for guesses from many places at once.
Nothing differs between an address that somebody has and one that nobody has: not the words, nor the work.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import FailedSignIn, StaffUser
from app.accounts.rules.passwords import is_right
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l

FREE = 5
"""Failures within an hour before one source has to wait."""
FIRST_WAIT, LONGEST_WAIT = 30, 15 * 60
"""Seconds to wait after the first failure that is too many; each further one doubles it, up to the longest."""
MEMORY = timedelta(hours=1)
STRANGERS_FREE = 100
"""Failures of all strangers within a day before strangers wait for each other (NIST SP 800-63B, 3.2.2: at most 100)."""
STRANGERS_WAIT = 5 * 60
STRANGERS_MEMORY = timedelta(days=1)


class TooOften(Refused):
    """Too many attempts failed; `seconds` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        minutes = max(1, round(seconds / 60))
        super().__init__(
            _l(
                "Too many attempts have failed. Wait %(minutes)s min, or choose a new password through a link by mail.",
                minutes=minutes,
            )
        )
        self.seconds = seconds


@dataclass(frozen=True)
class Attempt:
    """One attempt to sign in: a keyed hash of the typed address, and where it comes from.

    `source` is the network, or the mark of a device that the account's owner signed in with before.
    """

    account_key: str
    source: str
    is_known_device: bool = False
    address: str | None = None
    device: str = ""


def seconds_to_wait(db: Session, attempt: Attempt) -> int:
    """How long this source has to wait before it may try this account again; 0 if it need not."""
    at = now()
    same = FailedSignIn.account_key == attempt.account_key
    mine = (same, FailedSignIn.source == attempt.source, FailedSignIn.created_at > at - MEMORY)
    strangers = (same, FailedSignIn.is_known_device.is_(False), FailedSignIn.created_at > at - STRANGERS_MEMORY)
    count, last = db.execute(select(func.count(), func.max(FailedSignIn.created_at)).where(*mine)).one()
    waits = [_remaining(wait_after(count), last, at)]
    count, last = db.execute(select(func.count(), func.max(FailedSignIn.created_at)).where(*strangers)).one()
    if not attempt.is_known_device and count >= STRANGERS_FREE:
        waits.append(_remaining(STRANGERS_WAIT, last, at))
    return max(waits)


def wait_after(failures: int) -> int:
    """Seconds that one source waits after so many failures within an hour."""
    return 0 if failures < FREE else min(FIRST_WAIT * 2 ** min(failures - FREE, 20), LONGEST_WAIT)


def _remaining(seconds: int, last: datetime | None, at: datetime) -> int:
    if last is None or not seconds:
        return 0
    return max(0, int((last + timedelta(seconds=seconds) - at).total_seconds() + 0.999))


def refuse_too_often(db: Session, attempt: Attempt) -> None:
    """Let an attempt be made.

    Raises:
        TooOften: this source has to wait first. The password is not even looked at.

    """
    seconds = seconds_to_wait(db, attempt)
    if seconds:
        raise TooOften(seconds)


def check_password(user: StaffUser | None, password: str) -> StaffUser:
    """The user, if this is their password. It takes a while, and as long for nobody as for somebody.

    Raises:
        Refused: in the same words whether the address, the password or the account is at fault.

    """
    is_theirs = is_right((user.password_hash if user else "") or None, password)
    if user is None or not is_theirs or not user.is_active:
        raise Refused(_l("This e-mail address and password do not go together."))
    return user


def note_failure(db: Session, attempt: Attempt, user_id: int | None, *, actor: Actor) -> None:
    """Write down an attempt that failed. What was typed is kept nowhere."""
    failure = FailedSignIn(
        account_key=attempt.account_key, source=attempt.source, is_known_device=attempt.is_known_device,
        address=attempt.address, device=attempt.device, staff_user_id=user_id,
    )  # fmt: skip
    db.add(failure)
    audit.note(db, actor, "staff.sign_in_failed", failure)

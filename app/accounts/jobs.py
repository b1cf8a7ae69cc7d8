"""Letters to staff about their own account, each posted once: a job that runs twice finds its letter and stops."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.letters import account as letters
from app.accounts.letters.account import Desk
from app.accounts.letters.security import SecurityNews, security_news
from app.accounts.links import AccountLinks, make_link
from app.accounts.models import AccountLink, LinkPurpose, StaffSession, StaffUser
from app.kernel import audit
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.jobs import Work, job
from app.kernel.mail import Filling, Letter, Message, Renderer, attachment, post

RESETS_AN_HOUR = 3
"""Links to a new password that one account is sent within an hour, whoever asks: a mailbox is no place to flood."""
NOT_AGAIN_WITHIN = timedelta(seconds=30)
"""A second press of the button, or the same job once more, sends no second link."""


def desk_of(work: Work) -> Desk:
    """What letters are written with here."""
    return Desk(work.ports.get(Renderer), work.ports.get(AccountLinks))


@attachment(letters.LINK)
def fill_in_link(work: Work, link_id: int) -> Filling:
    """The address of a mailed link, made at the moment its mail leaves."""
    with work.database.reading() as db:
        nonce = db.get_one(AccountLink, link_id).nonce
    return Filling(letters.PLACE, work.ports.get(AccountLinks).one_time(nonce))


@job("accounts.invite")
def send_invitation(work: Work, *, link_id: int, invited_by: int | None) -> None:
    """Send an invitation, unless it has been withdrawn meanwhile."""

    def write(db: Session, desk: Desk) -> Letter | None:
        link = db.get(AccountLink, link_id)
        by = db.get(StaffUser, invited_by) if invited_by else None
        return letters.link_letter(db, desk, link, by) if link is not None and link.is_good(now()) else None

    _post_once(work, write)


@job("accounts.reset")
def send_reset(work: Work, *, staff_user_id: int) -> None:
    """Make a link to a new password and send it; nothing where the address was nobody's, or too many were asked for."""
    desk = desk_of(work)
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        user = db.scalars(select(StaffUser).where(StaffUser.id == staff_user_id).with_for_update()).one_or_none()
        if user is None or not user.is_active or _was_sent_enough(db, user):
            return
        link = make_link(db, user, LinkPurpose.RESET, desk.links)
        audit.note(db, SYSTEM, "staff.reset_asked", user)
        post(db, letters.link_letter(db, desk, link))


def _was_sent_enough(db: Session, user: StaffUser) -> bool:
    mine = (AccountLink.staff_user_id == user.id, AccountLink.purpose == LinkPurpose.RESET)
    at = now()
    sent = select(func.count(), func.max(AccountLink.created_at)).where(
        *mine, AccountLink.created_at > at - timedelta(hours=1)
    )
    count, last = db.execute(sent).one()
    return count >= RESETS_AN_HOUR or (last is not None and at - last < NOT_AGAIN_WITHIN)


@job("accounts.password_changed")
def tell_password_changed(work: Work, *, staff_user_id: int, at: str) -> None:
    """Tell a person that their password was changed (`at`: the instant, in ISO 8601)."""
    when = datetime.fromisoformat(at)

    def write(db: Session, desk: Desk) -> Letter | None:
        user = db.get(StaffUser, staff_user_id)
        return letters.password_changed(db, desk, user, when) if user is not None else None

    _post_once(work, write, since=when)


@job("accounts.new_device")
def tell_new_device(work: Work, *, session_id: int) -> None:
    """Tell a person that somebody signed in as them with a device that was not seen before."""

    def write(db: Session, desk: Desk) -> Letter | None:
        record = db.get(StaffSession, session_id)
        return letters.new_device(db, desk, record) if record is not None else None

    _post_once(work, write)


@job("accounts.security_news")
def tell_of_change(work: Work, *, staff_user_id: int, news: str, at: str, token: str) -> None:
    """Tell a person what happened to their second factors (`at`: the instant, in ISO 8601).

    The same may happen twice within a minute, and each time is told: the message carries the token of its job.
    """

    def write(db: Session, desk: Desk) -> Letter | None:
        user = db.get(StaffUser, staff_user_id)
        return security_news(db, desk, user, SecurityNews(news), datetime.fromisoformat(at)) if user else None

    _post_once(work, write, token=token)


def _post_once(
    work: Work, write: Callable[[Session, Desk], Letter | None], *, since: datetime | None = None, token: str = ""
) -> None:
    """Write in a session that only reads; then post, unless that was done.

    It was done when there is a message with the token; without one, when a letter of this purpose about the same was
    posted (since then).
    """
    with work.database.reading() as db:
        letter = write(db, desk_of(work))
    if letter is None:
        return
    same = [Message.token == token] if token else [
        Message.purpose == letter.purpose, Message.about_type == letter.about_type, Message.about_id == letter.about_id
    ]  # fmt: skip
    if since is not None:
        same.append(Message.created_at >= since)
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        if db.scalar(select(Message.id).where(*same).limit(1)) is None:
            message = post(db, letter)
            message.token = token or message.token

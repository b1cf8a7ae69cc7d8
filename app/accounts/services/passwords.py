"""A person's password: changed by themselves, chosen through a mailed link, or set from the command line."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.jobs import tell_password_changed
from app.accounts.links import withdraw_links
from app.accounts.models import AccountLink, EndReason, StaffSession, StaffUser
from app.accounts.rules.passwords import PasswordOwner, hash_anew, hash_password, is_right
from app.accounts.services.sessions import end_sessions, renew_session
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.jobs import enqueue
from app.kernel.organisation import the_organisation


def keep_password(
    db: Session,
    user: StaffUser,
    password: str,
    *,
    actor: Actor,
    here: StaffSession | None = None,
) -> None:
    """Keep a new password; every sign-in but `here` ends, and the person is told by mail (ASVS 5, 6.3.7 and 7.4.3).

    Raises:
        Refused: it is too weak, or made of what everybody knows of the person.

    """
    had_one = user.has_password
    owner = PasswordOwner(user.name, user.email, the_organisation(db).name)
    user.password_hash = hash_password(password, owner)
    end_sessions(db, user, EndReason.NEW_PASSWORD, actor=actor, but=here)
    if had_one:
        enqueue(db, tell_password_changed, staff_user_id=user.id, at=now().isoformat())


def change_password(db: Session, here: StaffSession, old: str, new: str, *, actor: Actor) -> str:
    """Change one's own password; every sign-in of the user ends but the one it is changed in.

    Gives what the cookie of that one says from now on.

    Raises:
        Refused: the old one is wrong, or the new one too weak.

    """
    user = here.staff_user
    if not is_right(user.password_hash, old):
        raise Refused(_l("This is not your present password."), field="old_password")
    keep_password(db, user, new, here=here, actor=actor)
    audit.note(db, actor, "staff.password_changed", user)
    return renew_session(here)


def set_password(db: Session, user: StaffUser, password: str, *, actor: Actor) -> None:
    """Set somebody's password for them: from the command line alone, when nobody can sign in or mail does not leave.

    Raises:
        Refused: the password is too weak.

    """
    keep_password(db, user, password, actor=actor)
    audit.note(db, actor, "staff.password_set", user)


def choose_password(db: Session, link_id: int, password: str, *, actor: Actor) -> StaffUser:
    """Give the owner of a link the password they chose. The link is used up, and every sign-in of theirs ends.

    Raises:
        Refused: the link was used, withdrawn or has expired meanwhile, or the password is too weak.

    """
    same = select(AccountLink).where(AccountLink.id == link_id).with_for_update(of=AccountLink)
    link = db.scalars(same.execution_options(populate_existing=True)).one_or_none()
    if link is None or not link.is_good(now()):
        raise Refused(_l("This link is no longer good. Ask for a new one, please."))
    user = link.staff_user
    keep_password(db, user, password, actor=actor)
    link.use(now())
    withdraw_links(db, user)
    audit.note(db, actor, "staff.password_chosen", user, purpose=link.purpose)
    return user


def rehash_password(db: Session, user_id: int, before: str, password: str) -> None:
    """Hash a password that was just proved right against `before` in today's way, however weak it may be thought today.

    Nothing happens where another one was chosen meanwhile, which would be undone.
    """
    user = db.get_one(StaffUser, user_id, with_for_update=True)
    if user.password_hash == before:
        user.password_hash = hash_anew(password)

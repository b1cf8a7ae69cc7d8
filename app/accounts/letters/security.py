"""Letters to staff when something about their second factors changes, so that nobody else can do it unseen."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.i18n import Text, use_zone
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.jobs import Work, enqueue, job
from app.kernel.mail import Letter, Message, Renderer, post
from app.kernel.organisation import the_organisation
from app.kernel.text import make_token


class SecurityNews(StrEnum):
    """What happened; `staff.<news>` is what the audit calls it."""

    AUTHENTICATOR_ADDED = "authenticator_added"
    AUTHENTICATOR_REMOVED = "authenticator_removed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_COPIED = "passkey_copied"
    RECOVERY_CODE_USED = "recovery_code_used"
    RECOVERY_CODES_REPLACED = "recovery_codes_replaced"
    FACTORS_RESET = "factors_reset"
    IDENTITY_TIED = "identity_tied"
    IDENTITY_FORGOTTEN = "identity_forgotten"


WORDS: dict[SecurityNews, Text] = {
    SecurityNews.AUTHENTICATOR_ADDED: _l("An authenticator app was added to your account."),
    SecurityNews.AUTHENTICATOR_REMOVED: _l("The authenticator app was removed from your account."),
    SecurityNews.PASSKEY_ADDED: _l("A passkey was added to your account."),
    SecurityNews.PASSKEY_REMOVED: _l("A passkey was removed from your account."),
    SecurityNews.PASSKEY_COPIED: _l("A passkey of yours was refused, because a copy of it seems to be in use."),
    SecurityNews.RECOVERY_CODE_USED: _l("Somebody signed in to your account with one of your recovery codes."),
    SecurityNews.RECOVERY_CODES_REPLACED: _l("New recovery codes were made for your account; the old ones are void."),
    SecurityNews.FACTORS_RESET: _l("An administrator removed the second factors of your account."),
    SecurityNews.IDENTITY_TIED: _l("Your account was entered through your organisation’s sign-in for the first time."),
    SecurityNews.IDENTITY_FORGOTTEN: _l("Your account was untied from your organisation’s sign-in."),
}


def tell(db: Session, user: StaffUser, news: SecurityNews) -> None:
    """Have the owner of an account told."""
    enqueue(db, tell_of_change, staff_user_id=user.id, news=news.value, at=now().isoformat(), token=make_token())


@job("accounts.security_news")
def tell_of_change(work: Work, *, staff_user_id: int, news: str, at: str, token: str) -> None:
    """Write the letter and post it, once: the message carries the token of the job."""
    with work.database.reading() as db:
        user = db.get(StaffUser, staff_user_id)
        if user is None:
            return
        letter = _letter(work, user, WORDS[SecurityNews(news)], datetime.fromisoformat(at), db)
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        if db.scalar(select(Message.id).where(Message.token == token)) is None:
            post(db, letter).token = token


def _letter(work: Work, user: StaffUser, words: Text, at: datetime, db: Session) -> Letter:
    organisation = the_organisation(db)
    use_zone(organisation.time_zone)
    subject, text, html = work.ports.get(Renderer).letter(
        "accounts/emails/security_news", user.language, what=words, at=at, greeting=user.name,
        organisation=organisation,
    )  # fmt: skip
    return Letter(
        to_address=user.email, to_name=user.name, subject=subject, text=text, html=html, language=user.language,
        purpose="staff.security_news", about_type="staff_user", about_id=user.id,
    )  # fmt: skip

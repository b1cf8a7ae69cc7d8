"""Letters to staff when something about their second factors changes, so that nobody else can do it unseen."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from app.accounts.letters.account import Desk, words_to
from app.accounts.models import StaffUser
from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.mail import Letter


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


def security_news(db: Session, desk: Desk, user: StaffUser, news: SecurityNews, at: datetime) -> Letter:
    """Word of what happened, and when."""
    words = words_to(db, desk, user, "security_news", what=WORDS[news], at=at)
    return Letter(**words, purpose="staff.security_news", about_type="staff_user", about_id=user.id)

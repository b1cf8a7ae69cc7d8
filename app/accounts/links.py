"""Links that staff are sent: their addresses, and those that are good for one new password (ASVS 5, 6.4.3)."""

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import AccountLink, LinkPurpose, StaffUser
from app.accounts.models.session import hash_of
from app.accounts.rules.keyed import keyed_hash
from app.kernel.clock import now
from app.kernel.text import make_token

GOOD_FOR = {LinkPurpose.INVITATION: timedelta(hours=72), LinkPurpose.RESET: timedelta(minutes=30)}


@dataclass(frozen=True)
class AccountLinks:
    """Addresses in letters to staff. `base` is the one people type, without a trailing slash."""

    base: str
    secret: str = field(repr=False)

    def token(self, nonce: str) -> str:
        """The token of a mailed link, which is stored nowhere: whoever has the database alone cannot make it."""
        return keyed_hash(self.secret, "account-link", nonce)

    def one_time(self, nonce: str) -> str:
        """Where a person chooses a password, once."""
        return f"{self.base}/link/{self.token(nonce)}"

    def sign_in(self) -> str:
        """Where staff sign in."""
        return f"{self.base}/sign-in"

    def sessions(self) -> str:
        """Where staff see their sign-ins."""
        return f"{self.base}/account/sessions"

    def forgotten(self) -> str:
        """Where staff ask for a new password."""
        return f"{self.base}/forgotten-password"


def make_link(db: Session, user: StaffUser, purpose: LinkPurpose, links: AccountLinks) -> AccountLink:
    """A new link; those that were sent for the same before open nothing any more. Whoever asks writes down why."""
    withdraw_links(db, user, purpose)
    nonce = make_token()
    link = AccountLink(
        staff_user=user, purpose=purpose, nonce=nonce, token_hash=hash_of(links.token(nonce)),
        expires_at=now() + GOOD_FOR[purpose],
    )  # fmt: skip
    db.add(link)
    db.flush()
    return link


def withdraw_links(db: Session, user: StaffUser, *purposes: LinkPurpose) -> None:
    """Make every link of a user (of these purposes, or of any) worth nothing."""
    mine = select(AccountLink).where(
        AccountLink.staff_user_id == user.id, AccountLink.used_at.is_(None), AccountLink.withdrawn_at.is_(None)
    )
    for link in db.scalars(mine):
        if not purposes or link.purpose in purposes:
            link.withdraw(now())
    db.flush()

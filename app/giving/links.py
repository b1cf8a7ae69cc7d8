"""Addresses that donors and staff are sent: they begin with the address people type, which jobs learn from here."""

import hmac
import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from app.accounts.rules.keyed import keyed_hash
from app.giving.models import RecurringGift

GOOD_FOR = timedelta(days=30)
"""How long a link is good by which a donor gives another payment method: as long as a bill is tried."""
_MEND = re.compile(r"([1-9][0-9]{0,17})-([0-9]{6})-([a-z2-7]{52})")


@dataclass(frozen=True)
class DonorLinks:
    """Links for letters. `base` is the public address without a trailing slash."""

    base: str

    def receipt(self, token: str) -> str:
        """Where a donor downloads a receipt."""
        return f"{self.base}/r/{token}"

    def own(self) -> str:
        """Where donors ask for the way to their own page."""
        return f"{self.base}/my"

    def dispute(self, dispute_id: int) -> str:
        """Where staff read of a dispute."""
        return f"{self.base}/disputes/{dispute_id}"

    def form(self, slug: str) -> str:
        """Where a donor gives."""
        return f"{self.base}/give/{slug}"


@dataclass(frozen=True)
class MendLinks:
    """Links by which a donor mends a recurring gift without signing in. They hold a key and a day, and no name. A port.

    Whoever has the database alone cannot make one. A link opens nothing once its day is over, once another payment
    method was given (then it has done what it was for), or once its donor is not written to any more at the mailbox it
    was sent to (`mailbox`, see `app.giving.letters.mailbox_of`): a mailbox that was left may be somebody else's now.
    """

    base: str
    secret: str = field(repr=False)

    def mend(self, recurring: RecurringGift, on: date, mailbox: str) -> str:
        """The address, made on this day for a letter to this mailbox."""
        last = (on + GOOD_FOR).toordinal()
        return f"{self.base}/my/mend/{recurring.id}-{last:06d}-{self._seal(recurring, last, mailbox)}"

    def back(self) -> str:
        """Where the gateway's pages lead back to."""
        return f"{self.base}/my/mended"

    def key_in(self, token: str, on: date) -> int | None:
        """The key of the recurring gift that a link speaks of; None where it is none of ours or its day is over."""
        found = _MEND.fullmatch(token)
        return int(found[1]) if found and int(found[2]) >= on.toordinal() else None

    def opens(self, token: str, recurring: RecurringGift, mailbox: str) -> bool:
        """Whether it was made for this recurring gift as it is charged now, and sent where its donor is written to."""
        found = _MEND.fullmatch(token)
        if found is None or int(found[1]) != recurring.id or not mailbox:
            return False
        return hmac.compare_digest(found[3], self._seal(recurring, int(found[2]), mailbox))

    def _seal(self, recurring: RecurringGift, last: int, mailbox: str) -> str:
        method = f"{recurring.method_kind or ''} {recurring.method_brand} {recurring.method_last_four}"
        told = f"{recurring.id} {last} {recurring.subscription_reference} {method} {mailbox}"
        return keyed_hash(self.secret, "mend-link", told)

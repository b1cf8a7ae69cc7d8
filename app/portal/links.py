"""The address of a mailed link to the donor's own page: made when the mail leaves, and stored nowhere."""

from dataclasses import dataclass, field

from app.accounts.rules.keyed import keyed_hash


@dataclass(frozen=True)
class PortalLinks:
    """Makes links. `base` is the address people type, without a trailing slash. A port."""

    base: str
    secret: str = field(repr=False)

    def token(self, nonce: str) -> str:
        """The token of a link: whoever has the database alone cannot make it."""
        return keyed_hash(self.secret, "donor-link", nonce)

    def one_time(self, nonce: str) -> str:
        """Where a donor comes in, once."""
        return f"{self.base}/my/link/{self.token(nonce)}"

"""The addresses of mailed links: made when the mail leaves, and stored nowhere."""

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

    def email_token(self, nonce: str) -> str:
        """The token of a link that confirms an address; it opens no page."""
        return keyed_hash(self.secret, "donor-new-email", nonce)

    def one_time(self, nonce: str) -> str:
        """Where a donor comes in, once."""
        return f"{self.base}/my/link/{self.token(nonce)}"

    def confirmation(self, nonce: str) -> str:
        """Where the reader of a new address confirms it, once."""
        return f"{self.base}/my/email/link/{self.email_token(nonce)}"

    def own_page(self) -> str:
        """Where donors come in."""
        return f"{self.base}/my"

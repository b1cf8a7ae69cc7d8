"""Addresses that donors are sent: they begin with the address people type, which jobs learn from here."""

from dataclasses import dataclass


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

    def form(self, slug: str) -> str:
        """Where a donor gives."""
        return f"{self.base}/give/{slug}"

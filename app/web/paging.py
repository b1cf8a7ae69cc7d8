"""Pages of a list as the reader walks them: cursors in the address, filters kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.kernel.pages import MOST_COUNTED, Page
from app.web.addresses import this_page


@dataclass(frozen=True)
class Pager:
    """A page with the addresses that lead on and back (None at the ends)."""

    rows: Sequence[Any]
    next_url: str | None
    previous_url: str | None
    first_url: str
    total: int | None

    @property
    def more_than(self) -> int:
        """How many there are more than, where nobody counted on; 0 where `total` is exact."""
        return MOST_COUNTED if self.total is not None and self.total > MOST_COUNTED else 0


def pager(page: Page) -> Pager:
    """The page with its addresses, all other parameters of the request kept."""

    def to(cursor: str | None) -> str | None:
        return this_page(after=cursor) if cursor else None

    return Pager(page.rows, to(page.next_cursor), to(page.previous_cursor), this_page(after=None), page.total)

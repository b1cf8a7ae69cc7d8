"""Pages of a list as the reader walks them: cursors in the address, filters kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from app.kernel.pages import MOST_COUNTED, Page
from app.web.addresses import this_page

COUNT, ALL = "count", "all"
"""`?count=all`: the list with all of it counted."""


@dataclass(frozen=True)
class Pager:
    """A page with the addresses that lead on and back (None at the ends)."""

    rows: Sequence[Any]
    next_url: str | None
    previous_url: str | None
    first_url: str
    total: int | None
    more_than: int = 0
    """How many there are more than, where nobody counted on; 0 where `total` is exact."""
    count_url: str | None = None
    """Where the same page is shown with all of them counted, if that takes longer and only who asks should wait."""


def pager(page: Page, *, most: int | None = MOST_COUNTED, can_count: bool = False) -> Pager:
    """The page with its addresses, all other parameters of the request kept.

    `most` is how far the total was counted (None: to the end). With `can_count` the view counts all at `?count=all`.
    """

    def to(cursor: str | None) -> str | None:
        return this_page(after=cursor, **{COUNT: None}) if cursor else None

    more_than = most if most is not None and page.total is not None and page.total > most else 0
    return Pager(
        page.rows, to(page.next_cursor), to(page.previous_cursor), this_page(after=None, **{COUNT: None}), page.total,
        more_than, this_page(**{COUNT: ALL}) if can_count and more_than else None,
    )  # fmt: skip


def is_to_be_counted() -> bool:
    """Whether the reader asked for all to be counted, however long it takes."""
    return request.args.get(COUNT) == ALL

"""Pages of a list as the reader walks them: cursors in the address, filters kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from app.kernel.pages import Page


@dataclass(frozen=True)
class Pager:
    """A page with the addresses that lead on and back (None at the ends)."""

    rows: Sequence[Any]
    next_url: str | None
    previous_url: str | None
    first_url: str
    total: int | None


def pager(page: Page) -> Pager:
    """The page with its addresses, all other parameters of the request kept."""
    kept: dict[str, Any] = {key: value for key, value in request.args.items(multi=False) if key != "after"}

    def to(cursor: str | None) -> str | None:
        return url_for(str(request.endpoint), **(request.view_args or {}), **kept, after=cursor) if cursor else None

    first = url_for(str(request.endpoint), **(request.view_args or {}), **kept)
    return Pager(page.rows, to(page.next_cursor), to(page.previous_cursor), first, page.total)

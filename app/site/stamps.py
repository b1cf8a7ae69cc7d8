"""The signed stamp of a giving page: which form, which page, and since when. It stands in for a session.

Embedded pages get no cookies, so the usual CSRF token cannot be used there. The stamp cannot be made by others, is
good for one form and one day, and shows a program that answers faster than people do.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_encode
from itsdangerous.url_safe import URLSafeSerializerMixin

from app.kernel.clock import from_timestamp
from app.kernel.text import make_token

SOONEST = timedelta(seconds=2)
LATEST = timedelta(hours=24)
LONGEST = 300
_SALT = "giving page"


class Verdict(StrEnum):
    """What a stamp says of the page it came with."""

    GOOD = "good"
    TOO_SOON = "too soon"
    TOO_LATE = "too late"
    FORGED = "forged"


@dataclass(frozen=True)
class Stamp:
    """One page that was shown: its form, its own key, and when."""

    form_id: int
    page_key: str
    shown_at: datetime

    def signed(self, secret: str) -> str:
        """The stamp as it travels in the page."""
        seconds = int(self.shown_at.timestamp())
        return str(_signer(secret).dumps([self.form_id, self.page_key, seconds]))


class _Plain(URLSafeSerializer):
    """The library's, without trying whether so few characters could be pressed together."""

    def dump_payload(self, obj: Any, **options: Any) -> bytes:
        return base64_encode(super(URLSafeSerializerMixin, self).dump_payload(obj, **options))


@cache
def _signer(secret: str) -> URLSafeSerializer:
    """Made once: a stamp is signed on every page that is shown."""
    return _Plain(secret, salt=_SALT)


def new_stamp(form_id: int, at: datetime) -> Stamp:
    """The stamp of a page that is shown for the first time."""
    return Stamp(form_id, make_token(), at)


def read_stamp(text: str, secret: str, *, form_id: int, at: datetime) -> tuple[Verdict, Stamp]:
    """What the stamp says, and the stamp to go on with: the same one, or a new one where it is forged or too old.

    A page that is too old keeps its key, so that it still cannot be paid twice.
    """
    try:
        of_form, page_key, seconds = _signer(secret).loads(text[:LONGEST])
        stamp = Stamp(int(of_form), str(page_key), from_timestamp(int(seconds)))
    except (BadData, ValueError, TypeError):
        return Verdict.FORGED, new_stamp(form_id, at)
    if stamp.form_id != form_id:
        return Verdict.FORGED, new_stamp(form_id, at)
    if at - stamp.shown_at > LATEST:
        return Verdict.TOO_LATE, Stamp(form_id, stamp.page_key, at)
    return (Verdict.TOO_SOON if at - stamp.shown_at < SOONEST else Verdict.GOOD), stamp

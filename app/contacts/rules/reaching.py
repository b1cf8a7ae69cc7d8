"""Which of several e-mails, phones or addresses is used on a day, and whether somebody may be written to at all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar

MONTH = 100
"""A day of the year is month × 100 + day: 29 February is 229."""
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Way(Protocol):
    """A way to reach somebody, as far as choosing it goes. Only postal addresses have a season."""

    is_primary: bool
    valid_from: date | None
    valid_until: date | None

    @property
    def hold_reason(self) -> object | None:
        """Why it is not used for the time being, if it is not."""


AnyWay = TypeVar("AnyWay", bound=Way)


class Use(StrEnum):
    """Whether a way is used on a day, and if not, why not."""

    USED = "used"
    ON_HOLD = "on_hold"
    NOT_YET = "not_yet"
    OVER = "over"
    OUT_OF_SEASON = "out_of_season"


def use_of(way: Way, day: date) -> Use:
    """Whether a way may be used on that day; both ends of its validity and of its season belong to it."""
    if way.hold_reason is not None:
        return Use.ON_HOLD
    if way.valid_from is not None and day < way.valid_from:
        return Use.NOT_YET
    if way.valid_until is not None and day > way.valid_until:
        return Use.OVER
    begins, ends = _season(way)
    return Use.USED if begins is None or ends is None or is_in_season(begins, ends, day) else Use.OUT_OF_SEASON


def in_use(ways: Iterable[AnyWay], day: date) -> AnyWay | None:
    """The way to use on that day: one in its season before those of all the year, the primary one, then the oldest.

    None where every way is on hold, over, not yet valid or out of season: then there is none to use.
    """
    usable = [way for way in ways if use_of(way, day) is Use.USED]
    return min(usable, key=lambda way: (_season(way)[0] is None, not way.is_primary), default=None)


def is_day_of_year(value: int) -> bool:
    """Whether month × 100 + day is a day that some year has."""
    month, day = divmod(value, MONTH)
    return 1 <= month <= len(_DAYS) and 1 <= day <= _DAYS[month - 1]


def is_in_season(begins: int, ends: int, day: date) -> bool:
    """Whether a day lies from one day of the year to another, both included; a season may pass over New Year."""
    value = day.month * MONTH + day.day
    return begins <= value <= ends if begins <= ends else value >= begins or value <= ends


def _season(way: Way) -> tuple[int | None, int | None]:
    return getattr(way, "season_from", None), getattr(way, "season_until", None)


class Purpose(StrEnum):
    """Why somebody is written to or called."""

    REPLY = "reply"
    """An answer to what they themselves have just done, in the way they chose for it."""
    OWED = "owed"
    """What is due to them for what they did: thanks, a receipt, word that a payment failed."""
    UNASKED = "unasked"
    """Everything else: news, appeals, invitations, calls."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a contact has said about being written to, and whether they live. Three things, and none implies another."""

    is_deceased: bool = False
    do_not_contact: bool = False
    refused: frozenset[str] = frozenset()
    """Channels they never want used: "email", "phone", "post"."""


def may_write(standing: Standing, channel: str, purpose: Purpose) -> bool:
    """Whether somebody may be reached by this channel ("email", "phone", "post") for this purpose.

    Nobody writes to the dead. Whoever objects to a channel still gets the answer they ask for through it, and nothing
    else there. Whoever wants no contact still gets what they are owed. For what is unasked for, a consent is needed
    besides: this rule only says who has objected.

    Source: GDPR art. 21(2) and (3): the right to object is one against direct marketing; receipts and answers are
    none. CGI art. 200 and 238 bis: the donor needs the receipt. CPCE art. L34-5 on prospection by e-mail and phone.
    """
    if standing.is_deceased:
        return False
    if purpose is Purpose.REPLY:
        return True
    if channel in standing.refused:
        return False
    return purpose is Purpose.OWED or not standing.do_not_contact

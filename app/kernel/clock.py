"""The one clock. Instants are aware and in UTC; dates belong to the organisation's time zone.

It is the real time, except in a demo, whose days pass faster: `live_ahead`.
"""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo


class Lead:
    """How far ahead of real time this process lives: as many seconds as a file says, which may grow at any moment."""

    def __init__(self, file: Path) -> None:
        self._file, self._seconds = file, 0

    def read(self) -> timedelta:
        """How far it is now; never less than before."""
        said = self._file.read_text(encoding="ascii") if self._file.exists() else ""
        self._seconds = max(self._seconds, int(said) if said.isdecimal() else 0)
        return timedelta(seconds=self._seconds)


_leads: list[Lead] = []
"""None, or the one of a demo."""


def live_ahead(file: Path) -> None:
    """Let this process live ahead of real time, by as many seconds as a file says. For a demo alone."""
    _leads[:] = [Lead(file)]


def now() -> datetime:
    """The present instant, in UTC."""
    present = datetime.now(UTC)
    return present + _leads[0].read() if _leads else present


def today(zone: str = "Europe/Paris") -> date:
    """The date it is now in `zone` (an IANA name)."""
    return now().astimezone(ZoneInfo(zone)).date()


def date_of(instant: datetime, zone: str = "Europe/Paris") -> date:
    """The date an instant fell on in `zone`: what a receipt or a fiscal year goes by."""
    return instant.astimezone(ZoneInfo(zone)).date()


def date_by_clock_of(anchor: datetime, instant: datetime, zone: str = "Europe/Paris") -> date:
    """The date of an instant by the clock that held in `zone` at another one: summer time moves nothing to another day.

    What comes round at the same time of day in UTC has the same day of the month in every month so.
    """
    offset = anchor.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    return (instant.astimezone(UTC) + offset).date()


def start_of_day(day: date, zone: str = "Europe/Paris") -> datetime:
    """The instant a day begins in `zone`."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def from_timestamp(seconds: int) -> datetime:
    """The instant of a Unix time stamp, as gateways send them."""
    return datetime.fromtimestamp(seconds, UTC)

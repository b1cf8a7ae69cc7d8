"""The one clock. Instants are aware and in UTC; dates belong to the organisation's time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


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

"""What is kept of each day, brought up to date: see `app.giving.models.day`."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, text
from sqlalchemy.orm import Session

from app.giving.models import ChangedDay, Gift, GivingDay, GivingDayFund
from app.giving.queries.days import DAYS, FUNDS, changed_days, days_from_gifts, funds_from_gifts
from app.kernel.db import Database

TOGETHER = 14
"""Days a transaction: the gifts of two weeks, so that on SQLite nobody waits long."""
MONTH = timedelta(days=30)


def bring_up_to_date(database: Database) -> int:
    """Reckon every changed day anew, a few at a time; how many there were."""
    done = 0
    while True:
        with database.writing() as db:
            days = refresh_days(db, TOGETHER)
        done += days
        if not days:
            return done


def refresh_days(db: Session, limit: int) -> int:
    """Reckon the oldest changed days anew, at most so many, alone; how many there were."""
    if db.get_bind().dialect.name == "postgresql":
        # Those who read and those who give do not wait for it: only another one of us.
        db.execute(text("LOCK TABLE giving_day IN SHARE ROW EXCLUSIVE MODE"))
    days = changed_days(db, limit)
    if not days:
        return 0
    # The notes go first: whatever is committed after this moment has left a note that stays.
    for model in (ChangedDay, GivingDay, GivingDayFund):
        db.execute(delete(model).where(model.received_on.in_(days)), execution_options={"synchronize_session": False})
    which = Gift.received_on.in_(days)
    db.execute(insert(GivingDay).from_select(DAYS, days_from_gifts(which)))
    rows = [dict(zip(FUNDS, (*key, minor), strict=True)) for key, minor in funds_from_gifts(db, which).items()]
    if rows:
        db.execute(insert(GivingDayFund), rows)
    return len(days)


def note_days_of(db: Session, *, from_gift: int) -> None:
    """Note the days of the gifts with this key or a greater one, which came in past the triggers."""
    db.execute(
        insert(ChangedDay).from_select(["received_on"], select(Gift.received_on).distinct().where(Gift.id >= from_gift))
    )


def wrong_days(db: Session) -> Iterator[date]:
    """Every day of which something else is kept than its gifts say; those noted as changed are left out.

    Reads all gifts, a month at a time.
    """
    changed = changed_days(db)
    for first in _months(db):
        last = first + MONTH - timedelta(days=1)
        true = _figures(db, Gift.received_on.between(first, last) & Gift.received_on.not_in(changed))
        kept = _kept(db, first, last, changed)
        yield from sorted({key[0] for key in true.keys() | kept.keys() if true.get(key) != kept.get(key)})


def _months(db: Session) -> Iterator[date]:
    ends = [db.execute(select(func.min(day), func.max(day))).one() for day in (Gift.received_on, GivingDay.received_on)]
    days = [day for pair in ends for day in pair if day is not None]
    if not days:
        return
    day = min(days)
    while day <= max(days):
        yield day
        day += MONTH


def _figures(db: Session, which: ColumnElement[bool]) -> dict[tuple[Any, ...], tuple[int, ...]]:
    found = {tuple(row[:3]): tuple(map(int, row[3:])) for row in db.execute(days_from_gifts(which))}
    return found | {key: (minor,) for key, minor in funds_from_gifts(db, which).items()}


def _kept(db: Session, first: date, last: date, changed: list[date]) -> dict[tuple[Any, ...], tuple[int, ...]]:
    found: dict[tuple[Any, ...], tuple[int, ...]] = {}
    for model, names, keys in ((GivingDay, DAYS, 3), (GivingDayFund, FUNDS, 4)):
        columns = [getattr(model, name) for name in names]
        day: Any = columns[0]
        rows = db.execute(select(*columns).where(day.between(first, last), day.not_in(changed)))
        found.update({tuple(row[:keys]): tuple(map(int, row[keys:])) for row in rows})
    return found

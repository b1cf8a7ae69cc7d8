"""What is kept of each day, brought up to date: see `app.giving.models.day`."""

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import delete, insert, select, text
from sqlalchemy.orm import Session

from app.giving.models import ChangedDay, Gift, GivingDay, GivingDayFund
from app.giving.queries.days import DAYS, FIGURES, FUNDS, changed_days, days_from_gifts, funds_from_gifts
from app.kernel.db import Database
from app.kernel.spans import spans

TOGETHER = 14
"""Days a transaction: the gifts of two weeks, so that on SQLite nobody waits long."""
GIFTS = 250_000
"""Gifts looked at together when all are."""


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


def wrong_days(db: Session) -> list[date]:
    """Every day of which something else is kept than its gifts say; those noted as changed are left out.

    Reads all gifts in the order in which they lie, and holds no more than the figures of the days.
    """
    changed = changed_days(db)
    true: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * len(FIGURES))
    for part in spans(db, Gift.id, GIFTS):
        which = part & Gift.received_on.not_in(changed)
        for row in db.execute(days_from_gifts(which)):
            true[tuple(row[:3])] = [said + int(more) for said, more in zip(true[tuple(row[:3])], row[3:], strict=True)]
        for key, minor in funds_from_gifts(db, which).items():
            true[key][0] += minor
    kept = _kept(db, changed)
    return sorted({key[0] for key in true.keys() | kept.keys() if true.get(key) != kept.get(key)})


def _kept(db: Session, changed: list[date]) -> dict[tuple[Any, ...], list[int]]:
    """What is kept, by the key of each row, in as many figures as `wrong_days` reckons."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for model, names, keys in ((GivingDay, DAYS, 3), (GivingDayFund, FUNDS, 4)):
        columns = [getattr(model, name) for name in names]
        day: Any = columns[0]
        for row in db.execute(select(*columns).where(day.not_in(changed))):
            figures = [int(each) for each in row[keys:]]
            found[tuple(row[:keys])] = figures + [0] * (len(FIGURES) - len(figures))
    return found

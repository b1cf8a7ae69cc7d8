"""What is forgotten when: features say which of their rows have served their purpose, one round forgets them.

In batches of short transactions, so that nobody waits for it. Gifts, receipts and the audit trail are never among
them: the law wants those kept. The source of the rule: GDPR article 5, 1 e (storage limitation).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Delete, Update, and_, delete, func, or_, select, update
from sqlalchemy.orm import aliased

from app.kernel.clock import now
from app.kernel.db import Database, Record
from app.kernel.i18n import Text
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.jobs import Job, JobStatus, Work
from app.kernel.rounds import Findings, RoundRun
from app.kernel.tallies import Tally

BATCH = 500
"""Rows forgotten in one transaction."""
PLAIN = {"synchronize_session": False}


@dataclass(frozen=True)
class Forgetting:
    """Rows of `model` that `which(before)` names are deleted, or only emptied of what `blank` says.

    `which` is given the instant `keep` ago and returns every condition, also that there is something to blank: a
    row that was emptied must no longer be named. It is asked again at the moment of forgetting.
    """

    name: str
    label: Text
    keep: timedelta
    model: type[Record]
    which: Callable[[datetime], Sequence[ColumnElement[bool]]]
    blank: Mapping[str, Any] | None = None


class Forgettings:
    """Everything that is forgotten here. A port: the round finds it in `work.ports`."""

    def __init__(self, found: Iterable[Forgetting]) -> None:
        self._found = tuple(found)

    def __iter__(self) -> Iterator[Forgetting]:
        return iter(self._found)


def count_forgettable(database: Database, what: Forgetting) -> int:
    """How many rows would be forgotten now."""
    with database.reading() as db:
        return db.scalar(select(func.count()).select_from(what.model).where(*what.which(now() - what.keep))) or 0


def forget(database: Database, what: Forgetting, *, batch: int = BATCH) -> int:
    """Forget what is old enough; how many rows. Looking takes no lock, and each batch only for itself."""
    before, done, last = now() - what.keep, 0, 0
    while True:
        query = select(what.model.id).where(*what.which(before), what.model.id > last)
        with database.reading() as db:
            found = list(db.scalars(query.order_by(what.model.id).limit(batch)))
        if not found:
            return done
        last = found[-1]
        still = (what.model.id.in_(found), *what.which(before))
        deed: Delete | Update = delete(what.model)
        if what.blank is not None:
            deed = update(what.model).values(dict(what.blank))
        with database.writing() as db:
            changed = cast("CursorResult[Any]", db.execute(deed.where(*still), execution_options=PLAIN))
            done += changed.rowcount


def forget_all(work: Work) -> Findings:
    """The nightly round: everything that has served its purpose. The facts count what was forgotten."""
    done = {what.name: forget(work.database, what) for what in work.ports.get(Forgettings)}
    return Findings(is_well=True, facts=dict(done))


def _done_jobs(before: datetime) -> list[ColumnElement[bool]]:
    return [Job.status == JobStatus.DONE, Job.done_at < before]


def _old_runs(before: datetime) -> list[ColumnElement[bool]]:
    """Never the last of its round; those that were not well are kept five months longer."""
    other = aliased(RoundRun)
    last = select(func.max(other.id)).where(other.name == RoundRun.name).scalar_subquery()
    was_well = and_(RoundRun.is_well.is_(True), RoundRun.ended_at < before)
    old = or_(was_well, RoundRun.ended_at < before - timedelta(days=150))
    return [old, RoundRun.id < last]


def _old_tallies(before: datetime) -> list[ColumnElement[bool]]:
    return [Tally.last_at < before]


KERNEL_FORGETS = (
    Forgetting("jobs", _l("Background tasks that are done"), timedelta(days=30), Job, _done_jobs),
    Forgetting("tallies", _l("Counts of what strangers tried"), timedelta(days=400), Tally, _old_tallies),
    Forgetting("round_runs", _l("When regular duties were done"), timedelta(days=30), RoundRun, _old_runs),
)

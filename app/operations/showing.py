"""What the watch over the installation shows on other pages: a line on the dashboard, and which duty a task does."""

from collections.abc import Sequence
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from app.kernel.clock import now
from app.kernel.rounds import Rounds, last_runs
from app.operations.health import LONG, WATCH
from app.operations.words import parts_in_words
from app.web.application import this_application
from app.web.feature import Concern


def warning(db: Session, _subject: object) -> dict[str, Any]:
    """What the last watch found, or that nobody watches; nothing when all is well. One question to the database."""
    run = last_runs(db, [WATCH], ended=True).get(WATCH)
    if run is None or run.ended_at is None or now() - run.ended_at > LONG:
        return {"seen": run.ended_at if run else None, "is_watched": False, "is_broken": True, "parts": []}
    if run.is_well:
        return {}
    parts = parts_in_words(run.facts)
    is_broken = run.error is not None or "broken" in run.facts.values()
    return {"seen": run.ended_at, "is_watched": True, "is_broken": is_broken, "parts": parts}


def rounds_concerned(_db: Session, names: Sequence[str]) -> dict[str, Concern]:
    """The duties that jobs do."""
    rounds = this_application().ports.get(Rounds)
    found = {name: rounds.get(str(name)) for name in names}
    return {name: Concern(str(duty.label), url_for("status.show")) for name, duty in found.items() if duty}

"""How segments stand: counted each night for their list, and told each morning by mail to whoever asked for it.

A letter tells figures and no names. Nobody gets two for one day: a job of the same reader and day is written down once,
and the letter it posts carries a token of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.links import AccountLinks
from app.accounts.models import StaffUser
from app.contacts.access import READ_CONTACTS
from app.contacts.models import Segment, SegmentSubscription
from app.contacts.queries import subscriptions as queries
from app.contacts.queries.readers_criteria import criteria_of
from app.contacts.queries.segments import contacts_in, count_of
from app.contacts.services.segments import may_change
from app.contacts.services.subscriptions import keep_count
from app.kernel.actors import SYSTEM, Actor
from app.kernel.audit import act_as
from app.kernel.clock import today
from app.kernel.criteria import CriteriaSources
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.i18n import ngettext
from app.kernel.jobs import Work, enqueue, job
from app.kernel.mail import Letter, Message, Renderer, post
from app.kernel.organisation import the_organisation
from app.kernel.rounds import Findings, Round

PURPOSE = "staff.segments"


@dataclass(frozen=True)
class Standing:
    """How a segment stands: how many now (None: it cannot be counted any more), how many more than last time."""

    subscription_id: int
    segment_id: int
    name: str
    count: int | None
    more: int | None

    @property
    def fewer(self) -> int | None:
        """How many fewer than last time."""
        return None if self.more is None else -self.more


def count_all(work: Work) -> Findings:
    """Count every live segment anew, each by itself; one that cannot be counted any more is said to be so."""
    with work.database.reading() as db:
        keys = queries.segments_to_count(db)
    counted = 0
    for key in keys:
        with work.database.reading() as db:
            count = _count(work, db, db.get_one(Segment, key), SYSTEM)
        with work.database.writing() as db:
            act_as(db, SYSTEM)
            keep_count(db, key, count)
        counted += count is not None
    return Findings(is_well=True, facts={"counted": counted, "skipped": len(keys) - counted})


def tell_everybody(work: Work) -> Findings:
    """Write down a job for each person who is to be told something today; the facts count those that are new."""
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        day = today(the_organisation(db).time_zone)
        keys = {reader_id: f"segments.tell:{reader_id}:{day}" for reader_id in queries.who_is_told(db, day)}
        made = [enqueue(db, tell, unique_key=key, reader_id=reader, day=str(day)) for reader, key in keys.items()]
    return Findings(is_well=True, facts={"letters": sum(each is not None for each in made)})


@job("segments.tell", lease=timedelta(minutes=15))
def tell(work: Work, *, reader_id: int, day: str) -> None:
    """Post the letter of a day (ISO 8601) to somebody, unless it was posted or nothing is left to tell.

    Whoever may not see contacts any more gets none; nor does anybody of what they may not see any more.
    """
    token, on = f"segments-{reader_id}-{day}", date.fromisoformat(day)
    with work.database.reading() as db:
        standings = _standings(work, db, reader_id, on)
        letter = _letter(db, work, reader_id, standings) if standings else None
    if letter is None:
        return
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        if db.scalar(select(Message.id).where(Message.token == token)) is not None:
            return
        post(db, letter).token = token
        for each in standings:
            mine = db.get(SegmentSubscription, each.subscription_id)
            if mine is not None:
                mine.tell_again_after(on, each.count)
            if each.count is not None:
                keep_count(db, each.segment_id, each.count)


def _standings(work: Work, db: Session, reader_id: int, day: date) -> list[Standing]:
    reader = db.get_one(StaffUser, reader_id)
    actor = reader.as_actor()
    if not reader.is_active or not actor.may(READ_CONTACTS):
        return []
    due = queries.due_subscriptions(db, reader_id, day)
    seen = [each for each in due if each.segment.is_shared or may_change(each.segment, actor)]
    return [_standing(work, db, each, actor) for each in seen]


def _standing(work: Work, db: Session, told: SegmentSubscription, actor: Actor) -> Standing:
    count = _count(work, db, told.segment, actor)
    more = None if count is None or told.told_count is None else count - told.told_count
    return Standing(told.id, told.segment_id, told.segment.name, count, more)


def _count(work: Work, db: Session, segment: Segment, actor: Actor) -> int | None:
    """How many contacts it has for somebody; None when it cannot be counted (any more)."""
    criteria = criteria_of(db, work.ports.get(CriteriaSources), actor)
    try:
        return count_of(db, contacts_in(db, segment, criteria))
    except Refused:
        return None


def _letter(db: Session, work: Work, reader_id: int, standings: Sequence[Standing]) -> Letter:
    reader = db.get_one(StaffUser, reader_id)
    base = work.ports.get(AccountLinks).base
    subject, text, html = work.ports.get(Renderer).letter(
        "contacts/emails/segments_stand", reader.language, organisation=the_organisation(db), greeting=reader.name,
        standings=standings, count=len(standings), base=f"{base}/segments",
    )  # fmt: skip
    return Letter(
        to_address=reader.email, to_name=reader.name, subject=subject, text=text, html=html, language=reader.language,
        purpose=PURPOSE, about_type="staff_user", about_id=reader.id,
    )  # fmt: skip


def told_in_words(facts: dict[str, Any]) -> str:
    """What came of the round of letters."""
    return ngettext("%(num)s person is told.", "%(num)s people are told.", int(facts.get("letters", 0)))


def counted_in_words(facts: dict[str, Any]) -> str:
    """What came of the round of counting."""
    counted = ngettext("%(num)s segment was counted.", "%(num)s segments were counted.", int(facts.get("counted", 0)))
    skipped = int(facts.get("skipped", 0))
    if not skipped:
        return counted
    left = ngettext("%(num)s cannot be counted any more.", "%(num)s cannot be counted any more.", skipped)
    return f"{counted} {left}"


ROUNDS = (
    Round(
        "segments.count", _l("Count the segments"), timedelta(days=1), count_all, at=time(3, 30),
        wording=counted_in_words,
    ),
    Round(
        "segments.tell", _l("Tell staff how segments stand"), timedelta(days=1), tell_everybody, at=time(7, 15),
        wording=told_in_words,
    ),
)  # fmt: skip

"""Each morning one letter to everybody who has something to do: what is due that day, and what is overdue.

Whoever has nothing to do gets none, and nobody gets two for one day: a job of the same owner and day is written down
once, and the letter it posts carries a token of its own.
"""

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.links import AccountLinks
from app.accounts.models import StaffUser
from app.contacts.access import READ_CONTACTS
from app.contacts.models import Task
from app.contacts.queries import tasks as queries
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import today
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.i18n import ngettext
from app.kernel.jobs import Work, enqueue, job
from app.kernel.mail import Letter, Message, Renderer, post
from app.kernel.organisation import the_organisation
from app.kernel.rounds import Findings, Round

SHOWN = 12
"""Most tasks of each sort that a letter names; it says how many there are besides."""
PURPOSE = "staff.tasks_due"


def remind_everybody(work: Work) -> Findings:
    """Write down a job for each person who has something to do today; the facts count those that are new."""
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        day = today(the_organisation(db).time_zone)
        keys = {owner_id: f"tasks.remind:{owner_id}:{day}" for owner_id in queries.owners_with_due(db, day)}
        made = [enqueue(db, remind, unique_key=key, owner_id=owner_id, day=str(day)) for owner_id, key in keys.items()]
    return Findings(is_well=True, facts={"letters": sum(each is not None for each in made)})


@job("tasks.remind")
def remind(work: Work, *, owner_id: int, day: str) -> None:
    """Post the letter of a day (ISO 8601) to somebody, unless the day is over, nothing is left to do, or it was posted.

    Whoever may not see contacts any more, has left, or wants no such letters gets none.
    """
    token = f"tasks-{owner_id}-{day}"
    with work.database.reading() as db:
        letter = _letter(db, work, owner_id, date.fromisoformat(day))
    if letter is None:
        return
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        if db.scalar(select(Message.id).where(Message.token == token)) is None:
            post(db, letter).token = token


def _letter(db: Session, work: Work, owner_id: int, day: date) -> Letter | None:
    owner, organisation = db.get_one(StaffUser, owner_id), the_organisation(db)
    is_wanted = owner.is_active and owner.gets_reminders and READ_CONTACTS.name in owner.capabilities
    tasks = db.scalars(queries.due_tasks(owner_id, day)).all() if is_wanted else []
    if not tasks or today(organisation.time_zone) != day:
        return None
    base = work.ports.get(AccountLinks).base
    subject, text, html = work.ports.get(Renderer).letter(
        "contacts/emails/tasks_due", owner.language, organisation=organisation, greeting=owner.name,
        count=len(tasks), parts=_parts(tasks, day), shown=SHOWN, link=f"{base}/tasks/", settings=f"{base}/account",
    )  # fmt: skip
    return Letter(
        to_address=owner.email, to_name=owner.name, subject=subject, text=text, html=html, language=owner.language,
        purpose=PURPOSE, about_type="staff_user", about_id=owner.id,
    )  # fmt: skip


def _parts(tasks: Sequence[Task], day: date) -> list[tuple[bool, list[Task]]]:
    """The overdue ones, then those of the day; a part that would be empty is left out."""
    parts = [(is_late, [task for task in tasks if (task.due_on < day) is is_late]) for is_late in (True, False)]
    return [part for part in parts if part[1]]


def in_words(facts: dict[str, Any]) -> str:
    """What came of the round."""
    return ngettext("%(num)s person was reminded.", "%(num)s people were reminded.", int(facts.get("letters", 0)))


ROUNDS = (
    Round(
        "tasks.remind", _l("Remind staff of what is due"), timedelta(days=1), remind_everybody, at=time(7, 0),
        wording=in_words,
    ),
)  # fmt: skip

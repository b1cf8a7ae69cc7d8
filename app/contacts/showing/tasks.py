"""Where tasks and interactions are shown: their list, a contact's page and timeline, the menu and the dashboard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import g, request, url_for
from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.access import LEAD_TASKS
from app.contacts.forms.tasks import InteractionForm, TaskForm, clock_time
from app.contacts.models import Contact, Interaction, Task
from app.contacts.queries import tasks as queries
from app.contacts.rules.tasks import Due, how_soon
from app.contacts.showing.timeline import most_shown
from app.contacts.wording.tasks import DIRECTIONS, DUE, ICONS, KINDS
from app.kernel.clock import now, today
from app.kernel.i18n import gettext as _
from app.kernel.i18n import ngettext
from app.kernel.pages import Sort, count, paginate
from app.web.auth import current_actor
from app.web.feature import TimelineItem
from app.web.paging import Pager, pager
from app.web.reading import reading_organisation
from app.web.records import LARGEST_KEY

MINE, EVERYBODY, GONE, DONE = "", "all", "gone", "done"
LATELY, SHOWN_LATELY = timedelta(days=14), 8
IN_PANEL = 8


@dataclass(frozen=True)
class TaskList:
    """What the page of tasks shows: whose they are, those of this page by how soon, and what was done lately."""

    owner: str
    is_done: bool
    page: Pager
    groups: list[tuple[str, list[Task]]]
    lately: Sequence[Task]
    owners: list[tuple[str, str]]

    @property
    def is_mine(self) -> bool:
        """Whether it is one's own list."""
        return self.owner == MINE

    @classmethod
    def asked_for(cls, db: Session, wish: Mapping[str, str]) -> "TaskList":
        """The list that an address asks for; whoever has no say in others' tasks sees their own in any case."""
        owners = _choices(db)
        owner = wish.get("owner", MINE) if wish.get("owner") in dict(owners) else MINE
        is_done = wish.get("shown") == DONE
        key = {MINE: current_actor().id, EVERYBODY: None, GONE: None}.get(owner, int(owner) if owner.isdecimal() else 0)
        if is_done:
            query, order = (
                queries.done_tasks(key),
                [Sort(Task.done_at, descending=True), Sort(Task.id, descending=True)],
            )
        else:
            query = queries.left_behind() if owner == GONE else queries.open_tasks(key)
            order = [Sort(Task.due_on), Sort(Task.id)]
        page = paginate(db, query, order, cursor=wish.get("after"), total=count(db, query))
        is_end = not is_done and page.next_cursor is None and owner != GONE
        lately = queries.done_lately(db, key, now() - LATELY, SHOWN_LATELY) if is_end else []
        groups = [(_("Done tasks"), list(page.rows))] if is_done else _by_due(page.rows)
        return cls(owner, is_done, pager(page), groups, lately, owners)


def _by_due(tasks: Sequence[Task]) -> list[tuple[str, list[Task]]]:
    here = this_day()
    grouped = groupby(tasks, key=lambda task: how_soon(task.due_on, here))
    return [(str(DUE[due]), list(each)) for due, each in grouped]


def _choices(db: Session) -> list[tuple[str, str]]:
    """Whose tasks the reader may look at, each with words; only their own for most."""
    people = other_owners(db)
    if people is None:
        return []
    others = [(str(each.id), each.name) for each in people if each.id != current_actor().id]
    gone = [(GONE, _("Of people who have left"))]
    return [(MINE, _("My own")), (EVERYBODY, _("Everybody’s")), *others, *gone]


def other_owners(db: Session) -> list[StaffUser] | None:
    """Everybody a task may be given to; None for whoever has no say in others' tasks."""
    return queries.who_may_own(db) if current_actor().may(LEAD_TASKS) else None


def this_day() -> date:
    """Today, where the organisation is."""
    return today(reading_organisation().time_zone)


def is_overdue(task: Task) -> bool:
    """Whether the day a task was due is over, and it is not done."""
    return not task.is_done and how_soon(task.due_on, this_day()) is Due.OVERDUE


def a_task_form(db: Session, *, is_quick: bool = False, **options: Any) -> TaskForm:
    """The form of a new task: one's own, due today. A quick one does not ask who does it."""
    is_brief = is_quick or (request.method == "POST" and "owner" not in request.form)
    people = None if is_brief else other_owners(db)
    return TaskForm(reader(db), people, defaults={"due_on": this_day()}, **options)


def an_interaction_form(db: Session, *, is_quick: bool = False, **told: Any) -> InteractionForm:
    """The form of a new interaction: one's own, now, or with what is `told` (`happened_at` is an instant).

    A quick one does not ask who of us it was.
    """
    zone = reading_organisation().time_zone
    moment = clock_time(told.pop("happened_at", None) or now(), zone)
    options = {"formdata": told.pop("formdata")} if "formdata" in told else {}
    is_brief = is_quick or (request.method == "POST" and "staff_user" not in request.form)
    people = None if is_brief else queries.who_may_own(db)
    return InteractionForm(reader(db), people, zone, defaults={"happened_at": moment, **told}, **options)


def reader(db: Session) -> StaffUser:
    """Who is signed in, as a record of this session."""
    return db.get_one(StaffUser, current_actor().id)


def _whose() -> int | None:
    """Whose tasks the reader may know of: a key, or None for everybody's."""
    actor = current_actor()
    return None if actor.may(LEAD_TASKS) else actor.id


def just_done(db: Session) -> Task | None:
    """The task that was ticked a moment ago, which the address of the page names: its undoing is offered."""
    asked = request.args.get("done", "")
    key = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 20 else 0
    task = db.get(Task, key, options=queries.NAMED) if 0 < key <= LARGEST_KEY else None
    is_known = task is not None and task.is_done and _whose() in {None, task.owner_id}
    return task if is_known else None


def with_done(address: str, task: Task | None) -> str:
    """A page's address, with the task that was just ticked on it, or without any."""
    parts = urlsplit(address)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "done"]
    kept += [("done", str(task.id))] if task is not None else []
    return urlunsplit(parts._replace(query=urlencode(kept)))


def _about(db: Session, contact_id: int) -> tuple[list[Task], list[Task]]:
    """What is to do and what was done about a contact, for panel and timeline, asked once a request."""
    known: dict[int, tuple[list[Task], list[Task]]] = g.setdefault("tasks_about", {})
    if contact_id not in known:
        most = {"most_open": IN_PANEL + 1, "most_done": most_shown()}
        known[contact_id] = queries.tasks_about(db, contact_id, _whose(), **most)
    return known[contact_id]


def tasks_panel(db: Session, contact: Contact) -> dict[str, Any]:
    """What is to do about a contact, with the form for one more."""
    found, _done = _about(db, contact.id)
    ticked = just_done(db)
    is_here = ticked is not None and ticked.contact_id == contact.id
    form = a_task_form(db, is_quick=True, formdata=None)
    shown = {"tasks": found[:IN_PANEL], "has_more": len(found) > IN_PANEL, "ticked": ticked if is_here else None}
    return {**shown, "form": form, "is_overdue": is_overdue}


def interaction_panel(db: Session, contact: Contact) -> dict[str, Any]:
    """The form that writes down what took place, above the timeline."""
    return {"form": an_interaction_form(db, is_quick=True, formdata=None), "contact": contact}


def interactions_in_time(db: Session, contact_id: int, limit: int) -> Sequence[TimelineItem]:
    """What took place with a contact."""
    return [
        TimelineItem(
            each.happened_at, ICONS[each.kind], _title(each), "\n".join(filter(None, (_by(each), each.notes))),
            url_for("interactions.edit", interaction_id=each.id),
        )
        for each in queries.interactions_with(db, contact_id, limit)
    ]  # fmt: skip


def tasks_in_time(db: Session, contact_id: int, limit: int) -> Sequence[TimelineItem]:
    """What was done about a contact."""
    done = _about(db, contact_id)[1][:limit]
    return [
        TimelineItem(
            each.done_at, "circle-check", _("Done: %(subject)s", subject=each.subject), each.owner.name,
            url_for("tasks.edit", task_id=each.id),
        )
        for each in done
        if each.done_at is not None
    ]  # fmt: skip


def _title(interaction: Interaction) -> str:
    kind, subject = str(KINDS[interaction.kind]), interaction.subject
    return _("%(kind)s: %(subject)s", kind=kind, subject=subject)


def _by(interaction: Interaction) -> str:
    parts = [str(DIRECTIONS[interaction.direction])] if interaction.direction else []
    return " · ".join([*parts, interaction.staff_user.name])


def _waiting(db: Session) -> queries.Waiting:
    """What waits for the reader and for others, asked once a request: every page shows some of it."""
    found: queries.Waiting | None = g.get("waiting_tasks")
    if found is None:
        found = g.waiting_tasks = queries.count_waiting(db, current_actor().id or 0, this_day())
    return found


def count_mine_due(db: Session) -> int:
    """How many tasks of the reader are overdue or due today."""
    return _waiting(db).due


def count_mine_overdue(db: Session) -> int:
    """How many tasks of the reader are overdue."""
    return _waiting(db).overdue


def count_left_behind(db: Session) -> int:
    """How many tasks are still to do of people who have left."""
    return _waiting(db).left_behind


def count_reviews(db: Session) -> int:
    """How many differences between what donors said and what we have wait for a person."""
    return _waiting(db).reviews


def overdue_in_words(number: int) -> str:
    """What waits for the reader."""
    return ngettext("%(num)s task of yours is overdue", "%(num)s tasks of yours are overdue", number)


def left_behind_in_words(number: int) -> str:
    """What waits for nobody in particular."""
    return ngettext("%(num)s task of somebody who has left", "%(num)s tasks of people who have left", number)

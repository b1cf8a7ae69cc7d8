"""What staff may type about tasks and interactions."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from wtforms import BooleanField, DateTimeLocalField, SelectField, ValidationError
from wtforms.validators import InputRequired, Optional

from app.accounts.models import StaffUser
from app.contacts.forms.meanwhile import SharedForm
from app.contacts.models import Direction, Interaction, InteractionKind, Task
from app.contacts.services.interactions import InteractionDetails
from app.contacts.services.tasks import TaskDetails
from app.contacts.wording.tasks import DIRECTIONS, KINDS
from app.kernel.i18n import gettext
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import DayField, LongTextField, TextField, offered

NEVER = datetime(2, 1, 1, tzinfo=UTC)
"""What no moment at all becomes, which the service refuses."""


class MomentField(DateTimeLocalField):
    """A day and a time of the organisation's, without a zone; years outside 1900-2200 are slips of the finger."""

    def pre_validate(self, form: Any) -> None:
        """Refuse moments nobody means, which could not even be told in another zone."""
        super().pre_validate(form)
        if self.data is not None and not 1900 <= self.data.year <= 2200:
            raise ValidationError(gettext("Check the year of this date."))


class TaskForm(SharedForm):
    """A task. Whoever has no say in others' tasks is not asked whose it is: `people` is then None."""

    PARTS: ClassVar = ("subject", "due_on", "owner", "is_important", "notes")
    subject = TextField(_l("What is to be done"), [InputRequired()])
    due_on = DayField(_l("Due"), [InputRequired()])
    owner = SelectField(_l("Who does it"))
    is_important = BooleanField(_l("Important"))
    notes = LongTextField(_l("Notes"), [Optional()], render_kw={"rows": 4})

    def __init__(
        self, me: StaffUser, people: Sequence[StaffUser] | None, *, task: Task | None = None, **options: Any
    ) -> None:
        owner = task.owner if task is not None else me
        told = {"owner": str(owner.id), **_shown(task, "subject", "due_on", "is_important", "notes")}
        super().__init__(data={**told, **options.pop("defaults", {})}, **options)
        self._people = {str(each.id): each for each in ([owner] if people is None else with_whoever(people, owner))}
        self._owner = owner
        self.owner.choices = offered((key, name_of(each)) for key, each in self._people.items())
        if people is None:
            del self.owner
        if task is not None and ("formdata" in options or not self.is_submitted()):
            self.shows(task.version)

    def details(self) -> TaskDetails:
        """What the service wants to know."""
        return TaskDetails(
            subject=self.subject.data or "", due_on=self.due_on.data or date.min, notes=self.notes.data or "",
            is_important=bool(self.is_important.data),
            owner=self._people[self.owner.data] if "owner" in self else self._owner,
        )  # fmt: skip


class InteractionForm(SharedForm):
    """An interaction. Its time is typed as clocks in `zone` (an IANA name) show it.

    Nobody is asked who of us it was where `people` is None: then it was `me`.
    """

    PARTS: ClassVar = ("kind", "direction", "happened_at", "subject", "notes", "staff_user")
    kind = SelectField(_l("Kind"), choices=offered(KINDS.items()))
    direction = SelectField(_l("From whom"), choices=offered([("", "—"), *DIRECTIONS.items()]))
    happened_at = MomentField(_l("When"), [InputRequired()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
    subject = TextField(_l("About what"), [InputRequired()])
    notes = LongTextField(_l("Notes"), [Optional()], render_kw={"rows": 4})
    staff_user = SelectField(_l("Who of us"))

    def __init__(
        self, me: StaffUser, people: Sequence[StaffUser] | None, zone: str, *, interaction: Interaction | None = None,
        **options: Any,
    ) -> None:  # fmt: skip
        whoever = interaction.staff_user if interaction is not None else me
        told = {"staff_user": str(whoever.id), **_shown(interaction, "subject", "notes")}
        if interaction is not None:
            told |= {"kind": interaction.kind.value, "direction": interaction.direction or ""}
            told["happened_at"] = clock_time(interaction.happened_at, zone)
        super().__init__(data={**told, **options.pop("defaults", {})}, **options)
        self._people = {str(each.id): each for each in ([] if people is None else with_whoever(people, whoever))}
        self._whoever, self._zone = whoever, zone
        self.staff_user.choices = offered((key, name_of(each)) for key, each in self._people.items())
        if people is None:
            del self.staff_user
        if interaction is not None and ("formdata" in options or not self.is_submitted()):
            self.shows(interaction.version)

    def details(self) -> InteractionDetails:
        """What the service wants to know."""
        typed = self.happened_at.data or NEVER
        return InteractionDetails(
            kind=InteractionKind(self.kind.data), subject=self.subject.data or "", notes=self.notes.data or "",
            direction=Direction(self.direction.data) if self.direction.data else None,
            happened_at=typed.replace(tzinfo=ZoneInfo(self._zone)).astimezone(UTC),
            staff_user=self._people[self.staff_user.data] if "staff_user" in self else self._whoever,
        )  # fmt: skip


def clock_time(instant: datetime, zone: str) -> datetime:
    """An instant as clocks in a zone show it, to the minute."""
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, second=0, microsecond=0)


def with_whoever(people: Sequence[StaffUser], known: StaffUser) -> list[StaffUser]:
    """The people to choose from, and whoever it is now even if they have left."""
    return [*people, *([known] if all(each.id != known.id for each in people) else [])]


def name_of(user: StaffUser) -> str:
    """A staff user's name, with word of it if they have left."""
    return user.name if user.is_active else gettext("%(name)s (has left)", name=user.name)


def _shown(record: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names} if record is not None else {}

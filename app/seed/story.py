"""The whole story in one transaction: it is there, or it is not."""

from dataclasses import dataclass
from random import Random

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.models import Contact
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import today
from app.kernel.errors import Refused
from app.kernel.jobs import Job
from app.seed.answers import answer_us
from app.seed.charity import found_charity
from app.seed.custom_fields import describe_contacts
from app.seed.donors import give_for_two_years, meet_donors
from app.seed.exchange_rates import quote_currencies
from app.seed.forms import open_forms
from app.seed.marks import mark_contacts
from app.seed.segments import keep_segments
from app.seed.tasks import remember_and_plan
from app.seed.ties import tie_together


@dataclass(frozen=True)
class Told:
    """How much was made."""

    contacts: int
    gifts: int
    forms: int


def tell_story(db: Session, password: str) -> Told:
    """Make the charity, its people and two years of gifts.

    Raises:
        Refused: there is somebody in the database already; a story is not mixed with the truth.

    """
    if db.scalar(select(func.count()).select_from(StaffUser)) or db.scalar(select(func.count()).select_from(Contact)):
        raise Refused("There are people in this database already; the story is for an empty one.")
    act_as(db, SYSTEM)
    dice, day = Random(2010), today()  # noqa: S311 - the same story every time is the point
    charity = found_charity(db, password, day)
    habits = meet_donors(db, dice)
    gifts = give_for_two_years(db, dice, charity, habits, day)
    forms = open_forms(db, charity)
    quote_currencies(db, day)
    remember_and_plan(db, [habit.contact for habit in habits], day)
    mark_contacts(db, [habit.contact for habit in habits])
    answer_us(db, [habit.contact for habit in habits], Random(7), day)  # noqa: S311 - as above
    added = tie_together(db, [habit.contact for habit in habits])
    describe_contacts(db, [habit.contact for habit in habits])
    _thank_nobody_twice(db)
    keep_segments(db, [habit.contact for habit in habits])
    return Told(len(habits) + added, gifts, forms)


def _thank_nobody_twice(db: Session) -> None:
    """What these gifts would send today was sent in its time."""
    db.flush()
    db.info.pop("jobs_to_send", None)
    db.execute(delete(Job))

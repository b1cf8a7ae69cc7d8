"""How long a recurring gift goes on: a number of charges in all, or up to a day; and which charge is then its last.

A number means charges that are made. One that falls into a pause is left out and not counted, so the end moves along;
a day stays where it is. An overdue charge counts as one while the gateway still tries it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.giving.charge_days import charges_until, first_charge_from, nth_charge
from app.giving.models import (
    ChangeKind,
    ChangeStatus,
    Gift,
    GiftStatus,
    RecurringChange,
    RecurringGift,
    RecurringStatus,
)
from app.kernel.actors import ActorKind
from app.kernel.errors import Refused
from app.kernel.i18n import format_day, ngettext
from app.kernel.i18n import lazy_gettext as _l

MOST_CHARGES = 600
"""Fifty years of months: beyond that nobody has agreed on a number."""
FURTHEST_YEARS = 50
MOVING = frozenset({ChangeKind.DAY, ChangeKind.PAUSE, ChangeKind.RESUME})
"""What moves the last charge of a number that was agreed on."""


@dataclass(frozen=True)
class Agreed:
    """How long: `charges` in all, or up to and including a day, or (both None) until somebody ends it."""

    charges: int | None = None
    ends_on: date | None = None

    @property
    def is_open(self) -> bool:
        """Whether it goes on until somebody ends it."""
        return self.charges is None and self.ends_on is None

    def as_answer(self) -> dict[str, Any]:
        """As a submission keeps it; `agreed_in` reads it."""
        return {"charges": self.charges} if self.ends_on is None else {"ends_on": self.ends_on.isoformat()}


def agreed_in(answers: Mapping[str, Any]) -> Agreed:
    """What a donor chose on a giving form."""
    term = answers.get("term") or {}
    ends_on = term.get("ends_on")
    return Agreed(term.get("charges"), date.fromisoformat(ends_on) if ends_on else None)


def agreed_of(recurring: RecurringGift) -> Agreed:
    """What is agreed on now."""
    return Agreed(recurring.charges_agreed, recurring.ends_on)


def charges_made(db: Session, recurring: RecurringGift) -> int:
    """How many charges have become gifts, or are on their way to it."""
    mine = (Gift.recurring_gift_id == recurring.id, Gift.status != GiftStatus.FAILED)
    return int(db.scalar(select(func.count()).where(*mine)) or 0)


def accounted(recurring: RecurringGift, made: int) -> int:
    """The charges that count: made, and the one that is being tried. A gift that has begun has one at least."""
    return max(made + (recurring.status is RecurringStatus.PAST_DUE), 1)


def planned(recurring: RecurringGift) -> date | None:
    """The next charge by its rhythm, also where the last one that was agreed on has been made, if it is known."""
    if recurring.next_on is not None or recurring.last_on is None:
        return recurring.next_on
    return nth_charge(2, recurring.last_on, recurring.interval, day_of(recurring))


def first_to_come(recurring: RecurringGift, *, until: date | None = None) -> date | None:
    """The next charge that will be made: after the pause (or `until`) if there is one; None in a pause with no end."""
    found = planned(recurring)
    if until is None and recurring.is_paused:
        if recurring.paused_until is None:
            return None
        until = recurring.paused_until
    if found is None or until is None:
        return found
    return first_charge_from(until, found, recurring.interval, day_of(recurring))


def day_of(recurring: RecurringGift) -> int:
    """The day of the month on which it is charged."""
    known = recurring.next_on or recurring.last_on or recurring.started_on
    return recurring.charge_day or recurring.anchor_day or known.day


def last_charge(
    recurring: RecurringGift, agreed: Agreed, counted: int, first: date | None, *, day: int | None = None
) -> date | None:
    """The day of the last charge where this is agreed on; None where it has no end, or none that is known yet.

    `first` is the next charge that will be made, `counted` how many were, and `day` that of the month.
    """
    if agreed.is_open or first is None:
        return None
    of_month = day or day_of(recurring)
    if agreed.charges is not None:
        left = max(0, agreed.charges - counted)
    else:
        assert agreed.ends_on is not None
        left = charges_until(agreed.ends_on, first, recurring.interval, of_month)
    return nth_charge(left, first, recurring.interval, of_month)


def last_charge_agreed(recurring: RecurringGift, made: int) -> date | None:
    """The day of the last charge as it should be at the gateway by what is agreed on, where so many were made."""
    agreed = agreed_of(recurring)
    first = first_to_come(recurring) if agreed.charges is not None else planned(recurring)
    return last_charge(recurring, agreed, accounted(recurring, made), first)


def move_end_along(db: Session, recurring: RecurringGift, change: RecurringChange) -> None:
    """Write into a change where it puts the last charge: a day moves it, a pause where charges are counted.

    Raises:
        Refused: no charge would be left on the new day.

    """
    agreed = agreed_of(recurring)
    if change.kind is ChangeKind.TERM:
        agreed = Agreed(change.charges_agreed, change.ends_on)
    elif agreed.is_open or change.kind not in (MOVING if agreed.charges is not None else {ChangeKind.DAY}):
        return
    first = _first_with(recurring, change) if agreed.charges is not None else planned(recurring)
    if change.kind is ChangeKind.DAY:
        first = change.charged_on
        if agreed.ends_on is not None and first is not None and agreed.ends_on < first:
            raise Refused(_l("It ends before the first charge on that day. Choose another day, or move its end first."))
    counted = accounted(recurring, charges_made(db, recurring))
    change.moves_end = True
    change.last_on = last_charge(recurring, agreed, counted, first, day=change.day)


def _first_with(recurring: RecurringGift, change: RecurringChange) -> date | None:
    """The next charge that will be made once this change is."""
    if change.kind is ChangeKind.PAUSE:
        return first_to_come(recurring, until=change.paused_until) if change.paused_until else None
    return planned(recurring) if change.kind is ChangeKind.RESUME else first_to_come(recurring)


def is_agreed_here(db: Session, recurring: RecurringGift) -> bool:
    """Whether the end that it has was agreed on with us, not set at the gateway by somebody."""
    if agreed_of(recurring).is_open:
        return False
    mine = (RecurringChange.recurring_gift_id == recurring.id, RecurringChange.kind == ChangeKind.TERM)
    newest = select(RecurringChange.asked_as).where(*mine, RecurringChange.status == ChangeStatus.DONE)
    return db.scalar(newest.order_by(RecurringChange.id.desc()).limit(1)) is not ActorKind.GATEWAY


def check_term(recurring: RecurringGift, agreed: Agreed, counted: int, today: date) -> None:
    """Refuse an end that makes no sense for a gift as it is today.

    Raises:
        Refused: no further charge is planned, it is agreed on already, or nothing would be charged until then.

    """
    next_on = planned(recurring)
    if next_on is None:
        raise Refused(_l("No further charge is planned, so there is no end to set."))
    if agreed == agreed_of(recurring):
        raise Refused(_l("That is agreed on already."), field="charges")
    if agreed.charges is not None:
        _check_charges(recurring, agreed.charges, counted)
    if agreed.ends_on is not None:
        first = max(first_to_come(recurring) or next_on, today)
        if agreed.ends_on < first:
            raise Refused(
                _l("The next charge is due on %(day)s. Choose that day or a later one, or end the gift.",
                   day=format_day(first)), field="ends_on",
            )  # fmt: skip
        if agreed.ends_on.year > today.year + FURTHEST_YEARS:
            raise Refused(_l("Choose a day within fifty years."), field="ends_on")


def _check_charges(recurring: RecurringGift, charges: int, counted: int) -> None:
    needed = max(counted + (recurring.status is not RecurringStatus.PAST_DUE), 2)
    if charges < needed:
        told = ngettext(
            "%(num)s charge has been made. Write a larger number, or end the gift.",
            "%(num)s charges have been made. Write a larger number, or end the gift.",
            counted,
        )
        raise Refused(told, field="charges")
    if charges > MOST_CHARGES:
        raise Refused(_l("At most %(number)s charges, please.", number=MOST_CHARGES), field="charges")

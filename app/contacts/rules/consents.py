"""What an answer means: which of several counts, for how long, and whether it lets us write."""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from app.contacts.rules.reaching import Purpose, Standing, may_write

MONTHS = 12
FROM_FORMS = "form:"
"""How the source of an answer begins that came with a giving form: boxes to tick, all of them kept."""


class LawfulBasis(StrEnum):
    """Why the law lets us use somebody's data for a purpose (GDPR art. 6(1) a, f, b, c)."""

    CONSENT = "consent"
    LEGITIMATE_INTEREST = "legitimate_interest"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"


class Answer(StrEnum):
    """How things stand with somebody for a purpose and channel."""

    GIVEN = "given"
    REFUSED = "refused"
    EXPIRED = "expired"
    """They agreed, and were last heard of longer ago than the purpose lets an answer count."""
    NEVER = "never"


class Hindrance(StrEnum):
    """Why somebody may not be written to for a purpose by a channel; the first that holds."""

    DECEASED = "deceased"
    NO_CONTACT = "no_contact"
    CHANNEL_REFUSED = "channel_refused"
    NO_WAY = "no_way"
    NO_ANSWER = "no_answer"


class Said(Protocol):
    """An answer as far as choosing the one that counts goes."""

    id: int
    answered_on: date
    undoes_id: int | None


AnySaid = TypeVar("AnySaid", bound=Said)


def was_left_open(source: str, *, is_given: bool) -> bool:
    """Whether what is kept is a box on a giving form that nobody ticked: nothing was agreed to, and nothing refused."""
    return not is_given and source.startswith(FROM_FORMS)


def that_counts(answers: Iterable[AnySaid]) -> AnySaid | None:
    """Of the answers to one purpose by one channel the one that counts; None without any.

    It is the latest that was said, not the latest that was written down: an old paper form that is typed in today does
    not undo what was refused yesterday. Of one day, the one written down last. What was undone counts no more.
    """
    kept = list(answers)
    undone = {each.undoes_id for each in kept}
    return max((each for each in kept if each.id not in undone), key=lambda it: (it.answered_on, it.id), default=None)


def last_from_them(answered_on: date, heard_on: date | None) -> date:
    """The day from which an agreement grows old: the last contact that came from the person, at least their answer.

    So the CNIL for people one writes to unasked: three years from the last contact that came from them, such as a
    request or a click; a mail that was merely opened is none (référentiel relatif à la gestion des activités
    commerciales, délibération n° 2021-131 of 23 September 2021, on how long data are kept). `heard_on` is the last
    day on which they were heard of: an answer about anything, a gift, a call, letter or e-mail to us
    (`app.kernel.hearing`). Nothing that we do ourselves makes an agreement younger.
    """
    return answered_on if heard_on is None else max(answered_on, heard_on)


def counts_until(day: date, months: int) -> date:
    """The last day on which an agreement counts, from the day it grows old from (`last_from_them`).

    It is the same day so many months later, or the last of a shorter month.
    """
    first = _month_later(day, months)
    last = _month_later(first, 1) - timedelta(days=1)
    return min(first + timedelta(days=day.day - 1), last)


def oldest_that_counts(day: date, months: int) -> date:
    """The earliest day of the last contact from them with which an agreement still counts on `day`."""
    first = _month_later(day, -months)
    found = first + timedelta(days=day.day - 1)
    return found if found.month == first.month else _month_later(first, 1)


def how_it_stands(said: bool | None, last_on: date | None, months: int | None, day: date) -> Answer:  # noqa: FBT001 - yes, no, or nothing
    """What the answer that counts comes to on a day. A refusal never ends (GDPR art. 21(3)); None: never asked.

    `last_on` is the day from which an agreement grows old: `last_from_them`.
    """
    if said is None or last_on is None:
        return Answer.NEVER
    if not said:
        return Answer.REFUSED
    is_over = months is not None and day > counts_until(last_on, months)
    return Answer.EXPIRED if is_over else Answer.GIVEN


def allows(basis: LawfulBasis, answer: Answer) -> bool:
    """Whether somebody who stands so may be written to for a purpose with this basis.

    Where it rests on consent, only for whoever agreed (GDPR art. 7; CPCE art. L34-5). Where it rests on our legitimate
    interest, until they refuse (recital 47; so the CNIL for charities). What a contract or the law asks for needs no
    answer.
    """
    if basis is LawfulBasis.CONSENT:
        return answer is Answer.GIVEN
    return basis is not LawfulBasis.LEGITIMATE_INTEREST or answer is not Answer.REFUSED


def allowing(basis: LawfulBasis) -> frozenset[Answer]:
    """All answers that `allows` this basis."""
    return frozenset(answer for answer in Answer if allows(basis, answer))


def why_we_write(basis: LawfulBasis) -> Purpose:
    """Whether what is sent for a purpose with this basis is owed, or unasked for."""
    is_owed = basis in {LawfulBasis.CONTRACT, LawfulBasis.LEGAL_OBLIGATION}
    return Purpose.OWED if is_owed else Purpose.UNASKED


def hindrance(
    standing: Standing, channel: str, *, has_way: bool, basis: LawfulBasis, answer: Answer
) -> Hindrance | None:
    """Why somebody may not be written to for a purpose with this basis; None where they may.

    `has_way` says whether there is an address, number or e-mail there that holds today.
    """
    if not may_write(standing, channel, why_we_write(basis)):
        if standing.is_deceased:
            return Hindrance.DECEASED
        return Hindrance.CHANNEL_REFUSED if channel in standing.refused else Hindrance.NO_CONTACT
    if not has_way:
        return Hindrance.NO_WAY
    return None if allows(basis, answer) else Hindrance.NO_ANSWER


def _month_later(day: date, months: int) -> date:
    """The first day of the month that lies so many months later."""
    whole = day.year * MONTHS + day.month - 1 + months
    return date(whole // MONTHS, whole % MONTHS + 1, 1)

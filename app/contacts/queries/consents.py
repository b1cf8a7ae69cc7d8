"""What people agreed to and refused: the answers of one contact, and who stands how, as a condition of SQL."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Select, and_, exists, false, not_, or_, select, true
from sqlalchemy.orm import Session, aliased, joinedload

from app.contacts.models import Channel, Consent, ConsentPurpose, ConsentWording, Interaction
from app.contacts.models.interaction import Direction
from app.contacts.rules.consents import Answer, LawfulBasis, oldest_that_counts, that_counts
from app.kernel.criteria import Asking
from app.kernel.hearing import Heard

UNDONE = select(Consent.undoes_id).where(Consent.undoes_id.is_not(None))
_OTHER = aliased(Consent)
HEARD = (
    Heard(whose=_OTHER.contact_id, at=_OTHER.answered_on, counts=[_OTHER.id.not_in(UNDONE)]),
    Heard(
        whose=Interaction.contact_id, at=Interaction.happened_at, is_instant=True,
        counts=[Interaction.direction == Direction.INCOMING],
    ),
)  # fmt: skip
"""What contacts know to have come from people: an answer about anything, and a call, letter or e-mail to us."""


@dataclass(frozen=True)
class Asked:
    """A purpose and a channel that people are or were asked about, with all versions of the words, newest last."""

    purpose: str
    channel: Channel
    wordings: Sequence[ConsentWording]

    @property
    def key(self) -> str:
        """How addresses and forms name it: "news:email"."""
        return f"{self.purpose}:{self.channel.value}"

    @property
    def newest(self) -> ConsentWording:
        """The newest words."""
        return self.wordings[-1]

    @property
    def is_asked(self) -> bool:
        """Whether people are asked about it today."""
        return self.newest.is_asked

    @property
    def basis(self) -> LawfulBasis:
        """What the purpose rests on today."""
        return self.newest.lawful_basis


def every_purpose(db: Session) -> Sequence[ConsentPurpose]:
    """The whole list, those that are offered first."""
    order = (ConsentPurpose.archived_at.is_not(None), ConsentPurpose.code)
    return db.scalars(select(ConsentPurpose).order_by(*order)).all()


def offered_purposes(db: Session) -> Sequence[ConsentPurpose]:
    """Those that people may be asked about."""
    return [each for each in every_purpose(db) if each.archived_at is None]


def ever_asked(db: Session) -> list[Asked]:
    """Every purpose and channel that there are words for, in order."""
    found: dict[tuple[str, Channel], list[ConsentWording]] = {}
    for wording in db.scalars(select(ConsentWording).order_by(ConsentWording.version)):
        found.setdefault((wording.purpose, wording.channel), []).append(wording)
    return [Asked(purpose, channel, found[purpose, channel]) for purpose, channel in sorted(found)]


def answers_of(db: Session, contact_id: int) -> Sequence[Consent]:
    """All that a contact ever answered, in the order it was written down, with who of us wrote it down."""
    theirs = select(Consent).where(Consent.contact_id == contact_id).order_by(Consent.id)
    return db.scalars(theirs.options(joinedload(Consent.recorded_by))).all()


def counting(answers: Iterable[Consent]) -> dict[tuple[str, Channel], Consent]:
    """Of somebody's answers the one that counts for each purpose and channel."""
    by_pair: dict[tuple[str, Channel], list[Consent]] = {}
    for answer in answers:
        by_pair.setdefault((answer.wording.purpose, answer.wording.channel), []).append(answer)
    found = ((pair, that_counts(by_pair[pair])) for pair in sorted(by_pair))
    return {pair: answer for pair, answer in found if answer is not None}


def stand(asking: Asking, asked: Asked, answers: Iterable[Answer]) -> ColumnElement[bool]:
    """Those who stand in one of these ways, as `rules.consents.how_it_stands` says of one of them."""
    wordings = [wording.id for wording in asked.wordings]
    theirs = Consent.wording_id.in_(wordings)
    agreed = {Answer.GIVEN: _counts(asking, asked), Answer.EXPIRED: not_(_counts(asking, asked))}

    def who(answer: Answer) -> ColumnElement[bool]:
        if answer is Answer.NEVER:
            return not_(asking.among(select(Consent.contact_id).where(theirs)))
        like = not_(Consent.is_given) if answer is Answer.REFUSED else and_(Consent.is_given, agreed[answer])
        return asking.among(_last_said(wordings, like))

    return or_(false(), *(who(answer) for answer in dict.fromkeys(answers)))


def _counts(asking: Asking, asked: Asked) -> ColumnElement[bool]:
    """An agreement that is not too old: it, or the last that was heard of them (`rules.consents.last_from_them`)."""
    months = asked.newest.keeps_months
    if months is None:
        return true()
    oldest = oldest_that_counts(asking.day, months)
    of_them = replace(asking, key=Consent.contact_id)
    return or_(Consent.answered_on >= oldest, of_them.has_been_heard_of(oldest))


def _last_said(wordings: Sequence[int], like: ColumnElement[bool]) -> Select[int]:
    """Whose answer that counts is like this: nothing was said later, and it was not undone."""
    later = aliased(Consent)
    is_later = or_(
        later.answered_on > Consent.answered_on,
        and_(later.answered_on == Consent.answered_on, later.id > Consent.id),
    )
    said_later = exists().where(
        later.contact_id == Consent.contact_id, later.wording_id.in_(wordings), later.id.not_in(UNDONE), is_later
    )
    mine = (Consent.wording_id.in_(wordings), Consent.id.not_in(UNDONE))
    return select(Consent.contact_id).where(*mine, like, not_(said_later))

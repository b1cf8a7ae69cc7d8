"""What the page of consents shows: how somebody stands for each purpose and channel, and all they ever said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.contacts.models import Channel, Consent, Contact
from app.contacts.queries.consents import Asked, counting, ever_asked
from app.contacts.rules.consents import Answer, Hindrance, counts_until, hindrance, how_it_stands
from app.contacts.rules.reaching import in_use
from app.contacts.wording.consents import CHANNELS, HINDRANCES, HOW, STAFF, STANDINGS, UNANSWERED
from app.kernel.i18n import Text, format_day, language
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l

TONES = {Answer.GIVEN: "green", Answer.REFUSED: "red", Answer.EXPIRED: "amber", Answer.NEVER: "grey"}
YES = _l("Yes.")


@dataclass(frozen=True)
class Stand:
    """How somebody stands for one purpose and channel, in words; the answer that counts, if they gave any."""

    asked: Asked
    answer: Answer
    counted: Consent | None
    hindrance: Hindrance | None
    detail: str

    @property
    def purpose(self) -> str:
        """What the purpose is called."""
        return self.asked.newest.purpose_name(language())

    @property
    def channel(self) -> Text:
        """By which way."""
        return CHANNELS[self.asked.channel]

    @property
    def words(self) -> Text:
        """How it stands, in short."""
        return STANDINGS[self.answer]

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        return TONES[self.answer]

    @property
    def verdict(self) -> Text:
        """Whether they may be written to for it, and if not, why not."""
        if self.hindrance is None:
            return YES
        return UNANSWERED[self.answer] if self.hindrance is Hindrance.NO_ANSWER else HINDRANCES[self.hindrance]

    @property
    def can_be_withdrawn(self) -> bool:
        """Whether there is an agreement to take back."""
        return self.counted is not None and self.counted.is_given


def stands_of(db: Session, contact: Contact, answers: Sequence[Consent], day: date) -> list[Stand]:
    """How a contact stands with all that people are asked about today, and with all else they ever answered."""
    counted = counting(answers)
    pairs = [each for each in ever_asked(db) if each.is_asked or (each.purpose, each.channel) in counted]
    return [_stand(contact, each, counted.get((each.purpose, each.channel)), day) for each in pairs]


def source_words(_db: Session, source: str) -> dict[str, str]:
    """A source of an answer that one of us wrote down; nothing for any other."""
    who, _colon, how = source.partition(":")
    return {"text": str(HOW[how]), "url": ""} if who == STAFF and how in HOW else {}


def _stand(contact: Contact, asked: Asked, counted: Consent | None, day: date) -> Stand:
    months = asked.newest.keeps_months
    said, said_on = (counted.is_given, counted.answered_on) if counted is not None else (None, None)
    answer = how_it_stands(said, said_on, months, day)
    ways: dict[Channel, Sequence[Any]] = {
        Channel.EMAIL: contact.emails, Channel.PHONE: contact.phones, Channel.POST: contact.addresses,
    }  # fmt: skip
    stopped = hindrance(
        contact.standing, asked.channel.value, has_way=in_use(ways[asked.channel], day) is not None,
        basis=asked.basis, answer=answer,
    )  # fmt: skip
    return Stand(asked, answer, counted, stopped, _detail(counted, months, answer))


def _detail(counted: Consent | None, months: int | None, answer: Answer) -> str:
    if counted is None:
        return ""
    if months is None or answer is Answer.REFUSED:
        return _("since %(day)s", day=format_day(counted.answered_on))
    days = {"day": format_day(counted.answered_on), "end": format_day(counts_until(counted.answered_on, months))}
    if answer is Answer.EXPIRED:
        return _("on %(day)s, counted until %(end)s", **days)
    return _("on %(day)s, counts until %(end)s", **days)

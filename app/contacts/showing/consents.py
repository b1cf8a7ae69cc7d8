"""What the page of consents shows: how somebody stands for each purpose and channel, and all they ever said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.contacts.models import Channel, Consent, Contact
from app.contacts.queries.consents import Asked, counting, ever_asked
from app.contacts.rules.consents import Answer, Hindrance, counts_until, hindrance, how_it_stands, last_from_them
from app.contacts.rules.reaching import in_use
from app.contacts.wording.consents import CHANNELS, HINDRANCES, HOW, STAFF, STANDINGS, UNANSWERED
from app.kernel.hearing import last_heard
from app.kernel.i18n import Text, format_day, language
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.organisation import the_organisation

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
    heard_on = last_heard(db, contact.id, the_organisation(db).time_zone)
    return [_stand(contact, each, _Said.of(counted.get((each.purpose, each.channel)), heard_on), day) for each in pairs]


def source_words(_db: Session, source: str) -> dict[str, str]:
    """A source of an answer that one of us wrote down; nothing for any other."""
    who, _colon, how = source.partition(":")
    return {"text": str(HOW[how]), "url": ""} if who == STAFF and how in HOW else {}


@dataclass(frozen=True)
class _Said:
    """The answer that counts, if there is one, and the day from which it grows old."""

    counted: Consent | None
    last_on: date | None

    @classmethod
    def of(cls, counted: Consent | None, heard_on: date | None) -> "_Said":
        return cls(counted, None if counted is None else last_from_them(counted.answered_on, heard_on))


def _stand(contact: Contact, asked: Asked, said: _Said, day: date) -> Stand:
    months = asked.newest.keeps_months
    answer = how_it_stands(said.counted.is_given if said.counted else None, said.last_on, months, day)
    ways: dict[Channel, Sequence[Any]] = {
        Channel.EMAIL: contact.emails, Channel.PHONE: contact.phones, Channel.POST: contact.addresses,
    }  # fmt: skip
    stopped = hindrance(
        contact.standing, asked.channel.value, has_way=in_use(ways[asked.channel], day) is not None,
        basis=asked.basis, answer=answer,
    )  # fmt: skip
    return Stand(asked, answer, said.counted, stopped, _detail(said, months, answer))


def _detail(said: _Said, months: int | None, answer: Answer) -> str:
    counted, last_on = said.counted, said.last_on
    if counted is None or last_on is None:
        return ""
    if months is None or answer is Answer.REFUSED:
        return _("since %(day)s", day=format_day(counted.answered_on))
    days = {"day": format_day(counted.answered_on), "end": format_day(counts_until(last_on, months))}
    if last_on > counted.answered_on:
        days["heard"] = format_day(last_on)
        if answer is Answer.EXPIRED:
            return _("on %(day)s; last heard of on %(heard)s, counted until %(end)s", **days)
        return _("on %(day)s; last heard of on %(heard)s, counts until %(end)s", **days)
    if answer is Answer.EXPIRED:
        return _("on %(day)s, counted until %(end)s", **days)
    return _("on %(day)s, counts until %(end)s", **days)

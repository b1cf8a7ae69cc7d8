"""Keeping what people agreed to and refused, in exactly which words. Answers are added, never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contacts.models import Channel, Consent, ConsentPurpose, ConsentWording, Contact
from app.contacts.queries.consents import answers_of
from app.contacts.rules.consents import that_counts
from app.kernel import audit
from app.kernel.actors import Actor, ActorKind
from app.kernel.clock import today
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.organisation import the_organisation

NOT_OURS = _l("The words that were agreed to are not ours. Open the page again, please.")
LONGEST_NOTE = 500


@dataclass(frozen=True)
class ConsentAnswer:
    """What somebody answered to one wording: ticked or left empty."""

    wording_id: int
    is_given: bool


@dataclass(frozen=True, kw_only=True)
class SpokenAnswer:
    """An answer that one of us heard or read, and writes down: how it came, when it was said, what is to be known."""

    wording_id: int
    is_given: bool
    source: str
    answered_on: date | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class WordingDetails:
    """New words for a purpose ("news") and channel, by language."""

    purpose: str
    channel: Channel
    texts: Mapping[str, str]


def record_consents(  # noqa: PLR0913 - an answer is worth nothing without where and in which language it was given
    db: Session, contact: Contact, answers: Sequence[ConsentAnswer], *, source: str, language: str, actor: Actor
) -> list[Consent]:
    """Keep each answer, refusals too. Earlier answers stay as they are; the last one said counts (GDPR article 7).

    Raises:
        Refused: an answer is to words we never showed.

    """
    db.flush()
    asked = select(ConsentWording).where(ConsentWording.id.in_({answer.wording_id for answer in answers}))
    known = {wording.id: wording for wording in db.scalars(asked)}
    if any(answer.wording_id not in known for answer in answers):
        raise Refused(NOT_OURS)
    day, who = _today(db), _writer(actor)
    kept = [
        Consent(
            contact_id=contact.id, wording_id=answer.wording_id, is_given=answer.is_given, source=source,
            language=language, answered_on=day, lawful_basis=known[answer.wording_id].lawful_basis, recorded_by_id=who,
        )
        for answer in answers
    ]  # fmt: skip
    db.add_all(kept)
    if kept:
        audit.note(db, actor, "consent.recorded", contact, answers=len(kept), source=source)
    return kept


def write_down_answer(db: Session, contact: Contact, answer: SpokenAnswer, *, actor: Actor) -> Consent:
    """Keep what somebody said to one of us, to words in force, in the language we write to them in.

    Raises:
        Refused: the words are in force no more, the day lies ahead, the note is too long, or the contact is put away.

    """
    _hold(db, contact)
    wording = db.get(ConsentWording, answer.wording_id)
    if wording is None or not wording.is_asked:
        raise Refused(_l("These words are not in force. Choose again, please."), field="wording")
    day = answer.answered_on or _today(db)
    if day > _today(db):
        raise Refused(_l("This day lies ahead."), field="answered_on")
    if len(answer.note) > LONGEST_NOTE:
        raise Refused(_l("This note is too long."), field="note")
    kept = Consent(
        contact_id=contact.id, wording_id=wording.id, is_given=answer.is_given, source=answer.source,
        language=contact.language, answered_on=day, lawful_basis=wording.lawful_basis, recorded_by_id=_writer(actor),
        note=answer.note,
    )  # fmt: skip
    db.add(kept)
    audit.note(db, actor, "consent.recorded", contact, answers=1, source=answer.source)
    return kept


def withdraw(db: Session, contact: Contact, agreed: Consent, *, source: str, actor: Actor) -> Consent:
    """Keep that somebody takes an agreement back, today. As easy as giving it (GDPR art. 7(3)).

    Raises:
        Refused: this is not what counts any more, it is no agreement, or the contact is put away.

    """
    _hold(db, contact)
    same = [each for each in answers_of(db, contact.id) if _pair(each.wording) == _pair(agreed.wording)]
    if that_counts(same) is not agreed or not agreed.is_given:
        raise Refused(_l("Something else was written down meanwhile. Look at it again, please."))
    kept = Consent(
        contact_id=contact.id, wording_id=agreed.wording_id, is_given=False, source=source, language=agreed.language,
        answered_on=max(_today(db), agreed.answered_on), lawful_basis=agreed.wording.lawful_basis,
        recorded_by_id=_writer(actor),
    )  # fmt: skip
    db.add(kept)
    audit.note(db, actor, "consent.withdrawn", contact, source=source)
    return kept


def undo_withdrawal(db: Session, contact: Contact, refusal: Consent, *, actor: Actor) -> Consent:
    """Keep that a withdrawal was a slip of ours: the agreement that stood before is repeated, with its own day.

    Raises:
        Refused: no agreement stood before it, it was undone already, something was said since, or the contact is put
            away.

    """
    _hold(db, contact)
    same = [each for each in answers_of(db, contact.id) if _pair(each.wording) == _pair(refusal.wording)]
    before = that_counts(each for each in same if each.id < refusal.id)
    if that_counts(same) is not refusal or refusal.is_given or before is None or not before.is_given:
        raise Refused(_l("Something else was written down meanwhile. Look at it again, please."))
    kept = Consent(
        contact_id=contact.id, wording_id=before.wording_id, is_given=True, source=before.source,
        language=before.language, answered_on=before.answered_on, lawful_basis=before.lawful_basis,
        recorded_by_id=_writer(actor), note=before.note, undoes_id=refusal.id,
    )  # fmt: skip
    db.add(kept)
    audit.note(db, actor, "consent.withdrawal_undone", contact)
    return kept


def publish_wording(db: Session, details: WordingDetails, *, actor: Actor) -> ConsentWording:
    """Put new words into force for a purpose and channel. The old ones are kept with the answers given to them.

    Raises:
        Refused: there are no words at all, or the purpose is not on the list, or retired.

    """
    texts = {language: text.strip() for language, text in details.texts.items() if text.strip()}
    if not texts or not details.purpose:
        raise Refused(_l("Write the words in at least one language."), field="texts")
    offered = (ConsentPurpose.code == details.purpose, ConsentPurpose.archived_at.is_(None))
    if db.scalar(select(ConsentPurpose.id).where(*offered)) is None:
        raise Refused(_l("This purpose is not on the list, or retired."), field="purpose")
    same = (ConsentWording.purpose == details.purpose, ConsentWording.channel == details.channel)
    for old in db.scalars(select(ConsentWording).where(*same, ConsentWording.is_current)):
        old.is_current = False
    newest = db.scalar(select(func.max(ConsentWording.version)).where(*same)) or 0
    db.flush()
    wording = ConsentWording(
        purpose=details.purpose, channel=details.channel, version=newest + 1, texts=texts, is_current=True
    )
    db.add(wording)
    audit.note(db, actor, "consent_wording.published", wording, version=newest + 1)
    return wording


def _pair(wording: ConsentWording) -> tuple[str, Channel]:
    return wording.purpose, wording.channel


def _today(db: Session) -> date:
    return today(the_organisation(db).time_zone)


def _writer(actor: Actor) -> int | None:
    """The one of us who writes it down; None where people answer themselves."""
    return actor.id if actor.kind is ActorKind.STAFF else None


def _hold(db: Session, contact: Contact) -> None:
    """Nobody else writes down an answer of this contact until the transaction ends."""
    held = select(Contact.archived_at).where(Contact.id == contact.id).with_for_update(key_share=True)
    if db.scalar(held) is not None:
        raise Refused(_l("This contact is in the archive. Take it out of there first."))

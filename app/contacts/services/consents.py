"""Keeping what people agreed to and refused, in exactly which words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contacts.models import Channel, Consent, ConsentWording, Contact
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l


@dataclass(frozen=True)
class ConsentAnswer:
    """What somebody answered to one wording: ticked or left empty."""

    wording_id: int
    is_given: bool


@dataclass(frozen=True, kw_only=True)
class WordingDetails:
    """New words for a purpose ("news") and channel, by language."""

    purpose: str
    channel: Channel
    texts: Mapping[str, str]


def record_consents(  # noqa: PLR0913 - an answer is worth nothing without where and in which language it was given
    db: Session, contact: Contact, answers: Sequence[ConsentAnswer], *, source: str, language: str, actor: Actor
) -> list[Consent]:
    """Keep each answer, refusals too. Earlier answers stay as they are; the newest counts (GDPR article 7).

    Raises:
        Refused: an answer is to words we never showed.

    """
    db.flush()
    known = set(db.scalars(select(ConsentWording.id).where(ConsentWording.id.in_({a.wording_id for a in answers}))))
    if any(answer.wording_id not in known for answer in answers):
        raise Refused(_l("The words that were agreed to are not ours. Open the page again, please."))
    kept = [
        Consent(
            contact_id=contact.id, wording_id=answer.wording_id, is_given=answer.is_given, source=source,
            language=language,
        )
        for answer in answers
    ]  # fmt: skip
    db.add_all(kept)
    if kept:
        audit.note(db, actor, "consent.recorded", contact, answers=len(kept), source=source)
    return kept


def publish_wording(db: Session, details: WordingDetails, *, actor: Actor) -> ConsentWording:
    """Put new words into force for a purpose and channel. The old ones are kept with the answers given to them.

    Raises:
        Refused: there are no words at all.

    """
    texts = {language: text.strip() for language, text in details.texts.items() if text.strip()}
    if not texts or not details.purpose:
        raise Refused(_l("Write the words in at least one language."), field="texts")
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

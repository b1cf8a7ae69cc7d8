"""What donors agree to on their own page: every answer that says something new is kept, none is ever changed."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.contacts.models import Consent, Contact
from app.contacts.queries.consents import Asked, answers_of, counting, ever_asked
from app.contacts.rules.consents import LawfulBasis
from app.contacts.services.consents import ConsentAnswer, record_consents
from app.kernel.actors import Actor
from app.kernel.clock import today
from app.kernel.organisation import the_organisation
from app.portal.services.details import SOURCE

FREE = frozenset({LawfulBasis.CONSENT, LawfulBasis.LEGITIMATE_INTEREST})
"""What may be answered with no. What a contract or the law asks for is no question."""


def questions(db: Session, contact: Contact) -> list[tuple[Asked, Consent | None]]:
    """All that people are asked about today and may say no to, each with the answer of theirs that counts."""
    counted = counting(answers_of(db, contact.id))
    asked = [each for each in ever_asked(db) if each.is_asked and each.basis in FREE]
    return [(each, counted.get((each.purpose, each.channel))) for each in asked]


def is_open(said: Consent | None) -> bool:
    """Whether somebody has not said yes or no yet: never asked, or a box on a form was left unticked."""
    return said is None or said.was_left_open


def answer(db: Session, contact: Contact, said: Mapping[int, bool], *, language: str, actor: Actor) -> int:
    """Keep the answers by wording; how many are new.

    A yes said again another day is new, for it makes it younger; so is a no to what was left unticked on a form.

    Raises:
        Refused: the words were replaced meanwhile.

    """
    day = today(the_organisation(db).time_zone)
    known = {asked.newest.id: counted for asked, counted in questions(db, contact)}
    fresh = []
    for wording_id, is_given in said.items():
        before = known.get(wording_id)
        is_same = before is not None and before.wording_id == wording_id and before.is_given is is_given
        is_same = is_same and not is_open(before)
        if not (is_same and before is not None and (not is_given or before.answered_on == day)):
            fresh.append(ConsentAnswer(wording_id, is_given))
    record_consents(db, contact, fresh, source=SOURCE, language=language, actor=actor)
    return len(fresh)

"""What the people of the invented charity agreed to and refused."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import Channel, Contact, ContactKind
from app.contacts.models.consent import ConsentWording
from app.contacts.services.consents import SpokenAnswer, write_down_answer
from app.kernel.actors import SYSTEM

ASKED, AGREED = 0.7, 0.75
"""How many of the people were asked, and how many of those agreed."""


def answer_us(db: Session, contacts: Sequence[Contact], dice: Random, today: date) -> None:
    """Most were asked on paper whether they want our news by e-mail, and most of those said yes."""
    news = (ConsentWording.purpose == "news", ConsentWording.channel == Channel.EMAIL, ConsentWording.is_current)
    wording = db.scalars(select(ConsentWording).where(*news)).one()
    for contact in contacts:
        if contact.kind is not ContactKind.PERSON or dice.random() > ASKED:
            continue
        said = SpokenAnswer(
            wording_id=wording.id, is_given=dice.random() < AGREED, source="staff:paper",
            answered_on=today - timedelta(days=dice.randrange(20, 600)),
        )  # fmt: skip
        write_down_answer(db, contact, said, actor=SYSTEM)

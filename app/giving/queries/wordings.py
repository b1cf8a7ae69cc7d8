"""What may be asked about the words donors agree to."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import ConsentWording


def every_wording(db: Session) -> Sequence[ConsentWording]:
    """All versions: those in force first, then by purpose, channel and version, the newest first."""
    order = (
        ConsentWording.is_current.desc(), ConsentWording.purpose, ConsentWording.channel, ConsentWording.version.desc(),
    )  # fmt: skip
    return db.scalars(select(ConsentWording).order_by(*order)).all()


def every_current_wording(db: Session) -> Sequence[ConsentWording]:
    """The words that people are asked with, by purpose and channel."""
    return [wording for wording in every_wording(db) if wording.is_asked]

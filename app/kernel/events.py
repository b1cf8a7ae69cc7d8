"""What follows from what: facts are published, and the reactions wired by `app.reactions` run at once.

They run in the same transaction, so that the books agree or nothing happened. Slow or outside work is a job.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app.kernel.actors import Actor
from app.kernel.db import Database


class Reaction(Protocol):
    """A service that follows from a fact."""

    def __call__(self, db: Session, event: Any, *, actor: Actor) -> object:
        """Do what follows, within the transaction of the fact."""


def wire(database: Database, reactions: Mapping[type, Sequence[Reaction]]) -> None:
    """Make this table the one that sessions of the database go by."""
    database.info["reactions"] = reactions


def publish(db: Session, event: object, *, actor: Actor) -> None:
    """Say that something happened; every reaction to it runs now, in the order of the table."""
    reactions: Mapping[type, Sequence[Reaction]] = db.info.get("reactions", {})
    for reaction in reactions.get(type(event), ()):
        reaction(db, event, actor=actor)

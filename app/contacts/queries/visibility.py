"""What an actor may read of notes and files: one condition, in one place."""

from typing import Any

from sqlalchemy import ColumnElement, or_

from app.contacts.access import READ_RESTRICTED
from app.contacts.models.visibility import Visibility
from app.kernel.actors import Actor, ActorKind


def seen_by(reader: Actor, model: Any) -> ColumnElement[bool]:
    """The condition that the reader may see a row of `model`, which has a `visibility` and an `author_id`."""
    seen = [model.visibility == Visibility.EVERYBODY]
    if reader.may(READ_RESTRICTED):
        seen.append(model.visibility == Visibility.RESTRICTED)
    if reader.kind is ActorKind.STAFF and reader.id is not None:
        seen.append(model.author_id == reader.id)
    return or_(*seen)


def is_author(reader: Actor, record: Any) -> bool:
    """Whether the reader wrote or attached it."""
    return reader.kind is ActorKind.STAFF and reader.id is not None and record.author_id == reader.id

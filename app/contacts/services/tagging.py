"""Putting tags on contacts and taking them off: one contact, or thousands with one statement and one entry."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, delete, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.contacts.models.contact import Contact
from app.contacts.models.tag import ContactTag, Tag
from app.kernel import audit
from app.kernel.actors import Actor, ActorKind
from app.kernel.clock import now
from app.kernel.db import Instant, Key
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import lazy_gettext as _l

AT_ONCE = 20_000
"""Contacts named in one statement: databases take some 32,000 values in one."""


def tag_contact(db: Session, contact: Contact, tag: Tag, *, actor: Actor) -> bool:
    """Put a tag on a contact; whether it was not there before.

    Raises:
        Refused: the tag is retired.

    """
    is_new = bool(_tag(db, [contact.id], _in_use(db, tag.id), actor))
    if is_new:
        audit.note(db, actor, "contact.tagged", contact, tag=tag.name, tag_id=tag.id)
    return is_new


def untag_contact(db: Session, contact: Contact, tag: Tag, *, actor: Actor) -> bool:
    """Take a tag off a contact; whether it was there."""
    was_there = bool(_untag(db, [contact.id], tag.id))
    if was_there:
        audit.note(db, actor, "contact.untagged", contact, tag=tag.name, tag_id=tag.id)
    return was_there


def tag_many(db: Session, contact_ids: Sequence[int], tag_id: int, *, actor: Actor) -> list[int]:
    """Put a tag on all these contacts; the keys of those who had it not before, in order, for undoing it.

    One statement and one entry in the trail for each 20,000. Keys of nobody are passed over. Safe to do twice.

    Raises:
        NotFound: there is no such tag.
        Refused: it is retired.

    """
    tag = _in_use(db, tag_id)
    new = sorted(key for few in _some(contact_ids) for key in _tag(db, few, tag, actor))
    if new:
        audit.note(db, actor, "tag.put_on_many", tag, contacts=len(new), contact_ids=new)
    return new


def untag_many(db: Session, contact_ids: Sequence[int], tag_id: int, *, actor: Actor) -> list[int]:
    """Take a tag off all these contacts; the keys of those who had it, in order, for undoing it. Safe to do twice.

    Raises:
        NotFound: there is no such tag.

    """
    tag = db.get(Tag, tag_id)
    if tag is None:
        raise NotFound
    gone = sorted(key for few in _some(contact_ids) for key in _untag(db, few, tag_id))
    if gone:
        audit.note(db, actor, "tag.taken_off_many", tag, contacts=len(gone), contact_ids=gone)
    return gone


def copy_ties(db: Session, who: Select[*tuple[Any, ...]]) -> list[int]:
    """Put on contacts what a question answers: contact, tag, since when, by whom. The keys of those who are new."""
    columns = ["contact_id", "tag_id", "created_at", "tagged_by_id"]
    made = _insert(db).from_select(columns, who)
    pair = [ContactTag.contact_id, ContactTag.tag_id]
    return list(db.scalars(made.on_conflict_do_nothing(index_elements=pair).returning(ContactTag.contact_id)))


def _insert(db: Session) -> Any:
    is_postgresql = db.get_bind().dialect.name == "postgresql"
    return postgresql.insert(ContactTag) if is_postgresql else sqlite.insert(ContactTag)


def _tag(db: Session, keys: Sequence[int], tag: Tag, actor: Actor) -> list[int]:
    """In the order of keys, so that two who tag the same contacts at once never wait for each other in a circle."""
    by = actor.id if actor.kind is ActorKind.STAFF else None
    told = (literal(tag.id, Key), literal(now(), Instant), literal(by, Key))
    return copy_ties(db, select(Contact.id, *told).where(Contact.id.in_(keys)).order_by(Contact.id))


def _untag(db: Session, keys: Sequence[int], tag_id: int) -> list[int]:
    theirs = delete(ContactTag).where(ContactTag.tag_id == tag_id, ContactTag.contact_id.in_(keys))
    gone = theirs.returning(ContactTag.contact_id)
    return list(db.scalars(gone, execution_options={"synchronize_session": False}))


def _some(keys: Sequence[int]) -> list[Sequence[int]]:
    once = sorted(set(keys))
    return [once[start : start + AT_ONCE] for start in range(0, len(once), AT_ONCE)]


def _in_use(db: Session, key: int) -> Tag:
    """The tag, kept from being retired or merged meanwhile."""
    tag = db.get(Tag, key, with_for_update={"read": True, "key_share": True}, populate_existing=True)
    if tag is None:
        raise NotFound
    if tag.archived_at is not None:
        raise Refused(_l("This tag is retired: it is put on nobody any more."), field="tag")
    return tag

"""What may be asked about tags."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from app.contacts.models.contact import Contact
from app.contacts.models.tag import ContactTag, Tag
from app.kernel.text import fold


def every_tag(db: Session) -> Sequence[tuple[Tag, int]]:
    """Every tag with the number of contacts that have it, those that are offered first, by name. One question."""
    uses = select(ContactTag.tag_id, func.count().label("contacts")).group_by(ContactTag.tag_id).subquery()
    found = (
        select(Tag, func.coalesce(uses.c.contacts, 0))
        .outerjoin(uses, uses.c.tag_id == Tag.id)
        .order_by(Tag.archived_at.is_not(None), Tag.key)
    )
    return [(tag, int(contacts)) for tag, contacts in db.execute(found)]


def offered_tags(db: Session) -> Sequence[Tag]:
    """The tags that may be put on contacts, by name."""
    return db.scalars(select(Tag).where(Tag.archived_at.is_(None)).order_by(Tag.key)).all()


def tag_called(db: Session, name: str) -> Tag | None:
    """The tag of this name, whatever its accents and capitals; of a merged one, the tag that took its place."""
    tag = db.scalars(select(Tag).where(Tag.key == fold(name))).first()
    return db.get(Tag, tag.merged_into_id) if tag is not None and tag.merged_into_id is not None else tag


def count_tagged(db: Session, tag: Tag) -> int:
    """How many contacts have it."""
    return db.scalar(select(func.count()).select_from(ContactTag).where(ContactTag.tag_id == tag.id)) or 0


def has_tag(tag_id: int) -> ColumnElement[bool]:
    """The condition that a contact has this tag."""
    return exists().where(ContactTag.contact_id == Contact.id, ContactTag.tag_id == tag_id)


def tagged_among(db: Session, contact_ids: Collection[int], tag_id: int) -> set[int]:
    """Those of these contacts that have the tag."""
    among = ContactTag.contact_id.in_(contact_ids)
    return set(db.scalars(select(ContactTag.contact_id).where(ContactTag.tag_id == tag_id, among)))

"""The list of contacts narrowed to those who have a tag."""

from collections.abc import Sequence

from flask import request
from sqlalchemy.orm import Session

from app.contacts.models.contact import Contact
from app.contacts.models.tag import Tag
from app.contacts.queries.tags import tagged_among
from app.web.records import LARGEST_KEY


def chosen_tag(db: Session) -> Tag | None:
    """The tag that the page's address names with `?tag=`; None without one, and for what is no tag."""
    asked = request.args.get("tag", "")
    key = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 20 else 0
    return db.get(Tag, key) if 0 < key <= LARGEST_KEY else None


def with_tag(db: Session, contacts: Sequence[Contact], tag: Tag | None) -> list[Contact]:
    """Those of these contacts that have the tag, in their order; all of them without one."""
    if tag is None:
        return list(contacts)
    having = tagged_among(db, [contact.id for contact in contacts], tag.id)
    return [contact for contact in contacts if contact.id in having]

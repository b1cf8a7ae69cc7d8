"""Tags as they come, for tests."""

from typing import Any

from sqlalchemy.orm import Session

from app.contacts.models.contact import Contact
from app.contacts.models.tag import Tag
from app.contacts.services.tagging import tag_contact
from app.contacts.services.tags import TagDetails, add_tag
from app.kernel.actors import SYSTEM


def make_tag(db: Session, name: str = "Mécène", *contacts: Contact, **parts: Any) -> Tag:
    """A tag, put on these contacts."""
    tag = add_tag(db, TagDetails(name=name, **parts), actor=SYSTEM)
    for contact in contacts:
        tag_contact(db, contact, tag, actor=SYSTEM)
    return tag

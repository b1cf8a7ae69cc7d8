"""The list of tags: added, changed, merged, retired."""

from dataclasses import dataclass

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.orm import Session

from app.contacts.models.tag import ContactTag, Tag, TagColour
from app.contacts.services.tagging import copy_ties
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.inserting import insert_unless_there
from app.kernel.text import fold

LONGEST = 60
"""Characters of a name."""
CHANGED = _l("Somebody else changed this meanwhile. Look at it again, please.")
TAKEN = _l("There is a tag of this name already, perhaps with other accents or capitals, or a retired one.")


@dataclass(frozen=True, kw_only=True)
class TagDetails:
    """A tag as it is typed."""

    name: str
    colour: TagColour = TagColour.GREY
    description: str = ""


def add_tag(db: Session, details: TagDetails, *, actor: Actor) -> Tag:
    """Add a tag to the list.

    Raises:
        Refused: it has no name, too long a one, or one that another tag has when accents and capitals are left out.

    """
    key = _key_of(details)
    values = {
        "name": details.name, "key": key, "colour": details.colour, "description": details.description,
        "version": 1, "created_at": now(),
    }  # fmt: skip
    made = insert_unless_there(db, Tag, values, key="key")
    if made is None:
        raise Refused(TAKEN, field="name")
    tag = db.get_one(Tag, made)
    audit.note(db, actor, "tag.added", tag, name=tag.name, colour=tag.colour, description=tag.description)
    return tag


def edit_tag(db: Session, tag: Tag, details: TagDetails, *, version: int, actor: Actor) -> Tag:
    """Rename a tag, give it another colour or description. It stays on whoever has it.

    Raises:
        Refused: somebody changed it since that version, or as in `add_tag`.

    """
    _hold(db, tag)
    if tag.version != version:
        raise Refused(CHANGED)
    key = _key_of(details)
    if db.scalar(select(Tag.id).where(Tag.key == key, Tag.id != tag.id)):
        raise Refused(TAKEN, field="name")
    tag.name, tag.key, tag.colour, tag.description = details.name, key, details.colour, details.description
    audit.note(db, actor, "tag.edited", tag)
    return tag


def merge_tags(db: Session, tag: Tag, into: Tag, *, actor: Actor) -> int:
    """Put `into` on everybody who has `tag`, and retire that; how many had it. Whoever types its name gets `into`.

    Raises:
        Refused: they are the same, or one of them is retired or merged.

    """
    if tag.id == into.id:
        raise Refused(_l("A tag cannot be merged with itself: choose another one."), field="into")
    for each in sorted((tag, into), key=lambda one: one.id):
        _hold(db, each)
    if tag.archived_at is not None or into.archived_at is not None:
        raise Refused(_l("One of these tags is retired. Offer it again first."), field="into")
    mine = ContactTag.tag_id == tag.id
    had = db.scalar(select(func.count()).select_from(ContactTag).where(mine)) or 0
    who = select(ContactTag.contact_id, literal(into.id), ContactTag.created_at, ContactTag.tagged_by_id)
    copy_ties(db, who.where(mine).order_by(ContactTag.contact_id))
    db.execute(delete(ContactTag).where(mine), execution_options={"synchronize_session": False})
    earlier = update(Tag).where(Tag.merged_into_id == tag.id).values(merged_into_id=into.id, version=Tag.version + 1)
    db.execute(earlier, execution_options={"synchronize_session": False})
    tag.archived_at, tag.merged_into_id = now(), into.id
    audit.note(db, actor, "tag.merged", tag, into=into.name, contacts=had)
    return had


def retire_tag(db: Session, tag: Tag, *, actor: Actor) -> None:
    """Put a tag on nobody any more. It stays on whoever has it."""
    _hold(db, tag)
    if tag.archived_at is None:
        tag.archived_at = now()
        audit.note(db, actor, "tag.retired", tag)


def offer_tag_again(db: Session, tag: Tag, *, actor: Actor) -> None:
    """Offer a retired tag again; one that was merged begins anew, on nobody."""
    _hold(db, tag)
    if tag.archived_at is not None:
        tag.archived_at, tag.merged_into_id = None, None
        audit.note(db, actor, "tag.offered_again", tag)


def _hold(db: Session, tag: Tag) -> None:
    """The tag as it is this instant; nobody changes it or puts it on anybody until the transaction ends."""
    held = select(Tag).where(Tag.id == tag.id).with_for_update()
    db.execute(held.execution_options(populate_existing=True))


def _key_of(details: TagDetails) -> str:
    key = fold(details.name)
    if not key:
        raise Refused(_l("Give the tag a name."), field="name")
    if len(details.name) > LONGEST:
        raise Refused(_l("This name is too long for a tag."), field="name")
    return key

"""What a bulk action does to a part of its contacts, set by set, and how exactly that is undone.

Each deed writes down whom it really changed (`BulkChange`), under the very instant that the changed row bears as well;
undoing touches only rows that bear it still, or that still stand as the action left them. Two actions about the same
tag or list take turns, and contacts are taken hold of in the order of their keys, so that none waits in a circle.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, insert, literal, null, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.models import BulkAction, BulkChange, BulkDeed, Contact, Segment, SegmentMember
from app.contacts.models.tag import ContactTag, Tag
from app.kernel.db import Instant, Key
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l

BY_SETS = {"synchronize_session": False}


@dataclass(frozen=True)
class Part:
    """Some contacts of an action, and the instant at which something is done to them."""

    db: Session
    action: BulkAction
    keys: Sequence[int]
    at: datetime

    def run(self, statement: Any) -> Any:
        """Carry out a statement about many rows."""
        return self.db.execute(statement, execution_options=BY_SETS)

    @property
    def mine(self) -> tuple[ColumnElement[bool], ...]:
        """The changes that the action made to these contacts."""
        return BulkChange.action_id == self.action.id, BulkChange.contact_id.in_(self.keys)

    def changed(self, contact_id: Any, at: Any) -> ColumnElement[bool]:
        """Whether a row is the one that the action made: of the same contact, and of the same instant."""
        return (
            select(BulkChange.id)
            .where(*self.mine, BulkChange.contact_id == contact_id, BulkChange.created_at == at)
            .exists()
        )

    def keep(self, before: Any, whom: Select[Any], *where: ColumnElement[bool]) -> int:
        """Write down whom it changes (contacts), and what was before; how many."""
        told = whom.with_only_columns(
            literal(self.action.id, Key), Contact.id, before, literal(self.at, Instant)
        ).where(*where)  # fmt: skip
        made = insert(BulkChange).from_select(["action_id", "contact_id", "before", "created_at"], told)
        return int(self.run(made).rowcount)

    def hold(self) -> None:
        """Take hold of the contacts, in order."""
        rows = select(Contact.id).where(Contact.id.in_(self.keys)).order_by(Contact.id)
        self.db.execute(rows.with_for_update(key_share=True))

    def mark(self, *where: ColumnElement[bool], **values: Any) -> int:
        """Change contacts as whoever edits them does: their version rises. How many."""
        told = {**values, "version": Contact.version + 1, "changed_at": self.at}
        return int(self.run(update(Contact).where(Contact.id.in_(self.keys), *where).values(told)).rowcount)


def do(part: Part) -> int:
    """Do the action's deed to these contacts; how many of them were not so before.

    Raises:
        Refused: what it is about is no more, or put away.

    """
    return _DO[part.action.deed](part)


def undo(part: Part) -> int:
    """Put these contacts back as they were, where they still are as the action left them; how many."""
    count = _UNDO[part.action.deed](part)
    part.run(delete(BulkChange).where(*part.mine))
    return count


def refuse_target(db: Session, deed: BulkDeed, target_id: int | None) -> None:
    """See that the deed can be done about this tag, list or person.

    Raises:
        Refused: it cannot (any more).

    """
    if deed in {BulkDeed.TAG, BulkDeed.UNTAG}:
        tag = db.get(Tag, target_id or 0)
        if tag is None or (deed is BulkDeed.TAG and tag.archived_at is not None):
            raise Refused(_l("This tag is retired, or no more: choose another."), field="target")
    elif deed in {BulkDeed.LIST, BulkDeed.UNLIST}:
        chosen = db.get(Segment, target_id or 0)
        if chosen is None or chosen.is_live or chosen.archived_at is not None:
            raise Refused(_l("This list is put away, or no more: choose another."), field="target")
    elif deed is BulkDeed.OWNER and target_id is not None:
        person = db.get(StaffUser, target_id)
        if person is None or not person.is_active:
            raise Refused(_l("This person has left: choose somebody else."), field="target")


def _tag(part: Part) -> int:
    _hold_target(part, Tag)
    values = {"tag_id": part.action.target_id, "tagged_by_id": part.action.asked_by_id}
    return _put(part, ContactTag, "tag_id", values)


def _list(part: Part) -> int:
    _hold_target(part, Segment)
    return _put(part, SegmentMember, "segment_id", {"segment_id": part.action.target_id, "is_in": True})


def _untag(part: Part) -> int:
    _hold_target(part, Tag)
    theirs = (ContactTag.tag_id == part.action.target_id, ContactTag.contact_id.in_(part.keys))
    return _remove(part, delete(ContactTag).where(*theirs).returning(ContactTag.contact_id, ContactTag.tagged_by_id))


def _unlist(part: Part) -> int:
    _hold_target(part, Segment)
    theirs = (SegmentMember.segment_id == part.action.target_id, SegmentMember.contact_id.in_(part.keys))
    return _remove(part, delete(SegmentMember).where(*theirs).returning(SegmentMember.contact_id, null()))


def _give(part: Part) -> int:
    part.hold()
    another = (Contact.archived_at.is_(None), Contact.owner_id.is_distinct_from(part.action.target_id))
    part.keep(Contact.owner_id, _contacts(part), *another)
    return part.mark(*another, owner_id=part.action.target_id)


def _archive(part: Part) -> int:
    part.hold()
    part.keep(null(), _contacts(part), Contact.archived_at.is_(None))
    return part.mark(Contact.archived_at.is_(None), archived_at=part.at)


def _untag_again(part: Part) -> int:
    """Those who still have the tag that the action put on them; wherever it went, if it was merged."""
    tag = _hold_target(part, Tag)
    theirs = ContactTag.tag_id == (tag.merged_into_id or tag.id)
    rows = (theirs, part.changed(ContactTag.contact_id, ContactTag.created_at))
    return int(part.run(delete(ContactTag).where(*rows)).rowcount)


def _unlist_again(part: Part) -> int:
    theirs = SegmentMember.segment_id == part.action.target_id
    _hold_target(part, Segment)
    rows = (theirs, part.changed(SegmentMember.contact_id, SegmentMember.created_at))
    return int(part.run(delete(SegmentMember).where(*rows)).rowcount)


def _tag_again(part: Part) -> int:
    tag = _hold_target(part, Tag)
    values = {"tag_id": tag.merged_into_id or tag.id, "tagged_by_id": BulkChange.before}
    return len(_copy(part, ContactTag, "tag_id", values, select(BulkChange.contact_id).where(*part.mine)))


def _list_again(part: Part) -> int:
    _hold_target(part, Segment)
    values = {"segment_id": part.action.target_id, "is_in": True}
    return len(_copy(part, SegmentMember, "segment_id", values, select(BulkChange.contact_id).where(*part.mine)))


def _give_back(part: Part) -> int:
    part.hold()
    before = select(BulkChange.before).where(*part.mine, BulkChange.contact_id == Contact.id).scalar_subquery()
    return part.mark(Contact.owner_id.is_not_distinct_from(part.action.target_id), owner_id=before)


def _restore(part: Part) -> int:
    part.hold()
    return part.mark(part.changed(Contact.id, Contact.archived_at), archived_at=None)


_DO: Mapping[BulkDeed, Callable[[Part], int]] = {
    BulkDeed.TAG: _tag, BulkDeed.UNTAG: _untag, BulkDeed.LIST: _list, BulkDeed.UNLIST: _unlist,
    BulkDeed.OWNER: _give, BulkDeed.ARCHIVE: _archive,
}  # fmt: skip
_UNDO: Mapping[BulkDeed, Callable[[Part], int]] = {
    BulkDeed.TAG: _untag_again, BulkDeed.UNTAG: _tag_again, BulkDeed.LIST: _unlist_again, BulkDeed.UNLIST: _list_again,
    BulkDeed.OWNER: _give_back, BulkDeed.ARCHIVE: _restore,
}  # fmt: skip


def _contacts(part: Part) -> Select[Any]:
    return select(Contact.id).where(Contact.id.in_(part.keys))


def _hold_target(part: Part, model: Any) -> Any:
    """The tag or list, of which only one action at a time has hold; whoever tags a single contact does not wait."""
    wanted = select(model).where(model.id == part.action.target_id)
    found = part.db.scalars(wanted.with_for_update(key_share=True), execution_options={"populate_existing": True}).one()
    if part.action.deed is BulkDeed.TAG and found.archived_at is not None and part.action.status == "running":
        raise Refused(_l("This tag is retired, or no more: choose another."), field="target")
    return found


def _put(part: Part, model: Any, key: str, values: Mapping[str, Any]) -> int:
    """Give each of the contacts a row, and write down who had none."""
    alive = _contacts(part).where(Contact.archived_at.is_(None)).order_by(Contact.id)
    new = _copy(part, model, key, values, alive)
    if new:
        part.keep(null(), select(Contact.id).where(Contact.id.in_(new)))
    return len(new)


def _copy(part: Part, model: Any, key: str, values: Mapping[str, Any], whom: Select[Any]) -> list[int]:
    """Rows for those whom a question answers, unless they have one; the contacts who had none."""
    columns = {name: value if hasattr(value, "type") else literal(value) for name, value in values.items()}
    who = whom.add_columns(literal(part.at, Instant), *columns.values())
    is_postgresql = part.db.get_bind().dialect.name == "postgresql"
    made = (postgresql.insert if is_postgresql else sqlite.insert)(model)
    made = made.from_select(["contact_id", "created_at", *columns], who, include_defaults=False)
    new = made.on_conflict_do_nothing(index_elements=["contact_id", key]).returning(model.contact_id)
    return list(part.run(new).scalars())


def _remove(part: Part, gone: Any) -> int:
    rows = [
        {"action_id": part.action.id, "contact_id": row[0], "before": row[1], "created_at": part.at}
        for row in part.run(gone)
    ]
    if rows:
        part.db.connection().execute(insert(BulkChange.__table__), rows)  # type: ignore[arg-type]
    return len(rows)

"""What somebody may search contacts by: the fields that their role allows, and the lists that they may see."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.contacts.models import Segment, SegmentKind
from app.contacts.queries.segments import seen_by
from app.kernel.actors import Actor
from app.kernel.comparing import keys_chosen
from app.kernel.conditions import Condition
from app.kernel.criteria import Asking, Criteria, CriteriaSources, Criterion
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l

LIST = "list"
"""The key of the criterion of being on a list."""


def criteria_of(db: Session, sources: CriteriaSources, reader: Actor) -> Criteria:
    """Everything that the reader may search by now. A list that is somebody else's alone is neither named nor asked."""
    allowed = sources.load(db).allowed(reader.may).all
    return Criteria([_of_lists(db, each, reader) if each.key == LIST else each for each in allowed])


def _of_lists(db: Session, plain: Criterion, reader: Actor) -> Criterion:
    @cache
    def seen() -> frozenset[int]:
        return frozenset(db.scalars(select(Segment.id).where(Segment.kind == SegmentKind.FIXED, seen_by(reader.id))))

    def choices(db: Session) -> Sequence[tuple[str, str]]:
        return [(key, name) for key, name in (plain.choices(db) if plain.choices else ()) if int(key) in seen()]

    def ask(asking: Asking, condition: Condition) -> ColumnElement[bool]:
        wanted = set(keys_chosen(condition))
        if wanted and wanted - seen():
            raise Refused(_l("This search asks for a list that is not shared with you. Take that line out."))
        return plain.compile(asking, condition)

    return replace(plain, choices=choices, compile=ask)

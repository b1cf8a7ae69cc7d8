"""News of a segment on its page, and which segments of a list cannot be counted any more."""

from collections.abc import Collection
from typing import Any

from sqlalchemy.orm import Session

from app.contacts.forms.subscriptions import SubscriptionForm
from app.contacts.models import Segment
from app.contacts.queries.segments import is_in
from app.contacts.queries.subscriptions import subscription_of
from app.contacts.showing.segments import readers_criteria
from app.contacts.wording.subscriptions import RHYTHMS
from app.kernel.errors import Refused
from app.web.auth import current_actor


def news_of(db: Session, segment: Segment) -> dict[str, Any]:
    """What the reader gets of a segment, and the form to ask for it."""
    mine = subscription_of(db, segment.id, current_actor().id)
    form = SubscriptionForm(formdata=None, data={"every": mine.every.value if mine is not None else "week"})
    return {"mine": mine, "form": form, "rhythms": RHYTHMS}


def uncountable(db: Session, segments: Collection[Segment]) -> set[int]:
    """The keys of those that ask for what there is not any more, or what the reader may not search by."""
    criteria = readers_criteria(db)
    found: set[int] = set()
    for each in segments:
        try:
            is_in(db, each, criteria)
        except Refused:
            found.add(each.id)
    return found

"""What background work on recurring gifts is about, in words."""

from collections.abc import Sequence
from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving.models import RecurringChange
from app.giving.wording import change_in_words
from app.kernel.i18n import lazy_gettext as _l
from app.web.feature import Concern, JobWords


def changes_concerned(db: Session, ids: Sequence[dict[str, Any]]) -> list[Concern | None]:
    """The change of a recurring gift that each of these jobs is about."""
    keys = [each.get("change_id") for each in ids]
    found = {change.id: change for change in db.scalars(select(RecurringChange).where(RecurringChange.id.in_(keys)))}
    return [_concern(found.get(key)) if key is not None else None for key in keys]


def _concern(change: RecurringChange | None) -> Concern | None:
    if change is None:
        return None
    return Concern(change_in_words(change), url_for("recurring.show", recurring_id=change.recurring_gift_id))


JOBS = (
    JobWords("giving.change_recurring", _l("Ask the payment service to change a recurring gift"), changes_concerned),
    JobWords("giving.recurring_changed", _l("Tell a donor that their recurring gift was changed"), changes_concerned),
)

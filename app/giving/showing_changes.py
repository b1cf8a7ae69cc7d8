"""What background work on recurring gifts is about, in words."""

from collections.abc import Sequence

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session, lazyload

from app.giving.models import FailedCharge, RecurringChange, RecurringGift
from app.giving.wording import change_in_words
from app.kernel.i18n import format_money
from app.kernel.i18n import lazy_gettext as _l
from app.web.feature import Concern, JobWords


def changes_concerned(db: Session, keys: Sequence[int]) -> dict[int, Concern]:
    """The changes of recurring gifts that jobs are about."""
    found = db.scalars(select(RecurringChange).where(RecurringChange.id.in_(keys)))
    return {each.id: Concern(change_in_words(each), _page_of(each.recurring_gift_id)) for each in found}


def charges_concerned(db: Session, keys: Sequence[int]) -> dict[int, Concern]:
    """The failed charges that jobs are about."""
    found = db.scalars(select(FailedCharge).where(FailedCharge.id.in_(keys)))
    return {each.id: Concern(format_money(each.amount), _page_of(each.recurring_gift_id)) for each in found}


def gifts_concerned(db: Session, keys: Sequence[int]) -> dict[int, Concern]:
    """The recurring gifts that jobs are about."""
    found = db.scalars(select(RecurringGift).where(RecurringGift.id.in_(keys)).options(lazyload("*")))
    return {each.id: Concern(format_money(each.amount), _page_of(each.id)) for each in found}


def _page_of(recurring_id: int) -> str:
    return url_for("recurring.show", recurring_id=recurring_id)


CHANGES, CHARGES = ("change_id", changes_concerned), ("charge_id", charges_concerned)
JOBS = (
    JobWords("giving.keep_term", _l("See to the end that was agreed on"), "recurring_id", gifts_concerned),
    JobWords("giving.change_recurring", _l("Ask the payment service to change a recurring gift"), *CHANGES),
    JobWords("giving.recurring_changed", _l("Tell a donor that their recurring gift was changed"), *CHANGES),
    JobWords("giving.charge_failed", _l("Tell a donor of a charge that failed"), *CHARGES),
    JobWords("giving.mend_bill", _l("Try an overdue charge again"), *CHARGES),
)

"""One receipt for a donor's gifts of a calendar year, in each currency: for those who want it once a year.

A gift that comes late for a year gets a further one. What is missing, disputed or on its way is left out, and waits for
the next time. Test gifts are on a specimen of their own.
"""

from collections.abc import Sequence
from itertools import groupby

from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.giving.models import Gift, Receipt, ReceiptChoice
from app.giving.queries.yearly_receipts import due_gift_ids
from app.giving.receipt_building import build_receipt
from app.giving.receipt_mentions import missing_mentions
from app.giving.services.locking import hold_gifts
from app.giving.services.receipt_drafts import draft_receipt, letterhead
from app.giving.services.receipts import Covered, ReceiptIncomplete, issue_complete, on_receipts
from app.kernel.actors import Actor
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l


def issue_year(db: Session, year: int, contact_ids: Sequence[int], *, actor: Actor) -> tuple[list[Receipt], int]:
    """Issue the receipts of a year for these donors; and how many of them something missing held back.

    Hand over some dozens at a time: the donors and the series of numbers are held until the transaction ends.
    """
    return issue_complete(db, _covered(db, year, contact_ids), actor=actor)


def issue_year_of(db: Session, contact: Contact, year: int, *, actor: Actor) -> list[Receipt]:
    """Issue one donor's receipts of a year at their request, in a year that is not over yet too.

    Raises:
        Refused: none of their gifts of that year is to be on one.
        ReceiptIncomplete: the law wants something that is missing.

    """
    due = _covered(db, year, [contact.id])
    if not due:
        raise Refused(_l("No gift of %(year)s waits for a yearly receipt.", year=year))
    head = letterhead(db)
    for covered in due:
        missing = missing_mentions(build_receipt(draft_receipt(covered.gifts, head)))
        if missing:
            raise ReceiptIncomplete(missing)
    return issue_complete(db, due, actor=actor)[0]


def _covered(db: Session, year: int, contact_ids: Sequence[int]) -> list[Covered]:
    """What the receipts are for, by donor and currency, tests apart, with everything held.

    Nothing of it is on another by now.
    """
    gifts = hold_gifts(db, due_gift_ids(db, year, contact_ids))
    have_one = on_receipts(db, [gift.id for gift in gifts])
    due = [gift for gift in gifts if _is_due(gift) and gift.id not in have_one]
    parts = groupby(due, key=lambda gift: (gift.contact_id, gift.currency, gift.is_test))
    return [Covered(list(part), year) for _key, part in parts]


def _is_due(gift: Gift) -> bool:
    return gift.receipt_choice is ReceiptChoice.YEARLY and bool(gift.kept) and not gift.is_disputed

"""Tax receipts: issued from settled money, void and replaced but never changed, numbered without a gap.

A gift has one receipt in force at most, alone or with the others of a year (`app.giving.services.yearly_receipts`).
While its payment is disputed nothing is issued, voided or replaced.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving.events import GiftReceived, GiftReturned, GiftReversed, ReceiptCorrected
from app.giving.models import (
    GIFT_REVERSED,
    MONEY_RETURNED,
    Gift,
    GiftStatus,
    Receipt,
    ReceiptChoice,
    ReceiptGift,
    ReceiptStatus,
    receipt_code,
)
from app.giving.receipt_building import build_receipt, with_number
from app.giving.receipt_content import ReceiptContent
from app.giving.receipt_mentions import Mention, missing_mentions
from app.giving.services.locking import hold_gift, hold_gifts
from app.giving.services.receipt_drafts import draft_receipt, letterhead
from app.giving.services.receipt_numbers import take_number, take_numbers
from app.kernel import audit, events
from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.organisation import the_organisation


class ReceiptIncomplete(Refused):
    """The law wants something on the receipt that is not known yet: `missing` says what."""

    def __init__(self, missing: Sequence[Mention]) -> None:
        self.missing = missing
        what = "; ".join(str(mention.label) for mention in missing)
        super().__init__(_l("The receipt cannot be issued yet. Still missing: %(what)s.", what=what))


@dataclass(frozen=True)
class Covered:
    """What a receipt is for: a gift, or gifts of one donor in one currency received in a calendar year (`year`)."""

    gifts: Sequence[Gift]
    year: int | None = None

    @property
    def kept_minor(self) -> int:
        """What was kept of them, in minor units."""
        return sum(gift.kept.minor for gift in self.gifts)

    @property
    def is_test(self) -> bool:
        """Whether it makes a specimen."""
        return self.gifts[0].is_test

    @property
    def facts(self) -> dict[str, int]:
        """For the trail."""
        return {"gift": self.gifts[0].id} if self.year is None else {"year": self.year, "gifts": len(self.gifts)}


def receipt_in_force(db: Session, gift: Gift) -> Receipt | None:
    """The receipt that a gift is on, alone or with others, and that is neither void nor replaced."""
    mine = (ReceiptGift.gift_id == gift.id, ReceiptGift.status == ReceiptStatus.ISSUED)
    query = select(Receipt).join(ReceiptGift, ReceiptGift.receipt_id == Receipt.id)
    return db.scalars(query.where(*mine)).one_or_none()


def _refuse_unless_due(db: Session, gift: Gift) -> None:
    if gift.status is not GiftStatus.RECEIVED:
        raise Refused(_l("A receipt is for money that has come. This gift has not been received."))
    if gift.is_disputed:
        raise Refused(_l("The donor’s bank disputes this gift. A receipt waits until that is decided."))
    if not gift.kept:
        raise Refused(_l("Nothing of this gift is left: there is nothing to give a receipt for."))
    if receipt_in_force(db, gift) is not None:
        raise Refused(_l("This gift has a receipt already. Replace it, or void it first."))


def issue_receipt(db: Session, gift: Gift, *, actor: Actor) -> Receipt:
    """Issue the receipt of a gift for what was kept of it. In test mode it is a specimen without a number.

    Raises:
        Refused: the money has not come, is disputed or went back, or there is a receipt in force.
        ReceiptIncomplete: the law wants something that is missing.

    """
    hold_gift(db, gift)
    _refuse_unless_due(db, gift)
    return _issue(db, Covered([gift]), None, actor=actor)


def _issue(db: Session, covered: Covered, old: Receipt | None, *, actor: Actor) -> Receipt:
    draft = _drafted(db, covered, old)
    missing = missing_mentions(draft)
    if missing:
        raise ReceiptIncomplete(missing)
    return _issue_draft(db, covered, draft, old, actor=actor)


def _drafted(db: Session, covered: Covered, old: Receipt | None) -> ReceiptContent:
    """What the receipt would say, without a number."""
    return build_receipt(draft_receipt(covered.gifts, letterhead(db), replaces=old.code if old else None))


def _issue_draft(db: Session, covered: Covered, draft: ReceiptContent, old: Receipt | None, *, actor: Actor) -> Receipt:
    """The number is taken last, so that the series is held as briefly as can be."""
    organisation_id, year = the_organisation(db).id, draft.issued_on.year
    number = None if covered.is_test else take_number(db, organisation_id, year)
    receipt = _receipt(organisation_id, covered, draft, number)
    receipt.replaces_id = old.id if old else None
    db.add(receipt)
    audit.note(db, actor, "receipt.issued", receipt, code=receipt.code, **covered.facts)
    return receipt


def _receipt(organisation_id: int, covered: Covered, draft: ReceiptContent, number: int | None) -> Receipt:
    """The receipt with its number; without one it is a specimen."""
    year, first = draft.issued_on.year, covered.gifts[0]
    content = draft if number is None else with_number(draft, receipt_code(year, number))
    lines = [ReceiptGift(gift_id=gift.id, amount_minor=gift.kept.minor) for gift in covered.gifts]
    return Receipt(
        organisation_id=organisation_id,
        contact_id=first.contact_id,
        gift_id=first.id if covered.year is None else None,
        covers_year=covered.year,
        year=year,
        number=number,
        is_specimen=number is None,
        amount_minor=covered.kept_minor,
        currency=first.currency,
        issued_on=draft.issued_on,
        content=content.to_json(),
        lines=lines if covered.year is not None else [],
    )


def void_receipt(db: Session, receipt: Receipt, reason: str, *, actor: Actor) -> None:
    """Take a receipt out of force because a person says so; no other one is issued unless asked for.

    Raises:
        Refused: no reason is given, the gift is disputed, or the receipt is not in force.

    """
    for gift in _hold_to_correct(db, receipt, reason):
        gift.receipt_choice = ReceiptChoice.NONE
    _void(db, receipt, reason, actor=actor)


def replace_receipt(db: Session, receipt: Receipt, reason: str, *, actor: Actor) -> Receipt:
    """Issue a receipt with today's name, address and amount in the place of one that is wrong.

    Raises:
        Refused: no reason is given, a gift is disputed, nothing is left of them, or the receipt is not in force.
        ReceiptIncomplete: the law wants something that is missing; the old one stays.

    """
    left = [gift for gift in _hold_to_correct(db, receipt, reason) if gift.kept]
    if not left:
        raise Refused(_l("Nothing of this gift is left: void the receipt instead."))
    return _replace(db, receipt, Covered(left, receipt.covers_year), reason, actor=actor)


def _hold_to_correct(db: Session, receipt: Receipt, reason: str) -> list[Gift]:
    """The gifts of a receipt, held."""
    if not reason:
        raise Refused(_l("Say why, for whoever reads the books."), field="reason")
    gifts = _hold_gifts_of(db, receipt)
    db.refresh(receipt)
    if any(gift.is_disputed for gift in gifts):
        raise Refused(_l("The donor’s bank disputes this gift. Its receipt stays as it is until that is decided."))
    return gifts


def _hold_gifts_of(db: Session, receipt: Receipt) -> list[Gift]:
    """The gifts of a receipt, held and read anew, in its order."""
    if receipt.gift is not None:
        hold_gift(db, receipt.gift)
        return [receipt.gift]
    return hold_gifts(db, [line.gift_id for line in receipt.lines])


def _void(db: Session, receipt: Receipt, reason: str, *, actor: Actor, is_replaced: bool = False) -> None:
    receipt.void(reason, now(), is_replaced=is_replaced)
    audit.note(db, actor, "receipt.voided", receipt, code=receipt.code, reason=reason)
    db.flush()  # the row must be out of force before another of the same gift comes in


def _replace(db: Session, receipt: Receipt, covered: Covered, reason: str, *, actor: Actor) -> Receipt:
    _void(db, receipt, reason, actor=actor, is_replaced=True)
    new = _issue(db, covered, receipt, actor=actor)
    events.publish(db, ReceiptCorrected(receipt.id, new.id), actor=actor)
    return new


def correct_receipt(db: Session, gift: Gift, *, by_refund: bool = False, actor: Actor) -> None:
    """Bring the receipt that a gift is on in line with what was kept: replaced by the rest, void when nothing is left.

    A gift whose donor wants a receipt for each gets one if there is none in force. What is missing holds it back
    quietly: the gift then stands among those that wait. A receipt of a year waits while any of its gifts is disputed.
    """
    hold_gift(db, gift)
    found = receipt_in_force(db, gift)
    if found is None:
        _issue_if_due(db, gift, actor=actor)
        return
    gifts = _hold_gifts_of(db, found)
    if any(each.is_disputed for each in gifts) or found.is_true:
        return
    reason = GIFT_REVERSED if gift.status is GiftStatus.REVERSED else MONEY_RETURNED
    covered = Covered([each for each in gifts if each.kept], found.covers_year)
    draft = _drafted(db, covered, found) if covered.gifts else None
    is_complete = draft is not None and not missing_mentions(draft)
    _void(db, found, reason, actor=actor, is_replaced=is_complete)
    new = _issue_draft(db, covered, draft, found, actor=actor) if draft is not None and is_complete else None
    events.publish(db, ReceiptCorrected(found.id, new.id if new else None, by_refund), actor=actor)


def _issue_if_due(db: Session, gift: Gift, *, actor: Actor) -> None:
    """Issue the receipt of a gift that has none, if its donor wants one for each and nothing is missing."""
    if not gift.kept or gift.receipt_choice is not ReceiptChoice.EACH or gift.is_disputed:
        return
    covered = Covered([gift])
    draft = _drafted(db, covered, None)
    if not missing_mentions(draft):
        _issue_draft(db, covered, draft, None, actor=actor)


def issue_when_received(db: Session, event: GiftReceived, *, actor: Actor) -> None:
    """The money has come: issue the receipt, if the donor wants one for each gift and nothing is missing."""
    gift = db.get_one(Gift, event.gift_id)
    if event.is_new:
        _issue_if_due(db, gift, actor=actor)
    else:
        correct_receipt(db, gift, actor=actor)


def correct_when_returned(db: Session, event: GiftReturned, *, actor: Actor) -> None:
    """Money went back, came again, or a dispute was decided: bring the receipt in line."""
    correct_receipt(db, db.get_one(Gift, event.gift_id), by_refund=event.by_refund, actor=actor)


def void_when_reversed(db: Session, event: GiftReversed, *, actor: Actor) -> None:
    """A gift entered in error has no receipt."""
    correct_receipt(db, db.get_one(Gift, event.gift_id), actor=actor)


def issue_waiting(db: Session, gift_ids: Sequence[int], *, actor: Actor) -> list[Receipt]:
    """Issue the receipts among these gifts that nothing holds back any more, all of them or none.

    Numbers follow the order of the gifts. Hand over some dozens at a time: their donors and the series are held
    until the transaction ends.
    """
    held = {gift.id: gift for gift in hold_gifts(db, gift_ids)}
    have_one = on_receipts(db, list(held))
    due = [gift for gift in held.values() if gift.kept and not gift.is_disputed and gift.id not in have_one]
    issued, _left_out = issue_complete(db, [Covered([gift]) for gift in due], actor=actor)
    return issued


def on_receipts(db: Session, gift_ids: Sequence[int]) -> set[int]:
    """Which of these gifts are on a receipt in force."""
    in_force = (ReceiptGift.gift_id.in_(gift_ids), ReceiptGift.status == ReceiptStatus.ISSUED)
    return set(db.scalars(select(ReceiptGift.gift_id).where(*in_force)))


def issue_complete(db: Session, due: Sequence[Covered], *, actor: Actor) -> tuple[list[Receipt], int]:
    """Issue those of these receipts that lack nothing, numbered in their order; and how many were left out.

    Their gifts are held.
    """
    head = letterhead(db)
    drafts = [(covered, build_receipt(draft_receipt(covered.gifts, head))) for covered in due]
    complete = [(covered, draft) for covered, draft in drafts if not missing_mentions(draft)]
    real = sum(not covered.is_test for covered, _draft in complete)
    organisation_id = head.organisation.id
    numbers = iter(take_numbers(db, organisation_id, head.day.year, real))
    issued = {
        _receipt(organisation_id, covered, draft, None if covered.is_test else next(numbers)): covered
        for covered, draft in complete
    }
    db.add_all(issued)
    db.flush()
    audit.note_each(db, actor, "receipt.issued", {each: {"code": each.code, **it.facts} for each, it in issued.items()})
    return list(issued), len(drafts) - len(complete)

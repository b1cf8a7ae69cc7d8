"""The books proved to be in balance: whatever does not add up is named, in words for an accountant.

Run by `flask books check`, nightly in production and after every test that touches giving.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, extract, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.giving.models import (
    Allocation,
    Gift,
    GiftPayment,
    GiftStatus,
    Receipt,
    ReceiptGift,
    ReceiptSequence,
    ReceiptStatus,
)
from app.giving.services.days import wrong_days
from app.giving.services.totals import wrong_totals
from app.kernel.spans import spans
from app.payments import payout_books
from app.payments.models import Dispute, DisputeStatus, Payment, PaymentStatus, Refund, RefundStatus

NEEDED = {
    GiftStatus.PENDING: PaymentStatus.PROCESSING,
    GiftStatus.RECEIVED: PaymentStatus.SETTLED,
    GiftStatus.FAILED: PaymentStatus.FAILED,
    GiftStatus.REVERSED: PaymentStatus.REVERSED,
}
"""Where the payments of a gift stand, whatever the gift's state."""


def check(db: Session) -> list[str]:
    """Everything that does not add up, one line each; empty when the books are in balance. Reads all, in parts."""
    return [finding for look in CHECKS for finding in look(db)]


def count_findings(db: Session) -> dict[str, int]:
    """How much each check finds, by the check's name; empty when the books are in balance. No personal data."""
    found = {look.__name__.strip("_"): sum(1 for _ in look(db)) for look in CHECKS}
    return {name: count for name, count in found.items() if count}


def _sum(column: ColumnElement[Any] | Any) -> ColumnElement[int]:
    return func.coalesce(func.sum(column), 0)


def _allocations_add_up(db: Session) -> Iterator[str]:
    divided = select(_sum(Allocation.amount_minor)).where(Allocation.gift_id == Gift.id).scalar_subquery()
    query = select(Gift.id, Gift.amount_minor, divided).where(Gift.amount_minor != divided)
    for part in spans(db, Gift.id):
        for gift_id, amount, parts in db.execute(query.where(part)):
            yield f"Gift {gift_id}: its shares add up to {parts}, not to {amount}."


def _payments_add_up(db: Session) -> Iterator[str]:
    mine = select(Payment).join(GiftPayment, GiftPayment.payment_id == Payment.id).where(GiftPayment.gift_id == Gift.id)
    paid = mine.with_only_columns(_sum(Payment.amount_minor)).correlate(Gift).scalar_subquery()
    query = select(Gift.id, Gift.amount_minor, paid).where(Gift.amount_minor != paid)
    for part in spans(db, Gift.id):
        for gift_id, amount, sum_paid in db.execute(query.where(part)):
            yield f"Gift {gift_id}: its payments add up to {sum_paid}, not to {amount}."


def _payments_agree(db: Session) -> Iterator[str]:
    agree = or_(*(and_(Gift.status == gift, Payment.status == payment) for gift, payment in NEEDED.items()))
    fits = Gift.currency == Payment.currency
    linked: Select[*tuple[Any, ...]] = (
        select(Gift.id, Payment.id, agree, fits)
        .join(GiftPayment, GiftPayment.gift_id == Gift.id)
        .join(Payment, Payment.id == GiftPayment.payment_id)
        .where(~agree | ~fits)
    )
    for part in spans(db, Gift.id):
        for gift_id, payment_id, does_agree, does_fit in db.execute(linked.where(part)):
            if not does_agree:
                yield f"Gift {gift_id} and its payment {payment_id} disagree on whether the money has come."
            if not does_fit:
                yield f"Gift {gift_id} and its payment {payment_id} are in different currencies."


def _settled_payments_have_gifts(db: Session) -> Iterator[str]:
    booked = select(GiftPayment.id).where(GiftPayment.payment_id == Payment.id).exists()
    stray = select(Payment.id).where(Payment.status == PaymentStatus.SETTLED, ~booked)
    for part in spans(db, Payment.id):
        for payment_id in db.scalars(stray.where(part)):
            yield f"Payment {payment_id} is settled, but no gift was made of it."


def _returns_agree(db: Session) -> Iterator[str]:
    back = _sum(Payment.refunded_minor + Payment.disputed_minor)
    query: Select[*tuple[Any, ...]] = (
        select(Gift.id, Gift.returned_minor, back)
        .join(GiftPayment, GiftPayment.gift_id == Gift.id)
        .join(Payment, Payment.id == GiftPayment.payment_id)
        .group_by(Gift.id)
        .having(back != Gift.returned_minor)
    )
    for part in spans(db, Gift.id):
        for gift_id, returned, sum_back in db.execute(query.where(part)):
            yield f"Gift {gift_id} says that {returned} went back, its payments say {sum_back}."


def _refunds_agree(db: Session) -> Iterator[str]:
    """A payment's own figures are those of its refunds (made or on their way) and of its lost disputes."""
    refunds, disputes = aliased(Refund), aliased(Dispute)
    refunded = select(_sum(refunds.amount_minor)).where(refunds.payment_id == Payment.id)
    refunded = refunded.where(refunds.status.in_((RefundStatus.PENDING, RefundStatus.SUCCEEDED)))
    lost = select(_sum(disputes.amount_minor)).where(disputes.payment_id == Payment.id)
    lost = lost.where(disputes.status == DisputeStatus.LOST)
    query = select(
        Payment.id, Payment.amount_minor, Payment.refunded_minor, Payment.disputed_minor,
        refunded.scalar_subquery(), lost.scalar_subquery(),
    ).where(Payment.status == PaymentStatus.SETTLED, _has_returns())  # fmt: skip
    for part in spans(db, Payment.id):
        for payment_id, amount, said_refunded, said_lost, rows_refunded, rows_lost in db.execute(query.where(part)):
            true_refunded = min(rows_refunded, amount)
            if (said_refunded, said_lost) != (true_refunded, min(rows_lost, amount - true_refunded)):
                yield (
                    f"Payment {payment_id} says that {said_refunded} was refunded and {said_lost} lost, "
                    f"its refunds and disputes say {rows_refunded} and {rows_lost}."
                )


def _has_returns() -> ColumnElement[bool]:
    """Payments that say something went back, or of which a refund or a dispute says so: all others agree."""
    return or_(
        Payment.refunded_minor > 0,
        Payment.disputed_minor > 0,
        select(Refund.id).where(Refund.payment_id == Payment.id).exists(),
        select(Dispute.id).where(Dispute.payment_id == Payment.id).exists(),
    )


def _numbers_have_no_gap(db: Session) -> Iterator[str]:
    number, key = Receipt.number, (Receipt.organisation_id, Receipt.year)
    series = select(*key, func.count(number), func.min(number), func.max(number)).where(number.is_not(None))
    given = {(row[0], row[1]): (row[2], row[3], row[4]) for row in db.execute(series.group_by(*key))}
    for sequence in db.scalars(select(ReceiptSequence)):
        many, first, last = given.pop((sequence.organisation_id, sequence.year), (0, None, 0))
        if last != sequence.last_number:
            yield f"Receipts of {sequence.year}: {sequence.last_number} was counted, {last} is the last number."
        if many != last or first not in {None, 1}:
            yield f"Receipts of {sequence.year}: {many} receipts up to number {last}; there is a gap."
    for _org, year in given:
        yield f"Receipts of {year} have numbers that were never counted."


def _receipts_are_covered(db: Session) -> Iterator[str]:
    """Every gift of a receipt in force is there for it.

    A dispute may take the money before it is decided; until then the receipt stands, with all the gifts of its year.
    """
    other, other_gift = aliased(ReceiptGift), aliased(Gift)
    disputed = select(other.id).join(other_gift, other_gift.id == other.gift_id)
    blocked = disputed.where(other.receipt_id == Receipt.id, other_gift.is_disputed).exists()
    wrong = or_(
        (Gift.status != GiftStatus.RECEIVED) & ~blocked,
        (ReceiptGift.amount_minor > Gift.amount_minor - Gift.returned_minor) & ~blocked,
        ReceiptGift.amount_minor > Gift.amount_minor,
        Receipt.currency != Gift.currency,
        Receipt.is_specimen != Gift.is_test,
        Receipt.contact_id != Gift.contact_id,
        extract("year", Gift.received_on) != Receipt.covers_year,
    )
    query = select(Receipt.id, Gift.id).join(ReceiptGift, ReceiptGift.receipt_id == Receipt.id)
    query = query.join(Gift, Gift.id == ReceiptGift.gift_id).where(Receipt.status == ReceiptStatus.ISSUED, wrong)
    for part in spans(db, Receipt.id):
        for receipt_id, gift_id in db.execute(query.where(part)):
            yield f"Receipt {receipt_id} is in force but does not fit gift {gift_id}."


def _receipts_add_up(db: Session) -> Iterator[str]:
    """The gifts of a receipt come to what it certifies, whether it is in force or not."""
    certified = select(_sum(ReceiptGift.amount_minor)).where(ReceiptGift.receipt_id == Receipt.id).scalar_subquery()
    query = select(Receipt.id, Receipt.amount_minor, certified).where(Receipt.amount_minor != certified)
    for part in spans(db, Receipt.id):
        for receipt_id, amount, gifts in db.execute(query.where(part)):
            yield f"Receipt {receipt_id}: its gifts come to {gifts}, not to {amount}."


def _replaced_ones_are_followed(db: Session) -> Iterator[str]:
    newer = aliased(Receipt)
    followed = select(newer.id).where(newer.replaces_id == Receipt.id).exists()
    lost = select(Receipt.id).where(Receipt.status == ReceiptStatus.REPLACED, ~followed)
    for receipt_id in db.scalars(lost):
        yield f"Receipt {receipt_id} is called replaced, but nothing replaces it."


def _totals_are_true(db: Session) -> Iterator[str]:
    for contact_id, year, currency in wrong_totals(db):
        yield f"The figures of contact {contact_id} for {year} in {currency} are not what the gifts say."


def _days_are_true(db: Session) -> Iterator[str]:
    for day in wrong_days(db):
        yield f"What is kept of the gifts of {day} is not what the gifts say."


CHECKS: tuple[Callable[[Session], Iterator[str]], ...] = (
    _allocations_add_up,
    _payments_add_up,
    _payments_agree,
    _settled_payments_have_gifts,
    _returns_agree,
    _refunds_agree,
    _numbers_have_no_gap,
    _receipts_are_covered,
    _receipts_add_up,
    _replaced_ones_are_followed,
    _totals_are_true,
    _days_are_true,
    *payout_books.CHECKS,
)

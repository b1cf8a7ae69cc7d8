"""Payouts with their lines, and the gift and donor behind each line."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.giving.models import Gift, GiftPayment
from app.kernel.db import Database
from app.kernel.money import Money
from app.kernel.pages import Page, Sort, paginate
from app.payments.models import LineKind, Payout, PayoutLine

NEWEST_FIRST = (Sort(Payout.id, descending=True),)
IN_ORDER = (Sort(PayoutLine.id),)
AT_ONCE = 1000


@dataclass(frozen=True)
class Behind:
    """The gift that a payment is of, and its donor."""

    gift_id: int
    contact_id: int
    donor: str


@dataclass(frozen=True)
class Part:
    """What all lines of a kind come to; the fees of payments are a part of their own."""

    kind: LineKind
    lines: int
    amount: Money


@dataclass(frozen=True)
class Sums:
    """What a payout is made of. The parts add up to `lines_total`, which is the payout if all is well."""

    parts: Sequence[Part]
    counts: dict[LineKind, int]
    unexplained: int
    lines_total: Money

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return sum(self.counts.values())


def payouts_page(db: Session, cursor: str | None) -> Page:
    """A page of payouts, newest first."""
    return paginate(db, select(Payout), NEWEST_FIRST, cursor=cursor)


def counts_of(db: Session, payout_ids: Collection[int]) -> tuple[dict[int, int], dict[int, int]]:
    """How many payments these payouts have, and how many of their lines nobody can explain yet."""
    mine = select(PayoutLine.payout_id, func.count()).where(PayoutLine.payout_id.in_(payout_ids))
    payments = mine.where(PayoutLine.kind == LineKind.PAYMENT).group_by(PayoutLine.payout_id)
    unexplained = mine.where(~PayoutLine.is_explained).group_by(PayoutLine.payout_id)
    return (
        {row[0]: row[1] for row in db.execute(payments)},
        {row[0]: row[1] for row in db.execute(unexplained)},
    )


def sums_of(db: Session, payout: Payout) -> Sums:
    """What a payout is made of, in its own currency."""
    figures = (func.count(), func.sum(PayoutLine.amount_minor), func.sum(PayoutLine.fee_minor))
    query = select(PayoutLine.kind, PayoutLine.is_explained, *figures).where(
        PayoutLine.payout_id == payout.id, PayoutLine.currency == payout.currency
    )
    amounts, counts = dict.fromkeys(LineKind, 0), dict.fromkeys(LineKind, 0)
    unexplained = 0
    for kind, is_explained, lines, amount, fee in db.execute(query.group_by(PayoutLine.kind, PayoutLine.is_explained)):
        amounts[kind] += int(amount)
        amounts[LineKind.FEE] -= int(fee)
        counts[kind] += lines
        unexplained += 0 if is_explained else lines
    parts = [
        Part(kind, counts[kind], Money(amounts[kind], payout.currency))
        for kind in LineKind
        if counts[kind] or amounts[kind]
    ]
    return Sums(parts, counts, unexplained, Money(sum(amounts.values()), payout.currency))


def lines_page(db: Session, payout: Payout, shown: str, cursor: str | None) -> Page:
    """A page of the lines of a payout: all, those of a kind, or "unexplained"."""
    query = select(PayoutLine).where(PayoutLine.payout_id == payout.id)
    if shown in set(LineKind):
        query = query.where(PayoutLine.kind == LineKind(shown))
    elif shown == "unexplained":
        query = query.where(~PayoutLine.is_explained)
    return paginate(db, query, IN_ORDER, cursor=cursor)


def unexplained_page(db: Session, cursor: str | None) -> Page:
    """A page of the lines of all payouts that nobody can explain yet, oldest first."""
    return paginate(db, select(PayoutLine).where(~PayoutLine.is_explained), IN_ORDER, cursor=cursor)


def behind(db: Session, lines: Sequence[PayoutLine]) -> dict[int, Behind]:
    """The gift and the donor of each payment that these lines are about, by the payment's key."""
    keys = {line.payment_id for line in lines if line.payment_id is not None}
    if not keys:
        return {}
    name = (Contact.given_name, Contact.family_name, Contact.group_name)
    query = select(GiftPayment.payment_id, Gift.id, Gift.contact_id, *name).select_from(GiftPayment)
    query = query.join(Gift, Gift.id == GiftPayment.gift_id).join(Contact, Contact.id == Gift.contact_id)
    return {
        row[0]: Behind(row[1], row[2], row[5] or f"{row[3]} {row[4]}".strip())
        for row in db.execute(query.where(GiftPayment.payment_id.in_(keys)))
    }


def payouts_by_key(db: Session, keys: Collection[int]) -> dict[int, Payout]:
    """These payouts, by key."""
    return {each.id: each for each in db.scalars(select(Payout).where(Payout.id.in_(keys)))} if keys else {}


def all_lines(database: Database, payout_id: int) -> Iterator[tuple[Sequence[PayoutLine], dict[int, Behind]]]:
    """Every line of a payout, a thousand at a time, each lot with what is behind it. No session is open in between."""
    last = 0
    while True:
        with database.reading() as db:
            query = select(PayoutLine).where(PayoutLine.payout_id == payout_id, PayoutLine.id > last)
            lines = db.scalars(query.order_by(PayoutLine.id).limit(AT_ONCE)).all()
            found = behind(db, lines)
        if lines:
            yield lines, found
        if len(lines) < AT_ONCE:
            return
        last = lines[-1].id

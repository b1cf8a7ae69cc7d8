"""Gifts read one after another for a file, however many there are: by their numbers, some at a time, none kept.

Numbers never change, days do (a debit that settles gets another one). So each gift is told once, whatever happens to it
meanwhile; what comes in after the file was begun is not in it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.currencies.queries import RateTable, rates_for
from app.funds.models import Campaign, Fund
from app.giving.models import Allocation, Gift, GiftPayment, GivingForm, Receipt, ReceiptGift, ReceiptStatus
from app.giving.models.receipt import receipt_code
from app.giving.queries.days import kept_minor
from app.giving.queries.gifts import GiftFilter, conditions
from app.kernel.db import Database
from app.kernel.money import Money
from app.payments.models import Method, Payment

KEYS_AT_ONCE = 20_000
"""Keys that one question gives: a filter that has no order of its own is worked out anew for each."""
AT_ONCE = 1000
COLUMNS = (
    Gift.id, Gift.received_on, Gift.amount_minor, Gift.currency, Gift.status, Gift.is_disputed, Gift.is_test,
    Gift.contact_id, Gift.recurring_gift_id, kept_minor().label("kept_minor"),
    Contact.given_name, Contact.family_name, Contact.group_name,
    Campaign.name.label("campaign"), GivingForm.name.label("form"),
)  # fmt: skip


@dataclass
class GiftLine:
    """A gift with all that a file says of it. `row` has the columns of `COLUMNS`."""

    row: Row[*tuple[Any, ...]]
    funds: list[tuple[str, Money]] = field(default_factory=list)
    payments: list[tuple[Method, str]] = field(default_factory=list)
    """Each payment's method, and what it is called at the bank or the payment service."""
    receipt: str = ""

    @property
    def amount(self) -> Money:
        """What was given."""
        return Money(self.row.amount_minor, self.row.currency)

    @property
    def kept(self) -> Money:
        """What counts of it: less what went back, and nothing unless received."""
        return Money(int(self.row.kept_minor), self.row.currency)

    @property
    def donor(self) -> str:
        """What its donor is called."""
        return self.row.group_name or f"{self.row.given_name} {self.row.family_name}".strip()


@dataclass(frozen=True)
class Wanted:
    """The gifts of a file as they are when it is begun: to which all of this applies, up to the last of them."""

    conditions: Sequence[ColumnElement[bool]]
    last_id: int


def wanted_for_file(db: Session, wanted: GiftFilter) -> Wanted:
    """The gifts that a filter leaves now. A search for names is done here, once."""
    return Wanted(list(conditions(db, wanted)), db.scalar(select(func.max(Gift.id))) or 0)


def lots(database: Database, wanted: Wanted, own: str) -> Iterator[tuple[list[GiftLine], RateTable]]:
    """The gifts by their numbers, a thousand at a time, with the rates of their days into the currency `own`.

    No session is open in between.
    """
    last = 0
    while True:
        with database.reading() as db:
            keys = db.scalars(_keys(wanted, last)).all()
        for start in range(0, len(keys), AT_ONCE):
            with database.reading() as db:
                lines = gift_lines(db, keys[start : start + AT_ONCE])
                rates = rates_for(db, own, [(line.row.currency, line.row.received_on) for line in lines])
            yield lines, rates
        if len(keys) < KEYS_AT_ONCE:
            return
        last = keys[-1]


def gift_lines(db: Session, keys: Collection[int]) -> list[GiftLine]:
    """These gifts by their numbers, with what belongs to them: four questions, whatever their number."""
    query = select(*COLUMNS).join(Contact, Contact.id == Gift.contact_id)
    query = query.outerjoin(Campaign, Campaign.id == Gift.campaign_id)
    query = query.outerjoin(GivingForm, GivingForm.id == Gift.form_id).where(Gift.id.in_(keys))
    found = {row.id: GiftLine(row) for row in db.execute(query.order_by(Gift.id))}
    if found:
        _add_funds(db, found)
        _add_payments(db, found)
        _add_receipts(db, found)
    return list(found.values())


def _keys(wanted: Wanted, last: int) -> Select[int]:
    query = select(Gift.id).where(*wanted.conditions, Gift.id > last, Gift.id <= wanted.last_id)
    return query.order_by(Gift.id).limit(KEYS_AT_ONCE)


def _add_funds(db: Session, found: Mapping[int, GiftLine]) -> None:
    query = select(Allocation.gift_id, Fund.name, Allocation.amount_minor).join(Fund, Fund.id == Allocation.fund_id)
    for gift_id, name, minor in db.execute(query.where(Allocation.gift_id.in_(found)).order_by(Allocation.id)):
        found[gift_id].funds.append((name, Money(minor, found[gift_id].row.currency)))


def _add_payments(db: Session, found: Mapping[int, GiftLine]) -> None:
    columns = (GiftPayment.gift_id, Payment.method, Payment.bank_reference, Payment.reference)
    query = select(*columns).join(Payment, Payment.id == GiftPayment.payment_id)
    for gift_id, method, at_bank, at_gateway in db.execute(
        query.where(GiftPayment.gift_id.in_(found)).order_by(GiftPayment.id)
    ):
        found[gift_id].payments.append((method, at_bank or at_gateway or ""))


def _add_receipts(db: Session, found: Mapping[int, GiftLine]) -> None:
    """The number of the receipt in force, its own or that of the year; specimens have none."""
    query = select(ReceiptGift.gift_id, Receipt.year, Receipt.number).join(
        Receipt, Receipt.id == ReceiptGift.receipt_id
    )
    in_force = query.where(ReceiptGift.gift_id.in_(found), ReceiptGift.status == ReceiptStatus.ISSUED)
    for gift_id, year, number in db.execute(in_force):
        found[gift_id].receipt = receipt_code(year, number) if number is not None else ""

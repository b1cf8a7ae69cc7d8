"""Whoever changes a donor's gifts holds that contact's row first, so that figures and receipts are made one at a time.

The order is fixed, everywhere: payment or checkout, submission, contact, then the sequence of receipt numbers. The
lock leaves foreign keys free (FOR NO KEY UPDATE), or two first gifts of one donor would wait for each other for ever.
On SQLite a writing transaction is alone from its beginning.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.contacts.models import Contact
from app.giving.models import Gift, GiftPayment, GivingForm, Submission


def hold_contact(db: Session, contact_id: int) -> None:
    """Wait until nobody else changes this donor's gifts; held until the transaction ends."""
    if (Contact, contact_id) not in _held(db):
        db.execute(select(Contact.id).where(Contact.id == contact_id).with_for_update(key_share=True))
        note_held(db, Contact, contact_id)


def hold_gift(db: Session, gift: Gift) -> None:
    """Hold the donor of a gift and read the gift anew: what was read before the wait may be old."""
    hold_contact(db, gift.contact_id)
    if (Gift, gift.id) in _held(db):  # nobody else can have changed it since
        return
    db.flush()  # what this transaction changed must not be lost by reading again
    db.refresh(gift)
    note_held(db, Gift, gift.id)


def hold_submission(db: Session, submission: Submission) -> None:
    """Wait until nobody else makes a donor or a gift of it, and read it anew, unless this transaction holds it."""
    if (Submission, submission.id) not in _held(db):
        db.refresh(submission, with_for_update=True)
        note_held(db, Submission, submission.id)


def held_submission(db: Session, checkout_id: int) -> Submission | None:
    """The submission that an attempt to pay came of, held, with its form: one question for all of it."""
    form = joinedload(Submission.form, innerjoin=True).lazyload(GivingForm.funds)
    query = select(Submission).where(Submission.checkout_id == checkout_id).options(form)
    query = query.with_for_update(of=Submission).execution_options(populate_existing=True)
    found = db.scalars(query).one_or_none()
    if found is not None:
        note_held(db, Submission, found.id)
    return found


def hold_gifts(db: Session, gift_ids: Sequence[int]) -> list[Gift]:
    """Hold the donors of many gifts, in the order of their keys, and read the gifts anew with donors and payments.

    They come in the order they are asked for.
    """
    db.flush()
    donors = select(Gift.contact_id).where(Gift.id.in_(gift_ids))
    db.execute(select(Contact.id).where(Contact.id.in_(donors)).order_by(Contact.id).with_for_update(key_share=True))
    paid = selectinload(Gift.payments).joinedload(GiftPayment.payment)
    query = select(Gift).where(Gift.id.in_(gift_ids)).options(joinedload(Gift.contact), paid)
    found = {gift.id: gift for gift in db.scalars(query.execution_options(populate_existing=True))}
    return [found[gift_id] for gift_id in gift_ids if gift_id in found]


def _held(db: Session) -> set[tuple[type, int]]:
    """What this transaction holds. What was locked within a savepoint is not counted on: it may be let go of again."""
    now_open = db.get_transaction()
    before: tuple[object, set[tuple[type, int]]] | None = db.info.get("held")
    if now_open is None or before is None or before[0] is not now_open:
        db.info["held"] = before = (now_open, set())
    return before[1]


def note_held(db: Session, model: type, key: int) -> None:
    """This transaction holds that record already: it has just made it, or locked it by a question of its own."""
    if not db.in_nested_transaction():
        _held(db).add((model, key))

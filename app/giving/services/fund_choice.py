"""For which funds a submission gives, and which receipts its donor wants."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.funds.models import Fund, Restriction
from app.giving.models import ReceiptChoice, Submission


def unbound_fund(db: Session) -> Fund | None:
    """The first unrestricted fund, open ones before closed ones."""
    unbound = select(Fund).where(Fund.restriction == Restriction.UNRESTRICTED)
    return db.scalars(unbound.order_by(Fund.is_open.desc(), Fund.id).limit(1)).first()


def default_fund(db: Session) -> Fund:
    """The fund of money given without a purpose: the first unrestricted open one; made if there is none at all.

    Money that has come is always booked, whatever was closed or left out meanwhile.
    """
    found = unbound_fund(db)
    if found is None:
        found = Fund(code="GENERAL", name="General fund")
        db.add(found)
        db.flush()  # its key is needed
    return found


def weights_of(db: Session, submission: Submission) -> list[tuple[int, int]]:
    """(fund id, weight): the donor's choice, else the form's first fund, else the fund of unbound money."""
    if submission.fund_id is not None:
        return [(submission.fund_id, 1)]
    offered = submission.form.funds
    return [(offered[0].fund_id if offered else default_fund(db).id, 1)]


def receipt_choice_of(submission: Submission) -> ReceiptChoice:
    """When the donor wants receipts: with each gift unless they said otherwise."""
    typed = submission.answer("receipt_choice")
    return ReceiptChoice(typed) if typed in set(ReceiptChoice) else ReceiptChoice.EACH

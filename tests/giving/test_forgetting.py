"""People who filled in a form and never gave are forgotten; everybody else is not."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.giving.forgetting import FORGETS
from app.giving.models import Submission
from app.kernel.audit import MASK, AuditEntry
from app.kernel.clock import now
from app.kernel.db import Database
from app.kernel.retention import forget
from app.payments.models import Checkout
from tests.factories.giving import DONOR, make_form, make_online_gift, make_submission
from tests.factories.payments import make_checkout

pytestmark = pytest.mark.db
(ABANDONED,) = FORGETS
LONG_AGO = timedelta(days=91)


def sent(db: Session, checkout: Checkout | None, *, age: timedelta = LONG_AGO) -> Submission:
    submission = make_submission(db, checkout_id=checkout.id if checkout else None)
    submission.created_at = now() - age
    db.flush()
    return submission


def kept(database: Database) -> list[bool]:
    with database.reading() as db:
        return [bool(each.answers) for each in db.scalars(select(Submission).order_by(Submission.id))]


def test_what_was_typed_and_never_paid_is_forgotten_after_three_months(db: Session, database: Database) -> None:
    expired, waiting, open_page, never_closed = (make_checkout(db, opens=False) for _each in range(4))
    expired.expire()
    open_page.page_opened("cs_open", "https://pay.example", now() + timedelta(hours=1))
    never_closed.page_opened("cs_left", "https://pay.example", now() - LONG_AGO)
    for checkout in (expired, waiting, open_page, never_closed, None):
        sent(db, checkout)
    fresh = make_checkout(db, opens=False)
    fresh.expire()
    sent(db, fresh, age=timedelta(days=89))
    db.commit()
    assert forget(database, ABANDONED) == 4
    assert kept(database) == [False, False, True, False, False, True]
    assert forget(database, ABANDONED) == 0


def test_whoever_gave_or_is_giving_is_not_forgotten(db: Session, database: Database) -> None:
    given = make_submission(db)
    make_online_gift(db, given)
    under_way = make_submission(db)
    for each in (given, under_way):
        each.created_at = now() - LONG_AGO
    db.commit()
    assert forget(database, ABANDONED) == 0
    assert kept(database) == [True, True]


def test_what_is_forgotten_still_counts_among_the_visits_of_its_form(db: Session, database: Database) -> None:
    form, checkout = make_form(db), make_checkout(db)
    checkout.expire()
    submission = make_submission(db, form=form, checkout_id=checkout.id)
    submission.created_at = now() - LONG_AGO
    db.commit()
    forget(database, ABANDONED)
    with database.reading() as session:
        (left,) = session.scalars(select(Submission))
    assert (left.form_id, left.answers, left.answer("email")) == (form.id, {}, "")


def test_the_trail_that_never_forgets_is_not_told_what_was_typed(db: Session) -> None:
    make_submission(db)
    db.commit()
    entries = db.scalars(select(AuditEntry).where(AuditEntry.record_type == "submission")).all()
    assert entries
    assert all(MASK in entry.changes["answers"] for entry in entries if "answers" in entry.changes)
    assert DONOR["email"] not in str([entry.changes for entry in entries])

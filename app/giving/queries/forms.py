"""What may be asked about giving forms: by address, with their figures and what was sent from them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, case, func, literal, or_, select
from sqlalchemy.orm import Session, lazyload

from app.currencies.models import EURO
from app.currencies.queries import RateTable, rates_for
from app.funds.models import Appeal
from app.giving.models import FormStatus, Gift, GiftStatus, GivingForm, Submission
from app.giving.queries.purposes import Given
from app.giving.queries.worth import Part
from app.kernel.money import Money
from app.payments.models import Checkout, CheckoutStatus


@dataclass(frozen=True)
class FormFigures:
    """What a form brought in, and how many of those who began to pay went through to the end.

    `raised` is in the form's currency: what came in in others counts by the rates of their days.
    """

    raised: Money
    gifts: int = 0
    submissions: int = 0
    completed: int = 0
    others: tuple[Part, ...] = ()
    """What of it came in in each other currency, and what that is worth."""
    missing: tuple[Money, ...] = ()
    """What no rate is known for, by its currency: it is in no sum."""

    @property
    def conversion(self) -> float | None:
        """The share of submissions that were paid; None before the first."""
        return self.completed / self.submissions if self.submissions else None


def form_with_slug(db: Session, slug: str) -> GivingForm | None:
    """The form with this address, whatever its state."""
    if not slug.isprintable():
        return None
    return db.scalars(select(GivingForm).where(GivingForm.slug == slug)).one_or_none()


def form_to_preview(db: Session, token: str) -> GivingForm | None:
    """The form whose preview link carries this token."""
    if not token.isalnum():
        return None
    return db.scalars(select(GivingForm).where(GivingForm.preview_token == token)).one_or_none()


def open_forms(db: Session, at: datetime) -> Sequence[GivingForm]:
    """The forms donors can give through at this instant, the newest first."""
    query = select(GivingForm).where(
        GivingForm.status == FormStatus.PUBLISHED, or_(GivingForm.closes_at.is_(None), GivingForm.closes_at > at)
    )
    return db.scalars(query.order_by(GivingForm.id.desc()).limit(50)).all()


def all_forms(status: FormStatus | None = None) -> Select[GivingForm]:
    """The forms of the staff list, to be paged."""
    query = select(GivingForm)
    return query if status is None else query.where(GivingForm.status == status)


def all_appeals(db: Session) -> Sequence[Appeal]:
    """Every appeal, by name, to be shown beneath its campaign."""
    return db.scalars(select(Appeal).order_by(Appeal.name, Appeal.id)).all()


def figures_of(db: Session, forms: Sequence[GivingForm], *, with_tests: bool) -> dict[int, FormFigures]:
    """The figures of each form by its id. Test gifts count only where all gifts are tests."""
    raised = _raised(db, forms, with_tests=with_tests)
    done = Checkout.status == CheckoutStatus.COMPLETED
    tries = (
        select(Submission.form_id, func.count(), func.count(Checkout.id).filter(done))
        .join(Checkout, Checkout.id == Submission.checkout_id)
        .where(Submission.form_id.in_(list(raised)), or_(Checkout.is_test.is_(False), literal(with_tests)))
        .group_by(Submission.form_id)
    )
    begun = {row[0]: (row[1], row[2]) for row in db.execute(tries)}
    for key, (submissions, completed) in begun.items():
        raised[key] = replace(raised[key], submissions=submissions, completed=completed)
    return raised


def raised_through(db: Session, form: GivingForm, *, with_tests: bool) -> Money:
    """What came in through a form, in its currency: what its page shows of `figures_of`."""
    return _raised(db, [form], with_tests=with_tests)[form.id].raised


def _raised(db: Session, forms: Sequence[GivingForm], *, with_tests: bool) -> dict[int, FormFigures]:
    """What came in through each form: one question, and one more where anything came in another currency."""
    rows: dict[int, list[Row[*tuple[Any, ...]]]] = {form.id: [] for form in forms}
    for row in db.execute(_sums(list(rows), with_tests=with_tests)):
        rows[row.form_id].append(row)
    foreign = [(row.currency, row.day) for each in rows.values() for row in each if row.day is not None]
    wanted = [(code, day) for _code, day in foreign for code in {form.currency for form in forms}]
    rates = rates_for(db, EURO, [*foreign, *wanted])
    return {form.id: _came_in(form, rows[form.id], replace(rates, to=form.currency)) for form in forms}


def _sums(form_ids: Sequence[int], *, with_tests: bool) -> Select[*tuple[Any, ...]]:
    """Sums of what was kept by form and currency, and by day where that is not the form's currency."""
    foreign_day = case((Gift.currency != GivingForm.currency, Gift.received_on)).label("day")
    kept = (Gift.amount_minor - Gift.returned_minor).label("minor")
    each = (
        select(Gift.form_id, Gift.currency, foreign_day, kept)
        .join(GivingForm, GivingForm.id == Gift.form_id)
        .where(Gift.form_id.in_(form_ids), Gift.status == GiftStatus.RECEIVED)
        .where(or_(Gift.is_test.is_(False), literal(with_tests)))
        .subquery()
    )
    key = (each.c.form_id, each.c.currency, each.c.day)
    return select(*key, func.count().label("gifts"), func.sum(each.c.minor).label("kept")).group_by(*key)


def _came_in(form: GivingForm, rows: Sequence[Row[*tuple[Any, ...]]], rates: RateTable) -> FormFigures:
    """What these sums are in the form's currency, each day's by its own rate. A day of nought needs no rate."""
    given, parts = Given(Money(0, form.currency)), dict[str, Part]()
    for row in rows:
        amount = Money(int(row.kept), row.currency)
        value = rates.value(amount, row.day) if row.day is not None and amount else Money(amount.minor, form.currency)
        given = given.plus(amount, value)
        if value is not None and row.day is not None and amount:
            known = parts.get(row.currency) or Part(Money(0, row.currency), Money(0, form.currency))
            parts[row.currency] = Part(known.amount + amount, known.value + value)
    others = tuple(parts[code] for code in sorted(parts))
    return FormFigures(given.worth, sum(row.gifts for row in rows), others=others, missing=given.missing)


def has_submissions(db: Session, form: GivingForm) -> bool:
    """Whether anybody has begun to give through the form."""
    return db.scalar(select(Submission.id).where(Submission.form_id == form.id).limit(1)) is not None


def submissions_of_page(db: Session, page_key: str) -> Sequence[Submission]:
    """All that was sent from one page, oldest first."""
    return db.scalars(select(Submission).where(Submission.page_key == page_key).order_by(Submission.id)).all()


def submission_of_checkout(db: Session, token: str) -> Submission | None:
    """The submission whose checkout carries this public token."""
    if not token.isalnum():
        return None
    query = select(Submission).join(Checkout, Checkout.id == Submission.checkout_id).where(Checkout.token == token)
    return db.scalars(query).one_or_none()


def gift_to_pay(db: Session, token: str) -> tuple[Submission, GivingForm, Checkout] | None:
    """What leads to the page on which a gift is paid, by the checkout's public token; the form without its funds."""
    if not token.isalnum():
        return None
    query = (
        select(Submission, GivingForm, Checkout)
        .join(GivingForm, GivingForm.id == Submission.form_id)
        .join(Checkout, Checkout.id == Submission.checkout_id)
        .where(Checkout.token == token)
        .options(lazyload(GivingForm.funds))
    )
    found = db.execute(query).one_or_none()
    return None if found is None else (found[0], found[1], found[2])


def checkouts_open_beside(db: Session, page_key: str, form_key: str) -> Sequence[int]:
    """Checkouts of other gifts sent from the same page, of which we do not know yet whether they were paid."""
    query = (
        select(Checkout.id)
        .join(Submission, Submission.checkout_id == Checkout.id)
        .where(Submission.page_key == page_key, Submission.form_key != form_key, Checkout.status == CheckoutStatus.OPEN)
    )
    return db.scalars(query.order_by(Submission.id)).all()

"""What may be asked about giving forms: by address, with their figures and what was sent from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, literal, or_, select
from sqlalchemy.orm import Session, lazyload

from app.funds.models import Appeal
from app.giving.models import FormStatus, Gift, GiftStatus, GivingForm, Submission
from app.kernel.money import Money
from app.payments.models import Checkout, CheckoutStatus


@dataclass(frozen=True)
class FormFigures:
    """What a form brought in, and how many of those who began to pay went through to the end."""

    raised: Money
    gifts: int = 0
    submissions: int = 0
    completed: int = 0

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
    """The figures of each form by its id, in the form's currency. Test gifts count only where all gifts are tests."""
    ids = [form.id for form in forms]
    money = select(Gift.form_id, Gift.currency, func.count(), func.sum(Gift.amount_minor - Gift.returned_minor)).where(
        Gift.form_id.in_(ids), Gift.status == GiftStatus.RECEIVED, or_(Gift.is_test.is_(False), literal(with_tests))
    )
    raised = {(key, code): (n, int(total)) for key, code, n, total in db.execute(
        money.group_by(Gift.form_id, Gift.currency)
    )}  # fmt: skip
    done = Checkout.status == CheckoutStatus.COMPLETED
    tries = (
        select(Submission.form_id, func.count(), func.count(Checkout.id).filter(done))
        .join(Checkout, Checkout.id == Submission.checkout_id)
        .where(Submission.form_id.in_(ids), or_(Checkout.is_test.is_(False), literal(with_tests)))
        .group_by(Submission.form_id)
    )
    begun = {key: (n, paid) for key, n, paid in db.execute(tries)}
    return {form.id: _figures(form, raised, begun) for form in forms}


def raised_through(db: Session, form: GivingForm, *, with_tests: bool) -> Money:
    """What came in through a form, in its currency: what its page shows of `figures_of`."""
    theirs = (Gift.form_id == form.id, Gift.currency == form.currency, Gift.status == GiftStatus.RECEIVED)
    query = select(func.sum(Gift.amount_minor - Gift.returned_minor)).where(
        *theirs, or_(Gift.is_test.is_(False), literal(with_tests))
    )
    return Money(int(db.scalar(query) or 0), form.currency)


def _figures(
    form: GivingForm, raised: dict[tuple[int | None, str], tuple[int, int]], begun: dict[int, tuple[int, int]]
) -> FormFigures:
    gifts, total = raised.get((form.id, form.currency), (0, 0))
    submissions, completed = begun.get(form.id, (0, 0))
    return FormFigures(Money(total, form.currency), gifts, submissions, completed)


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

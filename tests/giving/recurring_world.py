"""A recurring gift that runs at the sandbox, for tests of what is done with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.giving.models import Gift, RecurringChange, RecurringGift
from app.giving.services.submissions import SubmissionDetails, submit_gift
from app.giving.tax_rates import DonorKind
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.db import Record
from app.kernel.mail import Message
from app.kernel.money import Money
from app.payments.flows import CheckoutWords, open_checkout_page
from app.payments.models import Interval
from app.web.application import Application
from tests.factories.giving import DONOR, french_organisation, make_form
from tests.sandbox_world import CARD, SandboxWorld

AnyRecord = TypeVar("AnyRecord", bound=Record)
WORDS = CheckoutWords(description="A gift", success_url="http://localhost/t", cancel_url="http://localhost/g")


@contextmanager
def by_hand(app: Application) -> Iterator[Session]:
    """One transaction of ours."""
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        yield db


def every(app: Application, model: type[AnyRecord], *where: ColumnElement[bool]) -> list[AnyRecord]:
    """What is stored of a kind, oldest first."""
    with app.database.reading() as db:
        return list(db.scalars(select(model).where(*where).order_by(model.id)))


class Running:
    """One recurring gift at the sandbox, and what is known of it here now."""

    def __init__(self, app: Application, world: SandboxWorld, key: int) -> None:
        self.app, self.world, self.id = app, world, key

    @property
    def now(self) -> RecurringGift:
        """As it is stored."""
        with self.app.database.reading() as db:
            return db.get_one(RecurringGift, self.id)

    @property
    def theirs(self) -> dict[str, Any]:
        """As the gateway has it."""
        return next(each for each in self.world.stored("subscription") if each["id"] == self.now.subscription_reference)

    def changes(self) -> list[RecurringChange]:
        """What was changed, oldest first."""
        with self.app.database.reading() as db:
            mine = RecurringChange.recurring_gift_id == self.id
            return list(db.scalars(select(RecurringChange).where(mine).order_by(RecurringChange.id)))

    def gifts(self) -> list[int]:
        """What its gifts came to, oldest first."""
        with self.app.database.reading() as db:
            return list(db.scalars(select(Gift.amount_minor).order_by(Gift.id)))

    def mails(self) -> list[Message]:
        """What its donor was told of changes, oldest first."""
        with self.app.database.reading() as db:
            about = Message.purpose == "recurring.changed"
            return list(db.scalars(select(Message).where(about).order_by(Message.id)))

    def pass_days(self, days: float) -> None:
        """Let time pass at the gateway, and hear of it."""
        self.world.advance(days=days)
        self.world.deliver()


Start = Callable[..., Running]


@pytest.fixture
def world(request: pytest.FixtureRequest, app: Application) -> Iterator[SandboxWorld]:
    """A fresh sandbox behind the product's port; with settings of its own where a test gives some (indirectly)."""
    with SandboxWorld(app, **getattr(request, "param", {})) as found:
        yield found


@pytest.fixture
def start(app: Application, db: Session, world: SandboxWorld) -> Start:
    """`start(minor=1000, interval=MONTH, card=CARD)`: a donor has given for the first time of many.

    `term` is what they chose of its end on the form: {"charges": 12} or {"ends_on": "2027-05-31"}.
    """

    def begun(
        minor: int = 1000, interval: Interval = Interval.MONTH, card: str = CARD, term: dict[str, Any] | None = None
    ) -> Running:
        french_organisation(db)
        form = make_form(db, intervals=["month", "quarter", "year"])
        details = SubmissionDetails(
            page_key="page", donor_kind=DonorKind.PERSON, language="fr", gift=Money(minor, "EUR"),
            fee_cover=Money(0, "EUR"), fund_id=form.funds[0].fund_id, interval=interval, is_test=True,
            answers=DONOR | ({"term": term} if term else {}),
        )  # fmt: skip
        checkout_id = submit_gift(db, form, details, actor=SYSTEM).checkout_id
        assert checkout_id is not None
        db.commit()
        world.pay(open_checkout_page(app.work, checkout_id, WORDS, actor=SYSTEM), card)
        world.deliver()
        with app.database.reading() as reading:
            return Running(app, world, reading.scalars(select(RecurringGift.id)).one())

    return begun

"""The sandbox plugged into the product, the donor's way to its payment page, and what can be seen afterwards."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import events
from app.kernel.actors import SYSTEM, Actor
from app.kernel.audit import act_as
from app.kernel.db import Record
from app.kernel.money import Money
from app.payments import events as facts
from app.payments import flows
from app.payments.flows import CheckoutWords
from app.payments.models import Checkout, CheckoutMode, Dispute, GatewayEvent, Interval, Payment, Refund
from app.payments.queries import disputes_of, payments_of_checkout, refunds_of
from app.payments.services import CheckoutDetails, prepare_checkout
from app.web.application import Application
from tests.sandbox_world import SandboxWorld

WORDS = CheckoutWords(
    description="A gift to Planète Népal",
    success_url="http://localhost/thanks",
    cancel_url="http://localhost/give",
    email="donor@example.org",
)
FACTS = (
    facts.CheckoutCompleted,
    facts.CheckoutExpired,
    facts.PaymentBegun,
    facts.PaymentSettled,
    facts.PaymentFailed,
    facts.PaymentReturned,
    facts.SubscriptionChanged,
)
Begin = Callable[..., Checkout]
Kept = TypeVar("Kept", bound=Record)


class Look:
    """What is stored, and which facts were published so far, in order."""

    def __init__(self, app: Application) -> None:
        self.app = app
        self.published: list[object] = []

    def note(self, db: Session, event: object, *, actor: Actor) -> None:
        self.published.append(event)

    def facts(self) -> list[str]:
        return [type(event).__name__ for event in self.published]

    def checkout(self, checkout: Checkout) -> Checkout:
        with self.app.database.reading() as db:
            return db.get_one(Checkout, checkout.id)

    def payments(self, checkout: Checkout) -> list[Payment]:
        with self.app.database.reading() as db:
            return payments_of_checkout(db, checkout.id)

    def payment(self, checkout: Checkout) -> Payment:
        (payment,) = self.payments(checkout)
        return payment

    def refunds(self, payment: Payment) -> list[Refund]:
        with self.app.database.reading() as db:
            return refunds_of(db, payment.id)

    def disputes(self, payment: Payment) -> list[Dispute]:
        with self.app.database.reading() as db:
            return disputes_of(db, payment.id)

    def events(self) -> list[GatewayEvent]:
        return self.all(GatewayEvent)

    def all(self, model: type[Kept]) -> list[Kept]:
        with self.app.database.reading() as db:
            return list(db.scalars(select(model).order_by(model.id)))


@pytest.fixture
def look(app: Application) -> Iterator[Look]:
    """The facts of payments are listened to instead of followed: what giving does with them is tested there."""
    seen = Look(app)
    before = app.database.info["reactions"]
    events.wire(app.database, {fact: [seen.note] for fact in FACTS})
    yield seen
    events.wire(app.database, before)


@pytest.fixture
def world(app: Application) -> Iterator[SandboxWorld]:
    """A fresh sandbox behind the product's port."""
    with SandboxWorld(app) as made:
        yield made


@pytest.fixture
def begin(app: Application, world: SandboxWorld) -> Begin:
    """`begin(minor=5000, currency="EUR", interval=None)`: an attempt to pay whose page is open."""

    def prepare(minor: int = 5000, currency: str = "EUR", interval: Interval | None = None) -> Checkout:
        mode = CheckoutMode.RECURRING if interval else CheckoutMode.ONCE
        details = CheckoutDetails(
            mode=mode, amount=Money(minor, currency), language="fr", is_test=True, interval=interval
        )
        with app.database.writing() as db:
            act_as(db, SYSTEM)
            checkout = prepare_checkout(db, details, actor=SYSTEM)
        flows.open_checkout_page(app.work, checkout.id, WORDS, actor=SYSTEM)
        with app.database.reading() as db:
            return db.get_one(Checkout, checkout.id)

    return prepare

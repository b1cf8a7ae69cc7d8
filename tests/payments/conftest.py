"""The sandbox plugged into the product, and the donor's way to its payment page."""

from collections.abc import Callable, Iterator

import pytest

from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.money import Money
from app.payments import flows
from app.payments.flows import CheckoutWords
from app.payments.models import Checkout, CheckoutMode, Interval
from app.payments.services import CheckoutDetails, prepare_checkout
from app.web.application import Application
from tests.sandbox_world import SandboxWorld

WORDS = CheckoutWords(
    description="A gift to Planète Népal",
    success_url="http://localhost/thanks",
    cancel_url="http://localhost/give",
    email="donor@example.org",
)
Begin = Callable[..., Checkout]


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

"""A one-off payment from the open page to the fee, by each way it can go."""

import pytest

from app.kernel.money import Money
from app.payments.models import Checkout, CheckoutStatus, Method, Payment, PaymentStatus
from app.payments.queries import payments_of_checkout
from app.web.application import Application
from tests.payments.conftest import Begin
from tests.sandbox_world import SandboxWorld

pytestmark = pytest.mark.db


def payments(app: Application, checkout: Checkout) -> list[Payment]:
    with app.database.reading() as db:
        return payments_of_checkout(db, checkout.id)


def now_is(app: Application, checkout: Checkout) -> Checkout:
    with app.database.reading() as db:
        return db.get_one(Checkout, checkout.id)


def test_a_card_payment_settles_once_with_its_fee_and_net(app: Application, world: SandboxWorld, begin: Begin) -> None:
    checkout = begin()
    assert world.pay(checkout).status == 303
    world.deliver()
    assert now_is(app, checkout).status is CheckoutStatus.COMPLETED
    (payment,) = payments(app, checkout)
    assert (payment.status, payment.method, payment.amount) == (
        PaymentStatus.SETTLED,
        Method.CARD,
        Money(5000, "EUR"),
    )
    assert (payment.fee, payment.net) == (Money(100, "EUR"), Money(4900, "EUR"))
    assert (payment.card_brand, payment.last_four) == ("visa", "4242")
    assert payment.is_test

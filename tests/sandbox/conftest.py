"""A sandbox in this process, the unmodified SDK in front of it, and a donor who fills in its pages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from stripe import Event, StripeClient

from sandbox.in_process import Donor, Paid, sdk_client
from sandbox.settings import SandboxSettings
from sandbox.stripe_app import Sandbox, create_sandbox

SECRET = "whsec_of_the_tests"


@dataclass
class Inbox:
    """The product's side of the webhooks: keeps what arrives and answers what it is told to."""

    answers: list[int] = field(default_factory=list)
    received: list[tuple[bytes, Mapping[str, str]]] = field(default_factory=list)

    def take(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.received.append((body, headers))
        return self.answers.pop(0) if self.answers else 200

    def events(self, client: StripeClient) -> list[Event]:
        return [client.construct_event(body, headers["Stripe-Signature"], SECRET) for body, headers in self.received]

    def types(self, client: StripeClient) -> list[str]:
        return [event.type for event in self.events(client)]


@dataclass
class Shop:
    """One charity with its sandbox."""

    app: Flask
    client: StripeClient
    box: Sandbox
    donor: Donor
    inbox: Inbox

    def session(self, amount: int = 5000, currency: str = "eur", *, monthly: bool = False, **more: Any) -> Any:
        price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Donation"}}
        if monthly:
            price["recurring"] = {"interval": "month"}
        params = {
            "mode": "subscription" if monthly else "payment",
            "ui_mode": "hosted_page",
            "success_url": "https://charity.example/thanks?s={CHECKOUT_SESSION_ID}",
            "cancel_url": "https://charity.example/back",
            "line_items": [{"quantity": 1, "price_data": price}],
        }
        return self.client.v1.checkout.sessions.create({**params, **more})

    def give(self, number: str = "4242424242424242", **more: Any) -> Any:
        """A finished session, retrieved with its payment down to the balance transaction."""
        session = self.session(**more)
        self.donor.pay(session.id, number)
        return self.seen(session.id)

    def give_monthly(self, number: str = "4242424242424242", **more: Any) -> Any:
        """A new subscription."""
        session = self.session(monthly=True, **more)
        assert self.donor.pay(session.id, number).status == 303
        return self.client.v1.subscriptions.retrieve(self.seen(session.id).subscription)

    def pay(self, session_id: str, number: str = "4242424242424242", **typed: str) -> Paid:
        return self.donor.pay(session_id, number, **typed)

    def seen(self, session_id: str) -> Any:
        return self.client.v1.checkout.sessions.retrieve(
            session_id, {"expand": ["payment_intent.latest_charge.balance_transaction"]}
        )

    def days(self, number: float) -> None:
        self.box.advance(int(number * 86_400) + 1)

    def types(self) -> list[str]:
        return [event["type"] for event in self.box.events()]


def open_shop(inbox: Inbox, **settings: Any) -> Shop:
    app = create_sandbox(
        SandboxSettings(webhook_url="http://product/hook", webhook_secret=SECRET, deliver=inbox.take, **settings)
    )
    return Shop(app, sdk_client(app), app.extensions["sandbox"], Donor(app), inbox)


@pytest.fixture
def shop() -> Iterator[Shop]:
    opened = open_shop(Inbox())
    yield opened
    opened.box.close()


@pytest.fixture
def shop_with() -> Iterator[Any]:
    """Opens a shop with settings of one's own."""
    opened: list[Shop] = []

    def make(**settings: Any) -> Shop:
        opened.append(open_shop(Inbox(), **settings))
        return opened[-1]

    yield make
    for each in opened:
        each.box.close()

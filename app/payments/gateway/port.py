"""The port itself: what whoever moves the money online can do for us."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from app.payments.gateway.messages import EventEnvelope, Topic
from app.payments.gateway.orders import CheckoutOrder, RefundOrder, SubscriptionOrder
from app.payments.gateway.states import (
    CheckoutPage,
    CheckoutState,
    DisputeState,
    Finding,
    InvoiceState,
    MandateState,
    PaymentState,
    PayoutPart,
    PayoutState,
    RefundState,
    SubscriptionState,
    WarningState,
)


class Gateway(Protocol):
    """What we ask of whoever moves the money online.

    Every call may raise `GatewayRefused` (for good) or `GatewayUnavailable` (try again). None may be made while a
    transaction is open that holds changes or locks.
    """

    @property
    def is_open(self) -> bool:
        """Whether online payments can be taken at all."""

    @property
    def version(self) -> str:
        """The version of its interface that we speak."""

    def may_send_to(self, url: str) -> bool:
        """Whether a donor may be sent to this address in order to pay."""

    def open_checkout(self, order: CheckoutOrder) -> CheckoutPage:
        """Make a payment page, or give back the one made before for the same token."""

    def checkout(self, reference: str) -> CheckoutState:
        """A payment page as it is now."""

    def payment(self, charge_reference: str) -> PaymentState:
        """A charge as it is now, with the subscription it belongs to, if any."""

    def invoice(self, reference: str) -> InvoiceState:
        """One bill of a subscription as it is now."""

    def subscription(self, reference: str) -> SubscriptionState:
        """A subscription as it is now, also after its end."""

    def change_subscription(self, order: SubscriptionOrder) -> SubscriptionState:
        """Change or end a subscription; one that has ended already and is to end is given back as it is."""

    def pay_bill(self, reference: str, token: str) -> InvoiceState:
        """Try to collect a bill that is open, now; how it stands after that. `token` is the idempotency key."""

    def method_page(self, customer_reference: str, return_url: str, language: str) -> str:
        """The address of a page of the gateway, good for a while, on which a donor gives another payment method."""

    def adopt_method(self, subscription_reference: str) -> SubscriptionState:
        """Charge a subscription to the payment method that the donor gave last; how it stands after that."""

    def change_email(self, customer_reference: str, address: str, token: str) -> None:
        """Tell where a customer is written to from now on. `token` is the idempotency key."""

    def subscriptions_of(self, customer_reference: str) -> Sequence[str]:
        """A customer's subscriptions that have not ended."""

    def owner_of_method(self, reference: str) -> str | None:
        """The customer whose payment method it is."""

    def return_money(self, order: RefundOrder) -> RefundState:
        """Return money, or give back the refund made before for the same token."""

    def refund(self, reference: str) -> RefundState:
        """A refund as it is now."""

    def refunds_of(self, payment_reference: str) -> Sequence[RefundState]:
        """Every refund of a payment."""

    def dispute(self, reference: str) -> DisputeState:
        """A dispute as it is now."""

    def page_of_dispute(self, reference: str) -> str:
        """Where staff answer a dispute at the gateway; "" where there is no such page. Asks nobody."""

    def mandate(self, reference: str) -> MandateState:
        """A mandate for direct debits as it is now."""

    def fraud_warning(self, reference: str) -> WarningState:
        """An early warning of fraud."""

    def payout(self, reference: str) -> PayoutState:
        """A payout as it is now."""

    def payouts_since(self, since: datetime) -> Iterable[PayoutState]:
        """Every transfer that was begun since then, as it is now, however long ago that is."""

    def payout_parts(self, reference: str) -> Iterable[PayoutPart]:
        """Every movement inside a payout but the transfer itself."""

    def topic_of(self, kind: str) -> Topic | None:
        """What an event of this kind is about; None for kinds that do not concern us."""

    def kinds_about(self, topics: Collection[Topic]) -> Sequence[str]:
        """The kinds of event that are about one of these."""

    def read_event(self, body: bytes, signature: str) -> EventEnvelope:
        """The message in a request's raw body.

        Raises:
            BadSignature: it is not one of our gateway, or not in its form.

        """

    def events_since(self, since: datetime) -> Iterable[EventEnvelope]:
        """Every event that concerns us since then (the gateway keeps them for about a month), oldest first."""

    def check(self) -> Sequence[Finding]:
        """Whether the set-up at the gateway is as we need it."""

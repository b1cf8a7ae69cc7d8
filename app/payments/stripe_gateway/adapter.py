"""The adapter: one client built from the settings, each call of the port in a few lines."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import requests
import stripe
import structlog
from requests.utils import get_environ_proxies
from stripe import StripeClient

from app.kernel.clock import from_timestamp
from app.payments import gateway as port
from app.payments.stripe_gateway import bills, checking, mandates, messages, payouts, reading
from app.payments.stripe_gateway.failures import asking
from app.payments.stripe_gateway.orders import change_params, page_params, refund_params
from app.payments.stripe_gateway.reading import Json

if TYPE_CHECKING:
    from config import Config

log = structlog.get_logger()
TIMEOUT = 10
RETRIES = 2
TYPES_IN_ONE_CALL = 20
A_PAGE = 100
VERSION = stripe.api_version
"""The version of the interface that the SDK was made for; the endpoint's must be the same (`flask payments check`)."""


def _http_client(base: str) -> stripe.HTTPClient:
    """Connections that all threads share and keep open. Proxies of the environment are looked up now, not each time.

    A redirect is no answer of an interface: what is sent goes where the settings say, and nowhere else.
    """
    session = requests.Session()
    session.max_redirects = 0
    session.proxies.update(get_environ_proxies(base))
    session.trust_env = False
    return stripe.RequestsClient(timeout=TIMEOUT, session=session)


class StripeGateway:
    """Stripe, or something that speaks like it at `STRIPE_API_BASE`. Safe to share between threads."""

    is_open = True
    version = VERSION

    def __init__(self, settings: "Config", http_client: stripe.HTTPClient | None = None) -> None:
        self._settings = settings
        self._is_test = settings.is_test_mode
        self._stripe = StripeClient(
            settings.STRIPE_SECRET_KEY,
            base_addresses={"api": settings.STRIPE_API_BASE.rstrip("/")},
            http_client=http_client or _http_client(settings.STRIPE_API_BASE),
            max_network_retries=RETRIES,
            stripe_version=VERSION,
        )

    def may_send_to(self, url: str) -> bool:
        """Whether the address is at one of the origins where donors pay."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        return f"{parts.scheme}://{parts.netloc}" in self._settings.checkout_origins

    def open_checkout(self, order: port.CheckoutOrder) -> port.CheckoutPage:
        """A Checkout Session, under an idempotency key made of our token."""
        with asking("open_checkout"):
            key = f"{order.token}-checkout"
            params = dict(page_params(order))
            made = self._stripe.raw_request("post", "/v1/checkout/sessions", idempotency_key=key, **params).data
        url = str(made["url"] or "")
        if not self.may_send_to(url):
            raise port.GatewayUnavailable("A payment page at an address that is not allowed")
        return port.CheckoutPage(reference=made["id"], url=url, expires_at=from_timestamp(made["expires_at"]))

    def checkout(self, reference: str) -> port.CheckoutState:
        """A session with its payment: its own for one-off gifts, its first invoice's for recurring ones."""
        expand = ["payment_intent.latest_charge.balance_transaction", "subscription.default_payment_method"]
        with asking("checkout"):
            session = self._read("checkout/sessions", reference, expand=expand)
        payment: port.PaymentState | None = None
        invoice = reading.name_of(session.get("invoice"))
        charge = reading.whole((reading.whole(session.get("payment_intent")) or {}).get("latest_charge"))
        if session["mode"] == "subscription":
            payment = self.invoice(invoice).payment if invoice else None
        elif charge:
            payment = reading.read_charge(charge)
        return reading.read_page(session, payment)

    def payment(self, charge_reference: str) -> port.PaymentState:
        """A charge; one without our token may belong to an invoice, which knows the subscription and its token."""
        state = self._charge(charge_reference)
        if state.checkout_token or not state.reference:
            return state
        with asking("invoice_payments"):
            paid_by = {"type": "payment_intent", "payment_intent": state.reference}
            links = self._read("invoice_payments", payment=paid_by, limit=1)
        invoice = reading.name_of(links["data"][0]["invoice"]) if links["data"] else None
        return _within(state, self._invoice(invoice)) if invoice else state

    def invoice(self, reference: str) -> port.InvoiceState:
        """An invoice with its latest charge, which takes a second call: expansion stops at four levels."""
        invoice = self._invoice(reference)
        charge = _charge_of(invoice)
        payment = _within(self._charge(charge), invoice) if charge else None
        return bills.read_bill(invoice, payment, *_roots(invoice))

    def pay_bill(self, reference: str, token: str) -> port.InvoiceState:
        """An open invoice tried once more; a charge that is declined is an answer, not a failure."""
        address = f"/v1/invoices/{quote(reference, safe='')}/pay"
        if bills.is_open(self._invoice(reference)):
            try:
                with asking("pay_bill"):
                    self._stripe.raw_request("post", address, idempotency_key=f"{token}-pay", off_session=True)
            except port.GatewayRefused as refusal:
                log.info("bill_not_paid", code=refusal.code)
        return self.invoice(reference)

    def method_page(self, customer_reference: str, return_url: str, language: str) -> str:
        """A session of the customer portal that opens where a payment method is given."""
        params = bills.portal_params(customer_reference, return_url, language)
        with asking("method_page"):
            url = str(self._stripe.raw_request("post", "/v1/billing_portal/sessions", **params).data["url"] or "")
        if not self.may_send_to(url):
            raise port.GatewayUnavailable("A portal at an address that is not allowed")
        return url

    def adopt_method(self, subscription_reference: str) -> port.SubscriptionState:
        """The portal keeps a new method with the customer; a subscription that names an older one is told of it."""
        with asking("adopt_method"):
            subscription = self._subscription(subscription_reference)
            newer = bills.newer_method(subscription)
            if newer is not None and subscription["status"] not in reading.OVER:
                address = f"/v1/subscriptions/{quote(subscription_reference, safe='')}"
                key = f"{subscription_reference}-{newer}-method"
                params = {"default_payment_method": newer, "expand": bills.WITH_METHOD}
                subscription = self._stripe.raw_request("post", address, idempotency_key=key, **params).data
        return reading.read_subscription(subscription)

    def change_email(self, customer_reference: str, address: str, token: str) -> None:
        """A customer's e-mail, set under an idempotency key made of our token."""
        path = f"/v1/customers/{quote(customer_reference, safe='')}"
        with asking("change_email"):
            self._stripe.raw_request("post", path, idempotency_key=f"{token}-email", email=address)

    def subscriptions_of(self, customer_reference: str) -> Sequence[str]:
        """A customer's subscriptions that are not cancelled, at most a page of them."""
        with asking("subscriptions_of"):
            return [each["id"] for each in self._read("subscriptions", customer=customer_reference)["data"]]

    def owner_of_method(self, reference: str) -> str | None:
        """The customer whose payment method it is."""
        with asking("owner_of_method"):
            return reading.name_of(self._read("payment_methods", reference).get("customer"))

    def subscription(self, reference: str) -> port.SubscriptionState:
        """A subscription; an ended one can still be read."""
        with asking("subscription"):
            return reading.read_subscription(self._subscription(reference))

    def change_subscription(self, order: port.SubscriptionOrder) -> port.SubscriptionState:
        """A subscription changed under an idempotency key made of our token, without any proration."""
        address = f"/v1/subscriptions/{quote(order.reference, safe='')}"
        with asking("change_subscription"):
            is_looked_at = order.move in {port.SubscriptionMove.AMOUNT, port.SubscriptionMove.END}
            needs_it = is_looked_at or order.term is not None
            before = self._subscription(order.reference) if needs_it else {}
            if order.move is not port.SubscriptionMove.END:
                params = {**change_params(order, before), "expand": bills.WITH_METHOD}
                key = f"{order.token}-{order.move}"
                made = self._stripe.raw_request("post", address, idempotency_key=key, **params).data
            elif before["status"] in reading.OVER:
                made = before
            else:
                made = self._stripe.raw_request("delete", address).data
        return reading.read_subscription(made)

    def return_money(self, order: port.RefundOrder) -> port.RefundState:
        """A refund, under an idempotency key made of our token."""
        with asking("return_money"):
            made = self._stripe.v1.refunds.create(refund_params(order), {"idempotency_key": f"{order.token}-refund"})
        return reading.read_refund(made.to_dict())

    def refund(self, reference: str) -> port.RefundState:
        """A refund as it is now."""
        with asking("refund"):
            return reading.read_refund(self._read("refunds", reference))

    def refunds_of(self, payment_reference: str) -> Sequence[port.RefundState]:
        """Every refund of a payment intent."""
        with asking("refunds_of"):
            found = self._stripe.v1.refunds.list({"payment_intent": payment_reference, "limit": A_PAGE})
            return [reading.read_refund(refund.to_dict()) for refund in found.auto_paging_iter()]

    def dispute(self, reference: str) -> port.DisputeState:
        """A dispute as it is now."""
        with asking("dispute"):
            return reading.read_dispute(self._read("disputes", reference))

    def fraud_warning(self, reference: str) -> port.WarningState:
        """An early fraud warning."""
        with asking("fraud_warning"):
            warning = self._read("radar/early_fraud_warnings", reference)
        return port.WarningState(
            reference=reference,
            payment_reference=reading.name_of(warning.get("payment_intent")),
            charge_reference=reading.name_of(warning.get("charge")) or "",
        )

    def page_of_dispute(self, reference: str) -> str:
        """The dashboard's page of a dispute, among tests or not; none for what has no name of Stripe's."""
        if not reference.startswith(("dp_", "du_")):
            return ""
        test = "test/" if self._is_test else ""
        return f"{self._settings.stripe_dashboard}/{test}disputes/{quote(reference, safe='')}"

    def mandate(self, reference: str) -> port.MandateState:
        """A mandate, with our creditor identifier if the key may read the account's settings."""
        with asking("mandate"):
            found = self._read("mandates", reference, expand=["payment_method"])
        try:
            with asking("account"):
                account = self._read("account")
        except port.GatewayRefused:
            account = {}
        return mandates.read_mandate(found, account)

    def payout(self, reference: str) -> port.PayoutState:
        """A payout as it is now."""
        with asking("payout"):
            return payouts.read_payout(self._read("payouts", reference))

    def payouts_since(self, since: datetime) -> Iterator[port.PayoutState]:
        """Payouts by the instant they were made, page by page."""
        with asking("payouts_since"):
            found = self._stripe.v1.payouts.list({"created": {"gte": int(since.timestamp())}, "limit": A_PAGE})
            for payout in found.auto_paging_iter():
                yield payouts.read_payout(payout.to_dict())

    def payout_parts(self, reference: str) -> Iterator[port.PayoutPart]:
        """The balance transactions of an automatic payout, page by page, without the payout's own."""
        with asking("payout_parts"):
            found = self._stripe.v1.balance_transactions.list({"payout": reference, "limit": A_PAGE})
            for movement in found.auto_paging_iter():
                found_part = payouts.read_part(movement.to_dict(), of=reference)
                if found_part is not None:
                    yield found_part

    def topic_of(self, kind: str) -> port.Topic | None:
        """What an event is about."""
        return messages.TOPICS.get(kind)

    def kinds_about(self, topics: Collection[port.Topic]) -> Sequence[str]:
        """The kinds of event that are about one of these."""
        return [kind for kind, topic in messages.TOPICS.items() if topic in topics]

    def read_event(self, body: bytes, signature: str) -> port.EventEnvelope:
        """The event in a webhook's raw body."""
        return messages.read_message(body, signature, self._settings.webhook_secrets, is_test=self._is_test)

    def events_since(self, since: datetime) -> list[port.EventEnvelope]:
        """Every event of our kinds since then, oldest first."""
        found: list[Any] = []
        every = list(messages.TOPICS)
        for first in range(0, len(every), TYPES_IN_ONE_CALL):
            kinds = every[first : first + TYPES_IN_ONE_CALL]
            with asking("events_since"):
                page = self._stripe.v1.events.list(
                    {"types": kinds, "created": {"gte": int(since.timestamp())}, "limit": A_PAGE}
                )
                found += page.auto_paging_iter()
        envelopes = [messages.read_envelope(messages.storable(event.to_dict(for_json=True))) for event in found]
        return sorted((e for e in envelopes if e.is_test == self._is_test), key=lambda e: e.happened_at)

    def check(self) -> list[port.Finding]:
        """Whether key, endpoint, subscriptions and version are as we need them."""
        return checking.findings(self._stripe, f"{self._settings.PUBLIC_URL}/webhooks/stripe", VERSION)

    def _charge(self, reference: str) -> port.PaymentState:
        with asking("charge"):
            charge = self._read("charges", reference, expand=["balance_transaction", "payment_intent"])
        return reading.read_charge(charge)

    def _subscription(self, reference: str) -> Json:
        return self._read("subscriptions", reference, expand=bills.WITH_METHOD)

    def _invoice(self, reference: str) -> Json:
        with asking("invoice"):
            return self._read("invoices", reference, expand=["payments.data.payment.payment_intent"])

    def _read(self, *path: str, **params: Any) -> Json:
        """One thing as it was sent: objects of the library would take longer than all that we do with it."""
        folder, *names = path
        address = "/".join(("/v1", folder, *(quote(name, safe="") for name in names)))
        found: Json = self._stripe.raw_request("get", address, **params).data
        return found


def _roots(invoice: Json) -> tuple[str | None, str | None]:
    """Our token and the subscription, where an invoice keeps them."""
    details = ((invoice.get("parent") or {}).get("subscription_details")) or {}
    return reading.token_of(details), reading.name_of(details.get("subscription"))


def _charge_of(invoice: Json) -> str | None:
    """The charge that paid the invoice, else the latest that was tried."""
    links = (invoice.get("payments") or {}).get("data", [])
    for link in sorted(links, key=lambda link: link["status"] != "paid"):
        paid_by = link["payment"]
        intent = reading.whole(paid_by.get("payment_intent")) or {}
        found = reading.name_of(intent.get("latest_charge")) or reading.name_of(paid_by.get("charge"))
        if found:
            return found
    return None


def _within(state: port.PaymentState, invoice: Json) -> port.PaymentState:
    """The charge as part of its invoice."""
    token, subscription = _roots(invoice)
    values = {**vars(state), "checkout_token": state.checkout_token or token}
    return port.PaymentState(**{**values, "invoice_reference": invoice["id"], "subscription_reference": subscription})

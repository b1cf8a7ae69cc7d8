"""The API's table of contents: every endpoint the sandbox answers, with its parameters' type in the SDK."""
# ruff: noqa: ARG001 (handlers all take the same arguments, needed or not)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox import (
    catalogue,
    checkout,
    customers,
    disputes,
    endpoints,
    events,
    invoices,
    money_movements,
    payments,
    payouts,
    portal,
    refunds,
    subscription_changes,
)
from sandbox.customers import change_texts
from sandbox.errors import Json
from sandbox.world import World

Handler = Callable[[World, Json, str], Json]


@dataclass(frozen=True)
class Endpoint:
    """One route: `/v1` is added in front; `params` names a class below `stripe.params`."""

    method: str
    path: str
    handler: Handler
    params: str


def getter(kind: str) -> Handler:
    """A handler that retrieves one object of this kind."""

    def retrieve(world: World, params: Json, identifier: str) -> Json:
        return world.store.get(kind, identifier)

    return retrieve


def lister(kind: str, *names: str, where: Callable[[Json], dict[str, Any]] | None = None) -> Handler:
    """A handler that lists objects of this kind, filtered by these same-named fields."""

    def list_all(world: World, params: Json, identifier: str) -> Json:
        filters = where(params) if where else {name: params[name] for name in names if name in params}
        rows, more = world.store.page(kind, filters, params)
        return {"data": rows, "has_more": more}

    return list_all


def _session_filters(params: Json) -> Json:
    where: Json = {
        name: params[name] for name in ("payment_intent", "subscription", "customer", "status") if name in params
    }
    if "customer_details" in params:
        where["customer_details.email"] = params["customer_details"]["email"]
    return where


ENDPOINTS = (
    Endpoint("POST", "/checkout/sessions", checkout.create, "checkout.SessionCreateParams"),
    Endpoint(
        "GET", "/checkout/sessions", lister("checkout.session", where=_session_filters), "checkout.SessionListParams"
    ),
    Endpoint("GET", "/checkout/sessions/<identifier>", getter("checkout.session"), "checkout.SessionRetrieveParams"),
    Endpoint("POST", "/checkout/sessions/<identifier>/expire", checkout.expire, "checkout.SessionExpireParams"),
    Endpoint(
        "GET", "/checkout/sessions/<identifier>/line_items", checkout.list_lines, "checkout.SessionListLineItemsParams"
    ),
    Endpoint("GET", "/payment_intents", lister("payment_intent", "customer"), "PaymentIntentListParams"),
    Endpoint("GET", "/payment_intents/<identifier>", getter("payment_intent"), "PaymentIntentRetrieveParams"),
    Endpoint("POST", "/payment_intents/<identifier>/cancel", payments.cancel_intent, "PaymentIntentCancelParams"),
    Endpoint("GET", "/charges", lister("charge", "customer", "payment_intent"), "ChargeListParams"),
    Endpoint("GET", "/charges/<identifier>", getter("charge"), "ChargeRetrieveParams"),
    Endpoint("GET", "/balance_transactions", money_movements.list_all, "BalanceTransactionListParams"),
    Endpoint("GET", "/balance_transactions/<identifier>", money_movements.retrieve, "BalanceTransactionRetrieveParams"),
    Endpoint("GET", "/balance", money_movements.balance, "BalanceRetrieveParams"),
    Endpoint("POST", "/customers", customers.create, "CustomerCreateParams"),
    Endpoint("POST", "/customers/<identifier>", customers.update, "CustomerUpdateParams"),
    Endpoint("DELETE", "/customers/<identifier>", customers.delete, "CustomerDeleteParams"),
    Endpoint("GET", "/customers", lister("customer", "email"), "CustomerListParams"),
    Endpoint(
        "GET", "/customers/<identifier>/payment_methods", customers.list_methods, "CustomerPaymentMethodListParams"
    ),
    Endpoint("GET", "/customers/<identifier>", getter("customer"), "CustomerRetrieveParams"),
    Endpoint("GET", "/refunds", lister("refund", "charge", "payment_intent"), "RefundListParams"),
    Endpoint("POST", "/refunds", refunds.create, "RefundCreateParams"),
    Endpoint("GET", "/refunds/<identifier>", getter("refund"), "RefundRetrieveParams"),
    Endpoint("POST", "/refunds/<identifier>", change_texts("refund", "refund.updated"), "RefundUpdateParams"),
    Endpoint("GET", "/disputes", lister("dispute", "charge", "payment_intent"), "DisputeListParams"),
    Endpoint("GET", "/disputes/<identifier>", getter("dispute"), "DisputeRetrieveParams"),
    Endpoint("POST", "/disputes/<identifier>", disputes.update, "DisputeUpdateParams"),
    Endpoint("POST", "/disputes/<identifier>/close", disputes.close, "DisputeCloseParams"),
    Endpoint("GET", "/payouts", lister("payout", "status"), "PayoutListParams"),
    Endpoint("POST", "/payouts", payouts.create, "PayoutCreateParams"),
    Endpoint("GET", "/payouts/<identifier>", getter("payout"), "PayoutRetrieveParams"),
    Endpoint("GET", "/subscriptions", subscription_changes.list_all, "SubscriptionListParams"),
    Endpoint("POST", "/subscriptions/<identifier>", subscription_changes.update, "SubscriptionUpdateParams"),
    Endpoint("DELETE", "/subscriptions/<identifier>", subscription_changes.cancel, "SubscriptionCancelParams"),
    Endpoint("POST", "/billing_portal/sessions", portal.create, "billing_portal.SessionCreateParams"),
    Endpoint("POST", "/webhook_endpoints", endpoints.create, "WebhookEndpointCreateParams"),
    Endpoint("GET", "/webhook_endpoints", lister("webhook_endpoint"), "WebhookEndpointListParams"),
    Endpoint("GET", "/webhook_endpoints/<identifier>", getter("webhook_endpoint"), "WebhookEndpointRetrieveParams"),
    Endpoint("POST", "/webhook_endpoints/<identifier>", endpoints.update, "WebhookEndpointUpdateParams"),
    Endpoint("DELETE", "/webhook_endpoints/<identifier>", endpoints.delete, "WebhookEndpointDeleteParams"),
    Endpoint("GET", "/account", endpoints.account, "AccountRetrieveCurrentParams"),
    Endpoint(
        "GET",
        "/radar/early_fraud_warnings",
        lister("radar.early_fraud_warning", "charge"),
        "radar.EarlyFraudWarningListParams",
    ),
    Endpoint(
        "GET",
        "/radar/early_fraud_warnings/<identifier>",
        getter("radar.early_fraud_warning"),
        "radar.EarlyFraudWarningRetrieveParams",
    ),
    Endpoint(
        "POST",
        "/payment_intents/<identifier>",
        change_texts("payment_intent", "", "description"),
        "PaymentIntentUpdateParams",
    ),
    Endpoint(
        "POST", "/charges/<identifier>", change_texts("charge", "charge.updated", "description"), "ChargeUpdateParams"
    ),
    Endpoint("GET", "/subscriptions/<identifier>", getter("subscription"), "SubscriptionRetrieveParams"),
    Endpoint("GET", "/invoices", lister("invoice", where=invoices.filters), "InvoiceListParams"),
    Endpoint("GET", "/invoices/<identifier>", getter("invoice"), "InvoiceRetrieveParams"),
    Endpoint("POST", "/invoices/<identifier>/pay", subscription_changes.pay_invoice, "InvoicePayParams"),
    Endpoint("POST", "/invoices/<identifier>/void", invoices.void, "InvoiceVoidInvoiceParams"),
    Endpoint(
        "GET",
        "/invoice_payments",
        lister("invoice_payment", where=invoices.payment_filters),
        "InvoicePaymentListParams",
    ),
    Endpoint("GET", "/invoice_payments/<identifier>", getter("invoice_payment"), "InvoicePaymentRetrieveParams"),
    Endpoint("POST", "/products", catalogue.create_product, "ProductCreateParams"),
    Endpoint("GET", "/products", lister("product", "active"), "ProductListParams"),
    Endpoint("GET", "/products/<identifier>", getter("product"), "ProductRetrieveParams"),
    Endpoint("POST", "/prices", catalogue.create_price, "PriceCreateParams"),
    Endpoint("GET", "/prices", lister("price", "product", "currency", "type", "active"), "PriceListParams"),
    Endpoint("GET", "/prices/<identifier>", getter("price"), "PriceRetrieveParams"),
    Endpoint("GET", "/payment_methods", lister("payment_method", "customer", "type"), "PaymentMethodListParams"),
    Endpoint("GET", "/payment_methods/<identifier>", getter("payment_method"), "PaymentMethodRetrieveParams"),
    Endpoint("GET", "/mandates/<identifier>", getter("mandate"), "MandateRetrieveParams"),
    Endpoint("GET", "/events", events.list_all, "EventListParams"),
    Endpoint("GET", "/events/<identifier>", events.retrieve, "EventRetrieveParams"),
)

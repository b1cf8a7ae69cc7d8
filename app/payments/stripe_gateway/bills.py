"""Bills of subscriptions and the methods that they are charged to, as Stripe has them: what is read and what is asked.

Sources: https://docs.stripe.com/billing/subscriptions/overview (attempts, 3-D Secure), …/api/customer_portal/sessions.
"""

from typing import Any

from app.kernel.clock import from_timestamp
from app.payments.gateway import InvoiceState, PaymentState
from app.payments.stripe_gateway.amounts import from_stripe
from app.payments.stripe_gateway.reading import Json, whole

WITH_METHOD = ["latest_invoice", "default_payment_method", "customer.invoice_settings.default_payment_method"]
"""What is read along with a subscription: its last bill, its method and, if it has none, its customer's."""
ASKS_DONOR = frozenset({"authentication_required", "invoice_payment_intent_requires_action"})
"""Codes of a refusal that the donor can undo by confirming it with their bank."""


def is_open(invoice: Json) -> bool:
    """Whether an invoice is finished, sent and not paid."""
    return bool(invoice.get("status") == "open")


def read_bill(invoice: Json, payment: PaymentState | None, token: str | None, subscription: str | None) -> InvoiceState:
    """An invoice with its payments' intents expanded; `payment` is its latest charge."""
    error: Json = {}
    needs_donor = False
    for link in (invoice.get("payments") or {}).get("data", []):
        intent = whole(link["payment"].get("payment_intent")) or {}
        error = intent.get("last_payment_error") or error
        needs_donor |= intent.get("status") == "requires_action"
    code = error.get("decline_code") or error.get("code") or (payment.failure_code if payment else None) or ""
    next_try = invoice.get("next_payment_attempt")
    return InvoiceState(
        reference=invoice["id"], checkout_token=token, subscription_reference=subscription, payment=payment,
        amount=from_stripe(invoice["amount_due"], invoice["currency"]), is_open=is_open(invoice),
        is_void=invoice.get("status") in {"void", "uncollectible"},
        tries=invoice.get("attempt_count") or 0, failure_code=str(code),
        next_try_at=from_timestamp(next_try) if next_try else None,
        needs_donor=is_open(invoice) and (needs_donor or code in ASKS_DONOR),
        page_url=str(invoice.get("hosted_invoice_url") or ""),
    )  # fmt: skip


def portal_params(customer: str, return_url: str, language: str) -> dict[str, Any]:
    """A portal session that begins where a payment method is given, and leads back when that is done."""
    done = {"type": "redirect", "redirect": {"return_url": return_url}}
    return {
        "customer": customer,
        "return_url": return_url,
        "locale": "fr" if language == "fr" else "en",
        "flow_data": {"type": "payment_method_update", "after_completion": done},
    }


def newer_method(subscription: Json) -> str | None:
    """The customer's own method, where the subscription names another one that is older."""
    theirs = whole((whole(subscription.get("customer")) or {}).get("invoice_settings")) or {}
    chosen, used = whole(theirs.get("default_payment_method")), whole(subscription.get("default_payment_method"))
    if chosen is None or used is None or chosen["id"] == used["id"] or chosen["created"] < used["created"]:
        return None
    return str(chosen["id"])

"""Payment intents and charges: one attempt to take money from one payment method, and what follows."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sandbox import money_movements
from sandbox.cards import MESSAGES, bank_account_of, card_of, error_code
from sandbox.errors import ApiError, Json
from sandbox.shapes import part
from sandbox.world import World, public


class Outcome(StrEnum):
    """How an attempt ended."""

    SUCCEEDED = "succeeded"
    PROCESSING = "processing"
    REQUIRES_ACTION = "requires_action"
    DECLINED = "declined"

    @property
    def takes_money(self) -> bool:
        """Whether money moves or is on its way."""
        return self in {Outcome.SUCCEEDED, Outcome.PROCESSING}


def foresee(method: Json, *, present: bool, authenticated: bool = False) -> Outcome:
    """How an attempt with this payment method will end; changes nothing."""
    if method["type"] == "sepa_debit":
        return Outcome.PROCESSING
    card = card_of(method)
    if card.decline_code or (card.declines_later and not present):
        return Outcome.DECLINED
    must_ask = card.three_d_secure == "always" or (card.three_d_secure == "first" and present)
    return Outcome.REQUIRES_ACTION if must_ask and not authenticated else Outcome.SUCCEEDED


def new_intent(world: World, amount: int, currency: str, **fields: Any) -> Json:
    """A stored payment intent waiting for a payment method; emits `payment_intent.created`."""
    intent = world.new(
        "payment_intent",
        "pi",
        amount=amount,
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        capture_method="automatic_async",
        confirmation_method="automatic",
        currency=currency,
        payment_method_options={},
        payment_method_types=["card"],
        status="requires_payment_method",
    )
    intent.update(fields)
    intent["client_secret"] = f"{intent['id']}_secret_sandbox"
    world.store.put(intent)
    world.emit("payment_intent.created", intent)
    return intent


def decline_of(method: Json) -> str:
    """The decline code a card stands for."""
    return card_of(method).decline_code or "generic_decline"


def attempt(world: World, intent: Json, method: Json, *, present: bool, authenticated: bool = False) -> Outcome:
    """Try to collect `intent` with `method`. `present` tells whether the donor is there to authenticate.

    Stores the intent and the charge and emits their events. Nothing moves on REQUIRES_ACTION.
    """
    intent["payment_method"] = method["id"]
    intent["payment_method_types"] = [method["type"]]
    outcome = foresee(method, present=present, authenticated=authenticated)
    if outcome is Outcome.PROCESSING:
        _start_debit(world, intent, method)
    elif outcome is Outcome.DECLINED:
        _decline(world, intent, method, decline_of(method))
    elif outcome is Outcome.REQUIRES_ACTION:
        intent["status"] = "requires_action"
        intent["next_action"] = part("payment_intent", "next_action") | {"type": "redirect_to_url"}
        world.store.put(intent)
        world.emit("payment_intent.requires_action", intent)
    else:
        _take(world, intent, method)
    return outcome


def _take(world: World, intent: Json, method: Json) -> None:
    card = card_of(method)
    charge = _new_charge(world, intent, method, status="succeeded")
    _succeed(world, intent, charge)
    if card.disputed:
        world.later(0, "open_dispute", charge["id"])
    if card.fraud_warning:
        world.later(0, "warn_of_fraud", charge["id"])


def fail_authentication(world: World, intent: Json, method: Json) -> None:
    """The donor failed or refused 3-D Secure: the intent goes back to asking for a payment method."""
    error = _payment_error(method, "authentication", "payment_intent_authentication_failure")
    _back_to_start(world, intent, error)


def _start_debit(world: World, intent: Json, method: Json) -> None:
    charge = _new_charge(world, intent, method, status="pending")
    intent |= {"status": "processing", "latest_charge": charge["id"], "next_action": None}
    world.store.put(intent)
    world.emit("charge.pending", charge)
    world.emit("payment_intent.processing", intent)
    delay = world.settings.sepa_delay_seconds * bank_account_of(method).delays
    world.later(delay, "settle_debit", charge["id"])


def settle_debit(world: World, charge_id: str, *, succeeds: bool | None = None) -> Json:
    """The bank's answer to a pending SEPA debit; by default what the test IBAN stands for. The intent."""
    charge = world.store.get("charge", charge_id)
    intent = world.store.get("payment_intent", charge["payment_intent"])
    if charge["status"] != "pending":
        raise ApiError("This debit is not pending.", code="charge_not_pending")
    world.forget("settle_debit", charge_id)
    method = world.store.get("payment_method", charge["payment_method"])
    account = bank_account_of(method)
    if account.succeeds if succeeds is None else succeeds:
        charge |= {"status": "succeeded", "paid": True, "captured": True, "amount_captured": charge["amount"]}
        _succeed(world, intent, charge)
        if account.disputed:
            world.later(0, "open_dispute", charge_id)
        return intent
    reason = account.failure_code or "sepa_failed"
    code = "payment_method_customer_decline" if reason == "sepa_failed" else "insufficient_funds"
    charge |= {"status": "failed", "failure_code": code, "failure_message": MESSAGES[reason]}
    charge["outcome"] = _outcome("issuer_declined", code)
    world.store.put(charge)
    world.emit("charge.failed", charge)
    _back_to_start(world, intent, _payment_error(method, reason, code, charge))
    return intent


def _succeed(world: World, intent: Json, charge: Json) -> None:
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "latest_charge": charge["id"],
        "last_payment_error": None,
        "next_action": None,
    }
    world.store.put(intent)
    world.store.put(charge)
    world.emit("charge.succeeded", charge)
    world.emit("payment_intent.succeeded", intent)
    if world.knobs.fee_delay_seconds:
        world.later(world.knobs.fee_delay_seconds, "charge_fee", charge["id"])
    else:
        book_charge(world, charge["id"])


def book_charge(world: World, charge_id: str) -> None:
    """Record the charge's balance transaction: amount, fee, net. Emits `charge.updated`.

    The real service captures asynchronously, so the first events of a charge carry none.
    """
    charge = world.store.get("charge", charge_id)
    if charge["balance_transaction"]:
        return
    is_debit = charge["payment_method_details"]["type"] == "sepa_debit"
    settled, rate = money_movements.settle(world, charge["amount"], charge["currency"])
    movement = money_movements.record(
        world,
        "payment" if is_debit else "charge",
        charge,
        amount=settled,
        fee=money_movements.fee_for(settled, charge["payment_method_details"]["type"]),
        rate=rate,
        available_on=world.now() + (0 if is_debit else world.settings.card_funds_delay_seconds),
        reporting_category="charge",
        description=charge["description"],
    )
    charge["balance_transaction"] = movement["id"]
    world.store.put(charge)
    world.emit("charge.updated", charge, {"balance_transaction": None})


def _decline(world: World, intent: Json, method: Json, decline_code: str) -> None:
    code = error_code(decline_code)
    charge = _new_charge(world, intent, method, status="failed")
    charge |= {
        "failure_code": code,
        "failure_message": MESSAGES[decline_code],
        "outcome": _outcome("declined_by_network", decline_code),
    }
    world.store.put(charge)
    intent["latest_charge"] = charge["id"]
    world.emit("charge.failed", charge)
    _back_to_start(world, intent, _payment_error(method, decline_code, code, charge))


def _back_to_start(world: World, intent: Json, error: Json) -> None:
    intent |= {"status": "requires_payment_method", "last_payment_error": error, "next_action": None}
    intent["payment_method"] = None
    world.store.put(intent)
    world.emit("payment_intent.payment_failed", intent)


def _payment_error(method: Json, reason: str, code: str, charge: Json | None = None) -> Json:
    error = part("payment_intent", "last_payment_error")
    slim = {name: value for name, value in error.items() if value is not None}
    slim |= {"type": "card_error", "code": code, "message": MESSAGES[reason], "payment_method": public(method)}
    if charge is not None:
        slim["charge"] = charge["id"]
    if code == "card_declined":
        slim["decline_code"] = reason
    return slim


def _outcome(network: str, reason: str | None) -> Json:
    is_good = reason is None
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network,
        "reason": reason,
        "risk_level": "normal",
        "rule": None,
        "seller_message": "Payment complete." if is_good else "The bank did not return any further details.",
        "type": "authorized" if is_good else "issuer_declined",
    }


def _new_charge(world: World, intent: Json, method: Json, *, status: str) -> Json:
    succeeded = status == "succeeded"
    is_debit = method["type"] == "sepa_debit"
    charge = world.new(
        "charge",
        "py" if is_debit else "ch",
        amount=intent["amount"],
        amount_captured=intent["amount"] if succeeded else 0,
        amount_refunded=0,
        billing_details=dict(method["billing_details"]),
        calculated_statement_descriptor="SANDBOX",
        captured=succeeded,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        fraud_details={},
        metadata=dict(intent["metadata"]),
        outcome=_outcome("approved_by_network", None),
        paid=succeeded,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details=_details(world, method, intent["amount"]),
        refunded=False,
        status=status,
    )
    charge["receipt_url"] = f"{world.settings.public_url}/_sandbox/object/{charge['id']}"
    return world.store.put(charge)


def _details(world: World, method: Json, amount: int) -> Json:
    if method["type"] == "sepa_debit":
        mandate = mandate_for(world, method)
        source = method["sepa_debit"]
        details = part("charge", "payment_method_details.sepa_debit")
        details |= {name: source[name] for name in ("bank_code", "branch_code", "country", "fingerprint", "last4")}
        return {"type": "sepa_debit", "sepa_debit": details | {"mandate": mandate["id"]}}
    source = method["card"]
    details = part("charge", "payment_method_details.card")
    details |= {name: source[name] for name in details if name in source and name != "generated_from"}
    details |= {"network": source["brand"], "amount_authorized": amount}
    return {"type": "card", "card": details}


def mandate_for(world: World, method: Json) -> Json:
    """The SEPA mandate of a payment method, made at its first use."""
    found = world.store.all("mandate", {"payment_method": method["id"]}, limit=1)
    if found:
        return found[0]
    mandate = world.new("mandate", "mandate", payment_method=method["id"], status="active", type="multi_use")
    acceptance = {"accepted_at": world.now(), "type": "online", "online": {"ip_address": None, "user_agent": None}}
    mandate["customer_acceptance"] = acceptance
    reference = mandate["id"].removeprefix("mandate_")[:16].upper()
    debit = part("mandate", "payment_method_details.sepa_debit")
    debit |= {"reference": reference, "url": f"{world.settings.public_url}/_sandbox/object/{mandate['id']}"}
    mandate["payment_method_details"] = {"type": "sepa_debit", "sepa_debit": debit}
    mandate["multi_use"] = {}
    for name in ("single_use", "on_behalf_of"):
        mandate.pop(name, None)
    return world.store.put(mandate)


def cancel_intent(world: World, params: Json, identifier: str) -> Json:
    """`POST /v1/payment_intents/:id/cancel`; refused once money is on its way."""
    intent = world.store.get("payment_intent", identifier)
    if intent["status"] in {"succeeded", "processing", "canceled"}:
        raise ApiError(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    intent |= {"status": "canceled", "canceled_at": world.now()}
    intent["cancellation_reason"] = params.get("cancellation_reason")
    world.store.put(intent)
    world.emit("payment_intent.canceled", intent)
    return intent

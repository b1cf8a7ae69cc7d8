"""Every movement of money in one document, for comparing with the product's books to the cent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.errors import Json
    from sandbox.world import World

_CHARGE = (
    "id",
    "amount",
    "amount_refunded",
    "created",
    "currency",
    "customer",
    "disputed",
    "metadata",
    "payment_intent",
    "status",
)
_MOVEMENT = ("id", "amount", "fee", "net", "currency", "exchange_rate", "type", "source", "available_on")


def ledger(world: World) -> Json:
    """Charges with their origin, refunds, disputes, payouts, balance transactions and totals.

    Amounts are minor units: of the payment's currency on charges, refunds and disputes; of the settlement
    currency on balance transactions, payouts and totals.
    """
    movements = world.store.all("balance_transaction")
    by_source = {row["source"]: row for row in movements if row["type"] in {"charge", "payment"}}
    origins = _origins(world)
    charges = [
        _pick(row, _CHARGE)
        | {"type": row["payment_method_details"]["type"]}
        | {name: by_source.get(row["id"], {}).get(name) for name in ("fee", "net")}
        | origins.get(row["payment_intent"], _NOWHERE)
        for row in world.store.all("charge")
    ]
    return {
        "now": world.now(),
        "charges": charges,
        "refunds": _table(world, "refund", ("id", "amount", "currency", "charge", "status", "created")),
        "disputes": _table(world, "dispute", ("id", "amount", "currency", "charge", "status", "created")),
        "payouts": _table(world, "payout", ("id", "amount", "currency", "status", "automatic", "created")),
        "subscriptions": _table(world, "subscription", ("id", "status", "customer", "metadata", "created")),
        "balance_transactions": [_pick(row, _MOVEMENT) | {"payout": row["_payout"] or None} for row in movements],
        "totals": _totals(movements),
    }


_NOWHERE: Json = {"checkout_session": None, "client_reference_id": None, "invoice": None, "subscription": None}


def _origins(world: World) -> dict[str, Json]:
    """By payment intent: the session or invoice it paid."""
    found: dict[str, Json] = {}
    for link in world.store.all("invoice_payment"):
        invoice = world.store.get("invoice", link["invoice"])
        subscription = invoice["parent"]["subscription_details"]["subscription"]
        intent = link["payment"]["payment_intent"]
        found[intent] = _NOWHERE | {"invoice": invoice["id"], "subscription": subscription}
    for session in world.store.all("checkout.session"):
        intent = session.get("_intent")
        if intent:
            names = {"checkout_session": session["id"], "client_reference_id": session["client_reference_id"]}
            found[intent] = found.get(intent, _NOWHERE) | names
    return found


def _totals(movements: list[Json]) -> Json:
    totals: dict[str, int] = {}
    for row in movements:
        totals[row["type"]] = totals.get(row["type"], 0) + row["amount"]
    totals["fees"] = sum(row["fee"] for row in movements)
    totals["balance"] = sum(row["net"] for row in movements)
    return totals


def _table(world: World, kind: str, names: Iterable[str]) -> list[Json]:
    return [_pick(row, names) for row in world.store.all(kind)]


def _pick(row: Json, names: Iterable[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}

"""The control panel at `/_sandbox`: what happened lately, and buttons for what may happen next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Blueprint, redirect, request

from sandbox.hosted_page import show, the_world
from sandbox.money_movements import exponent
from sandbox.texts import amount_text
from sandbox.world import instant_text

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from sandbox.errors import Json
    from sandbox.world import World

panel = Blueprint("control_panel", __name__)

_ROWS = 15


@panel.get("/_sandbox")
@panel.get("/")
def control_panel() -> AnyResponse:
    """The page."""
    world = the_world()
    with world.store.transaction():
        tables = [_sessions(world), _charges(world), _refunds(world), _disputes(world), _subscriptions(world)]
        tables += [_payouts(world), _events(world)]
        turned = {name: value for name, value in world.knobs.as_dict().items() if value}
        now = instant_text(world.now())
        until = instant_text(world.journey[1]) if world.journey else ""
    return show(
        "control_panel.html", "en", now=now, tables=tables, turned=turned, until=until, travelled=world.travelled
    )


@panel.get("/test/disputes/<identifier>")
def dispute(identifier: str) -> AnyResponse:
    """Where the dashboard shows a dispute: here it is a row of the panel."""
    return redirect(f"/_sandbox#{quote(identifier)}")


@dataclass(frozen=True)
class _Part:
    """Objects of a kind, newest first, a part at a time: from the one on that the address names by kind and id."""

    kind: str = ""
    objects: list[dict[str, Any]] = field(default_factory=list)
    is_first: bool = True
    has_older: bool = False

    @property
    def older(self) -> str:
        """Where the older ones are."""
        return f"?{self.kind}={quote(self.objects[-1]['id'])}#{self.kind}" if self.has_older else ""


def _part(world: World, kind: str) -> _Part:
    after = request.args.get(kind)
    found, has_older = world.store.page(kind, {}, {"limit": _ROWS} | ({"starting_after": after} if after else {}))
    return _Part(kind, found, not after, has_older)


def _table(title: str, headings: tuple[str, ...], rows: list[Json], part: _Part | None = None) -> Json:
    return {"title": title, "headings": headings, "rows": rows, "part": part or _Part()}


def _row(identifier: str, cells: list[str], buttons: list[tuple[str, str]]) -> Json:
    return {"id": identifier, "cells": cells, "buttons": buttons}


def _money(thing: Json, name: str = "amount") -> str:
    return amount_text(thing[name], exponent(thing["currency"]), thing["currency"], "en")


def _sessions(world: World) -> Json:
    part = _part(world, "checkout.session")
    rows = [
        _row(
            row["id"],
            [
                _money(row, "amount_total"),
                row["mode"],
                row["status"],
                row["payment_status"],
                instant_text(row["created"]),
            ],
            [],
        )
        | {"link": f"/c/pay/{row['id']}"}
        for row in part.objects
    ]
    return _table("Checkout sessions", ("Amount", "Mode", "Status", "Payment", "Created"), rows, part)


_BY_CARDHOLDER = (("dispute", "Dispute"), ("inquire", "Inquire"), ("warn", "Warn of fraud"))
_BY_DEBITOR = (("take_back", "Take back"), ("deny", "Say not authorised"))


def _charges(world: World) -> Json:
    part = _part(world, "charge")
    rows = []
    for row in part.objects:
        buttons = []
        if row["status"] == "pending":
            buttons = [("settle_debit", "Settle"), ("fail_debit", "Fail")]
        elif row["status"] == "succeeded" and not row["disputed"]:
            is_debit = row["payment_method_details"]["type"] == "sepa_debit"
            buttons = list(_BY_DEBITOR if is_debit else _BY_CARDHOLDER)
            if not row["refunded"]:
                buttons.insert(0, ("refund", "Refund"))
        refunded = _money(row, "amount_refunded") if row["amount_refunded"] else ""
        how = row["payment_method_details"]
        cells = [_money(row), f"{how['type']} …{how[how['type']]['last4']}", row["status"], refunded]
        rows.append(_row(row["id"], [*cells, instant_text(row["created"])], buttons))
    return _table("Charges", ("Amount", "Method", "Status", "Refunded", "Created"), rows, part)


def _refunds(world: World) -> Json:
    part = _part(world, "refund")
    rows = [
        _row(
            row["id"],
            [_money(row), row["status"], row["charge"]],
            [("settle_refund", "Settle"), ("fail_refund", "Fail")] if row["status"] == "pending" else _failing(row),
        )
        for row in part.objects
    ]
    return _table("Refunds", ("Amount", "Status", "Charge"), rows, part)


def _failing(row: Json) -> list[tuple[str, str]]:
    return [("fail_refund", "Fail")] if row["status"] == "succeeded" else []


def _disputes(world: World) -> Json:
    part = _part(world, "dispute")
    rows = [
        _row(
            row["id"],
            [_money(row), row["status"], row["charge"]],
            [("win", "Win"), ("lose", "Lose")] if row["status"].endswith(("needs_response", "under_review")) else [],
        )
        for row in part.objects
    ]
    return _table("Disputes", ("Amount", "Status", "Charge"), rows, part)


def _subscriptions(world: World) -> Json:
    part = _part(world, "subscription")
    rows = []
    for row in part.objects:
        item = row["items"]["data"][0]
        price = item["price"]
        cells = [_money(price, "unit_amount"), _rhythm(price["recurring"]), row["status"]]
        rows.append(_row(row["id"], [*cells, instant_text(item["current_period_end"])], []))
    return _table("Subscriptions", ("Amount", "Interval", "Status", "Period ends"), rows, part)


def _rhythm(recurring: Json) -> str:
    count, unit = recurring["interval_count"], recurring["interval"]
    return f"every {unit}" if count == 1 else f"every {count} {unit}s"


def _payouts(world: World) -> Json:
    part = _part(world, "payout")
    rows = [
        _row(
            row["id"],
            [_money(row), row["status"], row["reconciliation_status"], instant_text(row["arrival_date"])],
            [("fail_payout", "Fail")] if row["status"] != "failed" else [],
        )
        for row in part.objects
    ]
    return _table("Payouts", ("Amount", "Status", "Reconciliation", "Arrives"), rows, part)


def _events(world: World) -> Json:
    found: list[tuple[Any, ...]] = world.store.db.execute(
        "SELECT e.id, e.type, e.created, group_concat(d.state || coalesce(' (' || d.last_answer || ')', '')) "
        "FROM event e LEFT JOIN delivery d ON d.event_id = e.id GROUP BY e.id ORDER BY e.seq DESC LIMIT ?",
        (3 * _ROWS,),
    ).fetchall()
    rows = [
        _row(event, [kind, delivery or "nobody subscribed", instant_text(created)], [("redeliver", "Send again")])
        for event, kind, created, delivery in found
    ]
    return _table("Events", ("Type", "Delivery", "Created"), rows)

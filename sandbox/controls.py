"""The sandbox's own switches under `/_sandbox`: the clock, the knobs, and what the outside world does.

Each answers JSON; a form that carries `panel` is sent back to the control panel instead.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify, redirect, request

from sandbox import completion, disputes, payouts, refunds, webhooks
from sandbox.errors import ApiError, not_found
from sandbox.hosted_page import the_world
from sandbox.ledger import ledger
from sandbox.params import check
from sandbox.world import instant_text, public

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response as AnyResponse

    from sandbox.errors import Json
    from sandbox.world import World

controls = Blueprint("controls", __name__, url_prefix="/_sandbox")


@controls.errorhandler(ApiError)
def refuse(error: ApiError) -> tuple[AnyResponse, int]:
    """Refusals have the same shape as the API's."""
    return jsonify(error.body()), error.status


def _given() -> Json:
    fields: Any = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    if not isinstance(fields, dict):
        raise ApiError("A JSON object was expected.")
    return fields


def _answer(document: Json) -> AnyResponse:
    if "panel" in request.form:
        return redirect("/_sandbox", 303)
    return jsonify(document)


@controls.get("/clock")
def clock() -> AnyResponse:
    """The sandbox's present instant."""
    return _answer(_clock())


def _clock() -> Json:
    world = the_world()
    until = world.journey[1] if world.journey else None
    return {"now": world.now(), "text": instant_text(world.now()), "offset": world.clock.offset, "until": until}


@controls.post("/advance")
def advance() -> AnyResponse:
    """Move the clock forward: `seconds`, or `until` an ISO instant (UTC unless it says otherwise)."""
    world, given = the_world(), _given()
    try:
        if "until" in given:
            until = datetime.fromisoformat(str(given["until"]))
            until = until if until.tzinfo else until.replace(tzinfo=UTC)
            seconds = int(until.timestamp()) - world.now()
        else:
            seconds = int(given["seconds"])
    except (KeyError, ValueError, TypeError, OverflowError):
        raise ApiError("Give `seconds`, or `until` as an ISO date and time.", param="seconds") from None
    if not 0 <= seconds <= 10 * 366 * 86_400:
        raise ApiError("The clock moves forward only, by ten years at most.", param="seconds")
    if world.settings.has_calendar and "panel" in request.form:
        world.travel(seconds)
        return _answer(_clock())
    happened = world.advance(seconds)
    return _answer(_clock() | {"happened": happened})


@controls.post("/stay")
def stay() -> AnyResponse:
    """Let the calendar go no further than the day it is at."""
    the_world().journey = None
    return _answer(_clock())


@controls.route("/knobs", methods=["GET", "POST"])
def knobs() -> AnyResponse:
    """Read or turn the knobs (`sandbox/knobs.py`)."""
    world = the_world()
    if request.method == "POST":
        with world.store.transaction():
            world.turn_knobs({name: value for name, value in _given().items() if name != "panel"})
    return _answer(world.knobs.as_dict())


@controls.post("/reset")
def reset() -> AnyResponse:
    """Forget everything."""
    the_world().reset()
    return _answer({"reset": True})


@controls.get("/ledger")
def show_ledger() -> AnyResponse:
    """All money movements."""
    with the_world().store.transaction():
        return jsonify(ledger(the_world()))


@controls.get("/object/<identifier>")
def show_object(identifier: str) -> AnyResponse:
    """One stored object, for looking at."""
    found = the_world().store.seek(identifier)
    if found is None:
        raise not_found("object", identifier)
    return jsonify(public(found))


@controls.get("/deliveries")
def deliveries() -> AnyResponse:
    """Webhook deliveries not yet acknowledged, oldest first."""
    with the_world().store.lock:
        rows = (
            the_world()
            .store.db.execute(
                "SELECT d.event_id, e.type, d.state, d.attempts, d.due_at, d.last_answer FROM delivery d "
                "JOIN event e ON e.id = d.event_id WHERE d.state <> 'delivered' ORDER BY d.id"
            )
            .fetchall()
        )
    names = ("event", "type", "state", "attempts", "due_at", "last_answer")
    return jsonify({"data": [dict(zip(names, row, strict=True)) for row in rows]})


@controls.post("/deliver")
def deliver() -> AnyResponse:
    """Make every delivery that waits for its time, or for its next attempt, due at once."""
    world = the_world()
    with world.store.transaction():
        world.store.db.execute("UPDATE delivery SET due_at = 0 WHERE state = 'pending'")
    world.woken.set()
    return _answer({"delivering": True})


@controls.post("/payout")
def make_payout() -> AnyResponse:
    """One automatic payout now, of everything, pending money included; it arrives at once."""
    world = the_world()
    with world.store.transaction():
        payout = payouts.pay_out(world, everything=True)
        if payout is None:
            raise ApiError("There is nothing to pay out.")
        payouts.arrive(world, payout["id"])
    return _answer({"payout": payout["id"], "amount": payout["amount"]})


def _refund(world: World, identifier: str) -> Json:
    given = _given()
    amount = {"amount": str(given["amount"])} if given.get("amount") else {}
    return refunds.create(world, check("RefundCreateParams", {"charge": identifier, **amount}), "")


def _reason() -> str:
    """Why the payer's bank takes the money back, if the request says."""
    return str(_given().get("reason") or "")


def _revoke_mandate(world: World, identifier: str) -> None:
    mandate = world.store.get("mandate", identifier)
    mandate["status"] = "inactive"
    world.store.put(mandate)
    world.emit("mandate.updated", mandate, {"status": "active"})


#: What somebody outside can do to one object; the second part of `/_sandbox/<act>/<id>`.
_ACTS: dict[str, Callable[[World, str], object]] = {
    "dispute": lambda world, identifier: disputes.open_dispute(world, identifier, reason=_reason()),
    "take_back": lambda world, identifier: disputes.open_dispute(world, identifier, reason="customer_initiated"),
    "deny": lambda world, identifier: disputes.open_dispute(world, identifier, reason="debit_not_authorized"),
    "inquire": lambda world, identifier: disputes.open_dispute(world, identifier, inquiry=True),
    "warn": disputes.warn_of_fraud,
    "win": lambda world, identifier: disputes.conclude(world, identifier, won=True),
    "lose": lambda world, identifier: disputes.conclude(world, identifier, won=False),
    "refund": _refund,
    "settle_refund": refunds.settle,
    "fail_refund": refunds.fail,
    "settle_debit": lambda world, identifier: completion.settle_debit(world, identifier, succeeds=True),
    "fail_debit": lambda world, identifier: completion.settle_debit(world, identifier, succeeds=False),
    "fail_payout": payouts.fail,
    "revoke_mandate": _revoke_mandate,
    "redeliver": webhooks.redeliver,
}


@controls.post("/<act>/<identifier>")
def do(act: str, identifier: str) -> AnyResponse:
    """Have the outside world do something: the donor's bank, the dashboard, the network."""
    world = the_world()
    if act not in _ACTS:
        raise ApiError(f"There is no '{act}'. There are: {', '.join(_ACTS)}", status=404)
    with world.store.transaction():
        _ACTS[act](world, identifier)
    return _answer({"done": act, "id": identifier})

"""One API call from start to end: who asks, what is asked, faults on request, the work, the answer."""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, request
from stripe import api_version

from sandbox import idempotency
from sandbox.errors import ApiError, Json
from sandbox.expand import render
from sandbox.idempotency import Answer
from sandbox.params import check, parse
from sandbox.routes import ENDPOINTS, Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.world import World

#: Set by the in-process client: a call that should hang is reported in a header instead of slept through.
IN_PROCESS = "sandbox.in_process"
HANG_HEADER = "X-Sandbox-Hang"

api = Blueprint("api", __name__, url_prefix="/v1")


def _view(endpoint: Endpoint) -> Callable[..., Response]:
    def view(identifier: str = "") -> Response:
        return answer_call(endpoint, identifier)

    return view


for _number, _endpoint in enumerate(ENDPOINTS):
    api.add_url_rule(_endpoint.path, f"call_{_number}", _view(_endpoint), methods=[_endpoint.method])


@api.route("/<path:rest>", methods=["GET", "POST", "DELETE"])
def unknown(rest: str) -> Response:
    """A route this sandbox does not have, refused in Stripe's words."""
    error = ApiError(f"Unrecognized request URL ({request.method}: /v1/{rest}).", status=404)
    return _response(Answer(error.status, error.body()), f"req_{secrets.token_hex(7)}")


def answer_call(endpoint: Endpoint, identifier: str) -> Response:
    """Answer one API call, applying the knobs. Every refusal has Stripe's shape."""
    world: World = current_app.extensions["sandbox"].world
    request_id = f"req_{secrets.token_hex(7)}"
    knobs, dice = world.knobs, world.dice
    try:
        _authenticate()
        _fail_on_request(world)
        answer = _carry_out(world, endpoint, identifier, request_id)
        if dice.falls(knobs.lost_answer_rate):
            error = ApiError("An error occurred (a knob); the call was carried out.", kind="api_error", status=500)
            answer = Answer(error.status, error.body())
    except ApiError as error:
        answer = Answer(error.status, error.body())
    response = _response(answer, request_id)
    if knobs.hang_seconds and dice.falls(knobs.hang_rate or 1.0):
        if request.environ.get(IN_PROCESS):
            response.headers[HANG_HEADER] = str(knobs.hang_seconds)
        else:
            time.sleep(knobs.hang_seconds)
    return response


def _fail_on_request(world: World) -> None:
    """The faults that strike before anything is done."""
    if world.dice.falls(world.knobs.error_rate_429):
        raise ApiError("Too many requests (a knob).", code="rate_limit", status=429)
    if world.dice.falls(world.knobs.error_rate_500):
        raise ApiError("An error occurred (a knob); nothing was done.", kind="api_error", status=500)


def _authenticate() -> None:
    """Any test key will do; live keys and missing keys are refused, and so are other API versions."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    key = given if scheme == "Bearer" else (request.authorization.username if request.authorization else "") or ""
    if not key:
        raise ApiError("You did not provide an API key.", status=401)
    if "_live_" in key:
        raise ApiError("A live key was sent to the sandbox. Roll this key now.", status=401)
    if not key.startswith(("sk_test_", "rk_test_")):
        raise ApiError(f"Invalid API Key provided: {key[:7]}****", status=401)
    version = request.headers.get("Stripe-Version", api_version)
    if version != api_version:
        raise ApiError(f"The sandbox imitates API version {api_version} only, not {version}.")


def _carry_out(world: World, endpoint: Endpoint, identifier: str, request_id: str) -> Answer:
    pairs = [*request.args.items(multi=True), *request.form.items(multi=True)]
    raw = parse(pairs)
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    print_of_call = idempotency.fingerprint(request.method, request.path, raw)
    params = check(endpoint.params, raw)
    with world.store.transaction():
        if key:
            stored = idempotency.recall(world, key, print_of_call)
            if stored is not None:
                return stored
        world.request = {"id": request_id, "idempotency_key": key}
        try:
            answer = _fresh_answer(world, endpoint, identifier, params)
        finally:
            world.request = {"id": None, "idempotency_key": None}
        if key:
            idempotency.remember(world, key, print_of_call, answer)
        return answer


def _fresh_answer(world: World, endpoint: Endpoint, identifier: str, params: Json) -> Answer:
    if request.method == "POST" and world.dice.falls(world.knobs.sticky_500_rate):
        error = ApiError("An error occurred (a knob), for good under this key.", kind="api_error", status=500)
        return Answer(500, error.body())
    expand = params.pop("expand", [])
    try:
        result = endpoint.handler(world, params, identifier)
    except ApiError as error:
        if error.status != 402:
            raise
        return Answer(402, error.body())  # a declined payment is an outcome: what it left behind stays
    if "data" in result and "object" not in result:
        result = {"object": "list", "url": request.path, **result}
    return Answer(200, render(world, result, expand))


def _response(answer: Answer, request_id: str) -> Response:
    response = Response(json.dumps(answer.body), answer.status, content_type="application/json")
    response.headers["Request-Id"] = request_id
    response.headers["Stripe-Version"] = api_version
    key = request.headers.get("Idempotency-Key")
    if key:
        response.headers["Idempotency-Key"] = key
    if answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
        response.headers["Original-Request"] = request_id
    return response

"""Idempotency keys: the same key and parameters replay the first answer; other parameters are refused.

Stripe keeps keys for at least 24 hours (v1). A stored 500 is replayed like any other answer.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.errors import ApiError, Json

if TYPE_CHECKING:
    from sandbox.world import World

_KEPT_SECONDS = 86_400


@dataclass(frozen=True)
class Answer:
    """A finished answer: HTTP status and JSON document."""

    status: int
    body: Json
    replayed: bool = False


def fingerprint(method: str, path: str, params: Json) -> str:
    """What a key stands for: method, path and parameters, in canonical form."""
    text = json.dumps([method, path, params], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def recall(world: World, key: str, print_of_call: str) -> Answer | None:
    """The stored answer of this key, None if unused. Raises ApiError `idempotency_error` on a mismatch."""
    if len(key) > 255:
        raise ApiError("Idempotency keys may be at most 255 characters long.", kind="idempotency_error")
    row = world.store.db.execute(
        "SELECT fingerprint, status, body, created FROM idempotency WHERE key = ?", (key,)
    ).fetchone()
    if row is None or row[3] < world.now() - _KEPT_SECONDS:
        return None
    if row[0] != print_of_call:
        raise ApiError(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    return Answer(row[1], json.loads(row[2]), replayed=True)


def remember(world: World, key: str, print_of_call: str, answer: Answer) -> None:
    """Keep an answer under its key, in the transaction of the work it reports."""
    world.store.db.execute(
        "INSERT OR REPLACE INTO idempotency (key, created, fingerprint, status, body) VALUES (?, ?, ?, ?, ?)",
        (key, world.now(), print_of_call, answer.status, json.dumps(answer.body)),
    )

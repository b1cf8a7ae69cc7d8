"""Faults on request: what the sandbox does wrong on purpose, so that the product can prove it copes."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, fields

from sandbox.errors import ApiError, Json

#: Seconds. A month, so that what happens in one month is heard of in the next.
LONGEST = 31 * 86_400


@dataclass(frozen=True)
class Knobs:
    """Every rate is a probability between 0 and 1; every knob at its default means no fault."""

    #: Probability that an event is delivered twice.
    duplicate: float = 0.0
    #: Deliver what is due in random order.
    shuffle: bool = False
    #: Each delivery waits a random time up to this many real seconds.
    delay_seconds: float = 0.0
    #: The first attempt of each delivery is lost; the retry arrives.
    drop_first_delivery: bool = False
    #: Probability that an event is never delivered at all (only a sweep of the event list finds it).
    drop_rate: float = 0.0
    #: Probability that an API call is answered 429 and not carried out.
    error_rate_429: float = 0.0
    #: Probability that an API call is answered 500 and not carried out.
    error_rate_500: float = 0.0
    #: Probability that an API call is carried out and its answer lost (500); a retry finds the result.
    lost_answer_rate: float = 0.0
    #: Probability that a POST with an idempotency key fails for good: the stored 500 is replayed.
    sticky_500_rate: float = 0.0
    #: Probability that a call is carried out but gets no answer for `hang_seconds`.
    hang_rate: float = 0.0
    #: How long such a call hangs. Setting it above 0 with `hang_rate` 0 makes every call hang.
    hang_seconds: float = 0.0
    #: Seconds of the sandbox's clock after which fee and net appear (`charge.updated`).
    fee_delay_seconds: int = 0
    #: The portal keeps a new method with the customer alone: subscriptions name the old one, overdue bills stay so.
    portal_only_keeps: bool = False
    #: Seed of the dice above; 0 means unpredictable.
    seed: int = 0

    def as_dict(self) -> Json:
        """The knobs by name."""
        return asdict(self)

    def changed(self, wanted: Json) -> Knobs:
        """A copy with some knobs turned. Raises ApiError for unknown names and unusable values."""
        kinds = {field.name: type(getattr(Knobs, field.name)) for field in fields(self)}
        values: Json = asdict(self)
        for name, value in wanted.items():
            if name not in kinds:
                raise ApiError(f"There is no knob '{name}'. Knobs: {', '.join(kinds)}", param=name)
            try:
                turned = kinds[name](value)
            except (TypeError, ValueError):
                raise ApiError(f"'{name}' needs a {kinds[name].__name__}", param=name) from None
            highest = 1 if name.endswith("_rate") or name.startswith("error_rate") or name == "duplicate" else LONGEST
            if name != "seed" and not 0 <= turned <= highest:
                raise ApiError(f"'{name}' must be between 0 and {highest}", param=name)
            values[name] = turned
        return Knobs(**values)


class Dice:
    """Random decisions, repeatable when the knobs carry a seed."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed or None)  # noqa: S311 (faults, not secrets)

    def falls(self, probability: float) -> bool:
        """True with this probability."""
        return probability > 0 and self._random.random() < probability

    def between(self, highest: float) -> float:
        """A random number from 0 up to `highest`."""
        return self._random.random() * highest

    def shuffled(self, things: list[int]) -> list[int]:
        """The same things in random order."""
        return self._random.sample(things, len(things))

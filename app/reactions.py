"""When this happens, that follows: one table. Reactions run in the transaction of their cause."""

from collections.abc import Mapping, Sequence

from app.kernel.events import Reaction

REACTIONS: Mapping[type, Sequence[Reaction]] = {}

"""Reading the lines of a payout, however many: some hundred at a time, each lot in a transaction of its own.

Whoever is stopped half-way begins anew and finds the first lots stored; two at once take turns and end the same.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from app.kernel.actors import GATEWAY
from app.kernel.audit import act_as
from app.kernel.jobs import Work
from app.payments.effects import Outcome
from app.payments.gateway import Gateway, PayoutPart, Topic
from app.payments.services import payouts

AT_ONCE = 500


def itemise(work: Work, reference: str, look_up: Callable[[Work, Topic, str], Outcome]) -> Outcome:
    """Write down every movement of a payout that is known here, then see whether they add up to it.

    What a line is about and we have not been told of yet is asked for by `look_up`, once: what the gateway says then
    is that it is not ours, and the line waits for somebody to explain it.
    """
    seen = 0
    for few in _lots(work.ports.get(Gateway).payout_parts(reference)):
        seen += len(few)
        with work.database.reading() as db:
            unknown = payouts.unknown_things(db, few)
        for topic, source in unknown:
            look_up(work, topic, source)
        with work.database.writing() as db:
            act_as(db, GATEWAY)
            payouts.write_lines(db, reference, few)
    with work.database.writing() as db:
        act_as(db, GATEWAY)
        return payouts.conclude(db, reference, seen)


def _lots(parts: Iterable[PayoutPart]) -> Iterator[Sequence[PayoutPart]]:
    left = iter(parts)
    while few := list(islice(left, AT_ONCE)):
        yield few

"""Looking once more for what a line of a payout is about: at the gateway, by the same way as its messages."""

from app.kernel.actors import Actor
from app.kernel.jobs import Work
from app.payments.following import follow, writing
from app.payments.gateway import Topic
from app.payments.models import PayoutLine
from app.payments.services.payouts import match_again


def seek_line(work: Work, line_id: int, *, actor: Actor) -> bool:
    """Ask the gateway for the payment, refund, dispute or payout that a line names; whether it is ours after all.

    Raises:
        GatewayUnavailable: no answer; trying again is safe.
        GatewayRefused: the gateway does not let us look.
        TooEarly: what it belongs to is not known yet.

    """
    with work.database.reading() as db:
        line = db.get_one(PayoutLine, line_id)
    if line.about and line.source:
        follow(work, Topic(line.about), line.source)
    with writing(work, actor) as db:
        match_again(db, [line_id])
        return db.get_one(PayoutLine, line_id).is_found

"""What staff ask of the gateway for a gift: short transactions, none open while the gateway answers."""

from datetime import timedelta

from app.giving.models import Gift
from app.giving.services.refunds import RefundDetails, ask_refund
from app.kernel.actors import Actor
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.jobs import Work, enqueue
from app.payments import jobs as payment_jobs
from app.payments.flows import carry_out_refund
from app.payments.models import Refund

SOON = timedelta(minutes=2)


def refund_gift(work: Work, gift_id: int, details: RefundDetails, *, actor: Actor) -> Refund:
    """Give money back to the donor of an online gift. Asking twice from one page gives back once.

    A job repeats the request soon, should the gateway not answer or this process end in the middle; it finds nothing
    to do when all went well.

    Raises:
        Refused: nothing can be refunded, too much is asked, or no reason is given.
        GatewayUnavailable: no answer; the refund is written down, and asked for again by itself.

    """
    with work.database.writing() as db:
        act_as(db, actor)
        refund = ask_refund(db, db.get_one(Gift, gift_id), details, actor=actor)
        db.flush()  # its key is needed outside
        key = f"giving.refund:{refund.token}"
        enqueue(db, payment_jobs.carry_out_refund, due_at=now() + SOON, unique_key=key, refund_id=refund.id)
    return carry_out_refund(work, refund.id, actor=actor)

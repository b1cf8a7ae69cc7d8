"""What staff ask of the gateway for a gift: short transactions, none open while the gateway answers."""

from datetime import timedelta

from app.giving.models import Gift
from app.giving.services.refunds import RefundDetails, ask_refund
from app.kernel.actors import Actor
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.jobs import Work, enqueue
from app.payments import jobs as payment_jobs
from app.payments.flows import carry_out_refund
from app.payments.gateway import Gateway, GatewayRefused, GatewayUnavailable
from app.payments.models import Method, PaymentStatus, Refund

SOON = timedelta(minutes=2)


def refund_gift(work: Work, gift_id: int, details: RefundDetails, *, actor: Actor) -> Refund:
    """Give money back to the donor of an online gift. Asking twice from one page gives back once.

    A job repeats the request soon, should the gateway not answer or this process end in the middle; it finds nothing
    to do when all went well.

    Raises:
        Refused: nothing can be refunded, too much is asked, or no reason is given.
        GatewayUnavailable: no answer; the refund is written down, and asked for again by itself.

    """
    _refuse_if_taken_back(work, gift_id)
    with work.database.writing() as db:
        act_as(db, actor)
        refund = ask_refund(db, db.get_one(Gift, gift_id), details, actor=actor)
        db.flush()  # its key is needed outside
        key = f"giving.refund:{refund.token}"
        enqueue(db, payment_jobs.carry_out_refund, due_at=now() + SOON, unique_key=key, refund_id=refund.id)
    return carry_out_refund(work, refund.id, actor=actor)


def _refuse_if_taken_back(work: Work, gift_id: int) -> None:
    """Ask about a direct debit before it is refunded: what the bank takes back may not have been told to us yet.

    Without an answer the refund is written down all the same; the gateway itself refuses it then.

    Raises:
        Refused: the bank is taking it back.

    """
    with work.database.reading() as db:
        payments = [link.payment for link in db.get_one(Gift, gift_id).payments]
    for payment in payments:
        if payment.method is not Method.SEPA_DEBIT or payment.charge_reference is None:
            continue
        try:
            state = work.ports.get(Gateway).payment(payment.charge_reference)
        except (GatewayUnavailable, GatewayRefused):
            continue
        if state.is_disputed or state.status is PaymentStatus.FAILED:
            raise Refused(
                _l("The donor’s bank is taking this debit back at this moment. A refund would lose the money twice.")
            )

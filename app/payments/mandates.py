"""Learning the mandate of a direct debit from the gateway: read, ask, write; nothing is asked of one that is known."""

from app.kernel.actors import GATEWAY
from app.kernel.jobs import Work
from app.payments.following import writing
from app.payments.gateway import Gateway, GatewayRefused
from app.payments.models import Method, Payment
from app.payments.services.mandates import keep_mandate, mandate_called


def learn_mandate(work: Work, payment_id: int) -> int | None:
    """The key of the mandate a payment was made under; None where it is no direct debit, or nobody knows it.

    Raises:
        GatewayUnavailable: no answer; asking again is safe.

    """
    with work.database.reading() as db:
        payment = db.get_one(Payment, payment_id)
        known = mandate_called(db, payment.mandate_reference) if payment.mandate_reference else None
    if known is not None:
        return known.id
    if payment.method is not Method.SEPA_DEBIT or payment.charge_reference is None or payment.checkout_id is None:
        return None
    gateway = work.ports.get(Gateway)
    if not gateway.is_open:
        return None
    try:
        reference = payment.mandate_reference or gateway.payment(payment.charge_reference).mandate_reference
        state = gateway.mandate(reference) if reference else None
    except GatewayRefused:  # a payment of long ago that is known there no more: there is nothing to learn
        return None
    if state is None:
        return None
    with writing(work, GATEWAY) as db:
        db.get_one(Payment, payment_id).mandate_reference = state.reference
        return keep_mandate(db, payment.checkout_id, state, actor=GATEWAY).id

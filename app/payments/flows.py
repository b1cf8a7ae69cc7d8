"""What speaks to the gateway: short transactions with the calls between them, none open while the gateway answers.

If the middle fails, what was written first stays, and a retry resumes it under the same key: nobody pays twice.
"""

import traceback
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from app.kernel.actors import Actor
from app.kernel.clock import now
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.jobs import Closing, Work, job
from app.payments import queries
from app.payments.effects import Effect, Outcome
from app.payments.following import follow, follow_checkout, passing, writing
from app.payments.gateway import CheckoutOrder, Gateway, GatewayRefused, GatewayUnavailable, RefundOrder, RefundState
from app.payments.models import Checkout, CheckoutStatus, EventStatus, Refund, RefundStatus
from app.payments.services import gateway_events, returns

PAGE_LASTS = timedelta(hours=23)
"""From when the attempt was written down, so that a retry asks for the same; gateways allow 30 minutes to a day."""
SHORTEST = timedelta(minutes=31)
KEYS_LAST = timedelta(hours=20)
"""Gateways forget idempotency keys after a day. Older requests are first looked for by our token."""


@dataclass(frozen=True, kw_only=True)
class CheckoutWords:
    """What the payment page says and where it leads back to. `email` spares the donor from typing it again."""

    description: str
    success_url: str
    cancel_url: str
    email: str | None = None


def open_checkout_page(work: Work, checkout_id: int, words: CheckoutWords, *, actor: Actor) -> str:
    """The address of the page on which the donor pays. Asked again, it gives the same page.

    Raises:
        Refused: this attempt is over, or giving online is closed.
        GatewayRefused: the gateway does not accept it.
        GatewayUnavailable: no answer; trying again is safe.

    """
    with work.database.reading() as db:
        checkout = db.get_one(Checkout, checkout_id)
    return open_page_of(work, checkout, words, actor=actor)


def open_page_of(work: Work, checkout: Checkout, words: CheckoutWords, *, actor: Actor) -> str:
    """The same for an attempt that was read just now."""
    gateway = work.ports.get(Gateway)
    closes_at = checkout.expires_at or checkout.created_at + PAGE_LASTS - SHORTEST
    if checkout.status in {CheckoutStatus.COMPLETED, CheckoutStatus.EXPIRED} or closes_at < now():
        raise Refused(_l("This payment page is closed. Please begin again."))
    if checkout.page_url:
        return _allowed(gateway, checkout.page_url)
    order = CheckoutOrder(
        token=checkout.token,
        mode=checkout.mode,
        amount=checkout.amount,
        interval=checkout.interval,
        language=checkout.language,
        description=words.description,
        success_url=words.success_url,
        cancel_url=words.cancel_url,
        email=words.email,
        expires_at=checkout.created_at + PAGE_LASTS,
    )
    page = gateway.open_checkout(order)
    with writing(work, actor) as db:
        locked = db.get_one(Checkout, checkout.id, with_for_update=True)
        locked.page_opened(page.reference, page.url, page.expires_at)
    return _allowed(gateway, page.url)


def _allowed(gateway: Gateway, url: str) -> str:
    if not gateway.may_send_to(url):
        raise GatewayUnavailable("A payment page at an address that is not allowed")
    return url


def settle_checkout(work: Work, checkout_id: int, *, actor: Actor) -> Checkout:
    """Ask the gateway what has come of an attempt and apply it: for the page a donor returns to, and for sweeps.

    Idempotent, and never backwards. Nothing is asked once the attempt is completed and its payment is known: what
    becomes of that is told by messages.

    Raises:
        GatewayUnavailable: no answer; the gateway's own message will come all the same.

    """
    with work.database.reading() as db:
        checkout = db.get_one(Checkout, checkout_id)
        is_known = bool(queries.payments_of_checkout(db, checkout_id))
    if checkout.reference is None or (checkout.status is CheckoutStatus.COMPLETED and is_known):
        return checkout
    follow_checkout(work, checkout.reference, actor=actor)
    with work.database.reading() as db:
        return db.get_one(Checkout, checkout_id)


def carry_out_refund(work: Work, refund_id: int, *, actor: Actor) -> Refund:
    """Ask the gateway to return the money that `services.request_refund` wrote down. Safe to repeat.

    A refusal of the gateway is written down on the refund, which is then failed and returned as such.

    Raises:
        GatewayUnavailable: no answer; the refund stays requested, and is tried again by the sweep.

    """
    gateway = work.ports.get(Gateway)
    with work.database.reading() as db:
        refund = db.get_one(Refund, refund_id)
        reference = refund.payment.reference
    if refund.status is not RefundStatus.REQUESTED or reference is None:
        return refund
    order = RefundOrder(token=refund.token, payment_reference=reference, amount=refund.amount)
    refusal: GatewayRefused | None = None
    state: RefundState | None = None
    try:
        state = _made_before(gateway, refund, reference) or gateway.return_money(order)
    except GatewayRefused as refused:
        refusal = refused
    with writing(work, actor) as db:
        asked = db.get_one(Refund, refund_id)
        payment = asked.payment
        db.refresh(payment, with_for_update=True)
        if state is not None:
            returns.apply_refund(db, payment, state, actor=actor)
        elif refusal is not None:
            returns.refuse_refund(db, asked, refusal.code, actor=actor)
        return asked


def _made_before(gateway: Gateway, refund: Refund, reference: str) -> RefundState | None:
    """The refund as the gateway has it, when its memory of our key may be gone."""
    if refund.created_at > now() - KEYS_LAST:
        return None
    return next((state for state in gateway.refunds_of(reference) if state.token == refund.token), None)


@job("payments.work_event", lease=timedelta(minutes=20))
def carry_out_event(work: Work, event_id: int) -> Closing | None:
    """Do what follows from a stored event; the note of what came of it is left to the end of the job.

    Raises:
        Exception: whatever went wrong, after its kind and place were noted on the event; the job tries again.

    """
    gateway = work.ports.get(Gateway)
    with work.database.reading() as db:
        status, kind, reference, newest = gateway_events.seen_event(db, event_id)
    if status in {EventStatus.WORKED, EventStatus.IGNORED}:
        return None
    topic = gateway.topic_of(kind)
    try:
        outcome = follow(work, topic, reference) if topic else Outcome((Effect.NOT_HANDLED,))
    except Exception as error:
        with passing(work) as db:
            gateway_events.note_failed(db, event_id, _place(error))
        raise

    def close(db: Session) -> None:
        gateway_events.note_worked(db, event_id, outcome)
        gateway_events.note_told_with(db, newest, outcome, gateway.kinds_about(gateway_events.TOLD))

    return close


def work_event(work: Work, event_id: int) -> None:
    """Do what follows from a stored event now, and write down what came of it. One that is done is left alone.

    Raises:
        Exception: whatever went wrong, after its kind and place were noted on the event.

    """
    close = carry_out_event(work, event_id)
    if close is not None:
        with writing(work) as db:
            close(db)


def _place(error: Exception) -> str:
    """Kind and place of a failure; its words may hold personal data."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    code = f" ({error.code})" if isinstance(error, GatewayRefused) else ""
    return f"{type(error).__name__}{code} at {where.name}:{where.lineno}"

"""From a gift that was sent to the page on which it is paid: short transactions, with the network between them."""

from flask import url_for
from sqlalchemy.exc import IntegrityError

from app.giving.models import GivingForm, Submission
from app.giving.queries.forms import checkouts_open_beside, gift_to_pay
from app.giving.services.submissions import SubmissionDetails, submit_gift
from app.kernel.actors import Actor
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.errors import NotFound, Outside, Refused
from app.kernel.i18n import gettext as _
from app.kernel.jobs import Work
from app.payments.flows import CheckoutWords, open_page_of, settle_checkout
from app.payments.models import Checkout, CheckoutStatus


def ask_gateway(work: Work, checkout_id: int, *, actor: Actor) -> bool:
    """Ask the gateway what became of a checkout and apply it. False when it does not answer: we know what we knew."""
    try:
        settle_checkout(work, checkout_id, actor=actor)
    except Outside:
        return False
    except Refused:
        return True
    return True


def keep_gift(work: Work, form: GivingForm, details: SubmissionDetails, *, actor: Actor) -> str:
    """Keep what was sent, in one transaction; the token of the checkout through which it is paid.

    Two copies that arrive at once become one: the second finds what the first has written. If another gift was begun
    from the same page, the gateway is asked first whether that one was paid: then it is the one that is found.

    Raises:
        Refused: the form does not take such a gift.

    """
    with work.database.reading() as db:
        begun_otherwise = checkouts_open_beside(db, details.page_key, details.form_key)
    for checkout_id in begun_otherwise:
        ask_gateway(work, checkout_id, actor=actor)
    try:
        return _kept(work, form, details, actor=actor)
    except IntegrityError:
        return _kept(work, form, details, actor=actor)


def _kept(work: Work, form: GivingForm, details: SubmissionDetails, *, actor: Actor) -> str:
    with work.database.writing() as db:
        act_as(db, actor)
        known = db.merge(form, load=False)  # it was read for this request: once is enough
        submission = submit_gift(db, known, details, actor=actor)
        if submission.checkout is None:
            raise NotFound
        return submission.checkout.token


def way_to_pay(work: Work, token: str, public_url: str, *, actor: Actor) -> str:
    """The address to send the donor to: the gateway's page, or what became of the gift where nothing is to be paid.

    Safe to ask again: the same checkout has one page.

    Raises:
        NotFound: there is no such checkout.
        GatewayRefused: the gateway will not take this gift.
        GatewayUnavailable: the gateway does not answer; asking again later may help.

    """
    submission, form, checkout = _found(work, token)
    if checkout.status is CheckoutStatus.OPEN and ask_gateway(work, checkout.id, actor=actor):
        submission, form, checkout = _found(work, token)
    is_too_late = checkout.expires_at is not None and checkout.expires_at <= now()
    if is_too_late or checkout.status in {CheckoutStatus.COMPLETED, CheckoutStatus.EXPIRED}:
        return url_for("site.thanks", token=token)
    words = CheckoutWords(
        description=form.text(submission.language, "title") or _("Donation"),
        success_url=public_url + url_for("site.thanks", token=token),
        cancel_url=public_url + url_for("site.back", token=token),
        email=submission.answer("email") or None,
    )
    return open_page_of(work, checkout, words, actor=actor)


def _found(work: Work, token: str) -> tuple[Submission, GivingForm, Checkout]:
    with work.database.reading() as db:
        found = gift_to_pay(db, token)
    if found is None:
        raise NotFound
    return found

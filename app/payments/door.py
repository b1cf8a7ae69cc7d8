"""Where the gateway's messages come in: stored, answered, then worked. Nothing of a message goes into the log."""

from http import HTTPStatus

from werkzeug.datastructures import EnvironHeaders

from app.kernel.ports import Ports
from app.kernel.tallies import Tallies
from app.payments.gateway import BadSignature
from app.payments.reception import Reception
from app.payments.services.gateway_events import BAD_SIGNATURE
from app.web.doors import Door

LARGEST = 256 * 1024


def take_in(ports: Ports, body: bytes, headers: EnvironHeaders) -> HTTPStatus:
    """Keep one message: 200, also when it is known; 400 for whatever is not the gateway's."""
    try:
        ports.get(Reception).keep(body, headers.get("Stripe-Signature", ""))
    except BadSignature:
        ports.get(Tallies).note(BAD_SIGNATURE)
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.OK


STRIPE = Door("/webhooks/stripe", LARGEST, take_in)

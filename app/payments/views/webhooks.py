"""Where the gateway's messages come in: stored, answered, then worked. Nothing of a message goes into the log."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from app.kernel.tallies import Tallies
from app.payments.gateway import BadSignature, Gateway
from app.payments.reception import Reception
from app.payments.services.gateway_events import BAD_SIGNATURE
from app.web.application import for_programs, this_application
from app.web.auth import public

bp = Blueprint("webhooks", __name__)
LARGEST = 256 * 1024


@bp.route("/webhooks/stripe", methods=["POST"])
@public
@for_programs
def stripe() -> ResponseReturnValue:
    """Keep one message: 200, also when it is known; 400 for whatever is not the gateway's; 413 for too much."""
    request.max_content_length = LARGEST + 1  # a body of unknown length is cut off there without a word
    try:
        body = request.get_data(cache=False)
        if len(body) > LARGEST:
            return "", 413
        envelope = this_application().ports.get(Gateway).read_event(body, request.headers.get("Stripe-Signature", ""))
    except RequestEntityTooLarge:
        return "", 413
    except (BadSignature, HTTPException):
        this_application().ports.get(Tallies).note(BAD_SIGNATURE)
        return "", 400
    this_application().ports.get(Reception).keep(envelope)
    return "", 200


stripe.csrf_exempt = True  # type: ignore[attr-defined]  # the signature is its proof

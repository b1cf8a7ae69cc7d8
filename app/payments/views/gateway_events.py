"""What the gateway told us: each message, what came of it, and a button to have it worked again."""

import json

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.kernel.audit import act_as, note
from app.kernel.errors import Outside, Refused
from app.kernel.i18n import gettext as _
from app.kernel.text import clean
from app.payments import access, flows, jobs, queries
from app.payments.effects import in_words
from app.payments.gateway import Gateway
from app.payments.models import Checkout, EventStatus, GatewayEvent, Payment
from app.payments.words import EVENT_STATUSES, METHODS, PAYMENT_STATUSES, topic_words
from app.web.application import db, own_transactions, this_application
from app.web.auth import confirmed, current_actor, requires
from app.web.paging import pager
from app.web.records import get_or_404

bp = Blueprint("gateway_events", __name__, url_prefix="/gateway-events")


def _words(event: GatewayEvent) -> str:
    return topic_words(this_application().ports.get(Gateway).topic_of(event.kind))


@bp.route("/")
@requires(access.READ_PAYMENTS)
def index() -> ResponseReturnValue:
    """The messages, newest first, narrowed by kind and by what became of them."""
    asked = request.args.get("status", "")
    status = EventStatus(asked) if asked in set(EventStatus) else None
    page = queries.gateway_events(
        db, kind=clean(request.args.get("kind", ""))[:100], status=status, cursor=request.args.get("after")
    )
    return render_template(
        "payments/gateway_events/index.html", page=pager(page), kinds=queries.event_kinds(db), statuses=EVENT_STATUSES,
        in_words=in_words, about=_words,
    )  # fmt: skip


@bp.route("/<int:event_id>")
@requires(access.READ_PAYMENTS)
def show(event_id: int) -> ResponseReturnValue:
    """One message: what came of it, what it was about, and whether its text is still there."""
    return _page(get_or_404(GatewayEvent, event_id))


@bp.route("/<int:event_id>/text", methods=["POST"])
@requires(access.READ_PAYMENTS)
def read(event_id: int) -> ResponseReturnValue:
    """The same with its text, in which names and addresses of donors lie: who reads it is written down."""
    event = get_or_404(GatewayEvent, event_id)
    note(db, current_actor(), "gateway_event.read", event)
    return _page(event, json.dumps(event.payload, indent=2, ensure_ascii=False, sort_keys=True))


def _page(event: GatewayEvent, text: str = "") -> str:
    gateway = this_application().ports.get(Gateway)
    return render_template(
        "payments/gateway_events/show.html", event=event, effects=in_words(event.effect), about=_words(event),
        payment=db.get(Payment, event.payment_id) if event.payment_id else None, text=text,
        checkout=db.get(Checkout, event.checkout_id) if event.checkout_id else None, statuses=EVENT_STATUSES,
        methods=METHODS, payment_statuses=PAYMENT_STATUSES, version=gateway.version,
    )  # fmt: skip


@bp.route("/<int:event_id>/replay", methods=["POST"])
@requires(access.REPLAY_EVENTS)
@confirmed
@own_transactions
def replay(event_id: int) -> ResponseReturnValue:
    """Work it once more, at once; if that fails, its job tries again later."""
    get_or_404(GatewayEvent, event_id)
    application, actor = this_application(), current_actor()
    with application.database.writing() as writing:
        act_as(writing, actor)
        jobs.replay_event(writing, writing.get_one(GatewayEvent, event_id), actor=actor)
    try:
        flows.work_event(application.work, event_id)
    except (Outside, Refused):
        flash(_("It did not work this time. It will be tried again."), "warning")
    else:
        flash(_("Done. What came of it stands below."), "success")
    return redirect(url_for(".show", event_id=event_id), 303)

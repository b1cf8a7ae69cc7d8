"""What payments plug into the rest."""

from datetime import time, timedelta

from app.kernel.i18n import lazy_gettext as _l
from app.kernel.i18n import ngettext
from app.kernel.retention import Forgetting
from app.kernel.rounds import Round
from app.payments import showing
from app.payments.access import CAPABILITIES, READ_PAYMENTS, RETRY_JOBS
from app.payments.cli import payments
from app.payments.door import STRIPE
from app.payments.figures import bad_signatures, last_event, open_events
from app.payments.jobs import make_sweep, sweep_in_words
from app.payments.models import GatewayEvent
from app.payments.queries import failed_events, old_payloads
from app.payments.trail_words import WORDS as TRAIL_WORDS
from app.payments.views import gateway_events, parked_jobs
from app.web.feature import Attention, Feature, Figure, JobWords, NavEntry, Panel

FEATURE = Feature(
    name="payments",
    trail=TRAIL_WORDS,
    blueprints=(gateway_events.bp, parked_jobs.bp),
    doors=(STRIPE,),
    capabilities=CAPABILITIES,
    navigation=(
        NavEntry(
            "online", _l("Gateway events"), "gateway_events.index", "webhook", READ_PAYMENTS, order=60,
            badge=failed_events,
        ),
    ),
    attention=(
        Attention(
            failed_events,
            lambda count: ngettext(
                "%(num)s message of the payment service went wrong",
                "%(num)s messages of the payment service went wrong",
                count,
            ),
            "gateway_events.index",
            "webhook",
            READ_PAYMENTS,
            {"status": "failed"},
        ),
    ),
    panels=(
        Panel(
            "dashboard", _l("Could not be done and needs you"), "payments/parked_jobs/_card.html", showing.parked_card,
            RETRY_JOBS, order=10,
        ),
    ),
    jobs=(
        JobWords(
            "payments.work_event", _l("Work a message of the payment service"), "event_id", showing.events_concerned
        ),
        JobWords("payments.spread_events", _l("Prepare the work on messages of the payment service")),
        JobWords(
            "payments.carry_out_refund", _l("Ask the payment service for a refund"), "refund_id",
            showing.refunds_concerned,
        ),
    ),
    figures=(
        Figure("gateway_events", "Messages of the payment service that are not done.", open_events, ("state",)),
        Figure("gateway_event_last_timestamp_seconds", "When the last message came in.", last_event),
        Figure("bad_signatures", "Messages under a false signature today (in UTC).", bad_signatures),
    ),
    commands=(payments,),
    forgets=(
        Forgetting(
            "gateway_payloads", _l("The texts of the payment service’s messages"), timedelta(days=180), GatewayEvent,
            old_payloads, blank={"payload": {}},
        ),
    ),
    rounds=(
        Round(
            "payments.sweep", _l("Ask the payment service for what we missed"), timedelta(days=1), make_sweep,
            at=time(4, 0), wording=sweep_in_words,
        ),
    ),
)  # fmt: skip

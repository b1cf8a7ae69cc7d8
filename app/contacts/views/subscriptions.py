"""News of a segment by mail: one's own, asked for and stopped."""

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from app.contacts.access import READ_CONTACTS
from app.contacts.forms.subscriptions import SubscriptionForm
from app.contacts.models import Segment
from app.contacts.services import subscriptions as services
from app.contacts.showing.bulk import reader, seen_segment
from app.kernel.clock import today
from app.kernel.i18n import gettext as _
from app.web.application import db
from app.web.auth import requires
from app.web.reading import reading_organisation

bp = Blueprint("subscriptions", __name__, url_prefix="/segments")


@bp.route("/<int:segment_id>/news", methods=["POST"])
@requires(READ_CONTACTS)
def want(segment_id: int) -> ResponseReturnValue:
    """Send the reader how it stands, every so often."""
    segment, form = seen_segment(segment_id), SubscriptionForm()
    if not form.validate():
        abort(422)
    services.subscribe(db, segment, reader(db), form.rhythm, day=today(reading_organisation().time_zone))
    return _to(segment, _("You are sent how it stands, for the first time tomorrow."))


@bp.route("/<int:segment_id>/news/stop", methods=["POST"])
@requires(READ_CONTACTS)
def stop(segment_id: int) -> ResponseReturnValue:
    """Send the reader nothing more of it."""
    segment = seen_segment(segment_id)
    services.unsubscribe(db, segment, reader(db))
    return _to(segment, _("No more letters about this segment."))


def _to(segment: Segment, message: str) -> ResponseReturnValue:
    flash(message, "success")
    return redirect(url_for("segments.show", segment_id=segment.id), 303)

"""One's own sign-ins: where one is signed in, and ending what should not be open."""

from typing import cast

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.accounts.models import EndReason, StaffSession, StaffUser
from app.accounts.queries import staff as queries
from app.accounts.services import end_session, end_sessions
from app.accounts.views.entering import leave
from app.accounts.views.session import present_session
from app.accounts.wording import end_in_words, method_in_words
from app.kernel.clock import now
from app.kernel.i18n import gettext as _
from app.web.application import db, this_application
from app.web.auth import current_actor, signed_in
from app.web.records import get_or_404

bp = Blueprint("own_sessions", __name__, url_prefix="/account/sessions")
bp.add_app_template_filter(method_in_words)
bp.add_app_template_filter(end_in_words)


@bp.route("")
@signed_in
def index() -> ResponseReturnValue:
    """Where one is signed in, where one was, and who tried without success."""
    user, here = cast("StaffUser", current_user), present_session()
    idle, at = this_application().settings.session_idle, now()
    since = queries.sign_in_before(db, here)
    return render_template(
        "accounts/sessions.html", here=here, open=queries.open_sessions(db, user, at, idle), since=since,
        closed=queries.closed_sessions(db, user, at, idle), failures=queries.failures_since(db, user, since),
    )  # fmt: skip


@bp.route("/<int:session_id>/end", methods=["POST"])
@signed_in
def end(session_id: int) -> ResponseReturnValue:
    """End one of one's sign-ins; this one as if by signing out."""
    record = get_or_404(StaffSession, session_id)
    if record.staff_user_id != current_actor().id:
        abort(404)
    end_session(db, record, EndReason.BY_OWNER, actor=current_actor())
    if record is present_session():
        leave()
        return redirect(url_for("accounts.sign_in"), 303)
    flash(_("This sign-in has ended."), "success")
    return redirect(url_for(".index"), 303)


@bp.route("/end-others", methods=["POST"])
@signed_in
def end_others() -> ResponseReturnValue:
    """End all of one's sign-ins but this one."""
    user = present_session().staff_user
    end_sessions(db, user, EndReason.BY_OWNER, but=present_session(), actor=current_actor())
    flash(_("All your other sign-ins have ended."), "success")
    return redirect(url_for(".index"), 303)

"""Deeds done to a whole segment: asked for and confirmed, watched, stopped, taken up again, undone."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.contacts.access import EDIT_CONTACTS
from app.contacts.forms.bulk import BulkForm
from app.contacts.models import BulkAction, BulkDeed, Segment
from app.contacts.queries import bulk as queries
from app.contacts.services import bulk as services
from app.contacts.showing import bulk as showing
from app.contacts.showing.narrowing import Who, who_is_wanted
from app.contacts.showing.segments import readers_criteria
from app.contacts.wording.bulk import DEEDS, warning_of
from app.kernel.errors import NotFound, Refused
from app.kernel.pages import Sort, paginate
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.paging import pager
from app.web.records import get_or_404

bp = Blueprint("bulk", __name__)


@bp.route("/segments/<int:segment_id>/bulk/<deed>", methods=["GET", "POST"])
@requires(EDIT_CONTACTS)
def ask(segment_id: int, deed: str) -> ResponseReturnValue:
    """Choose what to do to everybody on a segment's page, see how many that touches, and confirm."""
    segment, wanted = showing.seen_segment(segment_id), BulkDeed(deed) if deed in list(BulkDeed) else abort(404)
    who = who_is_wanted(db)
    form = BulkForm(wanted, showing.choices(db, wanted), request.values.get("target", ""))
    if request.method == "POST" and form.is_chosen and form.validate():
        try:
            action = services.ask_for(
                db, wanted, segment, form.target_id, criteria=readers_criteria(db), asker=showing.reader(db),
                wish=who.wish,
            )  # fmt: skip
        except Refused as refusal:
            form.form_errors = [str(refusal.message)]
        else:
            return redirect(url_for(".show", action_id=action.id), 303)
    return _asked(form, segment, wanted, who), form.status


@bp.route("/bulk/")
@requires(EDIT_CONTACTS)
def index() -> ResponseReturnValue:
    """What was done to many at once, newest first: one's own, or everybody's for whoever looks after that."""
    query = queries.actions_of(showing.whose())
    page = paginate(db, query, [Sort(BulkAction.id, descending=True)], cursor=request.args.get("after"))
    titles, wishes = showing.titles(db, page.rows), showing.wishes(db, page.rows)
    told = {"titles": titles, "wishes": wishes, **showing.words()}
    return render_template("contacts/bulk/index.html", page=pager(page), **told)


@bp.route("/bulk/<int:action_id>")
@requires(EDIT_CONTACTS)
def show(action_id: int) -> ResponseReturnValue:
    """How far an action is; the page asks again by itself while it is under way."""
    action = get_or_404(BulkAction, action_id)
    services.refuse_others(action, current_actor())
    return render_template(
        "contacts/bulk/show.html", action=action, title=showing.titles(db, [action])[action.id],
        wish=showing.wishes(db, [action]).get(action.wish, ""),
        trouble=showing.trouble(db, action), is_stuck=showing.is_stuck(db, action), **showing.words(),
    )  # fmt: skip


@bp.route("/bulk/<int:action_id>/stop", methods=["POST"])
@requires(EDIT_CONTACTS)
def stop(action_id: int) -> ResponseReturnValue:
    """Let it go no further."""
    action = _to_change(action_id)
    services.stop(db, action, actor=current_actor())
    return _to(action)


@bp.route("/bulk/<int:action_id>/go-on", methods=["POST"])
@requires(EDIT_CONTACTS)
def go_on(action_id: int) -> ResponseReturnValue:
    """Take it up where it was left."""
    action = _to_change(action_id)
    try:
        services.go_on(db, action, criteria=readers_criteria(db), actor=current_actor())
    except Refused as refusal:
        flash(str(refusal.message), "error")
    return _to(action)


@bp.route("/bulk/<int:action_id>/undo", methods=["POST"])
@requires(EDIT_CONTACTS)
def undo(action_id: int) -> ResponseReturnValue:
    """Put back what it changed and nobody has changed since."""
    action = _to_change(action_id)
    try:
        services.undo(db, action, actor=current_actor())
    except Refused as refusal:
        flash(str(refusal.message), "error")
    return _to(action)


def _asked(form: BulkForm, segment: Segment, deed: BulkDeed, who: Who) -> str:
    told: dict[str, Any] = {"form": form, "segment": segment, "deed": deed, "title": DEEDS[deed], "who": who}
    if not form.is_chosen:
        return render_template("contacts/bulk/choose.html", **told)
    criteria = readers_criteria(db)
    try:
        count = showing.how_many(db, segment, criteria, who.wish)
        gave = showing.gave_lately(db, segment, criteria, who.wish) if deed is BulkDeed.ARCHIVE else None
    except Refused as refusal:
        count, gave = 0, None
        form.form_errors = [str(refusal.message)]
    warning = warning_of(deed, form.name, count)
    return render_template("contacts/bulk/confirm.html", count=count, gave=gave, warning=warning, **told)


def _to_change(key: int) -> BulkAction:
    """An action that is the reader's to stop and to undo, held against the job that is at it.

    Raises:
        NotFound: there is none.

    """
    get_or_404(BulkAction, key)
    action = queries.action_to_change(db, key)
    if action is None:
        raise NotFound
    services.refuse_others(action, current_actor())
    return action


def _to(action: BulkAction) -> ResponseReturnValue:
    return redirect(url_for(".show", action_id=action.id), 303)

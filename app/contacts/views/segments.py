"""Segments: the filter builder, saved searches and lists, and who is in them."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts.models import StaffUser
from app.contacts.access import READ_CONTACTS
from app.contacts.forms.segments import SegmentForm, draft_sent, rearranged
from app.contacts.models import Contact, Segment, SegmentKind
from app.contacts.queries import segments as queries
from app.contacts.queries.search import search_contacts
from app.contacts.services import segments as services
from app.contacts.services.segments import SegmentDetails
from app.contacts.showing import segments as showing
from app.contacts.showing.narrowing import who_is_wanted
from app.contacts.showing.subscriptions import news_of, uncountable
from app.contacts.wording.bulk import DEEDS, ICONS
from app.contacts.wording.segments import in_words
from app.kernel.audit import act_as
from app.kernel.conditions import Group
from app.kernel.errors import NotFound, Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.pages import Sort, count, paginate
from app.web.application import db, own_transactions, this_application
from app.web.auth import current_actor, requires
from app.web.columns import columns
from app.web.notices import flash_with_undo
from app.web.paging import pager
from app.web.reading import reading_organisation
from app.web.records import get_or_404

MEANWHILE = _l("Somebody else has saved this segment meanwhile. What you typed is kept: look, and save again.")
bp = Blueprint("segments", __name__, url_prefix="/segments")


@bp.route("/")
@requires(READ_CONTACTS)
def index() -> ResponseReturnValue:
    """One's own segments and those that are shared, by name."""
    is_archived = request.args.get("shown") == "archived"
    query = queries.segments_for(current_actor().id, is_archived=is_archived)
    order = [Sort(Segment.name_key), Sort(Segment.id)]
    page = paginate(db, query, order, cursor=request.args.get("after"), total=count(db, query))
    ready = showing.ready_made(showing.readers_criteria(db))
    return render_template(
        "contacts/segments/index.html", page=pager(page), is_archived=is_archived, ready=ready,
        broken=uncountable(db, page.rows),
    )  # fmt: skip


@bp.route("/new", methods=["GET", "POST"])
@requires(READ_CONTACTS)
@own_transactions
def new() -> ResponseReturnValue:
    """Put a search together and save it, or begin a list."""
    if request.args.get("kind") == SegmentKind.FIXED:
        return _new_list()
    criteria, form = showing.readers_criteria(db), SegmentForm()
    if not form.is_submitted():
        words, parts = showing.READY.get(request.args.get("ready", ""), ("", ()))
        form.name.data = str(words)
        return _build(form, showing.Builder.of_question(db, criteria, Group(parts=tuple(parts))))
    builder = showing.Builder.of_draft(db, criteria, draft_sent(request.form))
    return _save(form, builder, None)


@bp.route("/build", methods=["POST"])
@requires(READ_CONTACTS)
@own_transactions
def build() -> ResponseReturnValue:
    """The builder again, with a line more or less and what is found now. Nothing is changed by it."""
    draft = rearranged(draft_sent(request.form), request.form.get("do", ""))
    builder = showing.Builder.of_draft(db, showing.readers_criteria(db), draft)
    asked = request.form.get("segment", "")
    segment = _seen(int(asked)) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else None
    return _build(SegmentForm(), builder, segment)


@bp.route("/<int:segment_id>")
@requires(READ_CONTACTS)
def show(segment_id: int) -> ResponseReturnValue:
    """Who is in a segment now, and why."""
    segment, criteria = _seen(segment_id), showing.readers_criteria(db)
    who = who_is_wanted(db)
    found = showing.who_is_in(db, segment, criteria, who.narrow)
    rows = found.page.rows if found.page is not None else []
    return render_template(
        "contacts/segments/show.html", segment=segment, found=found, who=who, by_hand=queries.by_hand(db, segment.id),
        words=showing.words_of(db, segment, criteria), columns=columns(db, "contacts_column", rows),
        may_change=services.may_change(segment, current_actor()), bulk_deeds=DEEDS, bulk_icons=ICONS,
        news=news_of(db, segment),
    )  # fmt: skip


@bp.route("/<int:segment_id>/edit", methods=["GET", "POST"])
@requires(READ_CONTACTS)
@own_transactions
def edit(segment_id: int) -> ResponseReturnValue:
    """Change a search, or the name of a list; whoever edits an older version is told, and keeps what they typed."""
    segment = _ours(segment_id)
    form = SegmentForm(obj=segment)
    if form.is_submitted():
        draft = draft_sent(request.form)
        builder = showing.Builder.of_draft(db, showing.readers_criteria(db), draft)
        if form.version.data == str(segment.version):
            return _save(form, builder, segment)
        flash(str(MEANWHILE), "warning")
        form.version.data = str(segment.version)
        return _build(form, builder, segment)[0], 409
    question = queries.question_of(segment) if segment.is_live else Group()
    return _build(form, showing.Builder.of_question(db, showing.readers_criteria(db), question), segment)


@bp.route("/<int:segment_id>/archive", methods=["POST"])
@requires(READ_CONTACTS)
def archive(segment_id: int) -> ResponseReturnValue:
    """Put a segment away."""
    segment = _ours(segment_id)
    services.archive_segment(db, segment, actor=current_actor())
    flash_with_undo(_("%(name)s is put away.", name=segment.name), url_for(".restore", segment_id=segment.id))
    return redirect(url_for(".index"), 303)


@bp.route("/<int:segment_id>/restore", methods=["POST"])
@requires(READ_CONTACTS)
def restore(segment_id: int) -> ResponseReturnValue:
    """Take a segment out of the archive."""
    segment = _ours(segment_id)
    services.restore_segment(db, segment, actor=current_actor())
    flash(_("%(name)s is back.", name=segment.name), "success")
    return _to(segment.id)


@bp.route("/<int:segment_id>/add")
@requires(READ_CONTACTS)
def choose(segment_id: int) -> ResponseReturnValue:
    """Choose whom to put on a list, or into a live segment whatever its question."""
    segment, text = _ours(segment_id), request.args.get("q", "")[:100]
    found = search_contacts(db, text) if text else []
    return render_template("contacts/segments/choose.html", segment=segment, text=text, found=found)


@bp.route("/<int:segment_id>/contacts/<int:contact_id>/put-in", methods=["POST"])
@requires(READ_CONTACTS)
def put_in(segment_id: int, contact_id: int) -> ResponseReturnValue:
    """Put somebody in by hand."""
    segment, contact = _ours(segment_id), get_or_404(Contact, contact_id)
    services.put_in(db, segment, [contact.id], actor=current_actor())
    undo = url_for(".take_out", segment_id=segment.id, contact_id=contact.id)
    flash_with_undo(_("%(name)s is in.", name=contact.name), undo)
    return _to(segment.id)


@bp.route("/<int:segment_id>/contacts/<int:contact_id>/take-out", methods=["POST"])
@requires(READ_CONTACTS)
def take_out(segment_id: int, contact_id: int) -> ResponseReturnValue:
    """Take somebody out by hand, whatever the question says."""
    segment, contact = _ours(segment_id), get_or_404(Contact, contact_id)
    services.take_out(db, segment, [contact.id], actor=current_actor())
    undo = url_for(".put_in", segment_id=segment.id, contact_id=contact.id)
    flash_with_undo(_("%(name)s is out.", name=contact.name), undo)
    return _to(segment.id)


def _new_list() -> ResponseReturnValue:
    form = SegmentForm()
    if form.validate_on_submit():
        try:
            key = _kept(SegmentKind.FIXED, form.details(Group()))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _to(key, _("The list is there. Put contacts on it."))
    return render_template("contacts/segments/list.html", form=form, segment=None), form.status


def _save(form: SegmentForm, builder: showing.Builder, segment: Segment | None) -> ResponseReturnValue:
    is_list, count = segment is not None and not segment.is_live, None
    if not is_list:
        found, builder.is_strict = builder.found(), True
        count = found.count
        if builder.unfinished or found.refusal:
            unfinished = _("Finish the lines that are marked, or take them out.")
            form.form_errors = [*form.form_errors, found.refusal or unfinished]
    if form.validate() and not form.form_errors:
        details = form.details(builder.question)
        try:
            key = _kept(SegmentKind.LIVE, details, segment, count)
        except Refused as refused:
            form.refuse(refused)
        else:
            return _to(key, _("%(name)s is saved.", name=details.name))
    return _build(form, builder, segment)[0], form.status


def _kept(kind: SegmentKind, details: SegmentDetails, segment: Segment | None = None, count: int | None = None) -> int:
    """Save what was looked at and counted before, when nobody had to wait; the key of the segment.

    Raises:
        Refused: as with `record_segment`, or somebody else has saved it meanwhile.

    """
    with this_application().database.writing() as writing:
        act_as(writing, current_actor())
        if segment is None:
            kept = services.record_segment(writing, kind, details, owner=_reader(writing), actor=current_actor())
        else:
            kept = writing.get_one(Segment, segment.id)
            if kept.version != segment.version:
                raise Refused(MEANWHILE)
            services.edit_segment(writing, kept, details, actor=current_actor())
        if count is not None:
            services.note_count(kept, count)
        writing.flush()
        return kept.id


def _build(form: SegmentForm, builder: showing.Builder, segment: Segment | None = None) -> tuple[str, int]:
    if segment is not None and not segment.is_live:
        return render_template("contacts/segments/list.html", form=form, segment=segment), form.status
    words = in_words(db, builder.question, builder.criteria, currency=reading_organisation().currency)
    is_drawn_first = request.headers.get("HX-Target") == "builder"  # counting may take longer than people like to wait
    shown: dict[str, Any] = {"builder": builder, "found": None if is_drawn_first else builder.found(), "words": words}
    return render_template("contacts/segments/edit.html", form=form, segment=segment, **shown), 200


def _seen(key: int) -> Segment:
    """A segment that the reader may see.

    Raises:
        NotFound: there is none, or it is somebody else's and not shared.

    """
    segment = get_or_404(Segment, key)
    if not (segment.is_shared or services.may_change(segment, current_actor())):
        raise NotFound
    return segment


def _ours(key: int) -> Segment:
    """A segment that the reader may change."""
    segment = _seen(key)
    services.refuse_strangers(segment, current_actor())
    return segment


def _reader(writing: Session) -> StaffUser:
    return writing.get(StaffUser, current_actor().id or abort(403)) or abort(403)


def _to(key: int, message: str = "") -> ResponseReturnValue:
    if message:
        flash(message, "success")
    return redirect(url_for(".show", segment_id=key), 303)

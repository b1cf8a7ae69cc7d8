"""The list of tags: add, rename, merge, retire."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.contacts.access import SET_UP_CONTACTS
from app.contacts.forms.tags import MergeForm, TagForm
from app.contacts.models.tag import Tag
from app.contacts.queries import tags as queries
from app.contacts.services.tags import add_tag, edit_tag, merge_tags, offer_tag_again, retire_tag
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import ngettext
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.notices import flash_with_undo
from app.web.records import get_or_404

bp = Blueprint("tags", __name__, url_prefix="/settings/tags")


@bp.route("/")
@requires(SET_UP_CONTACTS)
def index() -> ResponseReturnValue:
    """Every tag with the number of contacts that have it, those that are offered first."""
    return render_template("contacts/tags/index.html", tags=queries.every_tag(db))


@bp.route("/new", methods=["GET", "POST"])
@requires(SET_UP_CONTACTS)
def new() -> ResponseReturnValue:
    """Add a tag."""
    form = TagForm()
    if form.validate_on_submit():
        try:
            add_tag(db, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _back(_("The tag is added."))
    return render_template("contacts/tags/edit.html", form=form, tag=None), form.status


@bp.route("/<int:tag_id>", methods=["GET", "POST"])
@requires(SET_UP_CONTACTS)
def edit(tag_id: int) -> ResponseReturnValue:
    """Rename a tag, or give it another colour or description."""
    tag = get_or_404(Tag, tag_id)
    form = TagForm(obj=tag)
    if form.validate_on_submit():
        try:
            edit_tag(db, tag, form.details(), version=form.seen_version, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
            form.version.data = str(tag.version)
        else:
            return _back(_("Saved."))
    return render_template("contacts/tags/edit.html", form=form, tag=tag), form.status


@bp.route("/<int:tag_id>/merge", methods=["GET", "POST"])
@requires(SET_UP_CONTACTS)
def merge(tag_id: int) -> ResponseReturnValue:
    """Merge a tag into another one, after saying what will be."""
    tag = get_or_404(Tag, tag_id)
    form = MergeForm.among([each for each in queries.offered_tags(db) if each.id != tag.id])
    if form.validate_on_submit():
        into = get_or_404(Tag, int(form.into.data))
        try:
            had = merge_tags(db, tag, into, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _back(
                ngettext(
                    "%(num)s contact has the tag %(name)s instead.", "%(num)s contacts have the tag %(name)s instead.",
                    had, name=into.name,
                )
            )  # fmt: skip
    contacts = queries.count_tagged(db, tag)
    return render_template("contacts/tags/merge.html", form=form, tag=tag, contacts=contacts), form.status


@bp.route("/<int:tag_id>/retire", methods=["POST"])
@requires(SET_UP_CONTACTS)
def retire(tag_id: int) -> ResponseReturnValue:
    """Put it on nobody any more."""
    tag = get_or_404(Tag, tag_id)
    retire_tag(db, tag, actor=current_actor())
    undo = url_for(".offer", tag_id=tag.id)
    flash_with_undo(_("%(name)s is retired. It stays on whoever has it.", name=tag.name), undo)
    return redirect(url_for(".index"), 303)


@bp.route("/<int:tag_id>/offer", methods=["POST"])
@requires(SET_UP_CONTACTS)
def offer(tag_id: int) -> ResponseReturnValue:
    """Offer a retired one again."""
    offer_tag_again(db, get_or_404(Tag, tag_id), actor=current_actor())
    return _back(_("It is offered again."))


def _back(message: str) -> ResponseReturnValue:
    flash(message, "success")
    return redirect(url_for(".index"), 303)

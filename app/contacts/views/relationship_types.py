"""The list of kinds of relationships: rename, add, retire."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.contacts.access import SET_UP_CONTACTS
from app.contacts.forms.relationships import KINDS, TypeForm
from app.contacts.models import RelationshipType
from app.contacts.queries import relationships as queries
from app.contacts.services.relationships import add_type, delete_type, edit_type, offer_type_again, retire_type
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import language
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.records import get_or_404

bp = Blueprint("relationship_types", __name__, url_prefix="/settings/relationship-types")


@bp.route("/")
@requires(SET_UP_CONTACTS)
def index() -> ResponseReturnValue:
    """Every kind of relationship, those that are offered first."""
    types = queries.every_type(db)
    return render_template("contacts/relationship_types/index.html", types=types, kinds=KINDS, language=language())


@bp.route("/new", methods=["GET", "POST"])
@requires(SET_UP_CONTACTS)
def new() -> ResponseReturnValue:
    """Add a kind of relationship."""
    form = TypeForm.of(None)
    if form.validate_on_submit():
        try:
            add_type(db, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _back(_("The kind of relationship is added."))
    return render_template("contacts/relationship_types/edit.html", form=form, kind=None), form.status


@bp.route("/<int:type_id>", methods=["GET", "POST"])
@requires(SET_UP_CONTACTS)
def edit(type_id: int) -> ResponseReturnValue:
    """Rename a kind of relationship, or say anew for whom it is."""
    kind = get_or_404(RelationshipType, type_id)
    form = TypeForm.of(kind)
    if form.validate_on_submit():
        try:
            edit_type(db, kind, form.details(), version=form.seen_version, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
            form.version.data = str(kind.version)
        else:
            return _back(_("Saved."))
    return render_template("contacts/relationship_types/edit.html", form=form, kind=kind), form.status


@bp.route("/<int:type_id>/retire", methods=["POST"])
@requires(SET_UP_CONTACTS)
def retire(type_id: int) -> ResponseReturnValue:
    """Offer it no more."""
    retire_type(db, get_or_404(RelationshipType, type_id), actor=current_actor())
    return _back(_("It is offered no more. The relationships there are stay as they are."))


@bp.route("/<int:type_id>/offer", methods=["POST"])
@requires(SET_UP_CONTACTS)
def offer(type_id: int) -> ResponseReturnValue:
    """Offer a retired one again."""
    offer_type_again(db, get_or_404(RelationshipType, type_id), actor=current_actor())
    return _back(_("It is offered again."))


@bp.route("/<int:type_id>/delete", methods=["POST"])
@requires(SET_UP_CONTACTS)
def delete(type_id: int) -> ResponseReturnValue:
    """Take one off the list that was never used."""
    try:
        delete_type(db, get_or_404(RelationshipType, type_id), actor=current_actor())
    except Refused as refusal:
        flash(str(refusal.message), "danger")
        return redirect(url_for(".index"), 303)
    return _back(_("The kind of relationship is taken off the list."))


def _back(message: str) -> ResponseReturnValue:
    flash(message, "success")
    return redirect(url_for(".index"), 303)

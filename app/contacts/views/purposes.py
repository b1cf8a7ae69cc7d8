"""The list of purposes for which people are written to: add, change, retire."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.contacts.access import SET_UP_CONTACTS
from app.contacts.forms.purposes import NewPurposeForm, PurposeForm
from app.contacts.models import ConsentPurpose
from app.contacts.queries.consents import every_purpose
from app.contacts.services.purposes import add_purpose, edit_purpose, offer_purpose_again, retire_purpose
from app.contacts.wording.consents import BASES
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.kernel.i18n import language
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.notices import flash_with_undo
from app.web.records import get_or_404

bp = Blueprint("purposes", __name__, url_prefix="/settings/purposes")


@bp.route("/")
@requires(SET_UP_CONTACTS)
def index() -> ResponseReturnValue:
    """Every purpose with what it rests on, those that are offered first."""
    purposes = every_purpose(db)
    return render_template("contacts/purposes/index.html", purposes=purposes, bases=BASES, language=language())


@bp.route("/new", methods=["GET", "POST"])
@requires(SET_UP_CONTACTS)
def new() -> ResponseReturnValue:
    """Add a purpose."""
    form = NewPurposeForm.of(None)
    if form.validate_on_submit():
        try:
            add_purpose(db, form.code.data or "", form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _back(_("The purpose is added. Give it words, and people can be asked."))
    return render_template("contacts/purposes/edit.html", form=form, purpose=None), form.status


@bp.route("/<int:purpose_id>", methods=["GET", "POST"])
@requires(SET_UP_CONTACTS)
def edit(purpose_id: int) -> ResponseReturnValue:
    """Rename a purpose, or change what it rests on and how long an agreement counts."""
    purpose = get_or_404(ConsentPurpose, purpose_id)
    form = PurposeForm.of(purpose)
    if form.validate_on_submit():
        try:
            edit_purpose(db, purpose, form.details(), version=form.seen_version, actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
            form.version.data = str(purpose.version)
        else:
            return _back(_("Saved."))
    shown = {"purpose": purpose, "name": purpose.name(language())}
    return render_template("contacts/purposes/edit.html", form=form, **shown), form.status


@bp.route("/<int:purpose_id>/retire", methods=["POST"])
@requires(SET_UP_CONTACTS)
def retire(purpose_id: int) -> ResponseReturnValue:
    """Ask about it no more."""
    purpose = get_or_404(ConsentPurpose, purpose_id)
    retire_purpose(db, purpose, actor=current_actor())
    undo = url_for(".offer", purpose_id=purpose.id)
    told = _("%(name)s is retired: nobody is asked about it any more.", name=purpose.name(language()))
    flash_with_undo(told, undo)
    return redirect(url_for(".index"), 303)


@bp.route("/<int:purpose_id>/offer", methods=["POST"])
@requires(SET_UP_CONTACTS)
def offer(purpose_id: int) -> ResponseReturnValue:
    """Ask about a retired one again."""
    offer_purpose_again(db, get_or_404(ConsentPurpose, purpose_id), actor=current_actor())
    return _back(_("It is asked about again."))


def _back(message: str) -> ResponseReturnValue:
    flash(message, "success")
    return redirect(url_for(".index"), 303)

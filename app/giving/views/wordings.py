"""The words donors agree to, version by version. Old ones stay with the answers that were given to them."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.contacts.models import ConsentWording
from app.contacts.queries.consents import offered_purposes
from app.contacts.services import publish_wording
from app.giving import access
from app.giving.forms.wordings import CHANNELS, WordingForm
from app.giving.queries.wordings import every_wording
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.records import get_or_404

bp = Blueprint("wordings", __name__, url_prefix="/wordings")


@bp.route("/")
@requires(access.READ_FORMS)
def index() -> ResponseReturnValue:
    """Every wording, those in force first."""
    return render_template("giving/wordings/index.html", wordings=every_wording(db), channels=CHANNELS)


@bp.route("/new", methods=["GET", "POST"])
@requires(access.PUBLISH_FORMS)
def new() -> ResponseReturnValue:
    """Put new words into force; `?like=` begins with those of an earlier version."""
    like = request.args.get("like", 0, type=int)
    form = WordingForm.like(get_or_404(ConsentWording, like) if like else None, offered_purposes(db))
    if form.validate_on_submit():
        try:
            publish_wording(db, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("The new words are in force. Answers given to the old ones are kept with them."), "success")
            return redirect(url_for(".index"), 303)
    return render_template("giving/wordings/new.html", form=form), form.status

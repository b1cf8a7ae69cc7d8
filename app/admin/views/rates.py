"""The page on the dated tax table."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.admin import access
from app.admin.forms import DONOR_KINDS, REGIMES, RateForm, show_tiers, write_tiers
from app.admin.queries import tax_table
from app.giving.models import StatutoryRate
from app.giving.services.rates import keep_rate
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.web.application import db
from app.web.auth import confirmed, current_actor, requires
from app.web.records import get_or_404

bp = Blueprint("rates", __name__, url_prefix="/settings/rates")


@bp.route("/")
@requires(access.EDIT_ORGANISATION)
def index() -> ResponseReturnValue:
    """Every rate, newest first within its regime."""
    return render_template(
        "admin/rates/index.html", rates=tax_table(db), regimes=REGIMES, donor_kinds=DONOR_KINDS, show_tiers=show_tiers
    )


@bp.route("/new", methods=["GET", "POST"])
@requires(access.EDIT_ORGANISATION)
@confirmed
def new() -> ResponseReturnValue:
    """Add a rate."""
    return _edit(None)


@bp.route("/<int:rate_id>", methods=["GET", "POST"])
@requires(access.EDIT_ORGANISATION)
@confirmed
def edit(rate_id: int) -> ResponseReturnValue:
    """End a rate, or correct it."""
    return _edit(get_or_404(StatutoryRate, rate_id))


def _edit(rate: StatutoryRate | None) -> ResponseReturnValue:
    form = RateForm(obj=rate, data={"tiers": write_tiers(rate.tiers)}) if rate else RateForm()
    if rate and not form.is_submitted():
        form.tiers.data = write_tiers(rate.tiers)
        form.income_share_percent.data = str(rate.income_share_percent or "")
    if form.validate_on_submit():
        try:
            keep_rate(db, rate, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for(".index"), 303)
    return render_template("admin/rates/edit.html", form=form, rate=rate), form.status

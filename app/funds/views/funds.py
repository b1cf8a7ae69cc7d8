"""Funds: what money may be spent on."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.funds import queries
from app.funds.access import EDIT_FUNDS, READ_FUNDS
from app.funds.forms import FundForm
from app.funds.models import Fund
from app.funds.services import close_fund, edit_fund, record_fund, reopen_fund
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.columns import columns
from app.web.records import get_or_404

bp = Blueprint("funds", __name__, url_prefix="/funds")


@bp.route("/")
@requires(READ_FUNDS)
def index() -> ResponseReturnValue:
    """Every fund, the open ones first."""
    funds = queries.all_funds(db)
    return render_template("funds/funds/index.html", funds=funds, columns=columns(db, "funds_column", funds))


@bp.route("/new", methods=["GET", "POST"])
@requires(EDIT_FUNDS)
def new() -> ResponseReturnValue:
    """Open a fund."""
    form = FundForm()
    if form.validate_on_submit():
        try:
            fund = record_fund(db, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("The fund %(name)s is open.", name=fund.name), "success")
            return redirect(url_for(".index"), 303)
    return render_template("funds/funds/new.html", form=form), form.status


@bp.route("/<int:fund_id>/edit", methods=["GET", "POST"])
@requires(EDIT_FUNDS)
def edit(fund_id: int) -> ResponseReturnValue:
    """Change a fund."""
    fund = get_or_404(Fund, fund_id)
    form = FundForm(fund)
    if form.validate_on_submit():
        try:
            edit_fund(db, fund, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("The fund %(name)s is saved.", name=fund.name), "success")
            return redirect(url_for(".index"), 303)
    return render_template("funds/funds/edit.html", form=form, fund=fund), form.status


@bp.route("/<int:fund_id>/close", methods=["POST"])
@requires(EDIT_FUNDS)
def close(fund_id: int) -> ResponseReturnValue:
    """Take no new gifts for a fund."""
    fund = get_or_404(Fund, fund_id)
    close_fund(db, fund, actor=current_actor())
    flash(_("The fund %(name)s is closed. What was given for it stays.", name=fund.name), "success")
    return redirect(url_for(".index"), 303)


@bp.route("/<int:fund_id>/reopen", methods=["POST"])
@requires(EDIT_FUNDS)
def reopen(fund_id: int) -> ResponseReturnValue:
    """Take gifts for a fund again."""
    fund = get_or_404(Fund, fund_id)
    reopen_fund(db, fund, actor=current_actor())
    flash(_("The fund %(name)s is open again.", name=fund.name), "success")
    return redirect(url_for(".index"), 303)

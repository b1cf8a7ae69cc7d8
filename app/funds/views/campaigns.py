"""Campaigns: efforts with a goal and dates."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.funds import queries
from app.funds.access import EDIT_FUNDS, READ_FUNDS
from app.funds.forms import CampaignForm
from app.funds.models import Campaign
from app.funds.services import close_campaign, edit_campaign, record_campaign, reopen_campaign
from app.kernel.clock import today
from app.kernel.errors import Refused
from app.kernel.i18n import gettext as _
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.columns import columns
from app.web.reading import reading_organisation
from app.web.records import get_or_404

bp = Blueprint("campaigns", __name__, url_prefix="/campaigns")


@bp.route("/")
@requires(READ_FUNDS)
def index() -> ResponseReturnValue:
    """Every campaign, the open ones first."""
    campaigns = queries.all_campaigns(db)
    names = {campaign.id: campaign.name for campaign in campaigns}
    return render_template(
        "funds/campaigns/index.html", campaigns=campaigns, names=names, today=today(reading_organisation().time_zone),
        columns=columns(db, "campaigns_column", campaigns),
    )  # fmt: skip


@bp.route("/new", methods=["GET", "POST"])
@requires(EDIT_FUNDS)
def new() -> ResponseReturnValue:
    """Begin a campaign."""
    form = _form(None)
    if form.validate_on_submit():
        try:
            campaign = record_campaign(db, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("The campaign %(name)s is added.", name=campaign.name), "success")
            return redirect(url_for(".index"), 303)
    return render_template("funds/campaigns/new.html", form=form), form.status


@bp.route("/<int:campaign_id>/edit", methods=["GET", "POST"])
@requires(EDIT_FUNDS)
def edit(campaign_id: int) -> ResponseReturnValue:
    """Change a campaign."""
    campaign = get_or_404(Campaign, campaign_id)
    form = _form(campaign)
    if form.validate_on_submit():
        try:
            edit_campaign(db, campaign, form.details(), actor=current_actor())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            flash(_("The campaign %(name)s is saved.", name=campaign.name), "success")
            return redirect(url_for(".index"), 303)
    return render_template("funds/campaigns/edit.html", form=form, campaign=campaign), form.status


@bp.route("/<int:campaign_id>/close", methods=["POST"])
@requires(EDIT_FUNDS)
def close(campaign_id: int) -> ResponseReturnValue:
    """Say that a campaign is over."""
    campaign = get_or_404(Campaign, campaign_id)
    close_campaign(db, campaign, actor=current_actor())
    flash(_("The campaign %(name)s is closed.", name=campaign.name), "success")
    return redirect(url_for(".index"), 303)


@bp.route("/<int:campaign_id>/reopen", methods=["POST"])
@requires(EDIT_FUNDS)
def reopen(campaign_id: int) -> ResponseReturnValue:
    """Take a campaign up again."""
    campaign = get_or_404(Campaign, campaign_id)
    reopen_campaign(db, campaign, actor=current_actor())
    flash(_("The campaign %(name)s is open again.", name=campaign.name), "success")
    return redirect(url_for(".index"), 303)


def _form(campaign: Campaign | None) -> CampaignForm:
    """The form with the campaigns that this one could be part of. A goal keeps the currency it was set in."""
    parents = [(str(each.id), each.name) for each in queries.all_campaigns(db) if each is not campaign]
    has_goal = campaign is not None and campaign.goal_minor is not None
    currency = campaign.currency if campaign is not None and has_goal else reading_organisation().currency
    return CampaignForm(parents, currency=currency, campaign=campaign)

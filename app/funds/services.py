"""What may be done with funds and campaigns."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.funds.models import Campaign, Fund, Restriction
from app.kernel import audit
from app.kernel.actors import Actor
from app.kernel.errors import Refused
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.money import Money


@dataclass(frozen=True, kw_only=True)
class FundDetails:
    """A fund as staff describe it; `public_names` by language are what donors read."""

    code: str
    name: str
    public_names: dict[str, str] = field(default_factory=dict)
    restriction: Restriction = Restriction.UNRESTRICTED


@dataclass(frozen=True, kw_only=True)
class CampaignDetails:
    """A campaign as staff describe it. `parent_id` names the campaign it is part of."""

    code: str
    name: str
    starts_on: date | None = None
    ends_on: date | None = None
    goal: Money | None = None
    parent_id: int | None = None


def record_fund(db: Session, details: FundDetails, *, actor: Actor) -> Fund:
    """Add a fund, open for gifts.

    Raises:
        Refused: the code is taken.

    """
    _check_code(db, Fund, details.code, None)
    fund = Fund(code=details.code, name=details.name)
    _fill_fund(fund, details)
    db.add(fund)
    audit.note(db, actor, "fund.recorded", fund)
    return fund


def edit_fund(db: Session, fund: Fund, details: FundDetails, *, actor: Actor) -> Fund:
    """Change a fund.

    Raises:
        Refused: the code is taken.

    """
    _check_code(db, Fund, details.code, fund.id)
    _fill_fund(fund, details)
    audit.note(db, actor, "fund.edited", fund)
    return fund


def close_fund(db: Session, fund: Fund, *, actor: Actor) -> None:
    """Take no new gifts for it; what was given stays.

    Raises:
        Refused: it is the last open one, and gifts would have nowhere to go.

    """
    others = select(Fund.id).where(Fund.is_open, Fund.id != fund.id).limit(1)
    if db.scalar(others) is None:
        raise Refused(_l("This is the last open fund: gifts would have nowhere to go. Open another one first."))
    fund.is_open = False
    audit.note(db, actor, "fund.closed", fund)


def reopen_fund(db: Session, fund: Fund, *, actor: Actor) -> None:
    """Take gifts for it again."""
    fund.is_open = True
    audit.note(db, actor, "fund.reopened", fund)


def record_campaign(db: Session, details: CampaignDetails, *, actor: Actor) -> Campaign:
    """Add a campaign.

    Raises:
        Refused: the code is taken, it would end before it starts, or it would be part of itself.

    """
    _check_campaign(db, details, None)
    campaign = Campaign(code=details.code, name=details.name)
    _fill_campaign(campaign, details)
    db.add(campaign)
    audit.note(db, actor, "campaign.recorded", campaign)
    return campaign


def edit_campaign(db: Session, campaign: Campaign, details: CampaignDetails, *, actor: Actor) -> Campaign:
    """Change a campaign.

    Raises:
        Refused: the code is taken, it would end before it starts, or it would be part of itself.

    """
    _check_campaign(db, details, campaign.id)
    _fill_campaign(campaign, details)
    audit.note(db, actor, "campaign.edited", campaign)
    return campaign


def close_campaign(db: Session, campaign: Campaign, *, actor: Actor) -> None:
    """Say that it is over, whatever its dates."""
    campaign.is_open = False
    audit.note(db, actor, "campaign.closed", campaign)


def reopen_campaign(db: Session, campaign: Campaign, *, actor: Actor) -> None:
    """Take it up again."""
    campaign.is_open = True
    audit.note(db, actor, "campaign.reopened", campaign)


def _check_code(db: Session, model: type[Fund | Campaign], code: str, own_id: int | None) -> None:
    holder = db.scalar(select(model.id).where(model.code == code))
    if holder is not None and holder != own_id:
        raise Refused(_l("This code is already used."), field="code")


def _check_campaign(db: Session, details: CampaignDetails, own_id: int | None) -> None:
    _check_code(db, Campaign, details.code, own_id)
    if details.starts_on and details.ends_on and details.ends_on < details.starts_on:
        raise Refused(_l("It cannot end before it starts."), field="ends_on")
    if details.goal is not None and details.goal.minor <= 0:
        raise Refused(_l("A goal is more than nothing; leave it empty for none."), field="goal")
    above = details.parent_id
    while above is not None:
        if above == own_id:
            raise Refused(_l("A campaign cannot be part of itself."), field="parent_id")
        above = db.scalar(select(Campaign.parent_id).where(Campaign.id == above))


def _fill_fund(fund: Fund, details: FundDetails) -> None:
    fund.code, fund.name, fund.restriction = details.code, details.name, details.restriction
    fund.public_names = {language: name for language, name in details.public_names.items() if name}


def _fill_campaign(campaign: Campaign, details: CampaignDetails) -> None:
    campaign.code, campaign.name = details.code, details.name
    campaign.starts_on, campaign.ends_on, campaign.parent_id = details.starts_on, details.ends_on, details.parent_id
    campaign.goal_minor = details.goal.minor if details.goal else None
    if details.goal:
        campaign.currency = details.goal.currency

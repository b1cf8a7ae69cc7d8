"""Funds and campaigns for tests of every feature."""

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from app.funds.models import Campaign, Fund
from app.funds.services import CampaignDetails, FundDetails, record_campaign, record_fund
from app.kernel.actors import SYSTEM

_numbers = count(1)


def make_fund(db: Session, **overrides: Any) -> Fund:
    """An open, unrestricted fund with a code of its own."""
    number = next(_numbers)
    parts: dict[str, Any] = {"code": f"FUND{number}", "name": f"Fund {number}", **overrides}
    return record_fund(db, FundDetails(**parts), actor=SYSTEM)


def make_campaign(db: Session, **overrides: Any) -> Campaign:
    """A campaign without dates or goal."""
    number = next(_numbers)
    parts: dict[str, Any] = {"code": f"CAMP{number}", "name": f"Campaign {number}", **overrides}
    return record_campaign(db, CampaignDetails(**parts), actor=SYSTEM)

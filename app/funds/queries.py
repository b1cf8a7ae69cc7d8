"""What may be asked about funds and campaigns."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.funds.models import Campaign, Fund
from app.kernel.clock import today
from app.kernel.organisation import the_organisation


def fund(db: Session, key: int) -> Fund | None:
    """The fund with this key, open or closed."""
    return db.get(Fund, key)


def open_funds(db: Session) -> Sequence[Fund]:
    """The funds that take gifts, by name."""
    return db.scalars(select(Fund).where(Fund.is_open).order_by(Fund.name, Fund.id)).all()


def campaign(db: Session, key: int) -> Campaign | None:
    """The campaign with this key, running or over."""
    return db.get(Campaign, key)


def open_campaigns(db: Session) -> Sequence[Campaign]:
    """The campaigns that are not closed and not over today, by name; those that begin later are among them."""
    day = today(the_organisation(db).time_zone)
    running = select(Campaign).where(Campaign.is_open, or_(Campaign.ends_on.is_(None), Campaign.ends_on >= day))
    return db.scalars(running.order_by(Campaign.name, Campaign.id)).all()


def all_funds(db: Session) -> Sequence[Fund]:
    """Every fund, the open ones first, by name. An organisation has dozens at most."""
    return db.scalars(select(Fund).order_by(Fund.is_open.desc(), Fund.name, Fund.id)).all()


def all_campaigns(db: Session) -> Sequence[Campaign]:
    """Every campaign, the open ones first, the newest first. An organisation has hundreds at most."""
    return db.scalars(select(Campaign).order_by(Campaign.is_open.desc(), Campaign.id.desc())).all()

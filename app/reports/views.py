"""The dashboard: where staff begin the day."""

from dataclasses import dataclass
from typing import Any

from babel.dates import get_month_names
from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.giving.access import READ_GIFTS
from app.kernel.clock import today
from app.kernel.i18n import babel_locale
from app.kernel.i18n import gettext as _
from app.reports import access
from app.reports.figures import Figures
from app.reports.queries import dashboard_figures
from app.web.application import db
from app.web.auth import current_actor, requires
from app.web.columns import allowed_panels
from app.web.nav import counted, features
from app.web.reading import reading_organisation

bp = Blueprint("reports", __name__)


@dataclass(frozen=True)
class Duty:
    """Something that needs a person today."""

    label: str
    url: str
    icon: str


@bp.route("/dashboard")
@requires(access.READ_REPORTS)
def dashboard() -> ResponseReturnValue:
    """This year against last, by month and fund, the donors, and what needs a person today."""
    organisation = reading_organisation()
    figures = dashboard_figures(db, organisation, today(organisation.time_zone))
    return render_template(
        "reports/dashboard.html", figures=figures, duties=_duties(), month_names=_month_names(),
        by_month=_by_month_chart(figures), by_fund=_by_fund_chart(figures), panels=_panels(),
        ahead=url_for("forecast.show") if current_actor().may(READ_GIFTS) else "",
    )  # fmt: skip


def _panels() -> list[Markup]:
    """What features add to the dashboard, drawn; a panel that has nothing to say loads nothing and is left out."""
    loaded = [(panel, panel.load(db, None)) for panel in allowed_panels("dashboard")]
    return [Markup(render_template(p.template, panel=p, **found)) for p, found in loaded if found]  # noqa: S704


def _duties() -> list[Duty]:
    actor = current_actor()
    found = []
    for each in (attention for feature in features().all for attention in feature.attention):
        count = counted(each.count) if actor.may(each.capability) else 0
        if count:
            found.append(Duty(each.label(count), url_for(each.endpoint, **each.arguments), each.icon))
    return found


def _month_names() -> dict[int, str]:
    return dict(get_month_names("abbreviated", context="stand-alone", locale=babel_locale()))


def _drawn(minor: int, figures: Figures) -> str:
    """An amount in major units for the drawing library alone; the table beneath has the exact figures."""
    return str(type(figures.now)(minor, figures.now.currency).to_decimal())


def _by_month_chart(figures: Figures) -> dict[str, Any]:
    names = _month_names()
    before = [_drawn(month.before.minor, figures) for month in figures.months]
    now = [None if month.now is None else _drawn(month.now.minor, figures) for month in figures.months]
    return {
        "type": "bar",
        "unit": figures.now.currency,
        "labels": [names[month.number] for month in figures.months],
        "series": [
            {"label": str(figures.fiscal_year - 1), "values": before, "earlier": True},
            {"label": str(figures.fiscal_year), "values": now},
        ],
    }


def _by_fund_chart(figures: Figures) -> dict[str, Any]:
    shown = [figure for figure in figures.funds if figure.now.minor > 0]
    return {
        "type": "doughnut",
        "unit": figures.now.currency,
        "labels": [figure.name for figure in shown],
        "series": [{"label": _("This year"), "values": [_drawn(figure.now.minor, figures) for figure in shown]}],
    }

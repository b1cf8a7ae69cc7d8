"""What reports plug into the rest."""

from app.kernel.i18n import lazy_gettext as _l
from app.reports.access import CAPABILITIES, READ_REPORTS
from app.reports.views import bp
from app.web.feature import Feature, NavEntry

FEATURE = Feature(
    name="reports",
    blueprints=(bp,),
    capabilities=CAPABILITIES,
    navigation=(NavEntry("", _l("Dashboard"), "reports.dashboard", "home", READ_REPORTS, order=1),),
)

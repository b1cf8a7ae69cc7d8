"""What accounts plug into the rest."""

from app.accounts.access import CAPABILITIES, MANAGE_STAFF
from app.accounts.cli import users
from app.accounts.views import confirming, signing_in, staff
from app.kernel.i18n import lazy_gettext as _l
from app.web.feature import Feature, NavEntry

FEATURE = Feature(
    name="accounts",
    blueprints=(signing_in.bp, confirming.bp, staff.bp),
    capabilities=CAPABILITIES,
    navigation=(NavEntry("settings", _l("Staff and roles"), "staff.index", "users", MANAGE_STAFF, order=80),),
    commands=(users,),
)

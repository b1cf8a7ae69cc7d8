"""What the settings plug into the rest."""

from app.accounts.access import READ_AUDIT
from app.admin.access import CAPABILITIES, EDIT_ORGANISATION
from app.admin.cli import keys
from app.admin.cli import trail as audit_commands
from app.admin.duties import ROUNDS
from app.admin.views import organisation, rates, trail
from app.kernel.i18n import lazy_gettext as _l
from app.web.feature import Feature, NavEntry

FEATURE = Feature(
    name="admin",
    blueprints=(organisation.bp, rates.bp, trail.bp),
    capabilities=CAPABILITIES,
    commands=(keys, audit_commands),
    rounds=ROUNDS,
    navigation=(
        NavEntry("settings", _l("Organisation"), "organisation.edit", "building", EDIT_ORGANISATION, order=70),
        NavEntry("settings", _l("Tax rates"), "rates.index", "receipt", EDIT_ORGANISATION, order=75),
        NavEntry("settings", _l("Audit trail"), "trail.index", "history", READ_AUDIT, order=90),
    ),
)

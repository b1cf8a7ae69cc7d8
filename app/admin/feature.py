"""What the settings plug into the rest."""

from sqlalchemy.orm import Session

from app.accounts.access import READ_AUDIT
from app.admin.access import CAPABILITIES, EDIT_ORGANISATION
from app.admin.cli import keys
from app.admin.cli import trail as audit_commands
from app.admin.duties import ROUNDS
from app.admin.trail_words import WORDS as TRAIL_WORDS
from app.admin.views import organisation, rates, trail
from app.kernel.db import Record
from app.kernel.i18n import lazy_gettext as _l
from app.web.feature import Feature, NavEntry, Panel


def history_of(_db: Session, record: Record) -> dict[str, Record]:
    """What the panel needs to ask for a record's history, once it is seen: nothing but which record it is."""
    return {"record": record}


FEATURE = Feature(
    name="admin",
    trail=TRAIL_WORDS,
    blueprints=(organisation.bp, rates.bp, trail.bp),
    capabilities=CAPABILITIES,
    commands=(keys, audit_commands),
    rounds=ROUNDS,
    panels=(
        Panel("contact", _l("History"), "admin/trail/_history.html", history_of, READ_AUDIT, order=95),
        Panel("history", _l("History"), "admin/trail/_history.html", history_of, READ_AUDIT),
    ),
    navigation=(
        NavEntry("settings", _l("Organisation"), "organisation.edit", "building", EDIT_ORGANISATION, order=70),
        NavEntry("settings", _l("Tax rates"), "rates.index", "receipt", EDIT_ORGANISATION, order=75),
        NavEntry("settings", _l("Audit trail"), "trail.index", "history", READ_AUDIT, order=90),
    ),
)

"""What watching over the installation plugs into the rest."""

from datetime import time, timedelta
from typing import Any

from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.i18n import ngettext
from app.kernel.retention import KERNEL_FORGETS, forget_all
from app.kernel.rounds import Round
from app.operations import showing
from app.operations.access import CAPABILITIES, READ_OPERATIONS
from app.operations.cli import retention, rounds
from app.operations.figures import FIGURES
from app.operations.health import WATCH, watch_over
from app.operations.views import status
from app.operations.words import JOBS, parts_in_words
from app.web.feature import Feature, JobWords, NavEntry, Panel


def forgotten_in_words(facts: dict[str, Any]) -> str:
    """How much was forgotten."""
    count = sum(value for value in facts.values() if isinstance(value, int))
    return ngettext("%(num)s record was forgotten.", "%(num)s records were forgotten.", count)


def watch_in_words(facts: dict[str, Any]) -> str:
    """What is not well."""
    parts = ", ".join(parts_in_words(facts))
    return _("Not well: %(parts)s.", parts=parts) if parts else _("All is well.")


FEATURE = Feature(
    name="operations",
    blueprints=(status.bp,),
    capabilities=CAPABILITIES,
    navigation=(NavEntry("settings", _l("Status"), "status.show", "shield-check", READ_OPERATIONS, order=95),),
    panels=(
        Panel("dashboard", _l("Status"), "operations/_warning.html", showing.warning, READ_OPERATIONS, order=1),
    ),
    rounds=(
        Round(WATCH, _l("See whether all is well"), timedelta(minutes=5), watch_over, wording=watch_in_words),
        Round(
            "retention", _l("Forget what has served its purpose"), timedelta(days=1), forget_all, at=time(4, 30),
            wording=forgotten_in_words,
        ),
    ),
    forgets=KERNEL_FORGETS,
    jobs=(*JOBS, JobWords("rounds.run", _l("Regular duty"), "name", showing.rounds_concerned)),
    figures=FIGURES,
    commands=(rounds, retention),
)  # fmt: skip

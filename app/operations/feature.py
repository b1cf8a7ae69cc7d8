"""What watching over the installation plugs into the rest."""

from datetime import time, timedelta
from typing import Any

from app.kernel.i18n import lazy_gettext as _l
from app.kernel.i18n import ngettext
from app.kernel.jobs import Work
from app.kernel.retention import KERNEL_FORGETS, forget_all
from app.kernel.rounds import Findings, Round
from app.operations.access import CAPABILITIES
from app.operations.cli import retention, rounds
from app.web.feature import Feature


def beat(_work: Work) -> Findings:
    """Nothing to find: that it was done says that a worker takes jobs from the queue."""
    return Findings(is_well=True)


def forgotten_in_words(facts: dict[str, Any]) -> str:
    """How much was forgotten."""
    count = sum(value for value in facts.values() if isinstance(value, int))
    return ngettext("%(num)s record was forgotten.", "%(num)s records were forgotten.", count)


FEATURE = Feature(
    name="operations",
    capabilities=CAPABILITIES,
    rounds=(
        Round("worker.heartbeat", _l("A sign of life from the worker"), timedelta(minutes=5), beat),
        Round(
            "retention", _l("Forget what has served its purpose"), timedelta(days=1), forget_all, at=time(4, 30),
            wording=forgotten_in_words,
        ),
    ),
    forgets=KERNEL_FORGETS,
    commands=(rounds, retention),
)  # fmt: skip

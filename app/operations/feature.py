"""What watching over the installation plugs into the rest."""

from datetime import timedelta

from app.kernel.i18n import lazy_gettext as _l
from app.kernel.jobs import Work
from app.kernel.rounds import Findings, Round
from app.operations.access import CAPABILITIES
from app.operations.cli import rounds
from app.web.feature import Feature


def beat(_work: Work) -> Findings:
    """Nothing to find: that it was done says that a worker takes jobs from the queue."""
    return Findings(is_well=True)


FEATURE = Feature(
    name="operations",
    capabilities=CAPABILITIES,
    rounds=(Round("worker.heartbeat", _l("A sign of life from the worker"), timedelta(minutes=5), beat),),
    commands=(rounds,),
)

"""What backups plug into the rest."""

from datetime import time, timedelta
from typing import Any

from app.backups.cli import backup, restore_file
from app.backups.keeping import BackupPlan, take_and_rotate
from app.kernel.clock import now
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.jobs import Work
from app.kernel.rounds import Findings, Round
from app.web.feature import Feature


def nightly(work: Work) -> Findings:
    """Take a backup into the folder of the settings and thin out the old ones."""
    began = now()
    taken, deleted = take_and_rotate(work.database, work.ports.get(BackupPlan))
    seconds = int((now() - began).total_seconds())
    facts: dict[str, int | str] = {
        "file": taken.path.name, "bytes": taken.size, "rows": taken.about.rows, "seconds": seconds, "deleted": deleted,
    }  # fmt: skip
    return Findings(is_well=True, facts=facts)


def is_wanted(work: Work) -> bool:
    """Whether the settings name a folder."""
    return work.ports.get(BackupPlan).folder is not None


def in_words(facts: dict[str, Any]) -> str:
    """What was written."""
    if "bytes" not in facts:
        return ""
    size = f"{int(facts['bytes']) / 1_000_000:.1f}"
    return _("%(file)s, %(size)s MB, %(rows)s rows.", file=facts["file"], size=size, rows=facts["rows"])


FEATURE = Feature(
    name="backups",
    commands=(backup, restore_file),
    rounds=(
        Round(
            "backup", _l("Take an encrypted backup"), timedelta(days=1), nightly, at=time(2, 30), wording=in_words,
            is_wanted=is_wanted,
        ),
    ),
)  # fmt: skip

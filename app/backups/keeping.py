"""Which backups of a folder are kept: the newest of the last days, weeks and months that have one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import time

from pyrage.x25519 import Recipient

from app.backups.errors import BackupError
from app.backups.sealing import parse_recipients
from app.backups.taking import UNFINISHED, Begun, Taken, silent, take
from app.kernel.clock import now
from app.kernel.db import Database

STAMP = "sahayog-%Y-%m-%d-%H%M%S.age"
A_DAY = 86_400


@dataclass(frozen=True)
class Keep:
    """How many days, weeks and months keep one backup each."""

    days: int
    weeks: int
    months: int

    @classmethod
    def of(cls, text: str) -> "Keep":
        """As the setting BACKUP_KEEP has it: `7,4,12`."""
        days, weeks, months = (int(part) for part in text.split(","))
        return cls(days, weeks, months)


@dataclass(frozen=True)
class BackupPlan:
    """Where this installation keeps its backups, for whom they are locked, and how many there are. A port."""

    folder: Path | None
    public_keys: tuple[str, ...]
    keep: Keep = field(default=Keep(7, 4, 12))

    @property
    def recipients(self) -> list[Recipient]:
        """The public keys, read.

        Raises:
            BackupError: there is none, or one is not a key.

        """
        return parse_recipients(self.public_keys)


def taken_at(path: Path) -> datetime | None:
    """When a backup of a plan's folder was taken, by its name; None for any other file."""
    try:
        return datetime.strptime(path.name, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def backups_in(folder: Path) -> list[Path]:
    """The backups of a folder, newest first; what has another name is not ours."""
    return sorted((path for path in folder.glob("*.age") if taken_at(path)), key=lambda path: path.name, reverse=True)


def to_keep(stamps: Iterable[datetime], keep: Keep) -> set[datetime]:
    """Those to keep: the newest of all, and the newest of each of the last days, weeks and months that have any."""
    newest_first = sorted(stamps, reverse=True)
    kept = set(newest_first[:1])
    spans: tuple[tuple[int, Callable[[datetime], object]], ...] = (
        (keep.days, lambda at: at.date()),
        (keep.weeks, lambda at: at.isocalendar()[:2]),
        (keep.months, lambda at: (at.year, at.month)),
    )
    for many, span in spans:
        firsts: dict[object, datetime] = {}
        for at in newest_first:
            firsts.setdefault(span(at), at)
        kept.update(list(firsts.values())[:many])
    return kept


def take_and_rotate(database: Database, plan: BackupPlan, *, begun: Begun = silent) -> tuple[Taken, int]:
    """Take a backup into the plan's folder, and only then delete what need not be kept; how many were deleted.

    Raises:
        BackupError: the folder is not named or not there, or the backup failed; then all others are kept.

    """
    recipients = plan.recipients
    if plan.folder is None:
        raise BackupError("BACKUP_FOLDER is not set: name the file to write.")
    if not plan.folder.is_dir():
        raise BackupError(f"BACKUP_FOLDER: there is no folder {plan.folder}.")
    _clear_unfinished(plan.folder)
    taken = take(database, plan.folder / now().strftime(STAMP), recipients, begun=begun)
    kept = to_keep((at for path in backups_in(plan.folder) if (at := taken_at(path))), plan.keep)
    gone = [path for path in backups_in(plan.folder) if taken_at(path) not in kept]
    for path in gone:
        path.unlink(missing_ok=True)
    return taken, len(gone)


def _clear_unfinished(folder: Path) -> None:
    """Delete what backups that were killed have left behind, a day later."""
    for path in folder.glob(f".sahayog-*{UNFINISHED}"):
        if path.stat().st_mtime < time() - A_DAY:
            path.unlink(missing_ok=True)

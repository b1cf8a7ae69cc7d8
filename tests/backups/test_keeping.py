"""Which backups are kept: enough to go back a year, few enough to forget nothing about."""

from datetime import UTC, datetime, timedelta

import pytest

from app.backups.errors import BackupError
from app.backups.keeping import BackupPlan, Keep, backups_in, take_and_rotate, taken_at, to_keep

NOW = datetime(2026, 11, 22, 3, 15, tzinfo=UTC)


def nights(many):
    return [NOW - timedelta(days=days) for days in range(many)]


def test_a_week_of_days_a_month_of_weeks_and_a_year_of_months_are_kept():
    kept = sorted(to_keep(nights(500), Keep(7, 4, 12)), reverse=True)

    assert kept[:7] == nights(7)
    assert {at.isocalendar()[:2] for at in kept} >= {
        (NOW - timedelta(weeks=weeks)).isocalendar()[:2] for weeks in range(4)
    }
    assert len({(at.year, at.month) for at in kept}) == 12
    assert len(kept) <= 7 + 4 + 12


def test_of_each_span_the_newest_is_kept():
    morning, evening = NOW, NOW + timedelta(hours=12)

    assert to_keep([morning, evening], Keep(7, 0, 0)) == {evening}


def test_days_without_a_backup_do_not_cost_an_older_one():
    old = [NOW - timedelta(days=100 * number) for number in range(5)]

    assert to_keep(old, Keep(3, 0, 0)) == set(old[:3])


def test_the_newest_is_always_kept():
    assert to_keep([NOW], Keep(0, 0, 0)) == {NOW}
    assert to_keep([], Keep(7, 4, 12)) == set()


def test_a_year_of_nights_one_after_the_other_leaves_what_one_look_at_all_would_leave():
    left: set[datetime] = set()
    for night in sorted(nights(400)):
        left = to_keep(left | {night}, Keep(7, 4, 12))

    assert len({(at.year, at.month) for at in left}) == 12
    assert set(nights(7)) <= left


def test_only_files_of_our_name_are_backups(tmp_path):
    for name in ("sahayog-2026-11-22-031500.age", "sahayog-2026-11-21-031500.age", "mine.age", "sahayog-2026.age",
                 ".sahayog-2026-11-22-031500.age.7.part"):  # fmt: skip
        (tmp_path / name).touch()

    assert [path.name for path in backups_in(tmp_path)] == [
        "sahayog-2026-11-22-031500.age", "sahayog-2026-11-21-031500.age",
    ]  # fmt: skip
    assert taken_at(backups_in(tmp_path)[0]) == datetime(2026, 11, 22, 3, 15, tzinfo=UTC)


@pytest.mark.db
def test_the_old_ones_go_when_the_new_one_is_there_and_only_then(tmp_path, database, identity):
    for night in nights(20):
        (tmp_path / night.strftime("sahayog-%Y-%m-%d-%H%M%S.age")).touch()
    (tmp_path / "mine.age").touch()
    plan = BackupPlan(tmp_path, (str(identity.to_public()),), Keep(3, 0, 0))

    with pytest.raises(BackupError, match="not a public key"):
        take_and_rotate(database, BackupPlan(tmp_path, ("age1" + "q" * 58,), Keep(1, 0, 0)))
    assert len(backups_in(tmp_path)) == 20
    taken, deleted = take_and_rotate(database, plan)

    assert taken.path in backups_in(tmp_path)
    assert (len(backups_in(tmp_path)), deleted) == (3, 18)
    assert (tmp_path / "mine.age").exists()


@pytest.mark.db
def test_a_folder_that_is_not_there_is_named(tmp_path, database, identity):
    keys = (str(identity.to_public()),)
    for plan, why in (
        (BackupPlan(None, keys), "BACKUP_FOLDER is not set"),
        (BackupPlan(tmp_path / "none", keys), "no folder"),
        (BackupPlan(tmp_path, ()), "BACKUP_RECIPIENT is not set"),
    ):
        with pytest.raises(BackupError, match=why):
            take_and_rotate(database, plan)
    assert list(tmp_path.iterdir()) == []

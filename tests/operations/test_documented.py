"""The guide for whoever runs the product names every duty and everything that is forgotten, as they are."""

import re
from pathlib import Path

import pytest

from app.kernel.retention import Forgettings
from app.kernel.rounds import Rounds
from app.web.application import Application

pytestmark = pytest.mark.db
DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDE = (DOCS / "operations.md").read_text(encoding="utf-8")
ALERTS = (DOCS / "deploy" / "prometheus-alerts.yml").read_text(encoding="utf-8")


def test_every_duty_stands_in_the_guide_with_its_hour(whole_app: Application) -> None:
    missing = []
    for each in whole_app.ports.get(Rounds):
        when = f"every {int(each.every.total_seconds() / 60)} minutes" if each.at is None else f"{each.at:%-H:%M}"
        if f"| `{each.name}` | {when} |" not in GUIDE:
            missing.append(each.name)
    assert missing == []


def test_everything_that_is_forgotten_stands_in_the_guide_with_its_days(whole_app: Application) -> None:
    forgets = whole_app.ports.get(Forgettings)
    assert [each.name for each in forgets if f"| `{each.name}` | {each.keep.days} days |" not in GUIDE] == []


def test_alerts_ask_for_figures_that_there_are(whole_app: Application) -> None:
    known = {f"sahayog_{each.name}" for each in whole_app.extensions["features"].figures}
    known |= {"sahayog_database_up", "sahayog_request_seconds_count"}
    rounds = {each.name for each in whole_app.ports.get(Rounds)}
    assert set(re.findall(r"sahayog_[a-z_]+", ALERTS)) <= known
    named = re.findall(r'round=~?"([^"]+)"', ALERTS)
    assert {name for names in named for name in names.split("|")} <= rounds

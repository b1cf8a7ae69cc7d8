"""The files that people copy to their servers are such as systemd reads, and what the guide says of them is there."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config import Config

DEPLOY = Path(__file__).parents[1] / "docs" / "deploy"
GUIDE = DEPLOY.parent / "operations.md"
UNITS = sorted(DEPLOY.glob("*.service"))
AS_THEY_ARE = ["DEMO_CLOCK_FILE", "LOG_LEVEL", "STRIPE_API_BASE", "STRIPE_CHECKOUT_ORIGINS"]
"""Settings that nobody changes in production."""
LIMITS = (
    "User=sahayog", "ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "PrivateTmp=yes",
    "ProtectHome=yes", "SystemCallFilter=@system-service", "UMask=0077",
)  # fmt: skip


def test_the_guide_names_every_file_there_is():
    guide = GUIDE.read_text(encoding="utf-8")

    assert UNITS
    assert [path.name for path in DEPLOY.iterdir() if path.name not in guide] == []


def test_the_guide_names_every_setting_that_production_needs():
    guide = GUIDE.read_text(encoding="utf-8")

    missing = [name for name in Config.__dataclass_fields__ if name not in guide]
    assert sorted(missing) == AS_THEY_ARE


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_the_units(unit, tmp_path):
    analyse = shutil.which("systemd-analyze")
    if analyse is None:
        pytest.skip("there is no systemd here")
    here = unit.read_text(encoding="utf-8")
    for program in ("granian", "flask"):
        here = here.replace(f"/srv/sahayog/app/.venv/bin/{program}", sys.executable)
    copy = tmp_path / unit.name.replace("@", "@8001")
    copy.write_text(here, encoding="utf-8")

    done = subprocess.run([analyse, "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False)

    assert [line for line in done.stderr.splitlines() if copy.stem in line] == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_no_service_may_do_more_than_it_needs(unit):
    text = unit.read_text(encoding="utf-8")

    for line in LIMITS:
        assert f"\n{line}\n" in text
    assert "/srv/sahayog/app" not in text.partition("ReadWritePaths=")[2].partition("\n")[0]

"""Two years of monthly, quarterly and yearly gifts with everything going wrong: nothing is lost, nothing is twice.

The dice fall alike each time; YEARS_SEED throws others. Longer stories, with new dice: `python -m bench.two_years`.
"""

import os
import sys

import pytest

from app.web.application import Application
from tests.two_years.people import Crowd
from tests.two_years.story import TwoYears

pytestmark = pytest.mark.db
SEED = 3
CROWD = Crowd(monthly=8, quarterly=12, yearly=60, once=20)


def test_two_years_of_trouble_leave_books_that_agree_to_the_cent(app: Application) -> None:
    seed = int(os.environ.get("YEARS_SEED", SEED))
    told = TwoYears(app, seed, CROWD).tell()
    sys.stdout.write(f"{told}\n")
    assert not told.findings, "\n".join(told.findings[:60])
    assert told.figures["charges"] > 150
    assert told.deaths.total() > 20

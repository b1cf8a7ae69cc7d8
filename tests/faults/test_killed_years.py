"""Two years of gifts while web server and worker are killed: the books agree with the payment service's to the cent.

The donors' dice fall alike each time, when programs die is for the machine to say; YEARS_SEED throws others. Longer
stories, with new dice: `python -m bench.two_years --kill`.
"""

import os
import sys
from pathlib import Path

from tests.faults.stacks import Ground
from tests.two_years.people import Crowd
from tests.two_years.programs import Pace, programs

SEED = 3
CROWD = Crowd(monthly=1, quarterly=3, yearly=5, once=3)
PACE = Pace(strides=(12, 24), pauses=(4.0, 9.0))


def test_two_years_of_killed_programs_leave_books_that_agree_to_the_cent(database: Ground, tmp_path: Path) -> None:
    seed = int(os.environ.get("YEARS_SEED", SEED))
    sys.stdout.write(f"To repeat it: YEARS_SEED={seed}\n")
    with programs(database, tmp_path, seed, CROWD, PACE) as story:
        told = story.tell()
    sys.stdout.write(f"{told}\n")
    assert not told.findings, "\n".join(told.findings[:60])
    assert told.deaths["site"]
    assert told.deaths["worker"]
    assert told.figures["charges"] > 25

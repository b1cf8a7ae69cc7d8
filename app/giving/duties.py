"""What giving does by itself night and day: the books proved to be in balance, figures verified and kept."""

from datetime import time, timedelta
from typing import Any

from app.giving.books import count_findings
from app.giving.services.days import bring_up_to_date
from app.giving.services.totals import wrong_totals
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.i18n import ngettext
from app.kernel.jobs import Work
from app.kernel.rounds import Findings, Round

A_DAY, TEN_MINUTES = timedelta(days=1), timedelta(minutes=10)


def check_books(work: Work) -> Findings:
    """Every check of the books; the facts count what each one found, by the check's name."""
    with work.database.snapshot() as db:
        found = count_findings(db)
    return Findings(not found, {"findings": sum(found.values()), **found})


def verify_totals(work: Work) -> Findings:
    """Donors' figures against their gifts."""
    with work.database.snapshot() as db:
        wrong = len(wrong_totals(db))
    return Findings(wrong == 0, {"wrong": wrong})


def keep_days(work: Work) -> Findings:
    """What came in by day, kept anew where it changed, so that sums over years cost their days."""
    return Findings(is_well=True, facts={"days": bring_up_to_date(work.database)})


def books_in_words(facts: dict[str, Any]) -> str:
    """What the check found."""
    count = int(facts.get("findings", 0))
    if not count:
        return _("The books are in balance.")
    return ngettext("%(num)s thing does not add up.", "%(num)s things do not add up.", count)


def totals_in_words(facts: dict[str, Any]) -> str:
    """What the verification found."""
    count = int(facts.get("wrong", 0))
    if not count:
        return _("Every figure is right.")
    return ngettext("%(num)s figure is wrong.", "%(num)s figures are wrong.", count)


def days_in_words(facts: dict[str, Any]) -> str:
    """How many days were reckoned anew."""
    count = int(facts.get("days", 0))
    return ngettext("%(num)s day was reckoned anew.", "%(num)s days were reckoned anew.", count)


ROUNDS = (
    Round("days.keep", _l("Keep what came in by day"), TEN_MINUTES, keep_days, wording=days_in_words),
    Round("books.check", _l("Check that the books add up"), A_DAY, check_books, at=time(3, 15), wording=books_in_words),
    Round(
        "totals.verify", _l("Compare donors’ figures with their gifts"), A_DAY, verify_totals, at=time(3, 30),
        wording=totals_in_words,
    ),
)  # fmt: skip

"""What giving does by itself every night: the books proved to be in balance, donors' figures verified."""

from datetime import time, timedelta
from typing import Any

from app.giving.books import count_findings
from app.giving.services.totals import wrong_totals
from app.kernel.i18n import gettext as _
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.i18n import ngettext
from app.kernel.jobs import Work
from app.kernel.rounds import Findings, Round

A_DAY = timedelta(days=1)


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


ROUNDS = (
    Round("books.check", _l("Check that the books add up"), A_DAY, check_books, at=time(3, 15), wording=books_in_words),
    Round(
        "totals.verify", _l("Compare donors’ figures with their gifts"), A_DAY, verify_totals, at=time(3, 30),
        wording=totals_in_words,
    ),
)  # fmt: skip

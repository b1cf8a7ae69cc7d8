"""How many tax receipts a second: printed again from what is stored, and issued in a run of many? On both databases.

The yardstick is typst alone, one compiler, printing such words with nothing around it. Printing reads a receipt from
the database and renders it. A run issues waiting receipts in parts of two dozen (donors held, law checked, numbers
taken, receipts and audit written, one commit a part that reaches the disk) and then prints each. Either may take 1.43
times as long as typst alone: seventy receipts for its hundred. What is issued and what is printed are timed apart, in
turns with the yardstick, so that it can be seen which of them costs.
"""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import typst

from app.giving.jobs import original_receipt
from app.giving.models import Receipt, ReceiptChoice
from app.giving.receipt_content import ReceiptContent
from app.giving.receipt_pdf import FONTS, NO_PACKAGES, TEMPLATE_OF, TEMPLATES, _inputs
from app.giving.services.receipts import issue_waiting
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.jobs import Work
from bench._serving import both_databases, migrated
from tests.factories.contacts import make_contact
from tests.factories.funds import make_fund
from tests.factories.giving import french_organisation, make_offline_gift

TOGETHER, PARTS, WARMING_UP = 24, 6, 1
LIMIT = 1.43


def make_gifts(work: Work) -> list[int]:
    """Gifts of as many donors whose receipts wait."""
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        french_organisation(db)
        fund = make_fund(db)
        gifts = [
            make_offline_gift(
                db, make_contact(db, family_name=f"Lefèvre {number}", email=f"donor{number}@example.org"), fund=fund,
                receipt_choice=ReceiptChoice.NONE,
            )
            for number in range(TOGETHER * (PARTS + WARMING_UP))
        ]  # fmt: skip
        db.flush()
        return [gift.id for gift in gifts]


def issue(work: Work, gift_ids: list[int]) -> tuple[list[Receipt], float]:
    """A part of a run as the product issues it, and the seconds for each of its receipts."""
    began = time.perf_counter()
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        issued = issue_waiting(db, gift_ids, actor=SYSTEM)
    seconds = time.perf_counter() - began
    assert len(issued) == len(gift_ids)
    return issued, seconds / len(issued)


def print_stored(work: Work, receipt_id: int) -> float:
    """Seconds from the key of a receipt to its paper."""
    began = time.perf_counter()
    paper = original_receipt(work, receipt_id)
    assert paper.content.startswith(b"%PDF")
    return time.perf_counter() - began


def typst_alone() -> Callable[[ReceiptContent], float]:
    """A way to print with nothing else, which says how long it took in seconds."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    compiler = typst.Compiler(
        root=TEMPLATES, font_paths=fonts, package_path=NO_PACKAGES, package_cache_path=NO_PACKAGES
    )

    def print_it(content: ReceiptContent) -> float:
        inputs = _inputs(content, is_copy=False, is_void=False)
        began = time.perf_counter()
        compiler.compile(
            TEMPLATE_OF[content.kind], format="pdf", sys_inputs=inputs, pdf_standards=["a-3a", "ua-1"],
            timestamp=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        return time.perf_counter() - began

    return print_it


def measure(name: str, database_url: str) -> bool:
    """Issue a part, print it and others like it by turns, say; whether the limits are kept.

    typst remembers what it has laid out, so each way prints receipts of its own.
    """
    made, alone = migrated(database_url), typst_alone()
    gifts = make_gifts(made.work)
    issuing, printing, yardstick = [], [], []
    for part in range(PARTS + WARMING_UP):
        receipts, seconds = issue(made.work, gifts[part * TOGETHER : (part + 1) * TOGETHER])
        issuing.append(seconds)
        for one, other in zip(receipts[::2], receipts[1::2], strict=True):
            yardstick.append(alone(ReceiptContent.from_json(one.content)))
            printing.append(print_stored(made.work, other.id))
    made.database.close()
    warm = TOGETHER // 2 * WARMING_UP
    bare, prints = statistics.median(yardstick[warm:]), statistics.median(printing[warm:])
    issues = statistics.median(issuing[WARMING_UP:])
    return all([
        _said(f"printing stored receipts, {name}", prints, bare), _said(f"a run of many, {name}", prints + issues, bare)
    ])  # fmt: skip


def _said(what: str, seconds: float, bare: float) -> bool:
    ratio = seconds / bare
    verdict = "ok" if ratio <= LIMIT else "TOO SLOW"
    print(f"receipts, {what:<38} {1 / seconds:6.1f} a second, {1 / bare:6.1f} by typst alone;"
          f" ratio {ratio:.2f}, limit {LIMIT}: {verdict}")  # fmt: skip
    return ratio <= LIMIT


def main() -> int:
    """Measure on both databases; 1 if one is too slow."""
    with both_databases(is_durable=True) as databases:
        kept = [measure(name, url) for name, url in databases.items()]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())

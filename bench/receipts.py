"""How many tax receipts a second: numbered, stored, read back and printed? On SQLite and on PostgreSQL.

The yardstick is typst alone, printing such words with nothing around it. The product locks the donor's gifts, reads
what the law wants said, takes the number, writes the receipt and its audit, and reads it again to print it: some 25
statements and a commit that reaches the disk.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import typst

from app.giving.jobs import original_receipt
from app.giving.models import Gift, Receipt, ReceiptChoice
from app.giving.receipt_content import ReceiptContent
from app.giving.receipt_pdf import FONTS, NO_PACKAGES, TEMPLATE_OF, TEMPLATES, _inputs
from app.giving.services.receipts import issue_receipt
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.jobs import Work
from bench._serving import migrated
from tests.factories.contacts import make_contact
from tests.factories.funds import make_fund
from tests.factories.giving import french_organisation, make_offline_gift
from tests.postgres import temporary_postgres

HOW_MANY, WARMING_UP = 50, 5
LIMIT = 6.0


def make_gifts(work: Work) -> list[int]:
    """Gifts of one donor whose receipts wait."""
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        french_organisation(db)
        contact, fund = make_contact(db), make_fund(db)
        gifts = [
            make_offline_gift(db, contact, fund=fund, receipt_choice=ReceiptChoice.NONE)
            for _number in range(2 * (HOW_MANY + WARMING_UP))
        ]
        db.flush()
        return [gift.id for gift in gifts]


def issue(work: Work, gift_id: int) -> Receipt:
    """One receipt as the product issues it, not yet printed."""
    with work.database.writing() as db:
        act_as(db, SYSTEM)
        return issue_receipt(db, db.get_one(Gift, gift_id), actor=SYSTEM)


def issue_and_print(work: Work, gift_id: int) -> float:
    """Seconds for one receipt, from the gift to the paper."""
    began = time.perf_counter()
    paper = original_receipt(work, issue(work, gift_id).id)
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
    """Make receipts both ways by turns, say; whether the limit is kept. typst remembers, so each prints its own."""
    made, alone = migrated(database_url), typst_alone()
    ours, yardstick = [], []
    gifts = make_gifts(made.work)
    for one, other in zip(gifts[::2], gifts[1::2], strict=True):
        ours.append(issue_and_print(made.work, one))
        yardstick.append(alone(ReceiptContent.from_json(issue(made.work, other).content)))
    made.database.close()
    product, bare = statistics.median(ours[WARMING_UP:]), statistics.median(yardstick[WARMING_UP:])
    print(
        f"receipts, {name:<10} {1 / product:6.1f} a second, {1 / bare:6.1f} by typst alone;"
        f" ratio {product / bare:.2f}, limit {LIMIT}: {'ok' if product / bare <= LIMIT else 'TOO SLOW'}"
    )
    return product / bare <= LIMIT


def main() -> int:
    """Measure on both databases; 1 if one is too slow."""
    with tempfile.TemporaryDirectory() as folder, temporary_postgres() as postgresql:
        kept = [measure("SQLite", f"sqlite:///{Path(folder) / 'bench.db'}"), measure("PostgreSQL", postgresql)]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())

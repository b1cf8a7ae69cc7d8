"""What a run of yearly receipts would do: for how many donors, how much, what is left out, and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.giving.models import Gift
from app.giving.queries.yearly_receipts import (
    DonorYear,
    LeftOut,
    donor_years,
    donors_with,
    due_gift_ids,
    issued_for,
    left_out_of,
)
from app.giving.receipt_mentions import ABOUT_DONORS, Mention
from app.giving.services.receipt_drafts import Letterhead, missing_for, missing_of_donor
from app.kernel.money import Money

AT_ONCE = 500
"""Donors looked at together: a run of many thousands is previewed without holding them all."""
Series = tuple[bool, str]
"""Whether they are specimens for test gifts, and in which currency."""


@dataclass
class Sum:
    """So many receipts, for so many gifts, that come to so much."""

    amount: Money
    receipts: int = 0
    gifts: int = 0

    def add(self, one: DonorYear) -> None:
        """Count another receipt."""
        self.receipts, self.gifts, self.amount = self.receipts + 1, self.gifts + one.gifts, self.amount + one.amount


@dataclass
class Preview:
    """What a run would issue and leave out, by series; `reasons` says how many receipts lack what.

    `ours` is what the organisation itself has not filled in: nothing can be issued before. `issued` counts the
    receipts of that year in force, specimens apart.
    """

    left_out: LeftOut
    issued: Sequence[tuple[bool, int, Money]]
    ready: dict[Series, Sum] = field(default_factory=dict)
    incomplete: dict[Series, Sum] = field(default_factory=dict)
    reasons: Counter[Mention] = field(default_factory=Counter)
    ours: Sequence[Mention] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no gift of that year has anything to do with a yearly receipt."""
        left_out = self.left_out.pending or self.left_out.disputed
        return not (self.ready or self.incomplete or self.issued or left_out)

    def count_ready(self, *, is_test: bool) -> int:
        """How many receipts a run would issue, or how many specimens."""
        return sum(each.receipts for (of_tests, _currency), each in self.ready.items() if of_tests is is_test)

    @property
    def may_begin(self) -> bool:
        """Whether a run would issue anything: something is ready, and nothing of ours is missing."""
        return bool(self.ready) and not self.ours

    @property
    def donors_wait(self) -> bool:
        """Whether there is anything to issue or to complete."""
        return bool(self.ready or self.incomplete)


def preview(db: Session, year: int, head: Letterhead) -> Preview:
    """Look through the gifts of a year that wait for their receipt."""
    found = Preview(left_out_of(db, year), issued_for(db, year))
    due = donor_years(db, year)
    for start in range(0, len(due), AT_ONCE):
        part = due[start : start + AT_ONCE]
        donors = {each.id: each for each in donors_with(db, [one.contact_id for one in part])}
        for one in part:
            _look(found, one, donors[one.contact_id], head)
    if due:
        found.ours = _missing_of_ours(db, year, due[0], head)
    return found


def _look(found: Preview, one: DonorYear, donor: Contact, head: Letterhead) -> None:
    missing = missing_of_donor(donor, one.amount.currency, head)
    found.reasons.update(missing)
    sums = found.incomplete if missing else found.ready
    sums.setdefault((one.is_test, one.amount.currency), Sum(Money(0, one.amount.currency))).add(one)


def _missing_of_ours(db: Session, year: int, one: DonorYear, head: Letterhead) -> list[Mention]:
    gift = db.get_one(Gift, due_gift_ids(db, year, [one.contact_id])[0])
    return [mention for mention in missing_for(gift, head) if mention not in ABOUT_DONORS]


def missing_of(db: Session, donors: Sequence[Contact], year: int, head: Letterhead) -> Mapping[int, Sequence[Mention]]:
    """What the receipts of these donors wait for, by donor."""
    found: dict[int, list[Mention]] = {}
    known = {each.id: each for each in donors}
    for one in donor_years(db, year, list(known)):
        lacking = missing_of_donor(known[one.contact_id], one.amount.currency, head)
        found[one.contact_id] = list(dict.fromkeys([*found.get(one.contact_id, []), *lacking]))
    return found

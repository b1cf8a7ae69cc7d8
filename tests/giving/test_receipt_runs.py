"""Receipts issued in a run of many: the same as one by one, numbered without a gap, all of a part or none."""

import pytest
from sqlalchemy import func, select

from app.giving.models import Receipt, ReceiptChoice
from app.giving.services.receipts import issue_receipt, issue_waiting
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry
from app.kernel.clock import today
from app.kernel.jobs import Job
from tests.factories.contacts import make_contact
from tests.factories.giving import french_organisation, make_offline_gift

pytestmark = pytest.mark.db


@pytest.fixture(autouse=True)
def organisation(db):
    return french_organisation(db)


def gift(db, **parts):
    return make_offline_gift(db, **{"receipt_choice": ReceiptChoice.NONE, **parts})


def test_a_run_of_many_numbers_what_is_complete_without_a_gap_and_leaves_the_rest(db):
    given = [gift(db) for _ in range(4)]
    homeless = gift(db, contact=make_contact(db, street="", city="", postcode="", country=""))
    specimen = gift(db, is_test=True)
    issue_receipt(db, given[1], actor=SYSTEM)
    db.commit()

    asked = [each.id for each in (given[3], homeless, given[1], specimen, given[0], given[2])]
    issued = issue_waiting(db, asked, actor=SYSTEM)
    db.commit()

    told = [(receipt.gift_id, receipt.number, receipt.content["number"]) for receipt in issued]
    codes = [f"{today().year}-{number:05d}" for number in (2, 3, 4)]
    assert told == [
        (given[3].id, 2, codes[0]), (specimen.id, None, None), (given[0].id, 3, codes[1]), (given[2].id, 4, codes[2]),
    ]  # fmt: skip
    noted = db.scalars(select(AuditEntry).where(AuditEntry.action == "receipt.issued")).all()
    assert {entry.record_id for entry in noted} >= {receipt.id for receipt in issued}
    assert issue_waiting(db, asked, actor=SYSTEM) == []


def test_a_receipt_of_a_run_says_the_same_as_one_issued_alone(db):
    giver = make_contact(db)
    alone, in_a_run = (gift(db, contact=giver) for _ in range(2))
    first = issue_receipt(db, alone, actor=SYSTEM)
    (second,) = issue_waiting(db, [in_a_run.id], actor=SYSTEM)

    assert {**second.content, "number": first.content["number"]} == first.content


def test_the_command_issues_part_by_part_and_sends_each(app, db, organisation, monkeypatch):
    monkeypatch.setattr("app.giving.cli.TOGETHER", 2)
    organisation.signatory_name = ""
    db.flush()
    for _ in range(5):
        gift(db, receipt_choice=ReceiptChoice.EACH)
    organisation.signatory_name = "Claire Martin"
    db.commit()

    said = app.test_cli_runner().invoke(args=["receipts", "issue-waiting"]).output

    assert "5 receipts issued." in said
    assert sorted(db.scalars(select(Receipt.number))) == [1, 2, 3, 4, 5]
    assert db.scalar(select(func.count()).where(Job.kind == "giving.send_receipt")) == 5

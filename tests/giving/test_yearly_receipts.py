"""One receipt for a donor's whole year: over every gift that is due, corrected when money goes back, never twice."""

import threading
from datetime import date

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.contacts.models import Contact
from app.giving import letters
from app.giving.books import check
from app.giving.jobs import desk_of
from app.giving.models import (
    Gift,
    Receipt,
    ReceiptChoice,
    ReceiptGift,
    ReceiptRun,
    ReceiptStatus,
    RunStatus,
)
from app.giving.receipt_content import ReceiptContent
from app.giving.receipt_mentions import Mention
from app.giving.receipt_pdf import render_receipt
from app.giving.services import receipt_runs
from app.giving.services.gifts import reverse_gift
from app.giving.services.receipt_drafts import letterhead
from app.giving.services.receipts import (
    ReceiptIncomplete,
    issue_receipt,
    receipt_in_force,
    replace_receipt,
    void_receipt,
)
from app.giving.services.totals import repair_totals
from app.giving.services.yearly_receipts import issue_year, issue_year_of
from app.giving.year_preview import preview
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.errors import Refused
from app.kernel.jobs import Job
from app.kernel.mail import Message
from app.kernel.money import Money
from app.payments.models import DisputeStatus, Method
from tests.factories.contacts import make_contact
from tests.factories.giving import (
    dispute_gift,
    french_organisation,
    make_offline_gift,
    make_online_gift,
    make_submission,
    refund_gift,
)

pytestmark = pytest.mark.db
YEAR = 2025


@pytest.fixture(autouse=True)
def organisation(db):
    return french_organisation(db)


@pytest.fixture
def giver(db):
    return make_contact(db)


def gift(db, giver, day=date(2025, 5, 4), **parts):
    return make_offline_gift(db, contact=giver, received_on=day, **{"receipt_choice": ReceiptChoice.YEARLY, **parts})


def online_gift(db, giver, minor=5000, day=date(2025, 3, 1)):
    """A gift by card of that donor and year: what went through the gateway may go back by it."""
    given = make_online_gift(db, make_submission(db, amount=Money(minor, "EUR"), answers={"receipt_choice": "yearly"}))
    moved = {"received_on": day, "fiscal_year": day.year, "contact_id": giver.id}
    db.execute(update(Gift).where(Gift.id == given.id).values(moved))
    repair_totals(db)
    db.commit()
    db.refresh(given)
    return given


def issued(db, giver, year=YEAR):
    receipts, _left_out = issue_year(db, year, [giver.id], actor=SYSTEM)
    db.commit()
    return receipts


def amounts(receipt):
    return [(part.id, amount.minor) for part, amount in receipt.parts]


def test_one_receipt_lists_every_gift_of_the_year_with_its_date_amount_and_method(db, giver):
    first = gift(db, giver, date(2025, 1, 1), amount=Money(1000, "EUR"), method=Method.CASH)
    last = gift(db, giver, date(2025, 12, 31), amount=Money(2500, "EUR"))
    gift(db, giver, date(2024, 12, 31))
    gift(db, giver, date(2026, 1, 1))
    db.commit()

    (receipt,) = issued(db, giver)

    assert amounts(receipt) == [(first.id, 1000), (last.id, 2500)]
    assert (receipt.amount, receipt.covers_year, receipt.gift_id) == (Money(3500, "EUR"), YEAR, None)
    content = ReceiptContent.from_json(receipt.content)
    told = [(line.paid_on, line.amount_minor, line.method_text, line.form_text) for line in content.lines]
    assert told == [
        (date(2025, 1, 1), 1000, "Remise d’espèces", "Déclaration de don manuel"),
        (date(2025, 12, 31), 2500, "Chèque", "Déclaration de don manuel"),
    ]
    assert content.period_text == "du 1er janvier 2025 au 31 décembre 2025"
    assert check(db) == []


def test_it_is_printed_to_the_same_bytes_whatever_happens_to_the_donor(db, giver):
    gift(db, giver)
    gift(db, giver, date(2025, 6, 1))
    db.commit()
    (receipt,) = issued(db, giver)
    before = render_receipt(ReceiptContent.from_json(receipt.content), is_copy=False, is_void=False)
    giver.family_name = "Another"
    db.commit()

    again = render_receipt(ReceiptContent.from_json(receipt.content), is_copy=False, is_void=False)
    assert before == again
    assert before.startswith(b"%PDF")


def test_two_currencies_are_two_receipts_where_the_law_allows(db, organisation):
    abroad = make_contact(db, country="CH")
    gift(db, abroad)
    gift(db, abroad, amount=Money(9000, "CHF"))
    db.commit()

    assert sorted(str(each.amount) for each in issued(db, abroad)) == sorted(
        [str(Money(5000, "EUR")), str(Money(9000, "CHF"))]
    )


def test_only_gifts_that_are_due_are_on_it(db, giver):
    due = gift(db, giver)
    gift(db, giver, receipt_choice=ReceiptChoice.EACH)
    gift(db, giver, receipt_choice=ReceiptChoice.NONE)
    alone = gift(db, giver)
    issue_receipt(db, alone, actor=SYSTEM)
    disputed = online_gift(db, giver)
    dispute_gift(db, disputed)
    db.commit()

    (receipt,) = issued(db, giver)

    assert amounts(receipt) == [(due.id, 5000)]
    assert issued(db, giver) == []


def test_test_gifts_are_on_a_specimen_of_their_own_without_a_number(db, giver):
    real, trial = gift(db, giver), gift(db, giver, is_test=True)
    again = gift(db, giver, is_test=True)
    db.commit()

    receipt, specimen = issued(db, giver)

    assert (receipt.is_specimen, amounts(receipt)) == (False, [(real.id, 5000)])
    assert (specimen.is_specimen, specimen.code, amounts(specimen)) == (True, "", [(trial.id, 5000), (again.id, 5000)])
    assert check(db) == []
    assert issued(db, giver) == []


def test_a_gift_that_comes_late_for_the_year_gets_a_further_one(db, giver):
    gift(db, giver)
    db.commit()
    (first,) = issued(db, giver)
    late = gift(db, giver, date(2025, 12, 30))
    db.commit()

    (further,) = issued(db, giver)

    assert amounts(further) == [(late.id, 5000)]
    assert first.status is ReceiptStatus.ISSUED
    assert further.number == first.number + 1


def test_what_is_missing_leaves_a_donor_out_and_takes_no_number(db, giver):
    homeless = make_contact(db, street="", city="", postcode="", country="")
    gift(db, homeless)
    gift(db, giver)
    db.commit()

    receipts, left_out = issue_year(db, YEAR, [homeless.id, giver.id], actor=SYSTEM)

    assert (left_out, [each.contact_id for each in receipts], receipts[0].number) == (1, [giver.id], 1)
    with pytest.raises(ReceiptIncomplete):
        issue_year_of(db, homeless, YEAR, actor=SYSTEM)


def test_a_donor_who_asks_has_theirs_before_the_year_is_over(db, giver):
    gift(db, giver, date(2026, 2, 1))
    db.commit()

    (receipt,) = issue_year_of(db, giver, 2026, actor=SYSTEM)

    assert receipt.covers_year == 2026
    with pytest.raises(Refused, match="waits for a yearly receipt"):
        issue_year_of(db, giver, 2026, actor=SYSTEM)


def test_the_database_keeps_a_gift_on_one_receipt_in_force(db, giver):
    given = gift(db, giver)
    db.commit()
    (receipt,) = issued(db, giver)

    values = {
        "organisation_id": 1, "contact_id": giver.id, "gift_id": given.id, "year": 2026, "number": 99,
        "is_specimen": False, "amount_minor": 5000, "currency": "EUR", "issued_on": date(2026, 1, 2), "content": {},
    }  # fmt: skip
    db.add(Receipt(**values))
    with pytest.raises(IntegrityError):
        db.flush()
    db.rollback()
    with pytest.raises(Refused, match="has a receipt already"):
        issue_receipt(db, given, actor=SYSTEM)
    assert receipt_in_force(db, given).id == receipt.id


def test_money_that_goes_back_replaces_it_by_what_is_left_and_at_last_voids_it(db, giver):
    kept, back = gift(db, giver), online_gift(db, giver, 3000)
    (receipt,) = issued(db, giver)
    receipt.mark_sent(receipt.created_at)
    refund_gift(db, back, 1000)
    db.commit()

    part = receipt_in_force(db, kept)
    assert (receipt.status, part.replaces_id, part.covers_year) == (ReceiptStatus.REPLACED, receipt.id, YEAR)
    assert amounts(part) == [(back.id, 2000), (kept.id, 5000)]
    assert part.content["replaces"] == receipt.code

    refund_gift(db, back, 2000)
    db.commit()
    rest = receipt_in_force(db, kept)
    assert amounts(rest) == [(kept.id, 5000)]

    reverse_gift(db, kept, "typed twice", actor=SYSTEM)
    db.commit()
    db.refresh(rest)
    assert (rest.status, receipt_in_force(db, kept)) == (ReceiptStatus.VOID, None)
    assert check(db) == []
    told = db.scalars(select(Job.ids).where(Job.kind == "giving.send_receipt")).all()
    assert {"receipt_id": part.id} in told


def test_while_one_gift_is_disputed_the_receipt_of_the_year_stays(db, giver):
    gift(db, giver)
    disputed, other = online_gift(db, giver, 3000), online_gift(db, giver, 2000)
    (receipt,) = issued(db, giver)
    dispute_gift(db, disputed)
    refund_gift(db, other, 2000)
    db.commit()
    db.refresh(receipt)
    assert receipt.status is ReceiptStatus.ISSUED
    assert check(db) == []
    with pytest.raises(Refused, match="disputes"):
        void_receipt(db, receipt, "wrong", actor=SYSTEM)

    dispute_gift(db, disputed, DisputeStatus.LOST)
    db.commit()
    db.refresh(receipt)
    assert receipt.status is ReceiptStatus.REPLACED
    assert check(db) == []


def test_staff_void_and_replace_it_as_any_other(db, giver):
    given = [gift(db, giver), gift(db, giver)]
    db.commit()
    (receipt,) = issued(db, giver)
    giver.family_name = "Durand"
    new = replace_receipt(db, receipt, "married", actor=SYSTEM)
    assert "Durand" in new.content["donor"]["name"]
    assert [part.id for part in new.gifts] == [each.id for each in given]

    void_receipt(db, new, "not wanted", actor=SYSTEM)
    db.commit()
    assert {each.receipt_choice for each in given} == {ReceiptChoice.NONE}
    assert issued(db, giver) == []


def test_a_receipt_says_nothing_else_once_it_is_issued(db, giver):
    gift(db, giver)
    db.commit()
    (receipt,) = issued(db, giver)
    for change in (
        update(Receipt).values(covers_year=2024),
        update(ReceiptGift).where(ReceiptGift.receipt_id == receipt.id).values(amount_minor=1),
        ReceiptGift.__table__.delete(),
    ):
        with pytest.raises(IntegrityError):
            db.execute(change)
        db.rollback()


def test_receipts_of_one_gift_have_their_line_by_the_database(db, giver):
    given = gift(db, giver, receipt_choice=ReceiptChoice.EACH)
    db.commit()

    lines = db.execute(select(ReceiptGift.gift_id, ReceiptGift.amount_minor, ReceiptGift.status)).all()

    assert lines == [(given.id, 5000, ReceiptStatus.ISSUED)]


def test_the_books_name_a_yearly_receipt_that_does_not_fit(db, giver):
    given = gift(db, giver)
    db.commit()
    (receipt,) = issued(db, giver)
    assert check(db) == []
    db.execute(update(Gift).where(Gift.id == given.id).values(received_on=date(2024, 1, 1)))

    assert f"Receipt {receipt.id} is in force but does not fit gift {given.id}." in check(db)
    db.rollback()


def test_the_preview_says_how_many_how_much_and_what_is_left_out(db, giver):
    homeless = make_contact(db, street="", city="", postcode="", country="")
    gift(db, giver)
    gift(db, giver)
    gift(db, homeless, amount=Money(700, "EUR"))
    gift(db, giver, is_test=True)
    dispute_gift(db, online_gift(db, giver))
    done = make_contact(db)
    gift(db, done)
    db.commit()
    issued(db, done)

    found = preview(db, YEAR, letterhead(db))

    ready, incomplete = found.ready[False, "EUR"], found.incomplete[False, "EUR"]
    assert (ready.receipts, ready.gifts, ready.amount) == (1, 2, Money(10000, "EUR"))
    assert found.ready[True, "EUR"].gifts == 1
    assert (incomplete.receipts, incomplete.amount) == (1, Money(700, "EUR"))
    assert found.reasons == {Mention.DONOR_ADDRESS: 1}
    assert (found.left_out.disputed, found.left_out.pending) == (1, 0)
    assert found.issued == [(False, 1, Money(5000, "EUR"))]
    assert found.ours == []


def test_the_preview_names_what_the_organisation_lacks(db, giver, organisation):
    organisation.signatory_name = ""
    gift(db, giver)
    db.commit()

    assert preview(db, YEAR, letterhead(db)).ours == [Mention.SIGNATORY]


def many(db, count):
    givers = [make_contact(db) for _ in range(count)]
    for each in givers:
        gift(db, each)
        gift(db, each)
    db.commit()
    return givers


def test_a_run_issues_and_sends_everything_in_parts(app, db, run_jobs, monkeypatch):
    monkeypatch.setattr(receipt_runs, "TOGETHER", 2)
    many(db, 5)
    run = receipt_runs.begin_run(db, YEAR, actor=SYSTEM)
    db.commit()
    run_jobs()
    db.expire_all()

    assert (run.status, run.done, run.total, run.issued, run.left_out) == (RunStatus.DONE, 5, 5, 5, 0)
    assert sorted(db.scalars(select(Receipt.number))) == [1, 2, 3, 4, 5]
    subjects = db.scalars(select(Message.subject)).all()
    assert len([subject for subject in subjects if "2025" in subject]) == 5
    assert {each.action for each in db.scalars(select(AuditEntry))} >= {"receipt_run.begun", "receipt_run.done"}
    assert check(db) == []


def test_a_run_that_was_killed_goes_on_where_it_was(app, db, run_jobs, monkeypatch):
    monkeypatch.setattr(receipt_runs, "TOGETHER", 2)
    many(db, 5)
    run_id = receipt_runs.begin_run(db, YEAR, actor=SYSTEM).id
    db.commit()
    send, told = receipt_runs.thanks.send_each_later, []

    def killed_in_the_second_part(*args):
        told.append(1)
        if len(told) == 2:
            raise KeyboardInterrupt
        send(*args)

    monkeypatch.setattr(receipt_runs.thanks, "send_each_later", killed_in_the_second_part)
    with pytest.raises(KeyboardInterrupt):
        receipt_runs.walk(app.work, run_id=run_id)
    db.expire_all()
    assert (db.get(ReceiptRun, run_id).done, db.scalar(select(func.count(Receipt.id)))) == (2, 2)
    db.commit()

    receipt_runs.walk(app.work, run_id=run_id)
    db.expire_all()
    assert db.get(ReceiptRun, run_id).status is RunStatus.DONE
    assert sorted(db.scalars(select(Receipt.number))) == [1, 2, 3, 4, 5]
    assert check(db) == []


def test_two_who_begin_at_once_begin_one_run_and_two_workers_issue_nothing_twice(app, db, monkeypatch):
    monkeypatch.setattr(receipt_runs, "TOGETHER", 2)
    many(db, 8)
    started, begun = threading.Barrier(2), threading.Barrier(2)

    def browser():
        started.wait()
        with app.database.writing() as mine:
            act_as(mine, SYSTEM)
            run_id = receipt_runs.begin_run(mine, YEAR, actor=SYSTEM).id
        begun.wait()  # else one may be through with all of it before the other looks
        receipt_runs.walk(app.work, run_id=run_id)

    threads = [threading.Thread(target=browser) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    db.expire_all()
    run = db.scalars(select(ReceiptRun)).one()
    while run.is_under_way:
        db.commit()
        receipt_runs.walk(app.work, run_id=run.id)
        db.refresh(run)
    assert (run.status, run.issued) == (RunStatus.DONE, 8)
    assert sorted(db.scalars(select(Receipt.number))) == list(range(1, 9))
    assert db.scalar(select(func.count(Job.id)).where(Job.kind == "giving.send_receipt")) == 8
    assert check(db) == []


def test_a_run_stops_when_told_and_the_next_takes_the_rest(app, db, monkeypatch):
    monkeypatch.setattr(receipt_runs, "TOGETHER", 1)
    many(db, 3)
    run = receipt_runs.begin_run(db, YEAR, actor=SYSTEM)
    db.commit()
    receipt_runs.go_on(app.work, run.id, 0.0)
    receipt_runs.stop_run(db, run.id, actor=SYSTEM)
    db.commit()
    assert not receipt_runs.go_on(app.work, run.id, 0.0)
    db.refresh(run)
    assert (run.status, run.issued) == (RunStatus.STOPPED, 1)

    rest = receipt_runs.begin_run(db, YEAR, actor=SYSTEM)
    db.commit()
    receipt_runs.walk(app.work, run_id=rest.id)
    db.refresh(rest)
    assert (rest.total, rest.issued) == (2, 2)


def test_a_year_that_is_not_over_and_a_year_without_gifts_are_refused(db, giver):
    gift(db, giver, date(2026, 1, 2))
    db.commit()
    for year, words in ((2999, "not over yet"), (2019, "waits for a yearly receipt")):
        with pytest.raises(Refused, match=words):
            receipt_runs.begin_run(db, year, actor=SYSTEM)


def test_the_command_issues_a_year_and_refuses_one_that_is_not_over(app, db):
    many(db, 3)
    runner = app.test_cli_runner()

    assert "3 receipts issued, 0 left out." in runner.invoke(args=["receipts", "yearly", "2025"]).output
    again = runner.invoke(args=["receipts", "yearly", "2025"])
    assert again.exit_code == 1
    assert "No gift of 2025 waits" in again.output


def test_the_letter_names_the_year_and_none_goes_to_somebody_who_has_died(app, db, giver):
    gift(db, giver)
    db.commit()
    (receipt,) = issued(db, giver)
    letter = letters.receipt_letter(db, desk_of(app.work), receipt)
    assert "2025" in letter.subject
    assert f"/r/{receipt.token}" in letter.text
    assert letter.attachments == (("receipt", receipt.id),)

    db.get_one(Contact, giver.id).is_deceased = True
    db.flush()
    assert letters.receipt_letter(db, desk_of(app.work), receipt) is None

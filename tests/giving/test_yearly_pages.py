"""The pages of yearly receipts: looked at before, begun, followed and stopped; one donor's at their request."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from app.giving.models import Receipt, ReceiptChoice, ReceiptRun, RunStatus
from app.giving.services import receipt_runs
from app.giving.services.yearly_receipts import issue_year
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry
from app.kernel.jobs import Job, JobStatus
from tests.factories.contacts import make_contact
from tests.factories.giving import french_organisation, make_offline_gift

pytestmark = pytest.mark.db


@pytest.fixture
def giver(db):
    french_organisation(db)
    giver = make_contact(db)
    for month in (1, 2):
        make_offline_gift(db, contact=giver, received_on=date(2025, month, 3), receipt_choice=ReceiptChoice.YEARLY)
    db.commit()
    return giver


def page(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status, answer.status_code
    return answer.text


def test_the_page_tells_what_would_be_issued_and_begins_it(giver, db, sign_in, run_jobs):
    client = sign_in("receipts.read", "receipts.issue")
    before = page(client, "/receipts/yearly/2025")
    assert "Issue and send them" in before
    assert "€100.00" in before
    assert giver.name in before

    client.post("/receipts/yearly/2025/start")
    assert "Donors looked at" in page(client, "/receipts/yearly/2025")
    run_jobs()

    after = page(client, "/receipts/yearly/2025")
    assert "Nothing waits" in after
    assert "Issue and send them" not in after
    receipt = db.scalars(select(Receipt)).one()
    db.commit()
    listed = page(client, "/receipts?sort=yearly")
    assert receipt.code in listed
    shown = page(client, f"/receipts/{receipt.id}")
    assert "for the year 2025" in shown
    assert shown.count("€50.00") >= 2


def test_before_a_run_begins_the_page_asks_and_says_how_many(giver, db, sign_in):
    client = sign_in("receipts.read", "receipts.issue")
    for asked in (page(client, "/receipts/yearly/2025"), page(client, "/receipts/yearly/2025/start")):
        assert "1 receipt of 2025 is issued, and mailed if its donor has an e-mail address." in asked
        assert 'action="/receipts/yearly/2025/start"' in asked
    assert db.scalars(select(ReceiptRun)).all() == []
    db.commit()

    client.post("/receipts/yearly/2025/start")
    for year in (2024, 2025, 2998):  # nothing to issue, under way, not over
        assert client.get(f"/receipts/yearly/{year}/start").headers["Location"] == f"/receipts/yearly/{year}"
    page(sign_in("receipts.read"), "/receipts/yearly/2025/start", 403)


def test_a_year_without_gifts_says_so_and_shows_no_figures(giver, sign_in):
    shown = page(sign_in("receipts.read", "receipts.issue"), "/receipts/yearly/1999")

    assert "No gifts for a yearly receipt in 1999" in shown
    for words in ("is on one", "Nothing waits", "Left out, and why", "Issue and send them"):
        assert words not in shown


def test_beginning_twice_begins_one_run(giver, db, sign_in):
    client = sign_in("receipts.read", "receipts.issue")
    for _ in range(2):
        assert client.post("/receipts/yearly/2025/start").status_code == 303

    assert len(db.scalars(select(ReceiptRun)).all()) == 1


def test_a_run_is_stopped_from_the_page(giver, db, sign_in):
    run = receipt_runs.begin_run(db, 2025, actor=SYSTEM)
    db.commit()
    client = sign_in("receipts.read", "receipts.issue")
    client.post(f"/receipts/yearly/runs/{run.id}/stop")
    db.expire_all()

    assert run.status is RunStatus.STOPPED


def park(db):
    """The job of the run gives up, as it does after its last attempt."""
    (job,) = db.scalars(select(Job).where(Job.kind == receipt_runs.KIND))
    job.status, job.attempts, job.last_error = JobStatus.PARKED, 8, "OperationalError at issue_year:40"
    db.commit()


def test_a_run_whose_job_gave_up_says_so_and_why_and_goes_on(giver, db, sign_in, run_jobs):
    run = receipt_runs.begin_run(db, 2025, actor=SYSTEM)
    db.commit()
    client = sign_in("receipts.read", "receipts.issue")
    assert "It stopped by itself" not in page(client, "/receipts/yearly/2025")
    park(db)
    shown = page(client, "/receipts/yearly/2025")
    assert "It stopped by itself after many attempts. The database could not be reached." in shown
    assert "every 1s" not in shown
    assert "Go on" in shown
    assert "Go on" not in page(sign_in("receipts.read"), "/receipts/yearly/2025")

    client = sign_in("receipts.read", "receipts.issue")
    for _click in range(2):
        assert client.post("/receipts/yearly/2025/start").status_code == 303
    assert "It stopped by itself" not in page(client, "/receipts/yearly/2025")
    run_jobs()
    db.expire_all()
    assert (run.status, run.issued) == (RunStatus.DONE, 1)
    assert len(db.scalars(select(ReceiptRun)).all()) == 1
    assert {job.status for job in db.scalars(select(Job).where(Job.kind == receipt_runs.KIND))} == {JobStatus.DONE}
    assert db.scalars(select(AuditEntry).where(AuditEntry.action == "receipt_run.taken_up")).one().record_id == run.id


def test_the_dashboard_says_that_a_run_gave_up_and_leads_to_it(giver, db, sign_in):
    receipt_runs.begin_run(db, 2025, actor=SYSTEM)
    park(db)
    assert 'href="/receipts/yearly/2025"' in page(sign_in(), "/dashboard")


def test_a_run_that_gave_up_can_be_stopped_and_waits_for_nobody_then(giver, db, sign_in, run_jobs):
    run = receipt_runs.begin_run(db, 2025, actor=SYSTEM)
    park(db)
    client = sign_in("receipts.read", "receipts.issue")
    client.post(f"/receipts/yearly/runs/{run.id}/stop")
    run_jobs()
    db.expire_all()
    assert (run.status, run.issued) == (RunStatus.STOPPED, 0)
    assert db.scalars(select(Job.status).where(Job.kind == receipt_runs.KIND)).one() is JobStatus.DONE


def test_a_year_that_is_not_over_offers_nothing_to_begin_and_refuses_it(giver, sign_in):
    client = sign_in("receipts.read", "receipts.issue")
    assert "Issue and send them" not in page(client, "/receipts/yearly/2998")
    answer = client.post("/receipts/yearly/2998/start", follow_redirects=True)
    assert "is not over yet" in answer.text
    page(client, "/receipts/yearly/2999", 404)


def test_who_may_only_read_begins_nothing(giver, db, sign_in):
    client = sign_in("receipts.read")
    assert "Issue and send them" not in page(client, "/receipts/yearly/2025")
    assert client.post("/receipts/yearly/2025/start").status_code == 403
    assert client.post(f"/contacts/{giver.id}/receipts/2025").status_code == 403


def test_one_donor_has_theirs_at_their_request(giver, db, sign_in):
    client = sign_in("receipts.read", "receipts.issue", "contacts.read", "gifts.read")
    mine = f"/contacts/{giver.id}/receipts"
    assert mine in page(client, f"/contacts/{giver.id}")
    assert "Issue and send it now" in page(client, mine)

    answer = client.post(f"{mine}/2025", follow_redirects=True)
    assert "1 receipt was issued." in answer.text
    assert "the year 2025" in answer.text
    assert "No gift of 2025 waits" in client.post(f"{mine}/2025", follow_redirects=True).text


def test_a_gift_names_the_receipt_of_its_year(giver, db, sign_in):
    (receipt,) = issue_year(db, 2025, [giver.id], actor=SYSTEM)[0]
    db.commit()
    client = sign_in("gifts.read", "receipts.read")
    for gift in receipt.gifts:
        shown = page(client, f"/gifts/{gift.id}")
        assert receipt.code in shown
        assert "with the other gifts of 2025" in shown


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("/receipts/yearly/2025", "Receipts"),
        ("/disputes/", "Gifts"),
        ("/recurring-gifts/forecast", "Recurring gifts"),
        ("/cards", "Recurring gifts"),
    ],
)
def test_the_menu_marks_where_the_page_belongs(giver, sign_in, url, entry):
    client = sign_in("receipts.read", "receipts.issue", "gifts.read")
    (marked,) = re.findall(r'aria-current="page">.*?<span>([^<]*)</span></a></li>', page(client, url), re.DOTALL)
    assert marked == entry

"""What staff see of the gateway's messages and of work that waits, and the commands for whoever runs the product."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from app.kernel import jobs
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.jobs import Job, JobStatus
from app.payments.models import EventStatus, GatewayEvent, PaymentStatus
from app.payments.stripe_gateway import StripeGateway
from app.payments.stripe_gateway.messages import TOPICS
from app.web.application import Application
from tests.factories.payments import make_event
from tests.payments.conftest import Begin, Look
from tests.sandbox_world import SandboxWorld

pytestmark = pytest.mark.db
SignIn = Callable[..., FlaskClient]


def keep(app: Application, **overrides: Any) -> GatewayEvent:
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        return make_event(db, **overrides)


def fail(app: Application, event: GatewayEvent) -> None:
    with app.database.writing() as db:
        db.get_one(GatewayEvent, event.id).fail("GatewayUnavailable at asking:30")


def test_the_list_says_what_came_of_each_message_and_can_be_narrowed(
    app: Application, world: SandboxWorld, begin: Begin, look: Look, sign_in: SignIn
) -> None:
    world.pay(begin())
    world.deliver()
    fail(app, keep(app, kind="charge.dispute.created"))
    client = sign_in("payments.read")
    page = client.get("/gateway-events/").get_data(as_text=True)
    assert "The donor went through the payment page to its end." in page
    assert "GatewayUnavailable at asking:30" in page
    failed = client.get("/gateway-events/?status=failed").get_data(as_text=True)
    assert "charge.dispute.created</div>" in failed
    assert "checkout.session.completed</div>" not in failed
    one_kind = client.get("/gateway-events/?kind=charge.updated").get_data(as_text=True)
    assert "charge.dispute.created</div>" not in one_kind


@pytest.mark.parametrize("query", ["?status=nonsense", "?kind=%00", "?after=nonsense", "?after=" + "A" * 300])
def test_nonsense_in_the_address_is_no_fault_of_ours(app: Application, sign_in: SignIn, query: str) -> None:
    keep(app)
    assert sign_in("payments.read").get(f"/gateway-events/{query}").status_code in {200, 404}


def test_the_list_goes_on_by_pages(app: Application, sign_in: SignIn) -> None:
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        for number in range(60):
            make_event(db, kind="charge.updated", object_reference=f"ch_{number}")
    client = sign_in("payments.read")
    page = client.get("/gateway-events/")
    assert b"after=" in page.data


def test_one_message_shows_its_payment_and_its_text(
    app: Application, world: SandboxWorld, begin: Begin, look: Look, sign_in: SignIn
) -> None:
    checkout = begin()
    world.pay(checkout)
    world.deliver()
    event = next(event for event in look.events() if event.kind == "checkout.session.completed")
    page = sign_in("payments.read", language="fr").get(f"/gateway-events/{event.id}").get_data(as_text=True)
    assert "50,00\u00a0€" in page or "50,00 €" in page
    assert "•••• 4242" in page
    assert str(look.payment(checkout).charge_reference) in page
    assert "client_reference_id" not in page
    assert "/replay" not in page
    assert "client_reference_id" in sign_in("payments.read").post(f"/gateway-events/{event.id}/text").text


def test_a_message_with_scripts_in_it_is_shown_as_text(app: Application, sign_in: SignIn) -> None:
    event = keep(app, payload={"object": "event", "name": "<script>alert(1)</script>"})
    page = sign_in("payments.read").post(f"/gateway-events/{event.id}/text").get_data(as_text=True)
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_an_unknown_message_is_not_found(sign_in: SignIn) -> None:
    client = sign_in("payments.read", "payments.replay")
    assert client.get("/gateway-events/99").status_code == 404
    assert client.post("/gateway-events/99/replay").status_code == 404
    assert client.get(f"/gateway-events/{2**70}").status_code == 404


def test_replay_works_a_message_at_once_and_says_who_asked(
    app: Application, world: SandboxWorld, begin: Begin, look: Look, sign_in: SignIn
) -> None:
    checkout = begin()
    world.pay(checkout)
    world.knobs(error_rate_500=1)
    world.deliver()
    world.knobs(error_rate_500=0)
    with app.database.writing() as db:
        db.execute(update(Job).where(Job.status == JobStatus.WAITING).values(status=JobStatus.PARKED))
    event = next(event for event in look.events() if event.kind == "checkout.session.completed")
    client = sign_in("payments.read", "payments.replay")
    answer = client.post(f"/gateway-events/{event.id}/replay", follow_redirects=True)
    assert "Done." in answer.get_data(as_text=True)
    assert look.payment(checkout).status is PaymentStatus.SETTLED
    replayed = [entry for entry in look.all(AuditEntry) if entry.action == "gateway_event.replayed"]
    assert [entry.actor_name for entry in replayed] == ["Asha Gurung"]
    jobs.run_due(app.work)
    mine = [job for job in look.all(Job) if job.ids == {"event_id": event.id}]
    assert [job.status for job in mine] == [JobStatus.DONE]


def test_replay_that_fails_says_so_and_is_tried_again_later(
    app: Application, world: SandboxWorld, begin: Begin, look: Look, sign_in: SignIn
) -> None:
    world.pay(begin())
    world.deliver()
    world.knobs(error_rate_500=1)
    event = next(event for event in look.events() if event.kind == "checkout.session.completed")
    client = sign_in("payments.read", "payments.replay")
    answer = client.post(f"/gateway-events/{event.id}/replay", follow_redirects=True)
    assert "did not work this time" in answer.get_data(as_text=True)
    again = next(each for each in look.events() if each.id == event.id)
    assert (again.status, again.attempts) == (EventStatus.FAILED, 2)
    assert any(job.status is JobStatus.WAITING and job.ids == {"event_id": event.id} for job in look.all(Job))


def test_replay_needs_its_own_capability(app: Application, sign_in: SignIn) -> None:
    event = keep(app)
    assert sign_in("payments.read").post(f"/gateway-events/{event.id}/replay").status_code == 403
    assert sign_in("gifts.read").get("/gateway-events/").status_code == 403


def test_the_menu_counts_what_went_wrong(app: Application, sign_in: SignIn) -> None:
    fail(app, keep(app))
    page = sign_in("payments.read").get("/gateway-events/").get_data(as_text=True)
    assert 'class="count"' in page


def test_parked_work_is_listed_and_can_be_tried_again(app: Application, look: Look, sign_in: SignIn) -> None:
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        job = Job(kind="payments.work_event", ids={"event_id": 1}, status=JobStatus.PARKED, attempts=8)
        job.last_error = "GatewayUnavailable at asking:30"
        db.add(job)
    client = sign_in("jobs.retry")
    assert "GatewayUnavailable" in client.get("/parked-jobs/").get_data(as_text=True)
    answer = client.post(f"/parked-jobs/{job.id}/retry", follow_redirects=True)
    assert "being tried again" in answer.get_data(as_text=True)
    (kept,) = look.all(Job)
    assert (kept.status, kept.attempts) == (JobStatus.WAITING, 0)
    assert "Nothing waits" in answer.get_data(as_text=True)
    assert client.post("/parked-jobs/999/retry").status_code == 404
    assert sign_in("payments.read").get("/parked-jobs/").status_code == 403


def test_the_check_command_says_what_is_missing_at_the_gateway(app: Application, world: SandboxWorld) -> None:
    run = app.test_cli_runner()
    good = run.invoke(args=["payments", "check"])
    assert (good.exit_code, good.output.count("ok")) == (0, 3)
    endpoint = world.stored("webhook_endpoint")[0]
    store = world.sandbox.world.store
    with store.transaction():
        store.put({**endpoint, "enabled_events": sorted(set(TOPICS) - {"refund.failed"}), "api_version": "2020-01-01"})
    bad = run.invoke(args=["payments", "check"])
    assert bad.exit_code == 1
    assert "not subscribed to: refund.failed." in bad.output
    assert "2020-01-01" in bad.output
    with store.transaction():
        store.put({**endpoint, "url": "http://elsewhere.example/hook"})
    assert "No enabled webhook endpoint" in run.invoke(args=["payments", "check"]).output


def test_the_check_command_says_when_nobody_answers(app: Application, world: SandboxWorld) -> None:
    world.knobs(error_rate_500=1)
    answer = app.test_cli_runner().invoke(args=["payments", "check"])
    assert answer.exit_code == 1
    assert "does not answer" in answer.output
    assert isinstance(world.gateway, StripeGateway)


def test_the_sweep_command_reports_what_it_found(app: Application, world: SandboxWorld, begin: Begin) -> None:
    world.pay(begin())
    answer = app.test_cli_runner().invoke(args=["payments", "sweep"])
    assert answer.exit_code == 0
    assert "events had been missed; 0 failed" in answer.output


def test_the_kinds_command_lists_what_the_endpoint_needs(app: Application) -> None:
    assert app.test_cli_runner().invoke(args=["payments", "kinds"]).output.strip().split(",") == list(TOPICS)


def park(app: Application, kind: str, **ids: int) -> Job:
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        job = Job(kind=kind, ids=ids, status=JobStatus.PARKED, attempts=8)
        job.last_error = "GatewayUnavailable at asking:30"
        db.add(job)
    return job


def test_the_dashboard_says_in_words_what_could_not_be_done_and_tries_it_again_right_there(
    app: Application, look: Look, sign_in: SignIn
) -> None:
    event = keep(app, kind="charge.refunded")
    job = park(app, "payments.work_event", event_id=event.id)
    client = sign_in("reports.read", "jobs.retry")
    page = client.get("/dashboard").get_data(as_text=True)
    assert "Work a message of the payment service" in page
    assert f'href="/gateway-events/{event.id}"' in page
    assert "The payment service did not answer." in page
    assert "payments.work_event" not in page
    assert f"/parked-jobs/{job.id}/retry" in page
    answer = client.post(f"/parked-jobs/{job.id}/retry", data={"next": "/dashboard"})
    assert (answer.status_code, answer.location) == (303, "/dashboard")
    assert [each.status for each in look.all(Job)] == [JobStatus.WAITING]
    assert "/retry" not in client.get("/dashboard").get_data(as_text=True)


def test_everything_that_waits_can_be_tried_again_at_once(app: Application, look: Look, sign_in: SignIn) -> None:
    for kind in ("payments.work_event", "payments.carry_out_refund", "mail.send", "rounds.run", "test.unheard_of"):
        park(app, kind, event_id=1, refund_id=1, message_id=1)
    client = sign_in("reports.read", "jobs.retry")
    page = client.get("/dashboard").get_data(as_text=True)
    assert "1 more waits" in page
    assert "Try all again" in page
    assert "Background task" in client.get("/parked-jobs/").get_data(as_text=True)
    answer = client.post("/parked-jobs/retry", data={"next": "/dashboard"}, follow_redirects=True)
    assert "5 tasks are being tried again." in answer.get_data(as_text=True)
    assert {each.status for each in look.all(Job)} == {JobStatus.WAITING}
    with app.database.reading() as db:
        assert len(db.query(AuditEntry).filter_by(action="job.retried").all()) == 5


def test_nobody_else_sees_or_retries_what_waits(app: Application, sign_in: SignIn) -> None:
    park(app, "mail.send", message_id=1)
    client = sign_in("reports.read", "payments.read")
    assert "Send a letter" not in client.get("/dashboard").get_data(as_text=True)
    assert client.post("/parked-jobs/retry").status_code == 403


def test_retrying_leads_nowhere_but_here(app: Application, sign_in: SignIn) -> None:
    park(app, "mail.send", message_id=1)
    answer = sign_in("jobs.retry").post("/parked-jobs/retry", data={"next": "https://elsewhere.example/"})
    assert answer.location == "/parked-jobs/"

"""`python -m sandbox` as a process: over HTTP, restarted, killed; and its control panel."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest
import requests
from stripe import StripeClient, Webhook

ROOT = Path(__file__).parents[2]
SECRET = "whsec_of_the_process"


class Hook(HTTPServer):
    """The product's webhook, which refuses the first message it gets."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiver)
        self.types: list[str] = []
        self.refused = False
        self.complete = Signal()


class Receiver(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        event = Webhook.construct_event(body, self.headers["Stripe-Signature"], SECRET)
        status = 200 if self.server.refused else 500
        self.server.refused = True
        if status == 200:
            self.server.types.append(event.type)
            if {"charge.updated", "checkout.session.completed", "payment_intent.created"} <= set(self.server.types):
                self.server.complete.set()
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """One running sandbox."""

    def __init__(self, port: int, *arguments: str) -> None:
        command = [sys.executable, "-m", "sandbox", "--port", str(port), *arguments]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.greeting = self._process.stdout.readline()

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        os.kill(self._process.pid, how)
        self._process.communicate(timeout=30)
        return self._process.returncode


def give(client: StripeClient) -> Any:
    price = {"currency": "eur", "unit_amount": 2500, "product_data": {"name": "Donation"}}
    return client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "http://charity.example/",
            "line_items": [{"quantity": 1, "price_data": price}],
        }
    )


def press_pay(url: str) -> None:
    form = {"email": "a@example.org", "number": "4242424242424242", "expiry": "12/34", "cvc": "123"}
    answer = requests.post(url, data=form, timeout=10, allow_redirects=False)
    assert answer.status_code == 303


def test_the_unmodified_sdk_gives_over_http_and_a_killed_sandbox_remembers(
    port: int, hook: Hook, tmp_path: Path
) -> None:
    state = tmp_path / "sandbox.db"
    hook_url = f"http://127.0.0.1:{hook.server_port}/hook"
    arguments = ("--webhook", hook_url, "--secret", SECRET, "--state", str(state))
    base = f"http://127.0.0.1:{port}"
    client = StripeClient("sk_test_1", base_addresses={"api": base}, max_network_retries=0)
    process = Process(port, *arguments)
    try:
        assert base in process.greeting
        session = give(client)
        assert session.url.startswith(f"{base}/c/pay/")
        press_pay(session.url)
        assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
        assert hook.complete.wait(30), hook.types
    finally:
        process.stop(signal.SIGKILL)
    process = Process(port, *arguments)
    try:
        seen = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
        assert seen.payment_intent.latest_charge.amount == 2500
        assert len(client.v1.webhook_endpoints.list().data) == 1
    finally:
        assert process.stop() == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--host", "0.0.0.0"], "loopback"),
        (["--webhook", "http://127.0.0.1:1/"], "go together"),
    ],
)
def test_it_refuses_to_start_where_it_should_not(arguments: list[str], words: str) -> None:
    command = [sys.executable, "-m", "sandbox", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_taken_port_is_one_clear_line(hook: Hook) -> None:
    command = [sys.executable, "-m", "sandbox", "--port", str(hook.server_port)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "taken" in done.stderr.strip().splitlines()[-1]


def test_the_state_of_the_clock_and_the_knobs_survives(shop_with: Any, tmp_path: Path) -> None:
    state = tmp_path / "sandbox.db"
    first = shop_with(state=state)
    subscription = first.give_monthly()
    first.box.turn_knobs(duplicate=0.5)
    first.days(10)
    moment = first.box.world.now()
    first.box.close()
    second = shop_with(state=state)
    assert second.box.world.now() >= moment
    assert second.box.knobs()["duplicate"] == 0.5
    second.days(25)
    assert len(second.client.v1.invoices.list({"subscription": subscription.id}).data) == 2


class TestControlPanel:
    def test_shows_what_happened_with_buttons(self, shop: Any) -> None:
        shop.give("FR1420041010050500013M02606")
        charge = shop.give().payment_intent.latest_charge
        shop.give("4000000000000259")
        shop.client.v1.refunds.create({"charge": charge.id, "amount": 100})
        shop.give_monthly()
        shop.box.deliver_due()
        page = shop.donor.look("/_sandbox")
        assert page.status == 200
        for words in ("Settle", "Dispute", "Refund", "Win", "Lose", "Advance 1 day", "delivered (200)", charge.id):
            assert words in page.page

    def test_leads_to_the_charges_before_those_it_shows(self, shop: Any) -> None:
        charges = [shop.give().payment_intent.latest_charge.id for _ in range(17)]
        newest = shop.donor.look("/_sandbox").page
        older = re.search(r'href="/_sandbox(\?charge=[^"#]*)#charge">Older', newest)
        assert older is not None
        assert charges[0] not in newest
        before = shop.donor.look(f"/_sandbox{older[1]}").page
        assert [charge in before for charge in charges[:3]] == [True, True, False]
        assert 'href="/_sandbox#charge">Newest' in before

    @pytest.mark.parametrize(("count", "words"), [(1, "every month"), (3, "every 3 months")])
    def test_says_how_often_a_subscription_is_charged(self, shop: Any, count: int, words: str) -> None:
        price = {"currency": "eur", "unit_amount": 5000, "product_data": {"name": "Donation"}}
        price["recurring"] = {"interval": "month", "interval_count": count}
        session = shop.session(monthly=True, line_items=[{"quantity": 1, "price_data": price}])
        shop.pay(session.id)
        assert f"<td>{words}</td>" in shop.donor.look("/_sandbox").page

    def test_buttons_lead_back_to_it(self, shop: Any) -> None:
        session = shop.give("FR1420041010050500013M02606")
        charge = session.payment_intent.latest_charge.id
        pressed = shop.donor.send(f"/_sandbox/settle_debit/{charge}", panel="1")
        assert (pressed.status, pressed.location) == (303, "/_sandbox")
        assert shop.seen(session.id).payment_status == "paid"
        assert shop.donor.send("/_sandbox/advance", panel="1", seconds="86400").status == 303

    @pytest.mark.parametrize(("act", "reason"), [("take_back", "customer_initiated"), ("deny", "debit_not_authorized")])
    def test_can_have_a_debit_taken_back_for_either_reason(self, shop: Any, act: str, reason: str) -> None:
        charge = shop.give("FR1420041010050500013M02606").payment_intent.latest_charge.id
        shop.donor.send(f"/_sandbox/settle_debit/{charge}")
        assert f"/_sandbox/{act}/{charge}" in shop.donor.look("/_sandbox").page
        shop.donor.send(f"/_sandbox/{act}/{charge}", panel="1")
        (dispute,) = shop.client.v1.disputes.list().data
        assert (dispute.reason, dispute.status) == (reason, "lost")

    def test_can_make_a_debit_fail(self, shop: Any) -> None:
        session = shop.give("FR1420041010050500013M02606")
        shop.donor.send(f"/_sandbox/fail_debit/{session.payment_intent.latest_charge.id}")
        assert shop.types()[-1] == "checkout.session.async_payment_failed"

    def test_moves_the_clock_to_a_date(self, shop: Any) -> None:
        client = shop.app.test_client()
        assert client.post("/_sandbox/advance", json={"until": "2035-01-01T00:00:00Z"}).status_code == 200
        assert client.get("/_sandbox/clock").get_json()["text"].startswith("2035-01-01")

    @pytest.mark.parametrize(
        "body", [{}, {"seconds": "x"}, {"seconds": -5}, {"until": "tomorrow"}, {"until": "1999-01-01"}, [1]]
    )
    def test_refuses_moments_that_make_no_sense(self, shop: Any, body: Any) -> None:
        assert shop.app.test_client().post("/_sandbox/advance", json=body).status_code == 400

    def test_forgets_everything_on_request(self, shop: Any) -> None:
        shop.give()
        shop.box.turn_knobs(duplicate=1)
        shop.days(3)
        assert shop.app.test_client().post("/_sandbox/reset").status_code == 200
        assert shop.types() == []
        assert not any(shop.box.knobs().values())
        assert len(shop.client.v1.webhook_endpoints.list().data) == 1
        assert shop.give().payment_status == "paid"

    def test_shows_objects_without_their_private_parts(self, shop: Any) -> None:
        session = shop.give()
        shown = shop.app.test_client().get(f"/_sandbox/object/{session.id}").get_json()
        assert shown["id"] == session.id
        assert not [name for name in shown if name.startswith("_")]
        assert shop.app.test_client().get("/_sandbox/object/none").status_code == 404

    def test_refuses_acts_it_does_not_have(self, shop: Any) -> None:
        assert shop.app.test_client().post("/_sandbox/steal/ch_1").status_code == 404
        assert shop.app.test_client().post("/_sandbox/dispute/ch_1").status_code == 404

    def test_answers_only_to_its_own_names(self, shop: Any) -> None:
        assert shop.app.test_client().get("/_sandbox", headers={"Host": "evil.example"}).status_code == 400

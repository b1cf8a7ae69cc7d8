"""The product and the payment sandbox in one process, for tests: no socket, no mock, the unmodified SDK between them.

    with SandboxWorld(app) as world:
        url = flows.open_checkout_page(app.work, checkout.id, words, actor=SYSTEM)
        world.pay(url)                        # the donor pays with 4242…; events are out, not delivered yet
        world.deliver()                       # webhooks come in and are worked
        world.advance(days=31); world.deliver()

tests/payments/conftest.py has it as the fixture `world`; other folders build it as above.
"""

from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from app.kernel import jobs
from app.payments.gateway import Gateway
from app.payments.models import Checkout
from app.payments.stripe_gateway import StripeGateway
from app.web.application import Application
from sandbox.in_process import Donor, InProcessClient, Paid
from sandbox.settings import SandboxSettings
from sandbox.stripe_app import create_sandbox

CARD = "4242424242424242"
DECLINED = "4000000000000002"
DECLINED_LATER = "4000000000000341"
ASKS_3DS = "4000002760003184"
DISPUTED = "4000000000000259"
FRAUD_WARNING = "4000000000005423"
REFUND_LATER = "4000000000007726"
REFUND_FAILS = "4000000000005126"
SEPA = "FR1420041010050500013M02606"
SEPA_FAILS = "FR8420041010050500013M02607"
SEPA_DISPUTED = "FR5720041010050500013M02608"
DAY = 86_400


class SandboxWorld:
    """A sandbox behind the product's port. A context manager: what was plugged in before comes back at the end."""

    def __init__(self, app: Application, **settings: Any) -> None:
        self.app = app
        self._client = app.test_client()
        self.settings = SandboxSettings(
            **{
                "public_url": app.settings.checkout_origins[0],
                "webhook_url": f"{app.settings.PUBLIC_URL}/webhooks/stripe",
                "webhook_secret": app.settings.webhook_secrets[0],
                "deliver": self._deliver,
                **settings,
            }
        )
        self.server = create_sandbox(self.settings)
        self.sandbox = self.server.extensions["sandbox"]
        self.donor = Donor(self.server)
        self.http = InProcessClient(self.server)
        self.gateway = StripeGateway(app.settings, self.http)
        self._before: Any = None

    def __enter__(self) -> Self:
        self._before = self.app.ports.get(Gateway)
        self.app.ports.provide(Gateway, self.gateway)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.app.ports.provide(Gateway, self._before)

    def _deliver(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """One webhook into the product, as it comes over the network."""
        return self._client.post(urlsplit(url).path, data=body, headers=dict(headers)).status_code

    def pay(self, page: "str | Checkout", number: str = CARD, **typed: str) -> Paid:
        """The donor fills in the hosted page (its address or the checkout). An IBAN as `number` pays by SEPA debit.

        `authenticate="fail"` refuses 3-D Secure. The answer has `.status` (303 when the donor is sent back),
        `.location` and `.page`.
        """
        url = page.page_url if isinstance(page, Checkout) else page
        assert url, "the page is not open"
        return self.donor.pay(urlsplit(url).path.rpartition("/")[2], number, **typed)

    def advance(self, *, days: float = 0, until: datetime | None = None) -> None:
        """Let time pass at the gateway: debits settle, subscriptions renew, payouts go."""
        self.sandbox.advance(int(days * DAY), until=until)

    def deliver(self, *, jobs_too: bool = True) -> int:
        """Hand over every event that waits, retries included, and work it; how many deliveries were made."""
        made = 0
        while delivered := self.sandbox.deliver_due(ignore_pauses=True):
            made += delivered
        if jobs_too:
            jobs.run_due(self.app.work)
        return made

    def act(self, act: str, identifier: str, **given: str) -> None:
        """Have the outside world do something (sandbox/README.md).

        "refund" a charge at the dashboard, "dispute" it or "inquire" about it, "win" or "lose" a dispute,
        "fail_refund", "fail_debit", "fail_payout", "redeliver" an event.
        """
        answer = self.donor.send(f"/_sandbox/{act}/{identifier}", **given)
        assert answer.status == 200, answer.page

    def pay_out(self) -> None:
        """One payout of everything to our bank, now."""
        answer = self.donor.send("/_sandbox/payout")
        assert answer.status == 200, answer.page

    def knobs(self, **knobs: Any) -> None:
        """Turn the sandbox's knobs (sandbox/knobs.py): duplicate, shuffle, hang_seconds, error_rate_500, …."""
        self.sandbox.turn_knobs(**knobs)

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        """What the gateway has to say so far, of these kinds or of all."""
        found: list[dict[str, Any]] = self.sandbox.events(*kinds)
        return found

    def stored(self, kind: str) -> list[dict[str, Any]]:
        """The sandbox's own objects of a kind ("charge", "subscription", "dispute")."""
        found: list[dict[str, Any]] = self.sandbox.world.store.all(kind)
        return found

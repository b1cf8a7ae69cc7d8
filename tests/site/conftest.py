"""A giving page as donors meet it: a form with everything on it, and a way to send it as browsers without script do."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.contacts.models import Channel
from app.contacts.services import WordingDetails, publish_wording
from app.giving.models import FeeCover, GivingForm
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.clock import now
from app.kernel.text import make_token
from app.site.stamps import Stamp
from app.web.application import Application
from tests.factories.funds import make_fund
from tests.factories.giving import french_organisation, make_form
from tests.giving.conftest import books_in_balance  # noqa: F401 - gifts made here must add up too
from tests.sandbox_world import SandboxWorld

Send = Callable[..., TestResponse]

EVERYTHING: dict[str, Any] = {
    "slug": "ecole",
    "languages": ["fr", "en", "ne"],
    "texts": {
        "fr": {
            "title": "L’école pour tous",
            "intro": "Avec vous, **chaque enfant** apprend.",
            "thanks": "À *bientôt* !",
        },
        "en": {"title": "School for all", "intro": "With you, **each child** learns.", "thanks": "See you *soon*!"},
        "ne": {"title": "सबैका लागि विद्यालय", "intro": "तपाईंसँगै हरेक बालबालिका सिक्छन्।"},
    },
    "presets_once": [2000, 5000, 10000, 25000],
    "presets_recurring": [1000, 1500, 2500, 5000],
    "smallest_minor": 500,
    "largest_minor": 500_000,
    "intervals": ["month", "quarter", "year"],
    "asks": ["phone", "address", "company", "tribute", "comment", "anonymous", "term"],
    "consent_purposes": ["news:email", "appeals:post"],
    "fee_cover": FeeCover.OFFERED,
    "fee_permille": 15,
    "fee_fixed_minor": 25,
}
DONOR = {"given_name": "Jeanne", "family_name": "Moreau", "email": "jeanne.moreau@example.org"}


@pytest.fixture
def writing(app: Application) -> Callable[[], AbstractContextManager[Session]]:
    """What opens a transaction in the product's own name."""

    @contextmanager
    def begin() -> Iterator[Session]:
        with app.database.writing() as db:
            act_as(db, SYSTEM)
            yield db

    return begin


@pytest.fixture
def make_page(writing: Callable[[], AbstractContextManager[Session]]) -> Callable[..., GivingForm]:
    """A published form of a French organisation, with everything asked; its parts can be changed."""

    def make(**changed: Any) -> GivingForm:
        with writing() as db:
            french_organisation(db)
            for purpose, channel in (("news", Channel.EMAIL), ("appeals", Channel.POST)):
                texts = {"fr": f"Oui à {purpose}", "en": f"Yes to {purpose}", "ne": f"हुन्छ {purpose}"}
                publish_wording(db, WordingDetails(purpose=purpose, channel=channel, texts=texts), actor=SYSTEM)
            funds = changed.pop("funds", None) or [make_fund(db), make_fund(db)]
            return make_form(db, **{**EVERYTHING, "funds": funds, **changed})

    return make


@pytest.fixture
def form(make_page: Callable[..., GivingForm]) -> GivingForm:
    """The form with everything on it."""
    return make_page()


@pytest.fixture
def stamp(app: Application) -> Callable[..., str]:
    """The signed stamp of a page that was shown ten seconds ago, or whenever."""

    def make(form: GivingForm, *, age: float = 10, page_key: str = "") -> str:
        shown = Stamp(form.id, page_key or make_token(), now() - timedelta(seconds=age))
        return shown.signed(app.settings.SECRET_KEY)

    return make


@pytest.fixture
def send(client: FlaskClient, stamp: Callable[..., str]) -> Send:
    """Send a gift of 50 € once, as a person; any field can be changed, or left out with None."""

    def post(form: GivingForm, *, lang: str = "en", currency: str = "", **typed: Any) -> TestResponse:
        fields = {
            "frequency": "once", "amount_once": "5000", "amount_recurring": "1500", "fund": form.funds[0].fund_id,
            "stamp": stamp(form), "country": "FR", "tribute": "none", **DONOR, **typed,
        }  # fmt: skip
        sent = {name: value for name, value in fields.items() if value is not None}
        asked = {"lang": lang} | ({"currency": currency} if currency else {})
        return client.post(f"/give/{form.slug}", query_string=asked, data=sent)

    return post


@pytest.fixture
def world(app: Application) -> Iterator[SandboxWorld]:
    """The gateway's sandbox behind the product."""
    with SandboxWorld(app) as sandbox:
        yield sandbox


def token_in(answer: TestResponse) -> str:
    """The checkout's token in the address or the page of an answer."""
    found = re.search(r"/give/(?:again|thanks|back)/([0-9A-Z]{26})", answer.text + answer.headers.get("Location", ""))
    assert found, answer.text[:500]
    return found.group(1)

"""The product with a few views of our own beside its real ones: each does one thing that the frame must handle."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Blueprint, abort, request, send_file, url_for
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select, text, update
from sqlalchemy.orm.exc import StaleDataError

from app.accounts.access import MANAGE_STAFF
from app.factory import create_app
from app.funds.models import Fund
from app.kernel.clock import from_timestamp
from app.kernel.errors import NotFound, Outside, Refused
from app.kernel.i18n import gettext, language
from app.kernel.jobs import Job
from app.kernel.organisation import Organisation
from app.web.addresses import this_page
from app.web.application import Application, db, own_transactions
from app.web.auth import public, requires
from app.web.filters import asset, instant
from app.web.records import get_or_404
from app.web.security import allow_framing
from config import Config
from tests.conftest import SignIn

probes = Blueprint("probes", __name__, url_prefix="/probe")
FAULTS: dict[str, type[Exception] | Exception] = {
    "refused": Refused("This gift is closed already."),
    "missing": NotFound,
    "outside": Outside("asha@example.org was not taken"),
    "stale": StaleDataError("row 7"),
    "fault": ValueError("asha@example.org is wrong"),
}


@probes.route("/write", methods=["GET", "POST"])
@public
def write() -> ResponseReturnValue:
    db.add(Fund(code=request.values["code"], name="Written"))
    if "flush" in request.values:
        db.flush()
    return "written", int(request.values.get("status", 200))


@probes.route("/apart", methods=["POST"])
@public
@own_transactions
def write_apart() -> ResponseReturnValue:
    db.add(Fund(code=request.values["code"], name="Written"))
    return "written"


@probes.route("/fail/<kind>", methods=["GET", "POST"])
@public
def fail(kind: str) -> ResponseReturnValue:
    if kind.isdecimal():
        abort(int(kind))
    if request.method == "POST":
        db.add(Fund(code="FAILED", name="Written before the failure"))
        db.flush()
    raise FAULTS[kind]


@probes.route("/twice", methods=["POST"])
@public
def write_twice() -> ResponseReturnValue:
    db.add(Fund(code="ONE", name="One"))
    db.flush()
    db.add(Fund(code="ONE", name="The same"))
    db.flush()
    return "never"


@probes.route("/contradict", methods=["POST"])
@public
def contradict() -> ResponseReturnValue:
    db.execute(update(Organisation).values(fiscal_year_start_month=13))
    return "never"


@probes.route("/wrong-sql")
@public
def wrong_sql() -> ResponseReturnValue:
    db.execute(text("SELECT 'asha@example.org' FROM no_such_table"))
    return "never"


@probes.route("/language")
@public
def what_language() -> ResponseReturnValue:
    return {"language": language(), "said": gettext("Sign in"), "name": getattr(current_user, "name", None)}


@probes.route("/managers")
@requires(MANAGE_STAFF)
def managers_only() -> ResponseReturnValue:
    return "welcome"


@probes.route("/unruled")
def without_a_rule() -> ResponseReturnValue:
    return "never"


@probes.route("/record/<int:key>")
@public
def record(key: int) -> ResponseReturnValue:
    return get_or_404(Fund, key).name


@probes.route("/job/<int:key>/here")
@public
def here(key: int) -> ResponseReturnValue:
    return {"lang": this_page(lang="fr"), "same": this_page(), "first": this_page(after=None), "key": key}


@probes.route("/framed")
@public
def framed() -> ResponseReturnValue:
    allow_framing(request.args.getlist("origin"))
    return "framed"


@probes.route("/paper")
@public
def paper() -> ResponseReturnValue:
    return send_file(__file__, mimetype="text/plain")


@probes.route("/shown")
@public
def shown() -> ResponseReturnValue:
    return {"asset": asset("css/base.css"), "instant": instant(from_timestamp(1_772_753_400)), "away": url_for(".away")}


@probes.route("/away")
@public
def away() -> ResponseReturnValue:
    return str(db.scalar(select(Job.id)))


@pytest.fixture(scope="session")
def whole_probe(settings: Config) -> Iterator[Application]:
    """The product as it is served: no testing mode, CSRF on."""
    made = create_app(replace(settings))
    made.register_blueprint(probes)
    yield made
    made.database.close()


@pytest.fixture
def probe(whole_probe: Application, app: Application) -> Iterator[Application]:
    """The product with our views, on the clean database of `app`; without CSRF, which has a test of its own."""
    whole_probe.config["WTF_CSRF_ENABLED"] = False
    yield whole_probe
    whole_probe.database.engine.dispose()


@pytest.fixture
def visitor(probe: Application) -> FlaskClient:
    """A browser that is not signed in."""
    return probe.test_client()


@pytest.fixture
def staff(probe: Application, sign_in: SignIn) -> Callable[..., FlaskClient]:
    """Like `sign_in`, for the product with our views."""

    def enter(*capabilities: str, language: str = "en") -> FlaskClient:
        known, client = sign_in(*capabilities, language=language), probe.test_client()
        with known.session_transaction() as theirs, client.session_transaction() as ours:
            ours.update(theirs)
        return client

    return enter

"""Nonsense sent to every endpoint and page is refused, never a failure of the server's own."""

from typing import Any

import pytest

from sandbox.annotations import hints, parameter_class
from sandbox.routes import ENDPOINTS, Endpoint

KEY = {"Authorization": "Bearer sk_test_junk"}
JUNK = ("", "x", "-1", "99999999999999999999", "true", "é\0'\"<", "1e9", "cs_test_x")


def junk_forms(endpoint: Endpoint) -> list[dict[str, str]]:
    forms = [{"[": "1"}, {"a[b": "1"}, {"a[": "1", "a": "2"}, {"x" + "[y]" * 500: "1"}, {"expand[²]": "1"}]
    for name in hints(parameter_class(endpoint.params)):
        forms += [{name: value} for value in JUNK]
        forms += [{f"{name}[]": "x"}, {f"{name}[0][x]": "y"}, {f"{name}[x]": "y"}, {f"{name}[0]": ""}]
    return forms


@pytest.fixture
def busy_shop(shop: Any) -> Any:
    """A shop with one of everything."""
    shop.give("4000000000000259")
    charge = shop.give().payment_intent.latest_charge
    shop.client.v1.refunds.create({"charge": charge.id, "amount": 100})
    subscription = shop.give_monthly()
    shop.client.v1.billing_portal.sessions.create({"customer": subscription.customer})
    shop.days(10)
    return shop


def known_ids(shop: Any) -> list[str]:
    rows = shop.box.world.store.db.execute("SELECT kind, max(id) FROM object GROUP BY kind").fetchall()
    return [row[1] for row in rows] + ["nothing", "é"]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")
def test_junk_parameters_never_break_an_endpoint(busy_shop: Any, endpoint: Endpoint) -> None:
    http = busy_shop.app.test_client()
    path = "/v1" + endpoint.path
    ids = known_ids(busy_shop) if "<identifier>" in path else [""]
    for identifier in ids:
        address = path.replace("<identifier>", identifier)
        for form in junk_forms(endpoint)[:: 1 if identifier == "" else 7]:
            options = {"query_string": form} if endpoint.method == "GET" else {"data": form}
            status = http.open(address, method=endpoint.method, headers=KEY, **options).status_code
            assert status in {200, 400, 402, 404}, (address, form)


def test_junk_typed_into_pages_never_breaks_them(busy_shop: Any) -> None:
    http = busy_shop.app.test_client()
    session = busy_shop.session().id
    addresses = [f"/c/pay/{session}", f"/c/pay/{session}/authenticate"]
    addresses += [f"/p/session/{each}" for each in known_ids(busy_shop)]
    addresses += [f"/i/{each}" for each in known_ids(busy_shop)]
    addresses += [f"/c/pay/{each}" for each in known_ids(busy_shop)]
    addresses += [f"/_sandbox/{act}/{each}" for act in ("refund", "win", "dispute") for each in known_ids(busy_shop)]
    for address in addresses:
        for junk in JUNK:
            form = dict.fromkeys(
                ("email", "number", "expiry", "cvc", "name", "iban", "act", "subscription", "result", "amount"), junk
            )
            for method in ("card", "sepa_debit", junk):
                assert http.post(address, data={**form, "method": method}).status_code < 500, (address, form)
        assert http.get(address).status_code < 500


@pytest.mark.parametrize("body", [b"\xff\xfe", b"%", b"a=%ff", b"=" * 1000, b"&" * 1000])
def test_broken_encodings_are_refused(shop: Any, body: bytes) -> None:
    http = shop.app.test_client()
    kind = "application/x-www-form-urlencoded"
    assert http.post("/v1/customers", data=body, content_type=kind, headers=KEY).status_code in {200, 400}


def test_a_huge_body_is_refused(shop: Any) -> None:
    answer = shop.app.test_client().post("/v1/customers", data={"name": "x" * 2_000_000}, headers=KEY)
    assert answer.status_code == 413

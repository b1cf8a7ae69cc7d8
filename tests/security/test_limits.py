"""How often something may be tried, and that no disguise of an address or a name gets round it."""

from datetime import timedelta

import pytest
from flask.sessions import SecureCookieSessionInterface

from app.kernel.clock import now
from app.web.limits import by_address

pytestmark = pytest.mark.db


def test_signs_nobody_sees_do_not_make_another_account_to_guess_at(client):
    names = ["as" + "\u200b" * many + "ha@example.org" for many in range(8)]

    answers = [client.post("/sign-in", data={"email": name, "password": "guess"}).status_code for name in names]

    assert answers == [422] * 5 + [429] * 3


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "20010db800010002::/64"),
        ("2001:db8:1:2:bbbb:1:2:3", "20010db800010002::/64"),
        ("2001:db8:1:3::1", "20010db800010003::/64"),
        ("fe80::1%eth0", "fe80000000000000::/64"),
        ("::1", "::1"),
        ("", "unknown"),
        ("a socket", "unknown"),
    ],
)
def test_all_addresses_of_one_line_count_as_one(app, address, key):
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert by_address() == key


def test_whoever_finds_a_session_open_cannot_try_passwords_in_it(sign_in):
    client = sign_in()
    guess = {"old_password": "guess", "password": "seven quiet mountains", "again": "seven quiet mountains"}

    answers = [client.post("/account", data=guess).status_code for _ in range(8)]

    assert answers == [422] * 6 + [429] * 2
    assert client.get("/account").status_code == 200


def test_a_session_kept_aside_is_worth_nothing_after_a_day_of_work(app, client):
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    cookie = signer.dumps({"words": "kept aside"})
    age = (now() - timedelta(hours=13)).timestamp()

    class OldSigner(signer.signer):
        """Signs as it was done 13 hours ago."""

        def get_timestamp(self) -> int:
            """Seconds since 1970."""
            return int(age)

    signer.signer = OldSigner
    old = signer.dumps({"words": "kept aside"})
    read = {}
    for name, value in (("fresh", cookie), ("old", old)):
        with app.test_request_context(headers={"Cookie": f"session={value}"}) as context:
            read[name] = dict(app.session_interface.open_session(app, context.request))

    assert read == {"fresh": {"words": "kept aside"}, "old": {}}

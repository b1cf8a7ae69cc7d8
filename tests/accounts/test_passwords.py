"""What may be a password: long, not among the first that are tried, and not made of what everybody knows."""

import secrets
import string

import pytest

from app.accounts.models import StaffUser
from app.accounts.rules import passwords
from app.accounts.rules.guessable import FILTER, is_common
from app.accounts.rules.passwords import (
    _NOBODY,
    PasswordOwner,
    hash_anew,
    hash_password,
    is_made_of,
    is_outdated,
    is_right,
)
from app.accounts.services.passwords import rehash_password, set_password
from app.kernel.actors import SYSTEM
from app.kernel.audit import act_as
from app.kernel.errors import Refused
from tests.cheap_passwords import CHEAP, PRODUCTION
from tests.factories.staff import PASSWORD, make_staff

OWASP = "$argon2id$v=19$m=19456,t=2,p=1$"
"""The least that OWASP's Password Storage Cheat Sheet asks for."""
OWNER = PasswordOwner("Asha Gurung", "asha.gurung@planete-nepal.example.org", "Planète Népal")


@pytest.fixture(autouse=True)
def production(monkeypatch):
    """Hashes cost here what they cost in production."""
    monkeypatch.setattr(passwords, "_hasher", PRODUCTION)


def test_a_hash_costs_at_least_what_owasp_asks_for():
    assert hash_password("seven quiet mountains", OWNER).startswith(OWASP)
    assert hash_anew("seven quiet mountains").startswith(OWASP)
    assert _NOBODY.startswith(OWASP)


def test_a_hash_that_cost_less_is_outdated():
    assert is_outdated(CHEAP.hash("seven quiet mountains"))


@pytest.mark.parametrize(
    "good",
    [
        "seven quiet mountains",
        "yak-butter-tea-at-dawn",
        "correct horse battery staple",
        "पहाडमा सात वटा चौंरी",
        "le chat mange du riz à Paris",
        "x7!kQ2#mZ9@p",
        "all lower case is fine",
        "  spaces count too  ",
        "a" * 50 + "bcdefghijk" * 15,
    ],
)
def test_long_passwords_are_taken_whatever_their_signs(good):
    kept = hash_password(good, OWNER)

    assert is_right(kept, good)
    assert not is_right(kept, good + "x")
    assert not is_outdated(kept)


@pytest.mark.parametrize("bad", ["", "short", "eleven sign", "x" * 201])
def test_too_short_and_too_long_ones_are_not(bad):
    with pytest.raises(Refused, match="between 12 and 200"):
        hash_password(bad, OWNER)


@pytest.mark.parametrize(
    "bad",
    [
        "passwordpassword", "Password1234!", "1q2w3e4r5t6y", "qwertyuiop[]", "123qweasdzxc", "Motdepasse2026",
        "aaaaaaaaaaaaaaaa", "ababababababab", "unbelievable", "leavemealone", "123456789012", "WELCOME2026!!",
        "!!sahayog2026!!", "qwerty123456",
    ],
)  # fmt: skip
def test_the_first_that_are_tried_are_refused(bad):
    with pytest.raises(Refused, match="too easy to guess"):
        hash_password(bad, OWNER)


@pytest.mark.parametrize(
    "bad", ["asha gurung 2026", "AshaGurung1990", "planetenepal2026", "Planète Népal!", "gurung.gurung"]
)
def test_what_everybody_knows_of_a_person_is_no_password(bad):
    with pytest.raises(Refused, match="Leave your name"):
        hash_password(bad, OWNER)


def test_a_name_within_a_longer_password_is_no_harm():
    assert not is_made_of("gurung sings seven quiet songs", OWNER.words)
    assert hash_password("nepal is where my bicycle sleeps", OWNER)


def test_words_of_a_few_letters_make_no_difference():
    assert PasswordOwner("Li Xu", "li@ab.org", "").words == set()
    assert not is_made_of("anything at all", set())


def test_nobodys_password_is_never_right():
    assert not is_right(None, "nobody has this password")
    assert not is_right("", "")
    assert not is_right("x", "x")


def test_good_passwords_are_hardly_ever_taken_for_common_ones():
    signs = string.ascii_letters + string.digits
    made = ["".join(secrets.choice(signs) for _ in range(16)) for _ in range(2000)]

    assert sum(is_common(each) for each in made) < 20  # two are to be expected


def test_the_list_comes_with_its_licence():
    assert "MIT" in FILTER.with_suffix(".LICENSE").read_text(encoding="utf-8")
    assert FILTER.stat().st_size < 3_000_000


def test_where_there_is_nobody_a_password_costs_what_it_costs_elsewhere():
    assert is_right(None, "seven quiet mountains") is False
    assert is_outdated(_NOBODY) is False


@pytest.mark.db
def test_hashing_an_old_password_anew_does_not_undo_one_that_was_chosen_meanwhile(database):
    user = make_staff(database)
    before = user.password_hash
    with database.writing() as db:
        act_as(db, SYSTEM)
        set_password(db, db.get_one(StaffUser, user.id), "quiet yaks over seven passes", actor=SYSTEM)
    with database.writing() as db:
        act_as(db, SYSTEM)
        rehash_password(db, user.id, before, PASSWORD)

        assert is_right(db.get_one(StaffUser, user.id).password_hash, "quiet yaks over seven passes")

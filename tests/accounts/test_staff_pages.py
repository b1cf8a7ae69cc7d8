"""The pages on staff users: what they are called and told."""

import pytest

pytestmark = pytest.mark.db


def test_the_roles_every_organisation_begins_with_are_named_in_the_readers_language(sign_in, database):
    staff = sign_in("accounts.manage", language="fr")
    staff.post("/staff/roles/new", data={"name": "Fundraiser"})
    staff.post("/staff/roles/new", data={"name": "Trésorière"})

    text = staff.get("/staff/").text

    assert "Collecte" in text
    assert "Fundraiser" not in text
    assert "Trésorière" in text


def test_a_new_account_has_no_password_to_keep(sign_in):
    staff = sign_in("accounts.manage")

    assert "Leave empty to keep" not in staff.get("/staff/new").text
    assert "Leave empty to keep" in staff.get("/staff/1").text

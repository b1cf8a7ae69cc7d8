"""The pages on staff users: what they are called and told."""

import pytest

pytestmark = pytest.mark.db


def test_the_roles_every_organisation_begins_with_are_named_in_the_readers_language(sign_in):
    staff = sign_in("accounts.manage", language="fr")
    staff.post("/staff/roles/new", data={"name": "Trésorière"})

    text = staff.get("/staff/roles/").text

    assert "Collecte" in text
    assert "Fundraiser" not in text
    assert "Trésorière" in text


def test_what_roles_allow_is_grouped_by_what_it_is_about(sign_in):
    text = sign_in().get("/staff/roles/").text

    assert text.index("People") < text.index("Funds and campaigns") < text.index("Gifts, receipts and giving forms")


def test_nobody_is_asked_to_choose_the_password_of_somebody_else(sign_in):
    staff = sign_in("accounts.manage")

    assert 'type="password"' not in staff.get("/staff/new").text
    assert 'type="password"' not in staff.get("/staff/1").text

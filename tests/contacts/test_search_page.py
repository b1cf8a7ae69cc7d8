"""The search over everything, for people and for programs."""

import pytest

from tests.factories.contacts import make_contact

pytestmark = pytest.mark.db
JSON = {"Accept": "application/json"}


@pytest.fixture
def eloise(db):
    contact = make_contact(db, given_name="Éloïse", family_name="d'Hérouville", email="eloise@exemple.fr")
    make_contact(db, group_name="Herouville & fils", email="", phone="")
    db.commit()
    return contact


def test_programs_get_exactly_the_agreed_document(sign_in, eloise):
    answer = sign_in("contacts.read").get("/search?q=eloise+herouvile", headers=JSON)

    assert answer.json["results"][0] == {
        "id": eloise.id,
        "kind": "person",
        "name": "Éloïse d'Hérouville",
        "url": f"/contacts/{eloise.id}",
    }
    assert set(answer.json) == {"results"}
    assert "Accept" in answer.headers["Vary"]


def test_people_get_a_page(sign_in, eloise):
    text = sign_in("contacts.read").get("/search?q=herouville").get_data(as_text=True)

    assert "Éloïse d&#39;Hérouville" in text
    assert "Herouville &amp; fils" in text


def test_what_one_may_not_see_is_not_found(sign_in, eloise):
    assert sign_in("funds.read").get("/search?q=eloise", headers=JSON).json == {"results": []}


def test_the_search_is_for_staff_only(client, eloise):
    assert client.get("/search?q=eloise", headers=JSON).status_code == 401
    assert client.get("/search?q=eloise").status_code == 303


@pytest.mark.parametrize("text", ["", "%00", "%22%22%22", "a" * 8000, "%F0%9F%99%82", "'%20OR%201=1--", "%C3%28"])
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_junk_is_answered_with_nothing(sign_in, eloise, text, accept):
    answer = sign_in("contacts.read").get(f"/search?q={text}", headers={"Accept": accept})

    assert answer.status_code == 200
    assert accept != "application/json" or answer.json == {"results": []}


def test_the_search_box_is_told_what_parts_people_of_the_same_name(sign_in, eloise):
    answer = sign_in("contacts.read").get("/search?q=eloise&detail=1", headers=JSON)

    assert answer.json["results"][0]["detail"] == "eloise@exemple.fr"

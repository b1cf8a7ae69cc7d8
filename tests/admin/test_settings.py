"""The organisation's settings, the tax table and the audit trail, as an administrator uses them."""

from datetime import date
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select

from app.admin.forms import read_tiers, show_tiers, write_tiers
from app.giving.models import StatutoryRate
from app.kernel.i18n import LANGUAGES, speaking
from app.kernel.organisation import TaxRegime, the_organisation

pytestmark = pytest.mark.db
WHOLE = {
    "name": "Planète Népal", "colour": "#0d5c54",
    "sender_address": "dons@planete-nepal.example", "siren": "732 829 320",
    "street": "12 rue des Lilas", "postcode": "75011", "city": "Paris", "country": "FR", "tax_regime": "fr_assistance",
    "fiscal_year_start_month": "1", "currency": "EUR", "language": "fr", "time_zone": "Europe/Paris",
    "tagline_fr": "Paris et Katmandou",
}  # fmt: skip
RATE = {
    "regime": "fr_general_interest", "donor_kind": "person", "valid_from": "2027-01-01",
    "tiers": "75 up to 1000, then 66",
       "article": "200", "source": "A finance law", "income_share_percent": "20",
}  # fmt: skip


def picture(size=(900, 900)) -> BytesIO:
    out = BytesIO()
    Image.new("RGB", size, "teal").save(out, "JPEG")
    out.seek(0)
    return out


def test_an_administrator_says_who_the_organisation_is(sign_in, database, client):
    admin = sign_in("organisation.edit")

    answer = admin.post(
        "/settings/organisation",
        data={**WHOLE, "logo": (picture(), "logo.jpg"), "signature": (picture((300, 90)), "s.jpg")},
    )

    assert answer.status_code == 303
    with database.reading() as db:
        organisation = the_organisation(db)
    assert (organisation.siren, organisation.tax_regime) == ("732829320", TaxRegime.FR_ASSISTANCE)
    assert organisation.tagline == {"fr": "Paris et Katmandou"}
    assert Image.open(BytesIO(organisation.signature_png)).size == (300, 90)
    logo = Image.open(BytesIO(client.get("/organisation/logo.png").data))
    assert (logo.format, logo.size) == ("PNG", (240, 240))


@pytest.mark.parametrize(
    "wrong",
    [{"siren": "732829321"}, {"rna": "X"}, {"colour": "red"}, {"currency": "XYZ"}, {"fiscal_year_start_month": "13"},
     {"time_zone": "Mars/Olympus"}, {"email": "nobody"}, {"website": "javascript:alert(1)"}, {"name": ""},
     {"name": "x" * 5000}, {"country": "Atlantis"}],
)  # fmt: skip
def test_what_cannot_be_true_of_an_organisation_is_refused_and_changes_nothing(sign_in, database, wrong):
    assert sign_in("organisation.edit").post("/settings/organisation", data={**WHOLE, **wrong}).status_code == 422
    with database.reading() as db:
        assert the_organisation(db).name == "Our organisation"


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a" + b"x" * 99, b"<svg onload=alert(1)>", b"\x89PNG\r\n\x1a\n" + b"\0" * 50]
)
def test_a_logo_that_is_not_a_picture_is_refused(sign_in, content, client):
    answer = sign_in("organisation.edit").post(
        "/settings/organisation", data={**WHOLE, "logo": (BytesIO(content), "logo.png")}
    )

    assert answer.status_code == (303 if not content else 422)
    assert client.get("/organisation/logo.png").status_code == 404


def test_only_administrators_change_the_organisation(sign_in):
    assert sign_in("contacts.read").get("/settings/organisation").status_code == 403


def test_the_law_of_the_day_is_in_the_table_from_the_beginning(db):
    in_force = db.scalars(select(StatutoryRate).where(StatutoryRate.valid_to.is_(None))).all()

    assert {(rate.regime, rate.donor_kind): rate.tiers for rate in in_force} == {
        ("fr_general_interest", "person"): [[None, 66]],
        ("fr_assistance", "person"): [[200_000, 75], [None, 66]],
        ("fr_general_interest", "company"): [[200_000_000, 60], [None, 40]],
        ("fr_assistance", "company"): [[200_000_000, 60], [None, 40]],
    }


def test_a_new_rate_needs_the_old_one_to_end_first(sign_in, database):
    admin = sign_in("organisation.edit")
    with database.reading() as db:
        old = db.scalars(select(StatutoryRate).where(StatutoryRate.article == "200 CGI")).one()

    assert admin.post("/settings/rates/new", data=RATE).status_code == 422
    ended = {**RATE, "valid_from": "2020-01-01", "valid_to": "2026-12-31", "tiers": "66"}
    assert admin.post(f"/settings/rates/{old.id}", data=ended).status_code == 303
    assert admin.post("/settings/rates/new", data=RATE).status_code == 303

    with database.reading() as db:
        newest = db.scalars(select(StatutoryRate).order_by(StatutoryRate.id.desc())).first()
    assert (newest.valid_from, newest.tiers) == (date(2027, 1, 1), [[100_000, 75], [None, 66]])


@pytest.mark.parametrize("text", ["66", "75 up to 2000, then 66", "60 up to 2000000, then 40"])
def test_rates_read_as_they_are_written(text):
    assert write_tiers([list(tier) for tier in read_tiers(text)]) == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_rates_are_written_and_read_in_every_language(language):
    with speaking(language):
        written = write_tiers([[200_000, 75], [None, 66]])

    assert read_tiers(written) == [(200_000, 75), (None, 66)]


@pytest.mark.parametrize(
    "text", ["", "many", "66 up to 5", "75 up to 10, then 66 up to 5", "101", "75, 66", "75 up to 0.001, 66"]
)
def test_rates_that_make_no_sense_are_refused(text):
    with pytest.raises(ValueError, match="Not "):
        read_tiers(text)


def test_the_trail_tells_who_changed_the_organisation(sign_in):
    sign_in("organisation.edit").post("/settings/organisation", data=WHOLE)
    auditor = sign_in("accounts.audit")

    assert b"Organisation edited<" in auditor.get("/settings/trail/?q=Asha").data
    assert b"Organisation edited</td" not in auditor.get("/settings/trail/?record_type=gift").data
    assert auditor.get("/settings/trail/?after=junk").status_code == 404
    assert auditor.get("/settings/trail/?record_id=99999999999999999999999&q=%00'").status_code == 200


def test_a_signature_can_be_taken_back(sign_in, database):
    admin = sign_in("organisation.edit")
    admin.post("/settings/organisation", data={**WHOLE, "signature": (picture((300, 90)), "s.jpg")})
    admin.post("/settings/organisation", data={**WHOLE, "drop_signature": "y"})

    with database.reading() as db:
        assert the_organisation(db).signature_png is None


def test_rates_are_shown_with_their_units(app):
    with app.test_request_context("/"):
        assert show_tiers([[200_000, 75], [None, 66]]) == "75% up to €2,000, then 66%"
    with app.test_request_context("/"), speaking("fr"):
        assert show_tiers([[200_000, 75], [None, 66]]) == "75\xa0% jusqu’à 2\u202f000\xa0€, puis 66\xa0%"

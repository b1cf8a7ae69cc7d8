"""What is sent from a giving page: kept exactly, refused kindly with everything typed, and never a fault of ours."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.giving.models import GivingForm, ReceiptChoice, Submission
from app.kernel.audit import AuditEntry
from app.kernel.clock import today
from app.payments.models import Checkout, CheckoutMode, Interval
from tests.sandbox_world import SandboxWorld

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("world")]


def _only(database) -> Submission:
    with database.reading() as db:
        kept = db.scalars(select(Submission)).one()
        assert kept.checkout is not None
        return kept


def _count(database) -> tuple[int, int]:
    with database.reading() as db:
        return len(db.scalars(select(Submission)).all()), len(db.scalars(select(Checkout)).all())


def test_a_gift_once_leads_to_the_gateways_page(database, send, form, world: SandboxWorld):
    answer = send(form)

    kept = _only(database)
    assert answer.status_code == 303
    assert answer.headers["Location"] == kept.checkout.page_url
    assert (kept.amount_minor, kept.currency, kept.donor_kind) == (5000, "EUR", "person")
    assert (kept.checkout.mode, kept.checkout.amount_minor, kept.checkout.is_test) == (CheckoutMode.ONCE, 5000, True)
    assert kept.fund_id == form.funds[0].fund_id
    assert kept.answers["email"] == "jeanne.moreau@example.org"
    assert kept.answers["receipt_choice"] == "none"
    (session,) = world.stored("checkout.session")
    assert session["customer_email"] == "jeanne.moreau@example.org"
    assert "Set-Cookie" not in answer.headers


def test_everything_that_is_asked_is_kept(database, client, send, form):
    wordings = [line.split('value="')[1].split('"')[0] for line in client.get(f"/give/{form.slug}").text.split("<input")
                if 'name="consents"' in line]  # fmt: skip
    answer = send(
        form, lang="fr", donor_kind="company", company="Laine & Soie", legal_form="SAS", siren="732 829 320",
        phone="+33 6 12 34 56 78", wants_receipt="y", street="3 rue des Écoles", postcode="69001", city="Lyon",
        tribute="memory", honoree="Odile Martin", notify_name="Paul", notify_email="PAUL@Example.org",
        tribute_message="Avec toi.", comment="Bravo\u202e !", anonymous="y", consents=[wordings[1]],
        utm_source="letter", referrer_host="news.example",
    )  # fmt: skip

    kept = _only(database)
    assert answer.status_code == 303
    assert kept.language == "fr"
    assert kept.is_anonymous
    assert kept.donor_kind == "company"
    assert kept.answers == {
        "company": "Laine & Soie", "legal_form": "SAS", "siren": "732829320", "given_name": "Jeanne",
        "family_name": "Moreau", "email": "jeanne.moreau@example.org", "phone": "+33 6 12 34 56 78",
        "comment": "Bravo !", "street": "3 rue des Écoles", "postcode": "69001", "city": "Lyon", "country": "FR",
        "tribute": {"kind": "memory", "honoree": "Odile Martin", "notify_name": "Paul",
                    "notify_email": "PAUL@example.org", "message": "Avec toi."},
        "consents": [{"wording_id": int(wordings[0]), "is_given": False},
                     {"wording_id": int(wordings[1]), "is_given": True}],
        "receipt_choice": "each",
        "source": {"utm_source": "letter", "referrer_host": "news.example"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("frequency", "interval"), [("month", Interval.MONTH), ("quarter", Interval.QUARTER), ("year", Interval.YEAR)]
)
def test_a_regular_gift_takes_the_amount_of_its_own_cards(database, send, form, frequency, interval):
    send(form, frequency=frequency)

    kept = _only(database)
    assert (kept.checkout.mode, kept.checkout.interval) == (CheckoutMode.RECURRING, interval)
    assert kept.amount_minor == 1500


def test_an_own_amount_counts_only_where_it_is_chosen(database, send, form):
    send(form, amount_once="other", other="1 234,50")
    assert _only(database).amount_minor == 123_450

    assert send(form, other="nonsense").status_code == 303


def test_the_server_computes_what_covering_the_fee_adds(database, send, form):
    send(form, cover="y", fee_cover="999999")

    kept = _only(database)
    assert (kept.amount_minor, kept.fee_cover_minor) == (5102, 102)
    assert kept.checkout.amount_minor == 5102


def test_another_country_is_found_by_its_name_in_any_of_our_languages(database, send, form):
    send(form, wants_receipt="y", street="Thamel 1", postcode="44600", city="Katmandou", country="other",
         country_other="Népal")  # fmt: skip

    assert _only(database).answers["country"] == "NP"


@pytest.mark.parametrize(("frequency", "choice"), [("month", ReceiptChoice.YEARLY), ("once", ReceiptChoice.EACH)])
def test_whoever_gives_regularly_may_choose_one_receipt_for_the_whole_year(database, send, form, frequency, choice):
    send(form, frequency=frequency, amount_recurring="1500", wants_receipt="y", wants_yearly="y", street="1 rue X",
         postcode="69001", city="Lyon")  # fmt: skip

    assert _only(database).answers["receipt_choice"] == choice


def test_one_receipt_for_the_year_is_not_issued_to_whoever_wants_none(database, send, form):
    send(form, frequency="month", amount_recurring="1500", wants_yearly="y")

    assert _only(database).answers["receipt_choice"] == ReceiptChoice.NONE


def test_a_donor_of_one_name_only_is_asked_for_the_other(send, form):
    answer = send(form, family_name="")

    assert answer.status_code == 422
    assert 'id="family_name-error"' in answer.text


REFUSED = {
    "no amount": ({"amount_once": None}, "amount_once"),
    "a preset of another form": ({"amount_once": "4999"}, "amount_once"),
    "a preset of regular gifts": ({"amount_once": "1500"}, "amount_once"),
    "too little": ({"amount_once": "other", "other": "4.99"}, "other"),
    "too much": ({"amount_once": "other", "other": "5000.01"}, "other"),
    "nothing": ({"amount_once": "other", "other": ""}, "other"),
    "less than nothing": ({"amount_once": "other", "other": "-50"}, "other"),
    "no number": ({"amount_once": "other", "other": "NaN"}, "other"),
    "an endless number": ({"amount_once": "other", "other": "1e400"}, "other"),
    "half a cent": ({"amount_once": "other", "other": "10.005"}, "other"),
    "a strange rhythm": ({"frequency": "hour"}, "frequency"),
    "a fund of nobody": ({"fund": "999999"}, "fund"),
    "a fund that is no number": ({"fund": "1 OR 1=1"}, "fund"),
    "no fund": ({"fund": None}, "fund"),
    "no e-mail": ({"email": ""}, "email"),
    "an e-mail that is none": ({"email": "jeanne@"}, "email"),
    "two e-mails": ({"email": "a@example.org\nBcc: b@example.org"}, "email"),
    "no first name": ({"given_name": "  "}, "given_name"),
    "only control signs": ({"given_name": "\u200e\x07"}, "given_name"),
    "a long name": ({"given_name": "x" * 101}, "given_name"),
    "no company name": ({"donor_kind": "company"}, "company"),
    "a wrong SIREN": ({"donor_kind": "company", "company": "X", "siren": "123456789"}, "siren"),
    "a company's receipt without SIREN": (
        {"donor_kind": "company", "company": "X", "wants_receipt": "y", "street": "1", "city": "P"},
        "siren",
    ),
    "a kind of donor we do not know": ({"donor_kind": "robot"}, "donor_kind"),
    "a receipt without address": ({"wants_receipt": "y"}, "street"),
    "a wrong postcode": ({"wants_receipt": "y", "street": "1 r", "postcode": "7500", "city": "P"}, "postcode"),
    "a country of fancy": (
        {"wants_receipt": "y", "street": "1 r", "postcode": "1", "city": "P", "country": "other",
         "country_other": "Oz"},
        "country_other",
    ),
    "a country code of fancy": (
        {"wants_receipt": "y", "street": "1 r", "postcode": "1", "city": "P", "country": "ZZ"}, "country",
    ),
    "a phone of letters": ({"phone": "call me"}, "phone"),
    "a tribute to nobody": ({"tribute": "honour"}, "honoree"),
    "a strange tribute": ({"tribute": "anger"}, "tribute"),
    "a wrong e-mail to notify": ({"tribute": "honour", "honoree": "O", "notify_email": "o"}, "notify_email"),
    "a long comment": ({"comment": "x" * 1001}, "comment"),
    "a consent we never worded": ({"consents": "999"}, "consents"),
    "a consent that is no number": ({"consents": "yes"}, "consents"),
}  # fmt: skip


@pytest.mark.parametrize(("typed", "field"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_taken_is_refused_at_its_field_and_nothing_is_kept(database, send, form, typed, field):
    answer = send(form, **typed)

    assert answer.status_code == 422
    assert "data-error-summary" in answer.text
    assert f'href="#{field}' in answer.text
    assert _count(database) == (0, 0)


def test_after_a_refusal_everything_typed_is_still_there(send, form):
    answer = send(
        form, email="jeanne@", frequency="month", amount_recurring="other", other="17,50", comment="Un <mot>",
        tribute="honour", honoree="Odile", anonymous="y", cover="y", fund=form.funds[1].fund_id, utm_source="letter",
    )  # fmt: skip

    for kept in (
        'name="frequency" value="month" checked', 'value="other" checked', 'value="17,50"',
        'value="Jeanne"', 'value="jeanne@"', "Un &lt;mot&gt;", 'value="Odile"',
        f'selected value="{form.funds[1].fund_id}"',
        'name="utm_source" value="letter"', '<details class="more" open>',
    ):  # fmt: skip
        assert kept in answer.text
    assert answer.text.count("checked") >= 5


def test_a_form_that_requires_phone_and_address_gets_them(send, make_page):
    form = make_page(requires=["phone", "address"])

    answer = send(form)

    assert answer.status_code == 422
    assert 'id="phone-error"' in answer.text
    assert 'id="street-error"' in answer.text


def test_what_a_form_does_not_ask_is_not_kept(database, send, make_page):
    form = make_page(asks=[], consent_purposes=[], slug="brief")

    send(form, comment="hello", phone="+33 6 12 34 56 78", anonymous="y", donor_kind="company", company="X")

    kept = _only(database)
    assert not kept.is_anonymous
    assert kept.donor_kind == "person"
    assert not {"comment", "phone", "company"} & kept.answers.keys()


def test_a_rhythm_the_form_does_not_offer_is_refused(send, make_page):
    form = make_page(intervals=[], slug="once-only")

    assert send(form, frequency="month").status_code == 422


def test_a_gift_that_comes_after_the_close_is_not_taken(database, writing, send, form):
    with writing() as db:
        db.get_one(GivingForm, form.id).close()

    answer = send(form)

    assert answer.status_code == 409
    assert "Nothing was charged" in answer.text
    assert _count(database) == (0, 0)


@pytest.mark.parametrize("name", ["comment", "given_name", "email", "stamp", "other", "utm_source", "unknown"])
def test_a_megabyte_in_a_field_is_refused_as_too_large(database, send, form, name):
    answer = send(form, **{name: "x" * 1_000_000})

    assert answer.status_code == 413
    assert _count(database) == (0, 0)


def test_control_signs_are_dropped_and_do_not_reach_the_database(database, send, form):
    answer = send(form, given_name="Jea\x00nne", comment="a\x00b\x1b", utm_source="le\x00tter")

    kept = _only(database)
    assert answer.status_code == 303
    assert (kept.answers["given_name"], kept.answers["comment"]) == ("Jeanne", "ab")
    assert kept.answers["source"] == {"utm_source": "letter"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"=&=&&&",
        b"amount_once=5000&amount_once=10000",
        b"%",
        b"frequency[]=once",
        b"stamp=" + b"A" * 9000,
    ],
)
def test_junk_instead_of_a_form_is_refused(client, database, form, body):
    for kind in ("application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x"):
        answer = client.post(f"/give/{form.slug}", data=body, content_type=kind)

        assert 400 <= answer.status_code < 500
    assert _count(database) == (0, 0)


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_not_taken(client, form, method):
    assert getattr(client, method)(f"/give/{form.slug}").status_code == 405


def test_the_audit_names_the_public_and_their_address(database, send, form):
    send(form)

    with database.reading() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.record_type == "submission")).one()
    assert (entry.actor_kind, entry.address) == ("public", "127.0.0.1")


def test_how_long_a_regular_gift_goes_on_is_kept_if_somebody_chooses_it(database, send, form):
    send(form, frequency="month", term="12", term_until="2026-01-01")

    assert _only(database).answers["term"] == {"charges": 12}


def test_a_last_day_is_kept_as_a_day(database, send, form):
    until = today() + timedelta(days=400)
    send(form, frequency="month", term="day", term_until=until.isoformat())

    assert _only(database).answers["term"] == {"ends_on": until.isoformat()}


@pytest.mark.parametrize("typed", [{"frequency": "once", "term": "12"}, {"frequency": "month", "term": ""}])
def test_a_gift_once_and_one_without_an_end_have_none(database, send, form, typed):
    send(form, **typed)

    assert "term" not in _only(database).answers


@pytest.mark.parametrize(
    "typed",
    [
        {"term": "13"}, {"term": "day"}, {"term": "day", "term_until": "soon"},
        {"term": "day", "term_until": "2999-01-01"}, {"term": "day", "term_until": "2020-01-01"},
    ],
)  # fmt: skip
def test_an_end_that_cannot_be_is_refused_at_its_field(database, send, form, typed):
    answer = send(form, frequency="month", **typed)

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert _count(database) == (0, 0)

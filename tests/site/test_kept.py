"""Pages that are kept: never out of date by an instant, never one donor's shown to another."""

import re
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import event, select, text

from app.admin.services import OrganisationDetails, PictureChange, edit_organisation
from app.contacts.models import Channel
from app.contacts.services import WordingDetails, publish_wording
from app.currencies.ecb_files import Line, RateFile
from app.currencies.importing import begin_import
from app.currencies.services import RateDetails as ExchangeRateDetails
from app.currencies.services import add_rate, correct_rate
from app.funds.services import FundDetails, close_fund, edit_fund, reopen_fund
from app.giving.models import DonorKind, Gift, GivingForm, StatutoryRate
from app.giving.queries.forms import form_with_slug
from app.giving.services.forms import FormDetails, close_form, edit_form, publish_form
from app.giving.services.rates import RateDetails, keep_rate
from app.kernel.actors import SYSTEM
from app.kernel.money import Money
from app.kernel.organisation import TaxRegime, the_organisation
from app.payments.gateway import Gateway
from app.payments.no_gateway import NoGateway
from app.site import kept
from migrations.page_marks import SHOWN_BY_ALL
from tests.factories.giving import make_online_gift, make_submission, refund_gift

pytestmark = pytest.mark.db

PICTURE = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
STAMP = re.compile(r'name="stamp" value="([^"]+)"')
TABLES = re.compile(r"(?:FROM|JOIN) (\w+)")


def page_of(client, slug="ecole", **values):
    """The page in English, as somebody sees it now."""
    return client.get(f"/give/{slug}", query_string={"lang": "en", **values}).text


def unstamped(html: str) -> str:
    """The page without what is each donor's own."""
    return STAMP.sub("", html)


def the_form(db) -> GivingForm:
    """The form with everything on it."""
    found = form_with_slug(db, "ecole")
    assert found is not None
    return found


def details_of(record: Any, kind: type, **changed: Any) -> Any:
    """What a service takes, as the record stands, but for these."""
    return kind(**{**{name: getattr(record, name) for name in kind.__dataclass_fields__}, **changed})


def change_form(db, **changed):
    """Edit the form as staff do."""
    form = the_form(db)
    details = details_of(form, FormDetails, **{"funds": [each.fund_id for each in form.funds], **changed})
    edit_form(db, form, details, version=form.version, actor=SYSTEM)


def change_organisation(db, pictures=None, **changed):
    """Edit the organisation as administrators do."""
    organisation = the_organisation(db)
    edit_organisation(
        db, organisation, details_of(organisation, OrganisationDetails, **changed), pictures or {}, actor=SYSTEM
    )


def change_fund(db, **changed):
    """Edit the form's first fund."""
    fund = the_form(db).funds[0].fund
    edit_fund(db, fund, details_of(fund, FundDetails, **changed), actor=SYSTEM)


def change_rate(db):
    """Another share for people, from long ago on."""
    rate = db.scalars(
        select(StatutoryRate).where(
            StatutoryRate.regime == TaxRegime.FR_GENERAL_INTEREST, StatutoryRate.donor_kind == DonorKind.PERSON
        )
    ).one()
    keep_rate(db, rate, details_of(rate, RateDetails, tiers=[(None, 60)]), actor=SYSTEM)


def publish_words(db):
    """A new version of the words that donors agree to."""
    texts = {"fr": "Nouveau", "en": "Yes to something new", "ne": "नयाँ"}
    publish_wording(db, WordingDetails(purpose="news", channel=Channel.EMAIL, texts=texts), actor=SYSTEM)


CHANGES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "its title": (lambda db: change_form(db, texts={c: {"title": f"New {c}"} for c in ("fr", "en", "ne")}), "New en"),
    "its presets": (lambda db: change_form(db, presets_once=[4200]), 'value="4200"'),
    "its questions": (lambda db: change_form(db, asks=[]), 'id="family_name"'),
    "a fund's name": (lambda db: change_fund(db, public_names={"en": "Roofs for schools"}), "Roofs for schools"),
    "the organisation's name": (lambda db: change_organisation(db, name="Namaste"), "<strong>Namaste</strong>"),
    "its tagline": (lambda db: change_organisation(db, tagline={"en": "Step by step"}), "Step by step"),
    "its colour": (lambda db: change_organisation(db, colour="#aa0000"), "v=aa0000"),
    "its country": (lambda db: change_organisation(db, country="BE"), '<option selected value="BE">'),
    "its tax rules": (lambda db: change_organisation(db, tax_regime=TaxRegime.NONE), 'data-person=""'),
    "a rate of the law": (change_rate, 'data-person=":60"'),
    "the words to agree to": (publish_words, "Yes to something new"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_staff_change_is_shown_at_once(client, form, writing, what):
    change, shown = CHANGES[what]
    before = [page_of(client) for _time in range(2)]

    with writing() as db:
        change(db)
    after = page_of(client)

    assert unstamped(before[0]) == unstamped(before[1]) != unstamped(after)
    assert shown in after
    assert shown not in before[1] or what == "its questions"


def test_a_new_logo_is_shown_at_once(client, form, writing):
    before = page_of(client)

    with writing() as db:
        change_organisation(db, {"logo": PictureChange(PICTURE)})

    assert "img/mark.svg" in before
    assert "img/mark.svg" not in page_of(client)


def test_a_fund_that_closes_and_opens_again_goes_and_comes_at_once(client, form, writing):
    def funds(html):
        return html.count("<option", html.index('name="fund"'), html.index("</select>", html.index('name="fund"')))

    assert funds(page_of(client)) == 2
    with writing() as db:
        close_fund(db, the_form(db).funds[0].fund, actor=SYSTEM)
    assert 'id="fund"' not in page_of(client)  # one fund is nothing to choose from
    with writing() as db:
        reopen_fund(db, the_form(db).funds[0].fund, actor=SYSTEM)
    assert funds(page_of(client)) == 2


def test_a_form_that_is_closed_takes_nothing_from_that_moment_and_everything_once_it_is_open_again(
    client, form, writing
):
    assert "stamp" in page_of(client)
    with writing() as db:
        close_form(db, the_form(db), actor=SYSTEM)
    assert "stamp" not in page_of(client)
    with writing() as db:
        publish_form(db, the_form(db), actor=SYSTEM)
    assert "stamp" in page_of(client)


def test_without_a_gateway_no_kept_page_is_shown(app, client, form, monkeypatch):
    assert "stamp" in page_of(client)
    monkeypatch.setitem(app.ports._found, Gateway, NoGateway())
    assert "stamp" not in page_of(client)


def test_progress_moves_with_each_gift_and_each_refund(client, make_page, writing):
    make_page(goal_minor=100_000, shows_progress=True)

    seen = [page_of(client)]
    with writing() as db:
        gift_id = make_online_gift(db, make_submission(db, form=the_form(db), is_test=True), is_test=True).id
    seen.append(page_of(client))
    with writing() as db:
        refund_gift(db, db.get_one(Gift, gift_id), 2000)
    seen.append(page_of(client))

    assert ["€0" in seen[0], "€50" in seen[1], "€30" in seen[2]] == [True] * 3
    assert len({unstamped(each) for each in seen}) == 3


def test_progress_counts_other_currencies_and_moves_with_each_rate(client, make_page, writing):
    make_page(goal_minor=100_000, shows_progress=True)
    with writing() as db:
        submission = make_submission(db, form=the_form(db), is_test=True, amount=Money(5000, "USD"))
        day = make_online_gift(db, submission, is_test=True).received_on

    seen = [page_of(client)]
    with writing() as db:
        details = ExchangeRateDetails(currency="USD", day=day, units="1.25", origin="A bank")
        wrong = add_rate(db, details, actor=SYSTEM)
    seen.append(page_of(client))
    with writing() as db:
        correct_rate(db, db.merge(wrong), "2", "Misread", actor=SYSTEM)
    seen.append(page_of(client))

    assert ["€0" in seen[0], "€40" in seen[1], "€25" in seen[2]] == [True] * 3
    assert "$50" not in seen[0]


def test_a_file_of_rates_gives_each_form_that_shows_progress_another_mark(app, make_page, writing):
    make_page(goal_minor=100_000, shows_progress=True)

    def mark():
        with app.database.reading() as db:
            return db.execute(text("SELECT mark FROM page_mark")).scalar_one()

    seen = [mark()]
    with writing() as db:
        lines = [Line("USD", date(2026, 1, 1) + timedelta(days=turn), "1.09") for turn in range(100)]
        begin_import(db, RateFile(lines, []), "eurofxref.csv", actor=SYSTEM)
    seen.append(mark())
    with writing() as db:
        db.execute(text("DELETE FROM exchange_rate WHERE day > '2026-02-01'"))
    seen.append(mark())

    assert len(set(seen)) == 3


def test_a_day_that_begins_brings_its_own_rate(client, form, writing):
    noon = datetime(2026, 5, 4, 12, tzinfo=UTC)
    with writing() as db:
        general = select(StatutoryRate).where(
            StatutoryRate.regime == TaxRegime.FR_GENERAL_INTEREST, StatutoryRate.donor_kind == DonorKind.PERSON
        )
        rate = db.scalars(general).one()
        keep_rate(db, rate, details_of(rate, RateDetails, valid_to=date(2026, 5, 4)), actor=SYSTEM)
        next_one = details_of(rate, RateDetails, valid_from=date(2026, 5, 5), valid_to=None, tiers=[(None, 75)])
        keep_rate(db, None, next_one, actor=SYSTEM)

    with time_machine.travel(noon, tick=False) as clock:
        assert 'data-person=":66"' in page_of(client)
        clock.move_to(datetime(2026, 5, 4, 21, 59, 59, tzinfo=UTC))
        assert 'data-person=":66"' in page_of(client)
        clock.move_to(datetime(2026, 5, 4, 22, 0, 0, tzinfo=UTC))  # midnight in Paris
        assert 'data-person=":75"' in page_of(client)
        clock.move_to(noon)  # a clock that was put back
        assert 'data-person=":66"' in page_of(client)


def test_a_form_ends_at_its_very_instant(client, make_page):
    ends = datetime(2026, 5, 4, 12, tzinfo=UTC)
    make_page(closes_at=ends)

    with time_machine.travel(ends - timedelta(seconds=1), tick=False) as clock:
        assert "stamp" in page_of(client)
        clock.move_to(ends)
        assert "stamp" not in page_of(client)


def test_what_is_not_committed_yet_is_not_shown_and_is_once_it_is(app, client, form):
    assert "Namaste" not in page_of(client)
    with app.database.session(writes=True) as db:
        db.execute(text("UPDATE organisation SET name = 'Namaste'"))
        assert "Namaste" not in page_of(client)
        db.commit()
    assert "Namaste" in page_of(client)


@pytest.mark.parametrize("table", [*SHOWN_BY_ALL, "purpose"])
def test_whoever_changes_a_table_that_pages_show_gives_every_form_another_mark(app, form, writing, table):
    with writing() as db:
        before = db.execute(text("SELECT mark FROM page_mark")).scalars().all()
        db.execute(text(f"UPDATE {table} SET id = id"))
    with app.database.reading() as db:
        after = db.execute(text("SELECT mark FROM page_mark")).scalars().all()

    assert len(before) == 1
    assert set(before).isdisjoint(after)


def test_a_page_reads_no_table_that_is_not_watched(app, client, make_page, writing):
    make_page(goal_minor=100_000, shows_progress=True)
    with writing() as db:
        submission = make_submission(db, form=the_form(db), is_test=True, amount=Money(5000, "USD"))
        make_online_gift(db, submission, is_test=True)
    read: set[str] = set()

    def note(_connection, _cursor, statement, *_rest):
        read.update(TABLES.findall(statement))

    event.listen(app.database.engine, "before_cursor_execute", note)
    page_of(client)
    event.remove(app.database.engine, "before_cursor_execute", note)

    assert {"giving_form", "exchange_rate"} <= read
    assert read <= {*SHOWN_BY_ALL, "gift", "purpose", "exchange_rate"}


def test_a_kept_page_costs_one_question(app, client, form):
    page_of(client)
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    event.listen(app.database.engine, "before_cursor_execute", note)
    pages = [page_of(client) for _time in range(3)]
    event.remove(app.database.engine, "before_cursor_execute", note)

    assert len(set(map(unstamped, pages))) == 1
    assert asked == []  # the one question goes another way: see app.kernel.glances


def test_no_two_pages_carry_the_same_stamp(client, form):
    stamps = [STAMP.search(page_of(client)).group(1) for _time in range(20)]

    assert len(set(stamps)) == 20


def test_a_kept_page_is_what_a_page_made_for_one_donor_is(client, form):
    kept_one, made = page_of(client), page_of(client, frequency="once")

    assert unstamped(kept_one) == unstamped(made)


def test_no_donor_sees_what_another_ones_link_proposed_or_where_they_came_from(client, form, send):
    plain = unstamped(page_of(client))
    fund = str(form.funds[1].fund_id)
    links = [{"amount": "77"}, {"frequency": "month"}, {"fund": fund}, {"utm_source": "letter"}, {"lang": "fr"}]

    for values in links:
        client.get("/give/ecole", query_string=values, headers={"Referer": "https://paper.example/story"})
        assert unstamped(page_of(client)) == plain
    refused = send(form, email="not an address", comment="For Sita")
    assert refused.status_code == 422
    assert "For Sita" in refused.text
    assert unstamped(page_of(client)) == plain
    assert unstamped(page_of(client, fbclid="abc", x="<script>", website="spam")) == plain


def test_each_donors_own_source_is_carried_in_their_own_page(client, form):
    page = client.get("/give/ecole?utm_source=letter&utm_campaign=a%22b", headers={"Referer": "https://paper.example/"})

    assert '<input type="hidden" name="utm_source" value="letter">' in page.text
    assert '<input type="hidden" name="utm_campaign" value="a&#34;b">' in page.text
    assert '<input type="hidden" name="referrer_host" value="paper.example">' in page.text


def test_language_theme_and_frame_each_have_a_page_of_their_own(client, form):
    for _time in range(2):
        assert '<html lang="fr" data-theme="auto">' in client.get("/give/ecole?lang=fr").text
        assert '<html lang="ne" data-theme="auto">' in client.get("/give/ecole?lang=ne").text
        assert 'target="_top"' in client.get("/give/ecole/embed?lang=fr").text
        client.set_cookie("theme", "dark")
        assert '<html lang="fr" data-theme="dark">' in client.get("/give/ecole?lang=fr").text
        client.delete_cookie("theme")


def test_only_the_forms_own_origins_may_frame_a_kept_page(client, make_page):
    make_page(embed_origins=["https://charity.example"])

    for _time in range(2):
        framed = client.get("/give/ecole/embed")
        assert "frame-ancestors https://charity.example" in framed.headers["Content-Security-Policy"]
        assert framed.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "frame-ancestors 'none'" in client.get("/give/ecole").headers["Content-Security-Policy"]


def test_a_kept_page_has_the_headers_and_the_status_of_any_other(client, form):
    made, kept_one = client.get("/give/ecole?frequency=once"), [client.get("/give/ecole") for _time in range(2)][1]

    assert {name for name, _value in made.headers} == {name for name, _value in kept_one.headers}
    assert kept_one.headers["Cache-Control"] == "private, no-cache"
    assert kept_one.content_type == "text/html; charset=utf-8"
    head = client.head("/give/ecole")
    assert (head.status_code, head.data) == (200, b"")


def test_what_is_told_once_is_told_on_the_next_page_and_kept_for_nobody(client, form):
    page_of(client)
    with client.session_transaction() as session:
        session["_flashes"] = [("info", "Something for Jeanne alone")]

    assert "Something for Jeanne alone" in page_of(client)
    assert "Something for Jeanne alone" not in page_of(client)


def test_a_process_keeps_no_more_than_so_many_forms(app, client, make_page, monkeypatch):
    monkeypatch.setattr(kept, "MOST_FORMS", 2)
    forms = [make_page(slug=slug).slug for slug in ("first", "second", "third")]

    for slug in forms:
        page_of(client, slug)

    with app.app_context():
        assert set(kept.kept_pages()._forms) == {"second", "third"}

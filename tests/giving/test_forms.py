"""What staff may make of a giving form, and the arithmetic that its page shows."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.funds.services import close_fund
from app.giving.form_rules import fee_to_cover, is_origin, is_slug, monthly_instead
from app.giving.models import FeeCover, FormStatus, GivingForm
from app.giving.queries.forms import figures_of, open_forms
from app.giving.queries.tax import rates_in_force
from app.giving.services.forms import FormDetails, close_form, edit_form, make_form, publish_form
from app.kernel.actors import SYSTEM
from app.kernel.clock import now, today
from app.kernel.errors import Refused
from app.kernel.i18n import speaking
from app.kernel.money import Money
from app.kernel.organisation import TaxRegime
from tests.factories.funds import make_campaign, make_fund
from tests.factories.giving import make_form as published_form
from tests.factories.giving import make_online_gift, make_submission


def _details(db, **changed) -> FormDetails:
    usual = {
        "name": "School", "slug": "school", "languages": ["fr", "en"], "currency": "EUR",
        "texts": {"fr": {"title": "École", "intro": "Bonjour"}, "en": {"title": "School"}, "ne": {"title": "not kept"}},
        "funds": changed.pop("funds", None) or [make_fund(db).id], "smallest_minor": 500, "largest_minor": 100_000,
        "presets_once": [5000, 2000], "presets_recurring": [1000], "intervals": ["month"], "asks": ["phone", "comment"],
        "requires": ["phone"], "goal_minor": 100_000, "shows_progress": True, "fee_cover": FeeCover.OFFERED,
        "embed_origins": ["https://ngo.example"],
    }  # fmt: skip
    return FormDetails(**{**usual, **changed})


@pytest.mark.db
def test_a_form_is_made_as_a_draft_with_its_presets_in_order_and_its_own_languages(db):
    form = make_form(db, _details(db), actor=SYSTEM)

    assert form.status is FormStatus.DRAFT
    assert form.presets_once == [2000, 5000]
    assert set(form.texts) == {"fr", "en"}
    assert form.texts["fr"] == {"title": "École", "intro": "Bonjour", "thanks": "", "mail": ""}
    assert not form.is_open(now())


REFUSALS = {
    "no name": ({"name": ""}, "name"),
    "capitals in the address": ({"slug": "School"}, "slug"),
    "a slash in the address": ({"slug": "a/b"}, "slug"),
    "an accent in the address": ({"slug": "école"}, "slug"),
    "an empty address": ({"slug": ""}, "slug"),
    "two hyphens": ({"slug": "a--b"}, "slug"),
    "a long address": ({"slug": "a" * 61}, "slug"),
    "an address that means something": ({"slug": "thanks"}, "slug"),
    "no language": ({"languages": []}, "languages"),
    "a language we do not speak": ({"languages": ["de"]}, "languages"),
    "a language without title": ({"languages": ["fr", "en", "ne"], "texts": {"fr": {"title": "x"}}}, "title_en"),
    "a least below one unit": ({"smallest_minor": 99}, "smallest"),
    "the most below the least": ({"largest_minor": 499}, "largest"),
    "a preset below the least": ({"presets_once": [400]}, "presets_once"),
    "a preset above the most": ({"presets_recurring": [100_001]}, "presets_recurring"),
    "a preset twice": ({"presets_once": [1000, 1000]}, "presets_once"),
    "nine presets": ({"presets_once": list(range(1000, 1009))}, "presets_once"),
    "no rhythm": ({"takes_once": False, "intervals": []}, "frequencies"),
    "a rhythm of our own": ({"intervals": ["week"]}, "frequencies"),
    "a strange question": ({"asks": ["blood group"]}, "asks"),
    "something required that is not asked": ({"asks": [], "requires": ["phone"]}, "requires"),
    "no fund": ({"funds": [0]}, "funds"),
    "a goal of nought": ({"goal_minor": 0, "shows_progress": False}, "goal"),
    "progress without goal": ({"goal_minor": None}, "goal"),
    "a fee of eleven per cent": ({"fee_permille": 110}, "fee_percent"),
    "a path as origin": ({"embed_origins": ["https://ngo.example/page"]}, "embed_origins"),
    "plain http": ({"embed_origins": ["http://ngo.example"]}, "embed_origins"),
    "everybody": ({"embed_origins": ["*"]}, "embed_origins"),
    "a policy of one's own": ({"embed_origins": ["https://a.example; script-src *"]}, "embed_origins"),
    "an appeal of another campaign": ({"appeal_id": 999}, "effort"),
}


@pytest.mark.db
@pytest.mark.parametrize(("changed", "field"), REFUSALS.values(), ids=REFUSALS.keys())
def test_what_a_form_cannot_be_is_refused_at_its_field(db, changed, field):
    with pytest.raises(Refused) as refusal:
        make_form(db, _details(db, **changed), actor=SYSTEM)

    assert refusal.value.field == field


@pytest.mark.db
@pytest.mark.parametrize(
    ("changed", "words"),
    [({"smallest_minor": 99}, "€1.00"), ({"presets_once": [400]}, "Each lies between €5.00, the least, and €1,000.00")],
)
def test_an_amount_below_the_least_is_refused_with_the_least_amount(db, changed, words):
    with pytest.raises(Refused) as refusal:
        make_form(db, _details(db, **changed), actor=SYSTEM)

    assert words in str(refusal.value)


@pytest.mark.db
def test_two_forms_cannot_have_one_address(db):
    make_form(db, _details(db), actor=SYSTEM)

    with pytest.raises(Refused) as refusal:
        make_form(db, _details(db), actor=SYSTEM)
    assert refusal.value.field == "slug"


@pytest.mark.db
def test_the_address_of_a_published_form_stays(db):
    details = _details(db)
    form = make_form(db, details, actor=SYSTEM)
    edit_form(db, form, replace(details, slug="renamed"), version=form.version, actor=SYSTEM)
    publish_form(db, form, actor=SYSTEM)
    db.flush()

    with pytest.raises(Refused) as refusal:
        edit_form(db, form, replace(details, slug="again"), version=form.version, actor=SYSTEM)
    assert refusal.value.field == "slug"


@pytest.mark.db
def test_whoever_saves_over_a_newer_version_is_told(db):
    details = _details(db)
    form = make_form(db, details, actor=SYSTEM)
    db.flush()
    seen = form.version
    edit_form(db, form, replace(details, name="Theirs"), version=seen, actor=SYSTEM)
    db.flush()

    with speaking("en"), pytest.raises(Refused, match="Somebody else"):
        edit_form(db, form, replace(details, name="Mine"), version=seen, actor=SYSTEM)
    assert form.name == "Theirs"


@pytest.mark.db
def test_the_currency_stays_once_somebody_has_begun_to_give(db):
    form = published_form(db)
    make_submission(db, form=form)

    details = _details(db, slug=form.slug, currency="USD", funds=[form.funds[0].fund_id])
    with pytest.raises(Refused) as refusal:
        edit_form(db, form, details, version=form.version, actor=SYSTEM)
    assert refusal.value.field == "currency"


@pytest.mark.db
def test_funds_keep_the_order_they_are_given_and_can_be_moved(db):
    one, two, three = (make_fund(db).id for _ in range(3))
    details = _details(db, funds=[two, one])
    form = make_form(db, details, actor=SYSTEM)
    db.flush()

    edit_form(db, form, replace(details, funds=[three, one, two]), version=form.version, actor=SYSTEM)
    db.commit()
    db.expire_all()

    assert [each.fund_id for each in form.funds] == [three, one, two]
    assert [fund.id for fund in form.open_funds] == [three, one, two]


@pytest.mark.db
def test_a_form_whose_funds_are_all_closed_cannot_be_published(db):
    fund, _other = make_fund(db), make_fund(db)
    form = make_form(db, _details(db, funds=[fund.id]), actor=SYSTEM)
    close_fund(db, fund, actor=SYSTEM)

    with pytest.raises(Refused):
        publish_form(db, form, actor=SYSTEM)


@pytest.mark.db
def test_a_form_past_its_last_day_cannot_be_published_and_is_not_open(db):
    form = make_form(db, _details(db, closes_at=now() - timedelta(hours=1)), actor=SYSTEM)

    with speaking("en"), pytest.raises(Refused, match="last day"):
        publish_form(db, form, actor=SYSTEM)


@pytest.mark.db
def test_a_form_is_published_closed_and_published_again_and_never_a_draft_again(db):
    form = make_form(db, _details(db), actor=SYSTEM)
    with pytest.raises(Refused):
        close_form(db, form, actor=SYSTEM)
    publish_form(db, form, actor=SYSTEM)
    db.flush()
    assert form in open_forms(db, now())
    with pytest.raises(Refused):
        publish_form(db, form, actor=SYSTEM)
    close_form(db, form, actor=SYSTEM)
    db.flush()
    assert form not in open_forms(db, now())

    publish_form(db, form, actor=SYSTEM)
    assert form.status is FormStatus.PUBLISHED


@pytest.mark.db
def test_a_form_belongs_to_a_campaign(db):
    campaign = make_campaign(db)

    assert make_form(db, _details(db, campaign_id=campaign.id), actor=SYSTEM).campaign_id == campaign.id


@pytest.mark.db
def test_the_figures_of_a_form_count_what_was_received_through_it_and_who_went_through(db):
    form, other = published_form(db), published_form(db)
    make_online_gift(db, make_submission(db, form=form, amount=Money(5000, "EUR")))
    make_online_gift(db, make_submission(db, form=form, amount=Money(2500, "EUR")))
    make_online_gift(db, make_submission(db, form=form, is_test=True), is_test=True)
    make_online_gift(db, make_submission(db, form=other))
    db.flush()

    figures = figures_of(db, [form], with_tests=False)[form.id]

    assert (figures.raised, figures.gifts) == (Money(7500, "EUR"), 2)
    assert (figures.submissions, figures.completed, figures.conversion) == (2, 2, 1.0)
    assert figures_of(db, [form], with_tests=True)[form.id].gifts == 3


@pytest.mark.db
def test_a_form_nobody_used_has_figures_of_nought(db):
    form = published_form(db)

    figures = figures_of(db, [form], with_tests=True)[form.id]

    assert (figures.raised, figures.gifts, figures.conversion) == (Money(0, "EUR"), 0, None)
    assert figures_of(db, [], with_tests=True) == {}


@pytest.mark.db
def test_the_rates_of_the_day_come_from_the_table(db):
    rates = rates_in_force(db, TaxRegime.FR_GENERAL_INTEREST, today())

    assert {kind.value: rate.tiers[0][1] for kind, rate in rates.items()} == {"person": 66, "company": 60}
    assert rates_in_force(db, TaxRegime.NONE, today()) == {}


@given(minor=st.integers(1, 10**9), permille=st.integers(0, 100), fixed=st.integers(0, 500))
def test_what_is_added_for_the_fee_leaves_the_whole_gift_and_not_a_cent_more_than_needed(minor, permille, fixed):
    cover = fee_to_cover(Money(minor, "EUR"), permille, fixed).minor

    def left(whole: int) -> float:
        return whole * (1000 - permille) - fixed * 1000

    assert cover >= 0
    assert left(minor + cover) >= minor * 1000
    assert cover == 0 or left(minor + cover - 1) < minor * 1000


@pytest.mark.parametrize(
    ("given_once", "presets", "proposed"),
    [
        (5000, [500, 1000, 2500], 1000),
        (1000, [500, 1000], 500),
        (30000, [1000, 2500], 2500),
        (400, [500], None),
        (5000, [], None),
    ],
)
def test_the_monthly_amount_proposed_is_a_fifth_or_the_smallest_there_is(given_once, presets, proposed):
    assert monthly_instead(given_once, presets) == proposed


@pytest.mark.parametrize("slug", ["a", "hiver-2026", "2026", "a-b-c"])
def test_an_address_is_small_letters_digits_and_single_hyphens(slug):
    assert is_slug(slug)


@pytest.mark.parametrize(
    ("origin", "is_one"),
    [
        ("https://ngo.example", True), ("https://ngo.example:8443", True), ("http://localhost:5000", True),
        ("https://", False), ("https://a b", False), ("https://ngo.example:x", False), ("https://u@ngo.example", False),
        ("https://*.example", False), ("javascript:alert(1)", False), ("'self'", False), ("https://[::1", False),
        ("https://a.example'", False), ("//ngo.example", False),
    ],
)  # fmt: skip
def test_only_plain_origins_may_frame_a_form(origin, is_one):
    assert is_origin(origin) is is_one


def test_a_form_says_its_words_in_its_first_language_where_others_are_missing():
    form = GivingForm(name="x", slug="x", languages=["fr"], texts={"fr": {"title": "École"}})

    assert form.text("ne", "title") == "École"
    assert form.text("fr", "mail") == ""

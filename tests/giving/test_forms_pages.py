"""The pages on which staff make, publish and share giving forms, and put consent wordings into force."""

import re

import pytest
from sqlalchemy import select

from app.contacts.models import Channel, ConsentWording
from app.contacts.services import WordingDetails, publish_wording
from app.funds.models import Restriction
from app.giving.models import FormStatus, GivingForm
from app.kernel.actors import SYSTEM
from tests.factories.funds import make_fund
from tests.factories.giving import make_form

pytestmark = pytest.mark.db
EVERYTHING = ("forms.read", "forms.edit", "forms.publish")


@pytest.fixture
def form(db) -> GivingForm:
    made = make_form(db, embed_origins=["https://ngo.example"], goal_minor=500_000, shows_progress=True)
    db.commit()
    return made


def _typed(form: GivingForm | None = None, **changed) -> dict[str, object]:
    usual = {
        "name": "School", "slug": form.slug if form else "school", "languages": ["fr", "en"], "title_fr": "École",
        "title_en": "School", "intro_fr": "Bonjour **vous**", "currency": "EUR", "frequencies": ["once", "month"],
        "presets_once": "10, 20; 50 100\n12,50", "presets_recurring": "5, 10", "smallest": "5", "largest": "1 000",
        "funds": [form.funds[0].fund_id if form else 1, ""], "asks": ["phone"], "fee_cover": "offered",
        "fee_percent": "1,5", "fee_fixed": "0.25", "goal": "", "closes_on": "2099-12-31", "effort": "",
        "embed_origins": "https://ngo.example/\nhttps://b.example", "version": form.version if form else "",
    }  # fmt: skip
    return {**usual, **changed}


def _one(database, slug="school") -> GivingForm:
    with database.reading() as db:
        return db.scalars(select(GivingForm).where(GivingForm.slug == slug)).one()


@pytest.mark.parametrize(
    ("address", "needed"),
    [
        ("GET /forms/", "forms.read"), ("GET /forms/1", "forms.read"), ("GET /forms/new", "forms.edit"),
        ("GET /forms/1/edit", "forms.edit"), ("POST /forms/1/edit", "forms.edit"),
        ("POST /forms/1/publish", "forms.publish"), ("POST /forms/1/close", "forms.publish"),
        ("GET /forms/1/code.svg", "forms.read"), ("POST /forms/words", "forms.edit"),
        ("GET /wordings/", "forms.read"), ("GET /wordings/new", "forms.publish"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("form")
def test_each_page_wants_its_capability(client, sign_in, address, needed):
    method, path = address.split()
    others = [name for name in EVERYTHING if name != needed]

    assert client.open(path, method=method).status_code == 303
    assert sign_in(*others).open(path, method=method).status_code == 403
    assert sign_in(needed).open(path, method=method).status_code in {200, 303, 409, 422}


def test_the_list_shows_states_and_figures_and_can_be_narrowed(sign_in, form):
    staff = sign_in(*EVERYTHING)

    assert form.name in staff.get("/forms/").text
    assert form.name in staff.get("/forms/?status=published").text
    assert form.name not in staff.get("/forms/?status=draft").text
    assert staff.get("/forms/?status=nonsense&after=xx").status_code == 404


def test_a_new_form_begins_with_the_fund_that_is_needed_most(db, sign_in):
    make_fund(db, name="A house", restriction=Restriction.RESTRICTED)
    free = make_fund(db, name="Wherever")
    db.commit()

    assert f'<option value="{free.id}" selected>Wherever</option>' in sign_in(*EVERYTHING).get("/forms/new").text


def test_staff_make_a_form_and_find_it_as_a_draft(database, db, sign_in):
    fund = make_fund(db)
    db.commit()
    staff = sign_in(*EVERYTHING)

    answer = staff.post("/forms/new", data=_typed(funds=[fund.id, ""]))

    made = _one(database)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/forms/{made.id}"
    assert made.status is FormStatus.DRAFT
    assert made.presets_once == [1000, 1250, 2000, 5000, 10000]
    assert (made.smallest_minor, made.largest_minor) == (500, 100_000)
    assert (made.takes_once, made.intervals) == (True, ["month"])
    assert (made.fee_permille, made.fee_fixed_minor) == (15, 25)
    assert made.embed_origins == ["https://ngo.example", "https://b.example"]
    assert made.closes_at.isoformat() == "2099-12-31T23:00:00+00:00"
    assert made.texts["fr"]["intro"] == "Bonjour **vous**"
    page = staff.get(f"/forms/{made.id}").text
    assert "<strong>vous</strong>" in page
    assert "December 2099" in page


def test_the_editor_shows_a_form_as_it_is_so_that_saving_it_changes_nothing(database, sign_in, form):
    staff = sign_in(*EVERYTHING)
    page = staff.get(f"/forms/{form.id}/edit").text
    before = {name: getattr(form, name) for name in ("presets_once", "intervals", "texts", "goal_minor", "closes_at")}
    fields = re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page)

    lines = {"name", "slug", "version", "title_fr", "title_en", "presets_once", "presets_recurring", "smallest",
             "largest", "fee_percent", "fee_fixed", "goal"}  # fmt: skip
    typed = {name: value for name, value in fields if name in lines}
    mail = {"mail_fr": form.texts["fr"]["mail"]}
    chosen = {"languages": ["fr", "en"], "currency": "EUR", "frequencies": ["once", "month"], "fee_cover": "off",
              "funds": [form.funds[0].fund_id], "shows_progress": "y", "effort": ""}  # fmt: skip
    assert staff.post(f"/forms/{form.id}/edit", data={**typed, **mail, **chosen}).status_code == 303

    after = _one(database, form.slug)
    assert {name: getattr(after, name) for name in ("presets_once", "intervals", "goal_minor", "closes_at")} == {
        name: before[name] for name in ("presets_once", "intervals", "goal_minor", "closes_at")
    }
    assert after.texts["fr"]["mail"] == before["texts"]["fr"]["mail"]


BAD = {
    "nothing": ({"name": ""}, "name"),
    "presets of words": ({"presets_once": "ten, twenty"}, "presets_once"),
    "a preset below the least": ({"presets_once": "1, 10"}, "presets_once"),
    "endless presets": ({"presets_once": "1" * 500}, "presets_once"),
    "a preset of infinity": ({"presets_once": "inf"}, "presets_once"),
    "a least of words": ({"smallest": "little"}, "smallest"),
    "no most": ({"largest": ""}, "largest"),
    "a currency of fancy": ({"currency": "DOGE"}, "currency"),
    "a rhythm of fancy": ({"frequencies": ["hour"]}, "frequencies"),
    "no rhythm": ({"frequencies": []}, "frequencies"),
    "a fund of nobody": ({"funds": ["9999"]}, "funds"),
    "a fund of words": ({"funds": ["all"]}, "funds"),
    "no fund": ({"funds": [""]}, "funds"),
    "a language of fancy": ({"languages": ["xx"]}, "languages"),
    "no title": ({"title_en": ""}, "title_en"),
    "a day that is none": ({"closes_on": "2026-02-31"}, "closes_on"),
    "a year nobody means": ({"closes_on": "9999-12-31"}, "closes_on"),
    "a campaign of fancy": ({"effort": "campaign-7"}, "effort"),
    "an effort of fancy": ({"effort": "appeal-x-y"}, "effort"),
    "an origin that is none": ({"embed_origins": "ngo"}, "embed_origins"),
    "a fee above ten per cent": ({"fee_percent": "11"}, "fee_percent"),
    "a fee of no number": ({"fee_percent": "NaN"}, "fee_percent"),
    "an endless fee": ({"fee_percent": "Infinity"}, "fee_percent"),
    "a long text": ({"intro_fr": "x" * 8001}, "intro_fr"),
}


@pytest.mark.parametrize(("changed", "field"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_saved_is_refused_at_its_field_with_everything_typed(database, sign_in, form, changed, field):
    staff = sign_in(*EVERYTHING)

    answer = staff.post(f"/forms/{form.id}/edit", data=_typed(form, comment_fr="kept", **changed))

    assert answer.status_code == 422
    assert "data-error-summary" in answer.text
    assert f'href="#{field}' in answer.text
    assert "Bonjour **vous**" in answer.text or field == "intro_fr"
    assert _one(database, form.slug).name == form.name


def test_whoever_saves_over_a_newer_version_sees_their_own_words_and_may_insist(database, sign_in, form):
    staff = sign_in(*EVERYTHING)
    staff.post(f"/forms/{form.id}/edit", data=_typed(form, name="Theirs"))

    late = staff.post(f"/forms/{form.id}/edit", data=_typed(form, name="Mine"))
    version = re.search(r'name="version" value="(\d+)"', late.text).group(1)
    insisting = staff.post(f"/forms/{form.id}/edit", data=_typed(form, name="Mine", version=version))

    assert late.status_code == 422
    assert "Somebody else" in late.text
    assert 'value="Mine"' in late.text
    assert insisting.status_code == 303
    assert _one(database, form.slug).name == "Mine"


def test_a_form_is_closed_and_published_with_a_button(database, sign_in, form):
    staff = sign_in(*EVERYTHING)

    assert staff.post(f"/forms/{form.id}/close").status_code == 303
    assert _one(database, form.slug).status is FormStatus.CLOSED
    assert staff.post(f"/forms/{form.id}/close").status_code == 409
    assert staff.post(f"/forms/{form.id}/publish").status_code == 303
    assert _one(database, form.slug).status is FormStatus.PUBLISHED


def test_the_link_comes_as_a_code_for_the_page_and_for_print(sign_in, form):
    staff = sign_in(*EVERYTHING)

    drawn, printed = staff.get(f"/forms/{form.id}/code.svg"), staff.get(f"/forms/{form.id}/code.png")

    assert drawn.content_type == "image/svg+xml"
    assert b"style=" not in drawn.data
    assert printed.data.startswith(b"\x89PNG")
    assert f"{form.slug}.png" in printed.headers["Content-Disposition"]
    assert staff.get(f"/forms/{form.id}/code.exe").status_code == 404


def test_the_page_of_a_form_offers_its_frame_to_the_sites_it_names(sign_in, form):
    page = sign_in(*EVERYTHING).get(f"/forms/{form.id}").text

    assert f"http://localhost/give/{form.slug}/embed" in page
    assert "https://ngo.example" in page


def test_markdown_is_shown_safely_while_it_is_typed(sign_in):
    answer = sign_in("forms.edit").post("/forms/words", data={"intro_fr": "**Oui** <script>alert(1)</script>"})

    assert "<strong>Oui</strong>" in answer.text
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    "path", ["/forms/999", "/forms/0", "/forms/99999999999999999999", "/forms/x", "/forms/1/code."]
)
def test_forms_that_are_not_there_are_not_found(sign_in, path):
    assert sign_in(*EVERYTHING).get(path).status_code == 404


def test_new_words_of_a_consent_are_a_new_version_and_the_old_ones_stay(database, db, sign_in):
    old = publish_wording(db, WordingDetails(purpose="news", channel=Channel.EMAIL, texts={"en": "Yes"}), actor=SYSTEM)
    db.commit()
    staff = sign_in(*EVERYTHING)

    begun = staff.get(f"/wordings/new?like={old.id}")
    answer = staff.post("/wordings/new", data={"purpose": "news", "channel": "email", "text_en": "Yes, please"})

    assert ">Yes</textarea>" in begun.text.replace("\n", "").replace("\r", "")
    assert answer.status_code == 303
    with database.reading() as looking:
        kept = looking.scalars(select(ConsentWording).order_by(ConsentWording.version)).all()
    of_news = [(each.version, each.is_current, each.text("en")) for each in kept if each.purpose == "news"]
    assert of_news[-2:] == [(old.version, False, "Yes"), (old.version + 1, True, "Yes, please")]
    assert "Yes, please" in staff.get("/wordings/").text


@pytest.mark.parametrize(
    "typed",
    [
        {"purpose": "", "channel": "email", "text_en": "x"},
        {"purpose": "News Letter", "channel": "email", "text_en": "x"},
        {"purpose": "news", "channel": "pigeon", "text_en": "x"},
        {"purpose": "news", "channel": "email"},
        {"purpose": "news", "channel": "email", "text_en": "x" * 601},
    ],
)
def test_words_that_say_nothing_are_refused(sign_in, typed):
    assert sign_in(*EVERYTHING).post("/wordings/new", data=typed).status_code == 422


MORE = {
    "currency_1": "JPY", "presets_once_1": "3000, 8000", "presets_recurring_1": "1500", "smallest_1": "500",
    "largest_1": "800000", "fee_fixed_1": "40",
    "currency_2": "KWD", "presets_once_2": "5, 10.500", "presets_recurring_2": "", "smallest_2": "1",
    "largest_2": "2000", "fee_fixed_2": "",
}  # fmt: skip


def test_a_form_takes_further_currencies_each_with_its_own_amounts(database, sign_in, form):
    staff = sign_in(*EVERYTHING)
    assert staff.post(f"/forms/{form.id}/edit", data=_typed(form, **MORE)).status_code == 303

    made = _one(database, form.slug)
    assert [terms.currency for terms in made.terms] == ["EUR", "JPY", "KWD"]
    assert made.terms[1].presets_once == [3000, 8000]
    assert (made.terms[2].presets_once, made.terms[2].smallest_minor) == ([5000, 10_500], 1000)
    page = staff.get(f"/forms/{form.id}").text
    assert "¥3,000" in page
    editor = staff.get(f"/forms/{form.id}/edit").text
    assert 'name="currency_3"' in editor
    assert 'name="currency_4"' not in editor
    assert 'value="10.500"' not in editor or "10.5" in editor

    without = _typed(made, **{**MORE, "currency_1": ""})
    assert staff.post(f"/forms/{form.id}/edit", data=without).status_code == 303
    assert [terms.currency for terms in _one(database, form.slug).terms] == ["EUR", "KWD"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"currency_2": "JPY"}, {"currency_1": "EUR"}, {"currency_1": "XXX"}, {"smallest_1": "0"}, {"smallest_1": ""},
        {"largest_1": "400"}, {"presets_once_1": "100"}, {"presets_once_1": "3000, 3000"}, {"presets_once_2": "5.005"},
        {"presets_once_1": "10.5"}, {"fee_fixed_1": "-1"}, {"fee_fixed_1": "900000"},
    ],
)  # fmt: skip
def test_amounts_that_cannot_be_in_a_currency_are_refused_and_nothing_changes(database, sign_in, form, wrong):
    answer = sign_in(*EVERYTHING).post(f"/forms/{form.id}/edit", data=_typed(form, **{**MORE, **wrong}))

    assert answer.status_code == 422
    assert _one(database, form.slug).more_currencies == []

"""What the components promise to every page: labels, hints and errors tied to fields, lists that keep their roles."""

from types import SimpleNamespace
from xml.etree.ElementTree import Element

import html5lib
import pytest
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, RadioField, StringField
from wtforms.validators import DataRequired

from app.kernel.i18n import speaking
from app.web.application import Application
from app.web.fields import CheckboxesField, CountryField, LongTextField, MoneyField, offered

pytestmark = pytest.mark.db


class GiftForm(Form):
    """One field of each kind that renders in its own way."""

    name = StringField("Name", [DataRequired()], description="As on the receipt.")
    amount = MoneyField("Amount", currency="NPR")
    method = RadioField("Method", choices=offered([("cash", "Cash"), ("card", "Card")]), default="cash")
    languages = CheckboxesField("Languages", choices=offered([("fr", "French"), ("ne", "Nepali")]))
    country = CountryField("Country")
    note = LongTextField("Note")
    anonymous = BooleanField("Hide my name", description="Only from the public page.")


def rendered(app: Application, template: str, **values: object) -> Element:
    """The element tree of a template rendered in the real environment, parsed strictly."""
    with app.test_request_context("/"):
        text = app.jinja_env.from_string(template).render(**values)
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree: Element = parser.parse(f"<!doctype html><title>t</title><body>{text}")
    return tree


def form_page(app: Application, *fields: str, typed: dict[str, str] | None = None) -> Element:
    """The named fields of a gift form, after sending what was typed (if anything was)."""
    form = GiftForm(MultiDict(typed)) if typed is not None else GiftForm()
    if typed is not None:
        form.validate()
    calls = "{% from 'components/forms.html' import form_errors, fields %}{{ form_errors(form) }}"
    return rendered(app, calls + "{{ fields(form, *names) }}", form=form, names=fields)


def test_a_field_has_its_label_its_hint_and_a_required_mark(app: Application) -> None:
    page = form_page(app, "name")
    control = page.find(".//input[@id='name']")
    assert control is not None
    assert page.find(".//label[@for='name']/span[@class='required-mark']") is not None
    assert control.get("aria-describedby") == "name-hint"
    assert control.get("aria-invalid") is None
    hint = page.find(".//p[@id='name-hint']")
    assert hint is not None
    assert hint.text == "As on the receipt."


def test_a_refused_field_says_why_and_the_summary_leads_to_it(app: Application) -> None:
    page = form_page(app, "name", typed={"name": " "})
    control = page.find(".//input[@id='name']")
    assert control is not None
    assert control.get("aria-invalid") == "true"
    assert control.get("aria-describedby") == "name-hint name-error"
    assert page.find(".//p[@id='name-error']") is not None
    summary = page.find(".//div[@role='alert']")
    assert summary is not None
    link = summary.find(".//a[@href='#name']")
    assert link is not None
    assert link.text == "Name: This field is required."


def test_the_summary_sets_a_colon_as_the_language_does(app: Application) -> None:
    with speaking("fr"):
        summary = form_page(app, "name", typed={"name": " "}).find(".//div[@role='alert']")
    assert summary is not None
    link = summary.find(".//a[@href='#name']")
    assert link is not None
    assert (link.text or "").startswith("Name\u00a0: ")


def test_a_form_in_order_shows_no_summary(app: Application) -> None:
    assert form_page(app, "name").find(".//div[@role='alert']") is None


def test_an_amount_is_typed_with_the_phones_number_keys_and_shows_its_currency(app: Application) -> None:
    page = form_page(app, "amount")
    control = page.find(".//input[@id='amount']")
    suffix = page.find(".//span[@class='affix']")
    assert control is not None
    assert suffix is not None
    assert control.get("inputmode") == "decimal"
    assert suffix.text == "NPR"


@pytest.mark.parametrize(("name", "kind"), [("method", "radio"), ("languages", "checkbox")])
def test_choices_are_a_named_group_of_labelled_boxes(app: Application, name: str, kind: str) -> None:
    page = form_page(app, name, typed={"name": "x", "method": "card", "languages": "ne"})
    group = page.find(f".//fieldset[@id='{name}']")
    assert group is not None
    assert group.find("legend") is not None
    boxes = group.findall(f".//label/input[@type='{kind}']")
    assert [box.get("id") for box in boxes] == [f"{name}-0", f"{name}-1"]
    assert ["checked" in box.attrib for box in boxes] == [False, True]


@pytest.mark.parametrize(
    ("name", "tag", "look"),
    [("name", "input", "input"), ("country", "select", "select"), ("note", "textarea", "textarea")],
)
def test_each_kind_of_control_has_its_own_look(app: Application, name: str, tag: str, look: str) -> None:
    control = form_page(app, name).find(f".//{tag}[@id='{name}']")
    assert control is not None
    assert control.get("class") == look


def test_a_yes_or_no_stands_in_its_label_with_its_hint(app: Application) -> None:
    box = form_page(app, "anonymous").find(".//label/input[@type='checkbox']")
    assert box is not None
    assert box.get("aria-describedby") == "anonymous-hint"


def test_a_list_keeps_its_roles_when_it_is_shown_as_cards(app: Application) -> None:
    page = rendered(
        app,
        "{% from 'components/tables.html' import table, row, cell, main_cell %}"
        "{% call table('Gifts', ['Donor', {'label': 'Amount', 'sort_url': '?s', 'sorted': 'descending'}]) %}"
        "{% call row() %}{% call main_cell() %}Sita{% endcall %}{{ cell('Amount', '5 €', 'num') }}{% endcall %}"
        "{% endcall %}",
    )
    heading = page.find(".//th[@role='columnheader'][@aria-sort='descending']")
    value = page.find(".//td[@role='cell']")
    assert page.find(".//table[@role='table']/caption") is not None
    assert heading is not None
    assert heading.find("a") is not None
    assert value is not None
    assert value.get("data-label") == "Amount"


def test_names_cannot_smuggle_markup_into_initials_menus_or_charts(app: Application) -> None:
    page = rendered(
        app,
        "{% from 'components/avatar.html' import person %}{% from 'components/buttons.html' import copy_button %}"
        "{% from 'components/chart.html' import chart %}{{ person(evil, '/x', evil) }}{{ copy_button(evil) }}"
        "{% call chart('c', evil, {'labels': [evil], 'series': []}) %}<p>figures</p>{% endcall %}",
        evil="<img src=x onerror='alert(1)'> \" onclick=\"x",
    )
    assert page.find(".//img") is None
    assert not [one for one in page.iter() if "onclick" in one.attrib]


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Éloïse d’Hérouville", "ÉH"), ("Jean-François O’Connor", "JO"), ("राम बहादुर", "रा"), ("Plan", "P"), ("", "")],
)
def test_initials_suit_french_and_nepali_names(app: Application, name: str, initials: str) -> None:
    page = rendered(app, "{% from 'components/avatar.html' import avatar %}{{ avatar(name) }}", name=name)
    shown = page.find(".//span[@aria-hidden='true']")
    assert shown is not None
    assert (shown.text or "").strip() == initials


def test_a_page_by_key_leads_on_and_back_and_an_empty_one_nowhere(app: Application) -> None:
    template = "{% from 'components/pagination.html' import pager %}{{ pager(page) }}"
    page = SimpleNamespace(rows=[1, 2], total=2, first_url="?", previous_url="?after=b", next_url="?after=c")
    links = {link.get("rel"): link.get("href") for link in rendered(app, template, page=page).findall(".//a")}
    assert links == {None: "?", "prev": "?after=b", "next": "?after=c"}
    assert rendered(app, template, page=SimpleNamespace(rows=[])).find(".//nav") is None


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 422, 429, 500, 503])
def test_every_error_page_says_what_to_do_and_which_request_it_was(app: Application, status: int) -> None:
    with app.test_request_context("/"):
        template = app.jinja_env.get_template(f"errors/{status}.html")
        app.update_template_context(values := {"message": None, "request_id": "7f3a", "shell": False})
        text = template.render(values)
    page = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    assert page.find(".//main//h1") is not None
    quoted = page.find(".//main//code")
    assert quoted is not None
    assert quoted.text == "7f3a"

"""Whatever is typed into a form is cleaned and bounded, or refused with words that help; nothing breaks it."""

from datetime import date

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form
from wtforms.validators import InputRequired

from app.kernel.i18n import speaking
from app.kernel.money import Money
from app.web.fields import (
    AtLeast,
    CheckboxesField,
    CountryField,
    DayField,
    Email,
    LongTextField,
    MoneyField,
    TextField,
    offered,
)


class Everything(Form):
    name = TextField(longest=20)
    story = LongTextField(longest=50)
    day = DayField()
    amount = MoneyField(validators=[AtLeast(500)], currency="EUR")
    email = TextField(validators=[Email()])
    country = CountryField()
    colours = CheckboxesField(choices=offered([("red", "Red"), ("blue", "Blue")]))


def field(name, *typed):
    form = Everything(MultiDict([(name, each) for each in typed]))
    form.validate()
    return form[name]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Éloïse ", "Éloïse"), ("Ra\x00m", "Ram"), ("\u202eRam\u202c", "Ram"), ("e\u0301", "é"),
        ("Ram\r\nBcc: x", "Ram Bcc: x"), ("\ufeff\u200b", ""), ("x" * 20, "x" * 20), ("<b>", "<b>"),
    ],
)  # fmt: skip
def test_a_line_of_text_is_one_clean_line(typed, kept):
    found = field("name", typed)

    assert (found.data, list(found.errors)) == (kept, [])


@pytest.mark.parametrize("typed", ["x" * 21, "राम " * 10, "x" * 1_000_000])
def test_a_line_that_is_too_long_is_refused(typed):
    assert field("name", typed).errors


def test_a_text_of_several_lines_keeps_them():
    assert field("story", " one\ntwo\x00 ").data == "one\ntwo"
    assert field("story", "x" * 1_000_000).errors


@pytest.mark.parametrize(
    ("typed", "day"), [("2026-02-28", date(2026, 2, 28)), ("1900-01-01", date(1900, 1, 1)), ("", None)]
)
def test_a_day_is_read(typed, day):
    assert field("day", typed).data == day


@pytest.mark.parametrize(
    "typed", ["2026-02-30", "1899-12-31", "2201-01-01", "0026-02-28", "28/02/2026", "yesterday", "2026-02-28\x00"]
)
def test_a_day_that_nobody_means_is_refused(typed):
    assert field("day", typed).errors


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Asha@Example.ORG", "Asha@example.org"), (" a@example.org ", "a@example.org"),
        ("éloïse@planète.example.org", "éloïse@planète.example.org"),
    ],
)  # fmt: skip
def test_an_address_is_kept_as_it_is_meant(typed, kept):
    found = field("email", typed)

    assert (found.data, list(found.errors)) == (kept, [])


@pytest.mark.parametrize(
    "typed",
    ["", "asha", "a@b", "a@@example.org", "a b@example.org", "a@example.org, b@example.org", "x" * 400 + "@example.org",
     "a@example.org\r\nBcc: b", "<a@example.org>", "a@[127.0.0.1]", "\x00"],
)  # fmt: skip
def test_what_can_be_no_address_is_refused(typed):
    assert field("email", typed).errors


def test_an_address_that_was_never_sent_is_refused_too():
    assert not Everything(MultiDict()).validate()


@pytest.mark.parametrize(("typed", "errors"), [("4.99", 1), ("5", 0), ("-10", 1), ("", 0)])
def test_an_amount_is_not_less_than_the_least(typed, errors):
    assert len(field("amount", typed).errors) == errors


def test_an_amount_is_shown_as_it_was_typed_or_as_the_language_writes_it():
    assert field("amount", " 12,5 euros ")._value() == " 12,5 euros "
    form = Everything(amount=Money(125050, "EUR"))
    assert form.amount._value() == "1250.50"
    with speaking("fr"):
        assert form.amount._value() == "1250,50"
        again = Everything(MultiDict({"amount": form.amount._value()}))
    assert again.amount.data == Money(125050, "EUR")
    assert Everything().amount._value() == ""


def test_the_keyboard_of_a_phone_shows_figures_for_an_amount():
    assert 'inputmode="decimal"' in Everything().amount()


@pytest.mark.parametrize(("typed", "errors"), [("FR", 0), ("NP", 0), ("", 0), ("XX", 1), ("fr", 1), ("F\x00", 1)])
def test_a_country_is_one_of_those_there_are(typed, errors):
    assert len(field("country", typed).errors) == errors


def test_countries_are_named_in_the_readers_language():
    with speaking("fr"):
        assert ("NP", "Népal") in [(choice.value, choice.label) for choice in Everything().country.choices]


@pytest.mark.parametrize(
    ("typed", "data", "is_refused"),
    [(["red", "blue"], ["red", "blue"], False), ([], [], False), (["green"], ["green"], True)],
)
def test_of_several_choices_any_may_be_taken_but_no_others(typed, data, is_refused):
    found = field("colours", *typed)

    assert (found.data, bool(found.errors)) == (data, is_refused)


class Needed(Form):
    name = TextField(validators=[InputRequired("Needed")])
    story = LongTextField(validators=[InputRequired("Needed")])
    amount = MoneyField(validators=[InputRequired("Needed")])
    day = DayField(validators=[InputRequired("Needed")])


@pytest.mark.parametrize("typed", ["", "   ", "\x00", "\u200b", "\r\n", None])
def test_a_needed_answer_that_nobody_can_see_is_missed(typed):
    form = Needed(MultiDict({} if typed is None else dict.fromkeys(["name", "story", "amount", "day"], typed)))

    assert not form.validate()
    assert set(form.errors) == {"name", "story", "amount", "day"}

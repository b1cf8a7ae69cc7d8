"""Gifts of every sort: for a company, in memory of somebody, with the fees, of an own amount."""

from io import BytesIO

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.journeys.conftest import Visit
from tests.journeys.donors import Donor, fill_in, give, open_form, pay, send
from tests.ledgers import amounts_given
from tests.stack import Stack, eventually

pytestmark = pytest.mark.browser


def test_a_company_gets_a_receipt_in_its_own_name(visit: Visit, stack: Stack) -> None:
    workshop = Donor(
        "Luc", "Menuisier", "250", opens="Company, dedication",
        ticks=("I give for a company or an association",),
        more={"Company or organisation": "Menuiserie Sorel", "Legal form": "SARL", "SIREN number": "999 999 881"},
    )  # fmt: skip
    desktop = visit()
    give(desktop, stack, workshop)
    pdf = stack.attachment(stack.wait_for_mail(workshop.email, "thank you"))
    assert "Menuiserie Sorel" in PdfReader(BytesIO(pdf)).pages[0].extract_text()


def test_whoever_is_named_in_a_tribute_hears_of_it_but_not_of_the_amount(visit: Visit, stack: Stack) -> None:
    told = "ruth.dedicace@exemple.example"
    oliver = Donor(
        "Oliver", "Dédicace", "100", opens="Company, dedication", receipt=False,
        ticks=("In memory of",),
        more={"Name of this person": "Anne Whitfield", "Whom shall we tell": "Ruth", "Their e-mail": told,
              "A message for them": "She loved the mountains."},
    )  # fmt: skip
    phone = visit("phone")
    give(phone, stack, oliver)
    mail = stack.wait_for_mail(told, "in memory of Anne Whitfield")
    assert "She loved the mountains." in mail["text"]
    assert "100" not in mail["text"]
    assert "You gave in memory of Anne Whitfield" in stack.wait_for_mail(oliver.email)["text"]


def test_covering_the_fees_adds_what_the_button_says(visit: Visit, stack: Stack) -> None:
    fanny, phone = Donor("Fanny", "Généreuse", "50", ticks=("Add €1.02",)), visit("phone")
    opened = open_form(phone, stack, fanny)
    fill_in(phone.page, fanny)
    expect(phone.page.locator("#give button")).to_have_text("Give €51.02")
    send(phone.page, opened)
    pay(phone.page)
    expect(phone.page.get_by_text("€51.02")).to_be_visible()
    eventually(lambda: amounts_given(stack, fanny.email) == [51_02], "the gift with its fees")


def test_an_own_amount_is_held_against_the_bounds_of_the_form(visit: Visit, stack: Stack) -> None:
    max_, desktop = Donor("Max", "Propre", "Other amount", more={"Other amount": "0.50"}), visit()
    desktop.forgive("422")
    opened = open_form(desktop, stack, max_)
    fill_in(desktop.page, max_)
    send(desktop.page, opened)
    expect(desktop.page.get_by_role("alert")).to_contain_text("The least that can be given here is €1")
    desktop.look("give-refused")

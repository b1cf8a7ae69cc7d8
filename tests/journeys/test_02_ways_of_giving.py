"""Every way of giving: by direct debit, month after month, for a company, in memory of somebody, with the fees."""

from io import BytesIO

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.journeys.accounts import amounts_given
from tests.journeys.conftest import Visit
from tests.journeys.donors import DEBIT, DEBIT_FAILS, Donor, fill_in, give, open_form, pay, send
from tests.journeys.stack import Stack, eventually

pytestmark = pytest.mark.browser


def test_a_direct_debit_is_on_its_way_and_then_received_or_refused(visit: Visit, stack: Stack) -> None:
    good, bad = Donor("Sylvie", "Prélèvement", "250"), Donor("Sylvain", "Rejeté", "20", receipt=False)
    phone = visit("phone")
    page = give(phone, stack, good, DEBIT)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you! Your gift is on its way")
    phone.look("on-its-way")
    assert not stack.wait_for_mail(good.email, "on its way")["attachments"]
    give(visit(), stack, bad, DEBIT_FAILS)
    stack.wait_for_mail(bad.email, "on its way")
    assert amounts_given(stack, good.email) == []
    stack.advance(6)
    assert stack.attachment(stack.wait_for_mail(good.email, "thank you")).startswith(b"%PDF")
    stack.wait_for_mail(bad.email, "did not go through")
    assert amounts_given(stack, good.email) == [250_00]
    assert amounts_given(stack, bad.email) == []
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, Sylvie!")


def test_ten_euros_a_month_come_now_and_again_after_a_month(visit: Visit, stack: Stack) -> None:
    claire, phone = Donor("Claire", "Mensuelle", "10", frequency="Monthly"), visit("phone")
    page = give(phone, stack, claire)
    expect(page.get_by_text("each month")).to_be_visible()
    phone.look("thanks-monthly")
    stack.wait_for_mail(claire.email, "regular gift of €10")
    assert amounts_given(stack, claire.email) == [10_00]
    stack.advance(32)
    eventually(lambda: amounts_given(stack, claire.email) == [10_00, 10_00], "the second month's gift")
    eventually(lambda: len(stack.mails(claire.email)) == 2, "the second month's mail")


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

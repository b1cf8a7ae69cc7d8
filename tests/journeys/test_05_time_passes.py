"""What takes days or comes again: direct debits, monthly gifts. From here on the payment service's clock is ahead."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.donors import DEBIT, DEBIT_FAILS, Donor, give
from tests.ledgers import amounts_given
from tests.stack import Stack, eventually

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

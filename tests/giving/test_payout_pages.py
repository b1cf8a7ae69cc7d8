"""The pages of payouts: what came to the bank and what it was made of, for whoever keeps the books."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from app.giving.models import Gift, GivingForm
from app.giving.services.submissions import SubmissionDetails, submit_gift
from app.giving.tax_rates import DonorKind
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.money import Money
from app.payments.flows import CheckoutWords, open_checkout_page
from app.payments.models import Payout, PayoutLine
from app.web.application import Application
from sandbox import money_movements
from tests.factories.giving import DONOR, french_organisation, make_form
from tests.sandbox_world import SandboxWorld

pytestmark = pytest.mark.db
PARTS = ("Amount", "Fee", "Net")
WORDS = CheckoutWords(description="A gift", success_url="http://localhost/t", cancel_url="http://localhost/g")


@pytest.fixture
def world(app: Application) -> Iterator[SandboxWorld]:
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        french_organisation(db)
        make_form(db)
    with SandboxWorld(app) as made:
        yield made


def give(app: Application, world: SandboxWorld, minor: int = 5000, name: str = "Jeanne") -> None:
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        form = db.scalars(select(GivingForm)).one()
        details = SubmissionDetails(
            page_key=f"page{minor}{name}", donor_kind=DonorKind.PERSON, language="fr", gift=Money(minor, "EUR"),
            fee_cover=Money(0, "EUR"), fund_id=form.funds[0].fund_id, is_test=True,
            answers={**DONOR, "given_name": name, "email": f"{minor}@example.org"},
        )  # fmt: skip
        checkout_id = submit_gift(db, form, details, actor=SYSTEM).checkout_id
    assert checkout_id is not None
    world.pay(open_checkout_page(app.work, checkout_id, WORDS, actor=SYSTEM))
    world.deliver()


def stranger(world: SandboxWorld, amount: int = 4000) -> None:
    """A sale of somebody else in the same account at the gateway."""
    there = world.sandbox.world
    with there.store.transaction():
        money_movements.record(there, "charge", {"id": "ch_of_another_shop"}, amount=amount, fee=85)


@pytest.fixture
def payout(app: Application, world: SandboxWorld) -> Payout:
    give(app, world, 5000, "Jeanne")
    give(app, world, 7000, "=cmd|' /C calc'!A1")
    stranger(world)
    world.pay_out()
    world.deliver()
    with app.database.reading() as db:
        return db.scalars(select(Payout)).one()


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))).replace("\xa0", " ")


def the_stranger(app: Application) -> PayoutLine:
    with app.database.reading() as db:
        return db.scalars(select(PayoutLine).where(PayoutLine.source == "ch_of_another_shop")).one()


def test_the_list_says_how_many_payments_and_what_nobody_can_explain(sign_in, payout) -> None:
    shown = text_of(sign_in().get("/payouts/"))
    assert "€156.85" in shown
    assert "1 not explained" in shown
    assert re.search(r"1 not explained 3 €156.85", shown), shown


def test_a_payout_adds_up_before_the_readers_eyes(app, sign_in, payout) -> None:
    client = sign_in()
    shown = text_of(client.get(f"/payouts/{payout.id}"))
    assert re.search(r"Payment × 3 €160.00 Fee − €3.15 Payout = €156.85", shown), shown
    assert "1 line is not explained." in shown
    assert "Jeanne" in shown
    with app.database.reading() as db:
        gift = db.scalars(select(Gift).where(Gift.amount_minor == 5000)).one()
    page = client.get(f"/payouts/{payout.id}?shown=payment").get_data(as_text=True)
    assert f'href="/gifts/{gift.id}"' in page
    assert f'href="/contacts/{gift.contact_id}"' in page
    assert f'href="/payouts/{payout.id}"' in client.get(f"/gifts/{gift.id}").get_data(as_text=True)
    assert client.get("/payouts/999").status_code == 404


def test_what_leaves_is_below_nought_with_one_sign_on_the_whole_page(sign_in, payout) -> None:
    shown = text_of(sign_in().get(f"/payouts/{payout.id}"))

    assert "−€0.85" in shown
    assert not re.search(r"-\s?€", shown)


def test_long_payouts_are_read_page_by_page(app, world, sign_in) -> None:
    for number in range(60):
        stranger(world, 1000 + number)
    world.pay_out()
    world.deliver()
    client = sign_in()
    page = client.get("/payouts/unexplained").get_data(as_text=True)
    assert page.count("ch_of_another_shop") == 50
    following = re.search(r'href="([^"]*after=[^"]*)"', client.get("/payouts/1?shown=payment").get_data(as_text=True))
    assert following is not None
    assert client.get(following[1].replace("&amp;", "&")).get_data(as_text=True).count("cell-main") == 10


def test_the_dashboard_asks_for_what_is_not_explained_until_it_is(app, sign_in, payout) -> None:
    client, line = sign_in(), the_stranger(app)
    assert "1 line of payouts is not explained" in text_of(client.get("/dashboard"))
    assert client.post(f"/payouts/lines/{line.id}", data={"explanation": " "}).status_code == 422
    answer = client.post(f"/payouts/lines/{line.id}", data={"explanation": "The shop"}, follow_redirects=True)
    assert "Explained." in text_of(answer)
    assert f'action="/payouts/lines/{line.id}/take-back"' in answer.get_data(as_text=True)
    assert "not explained" not in text_of(client.get("/dashboard"))
    assert "The shop" in text_of(client.get(f"/payouts/{payout.id}"))
    second = client.post(f"/payouts/lines/{line.id}", data={"explanation": "Another"})
    assert second.status_code == 422
    assert the_stranger(app).explanation == "The shop"
    client.post(f"/payouts/lines/{line.id}/take-back")
    assert "1 line of payouts is not explained" in text_of(client.get("/dashboard"))


def test_looking_again_says_what_came_of_it(app, sign_in, payout, world) -> None:
    client, line = sign_in(), the_stranger(app)
    answer = client.post(f"/payouts/lines/{line.id}/look", follow_redirects=True)
    assert "Nothing of ours was found" in text_of(answer)
    world.knobs(error_rate_500=1.0)
    answer = client.post(f"/payouts/lines/{line.id}/look", follow_redirects=True)
    assert "did not answer this time" in text_of(answer)


def test_the_accountant_gets_every_line_and_no_formula(app, sign_in, payout) -> None:
    answer = sign_in().post(f"/payouts/{payout.id}/export", data={"file": "csv"})
    assert answer.headers["Content-Disposition"] == f"attachment; filename=payout-{payout.id}.csv"
    assert answer.headers["Cache-Control"] == "no-store"
    text = answer.get_data(as_text=True)
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text[1:])))
    assert len(rows) == 3
    assert sum(round(float(row["Net (EUR)"]) * 100) for row in rows) == payout.amount_minor
    for amount, fee, net in ([round(float(row[f"{part} (EUR)"]) * 100) for part in PARTS] for row in rows):
        assert fee < 0
        assert amount + fee == net
    donors = {row["Donor"] for row in rows}
    assert any(name.startswith("'=cmd|") for name in donors)
    assert "" in donors
    with app.database.reading() as db:
        (noted,) = db.scalars(select(AuditEntry).where(AuditEntry.action == "payout.exported"))
    assert (noted.record_id, noted.changes) == (payout.id, {"file_kind": "csv"})


def test_french_accountants_get_commas_between_semicolons(sign_in, payout) -> None:
    client = sign_in(language="fr")
    text = client.post(f"/payouts/{payout.id}/export", data={"file": "csv"}).get_data(as_text=True)
    rows = list(csv.reader(io.StringIO(text[1:]), delimiter=";"))
    assert {"49,00", "68,70", "39,15"} <= {cell for row in rows for cell in row}


def test_for_excel_amounts_are_figures_and_days_are_days(sign_in, payout) -> None:
    answer = sign_in().post(f"/payouts/{payout.id}/export", data={"file": "xlsx"})
    sheet = load_workbook(io.BytesIO(answer.data)).active
    rows = list(sheet.iter_rows(values_only=True))
    nets = [row[rows[0].index("Net (EUR)")] for row in rows[1:]]
    assert sorted(nets) == [39.15, 49, 68.7]
    assert rows[1][1].date() <= payout.created_at.date() + timedelta(days=1)


def test_who_may_only_read_explains_nothing(app, sign_in, payout) -> None:
    client, line = sign_in("gifts.read"), the_stranger(app)
    assert client.get(f"/payouts/{payout.id}").status_code == 200
    assert client.get("/payouts/unexplained").status_code == 200
    assert client.get(f"/payouts/lines/{line.id}").status_code == 403
    for deed in ("", "/look", "/take-back"):
        assert client.post(f"/payouts/lines/{line.id}{deed}", data={"explanation": "x"}).status_code == 403
    assert sign_in("contacts.read").get("/payouts/").status_code == 403
    assert the_stranger(app).explanation == ""

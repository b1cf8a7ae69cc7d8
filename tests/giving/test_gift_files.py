"""Gifts taken out as a file: what an accountant finds in it, who may have it, and that each gift stands in it once."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, select

from app.currencies.rules import convert
from app.currencies.services import RateDetails, add_rate, correct_rate
from app.giving.gift_files import GiftFile
from app.giving.models import Gift, GiftStatus, Receipt
from app.giving.queries import gift_lines
from app.giving.queries.gift_lines import wanted_for_file
from app.giving.queries.gifts import GiftFilter
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.money import Money
from app.kernel.organisation import the_organisation
from app.payments.models import Interval, Method
from tests.factories.contacts import make_contact
from tests.factories.funds import make_campaign, make_fund
from tests.factories.giving import (
    dispute_gift,
    french_organisation,
    make_form,
    make_offline_gift,
    make_online_gift,
    make_submission,
    refund_gift,
)

pytestmark = pytest.mark.db
CLERK = ("gifts.read", "gifts.export")
FRIDAY, SUNDAY = date(2026, 3, 6), date(2026, 3, 8)
WORDS = {each: each.value for each in (*Method, *GiftStatus)}
VALUE = "Value of what was kept (EUR)"
RATE, RATE_DAY = "Units of its currency for one euro", "Day of that rate"


def rate(db, units, currency="USD", day=FRIDAY):
    return add_rate(db, RateDetails(currency=currency, day=day, units=units, origin="A bank"), actor=SYSTEM)


def answered(client, address="/gifts/export", kind="csv"):
    answer = client.post(address, data={"file": kind})
    assert answer.status_code == 200, answer.status_code
    return answer


def rows_of(client, address="/gifts/export", delimiter=","):
    text = answered(client, address).get_data(as_text=True)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:]), delimiter=delimiter))


def test_a_gift_stands_there_with_all_an_accountant_asks_for(db, sign_in):
    french_organisation(db)
    schools, water = make_fund(db, name="Schools"), make_fund(db, name="Water")
    donor, campaign = make_contact(db, given_name="Maya", family_name="Adhikari"), make_campaign(db, name="Winter")
    shares = [(schools.id, Money(2000, "EUR")), (water.id, Money(500, "EUR"))]
    gift = make_offline_gift(
        db, donor, amount=Money(2500, "EUR"), shares=shares, campaign_id=campaign.id, bank_reference="000123",
        method=Method.CHEQUE,
    )  # fmt: skip
    receipt = db.scalars(select(Receipt)).one()
    db.commit()

    assert rows_of(sign_in(*CLERK)) == [{
        "Gift": str(gift.id), "Date": "2026-05-04", "Donor": "Maya Adhikari", "Number of the donor": str(donor.id),
        "Amount": "25.00", "Currency": "EUR", "Kept": "25.00", VALUE: "25.00", RATE: "", RATE_DAY: "",
        "State": "Received", "Disputed": "", "Test": "", "Method": "Cheque", "Fund": "Schools 20.00; Water 5.00",
        "Campaign": "Winter", "Giving form": "", "Reference": "000123", "Receipt": f"2026-{receipt.number:05d}",
        "Recurring gift": "",
    }]  # fmt: skip


def test_a_gift_given_online_says_by_which_form_payment_and_agreement_it_came(db, sign_in):
    form = make_form(db, name="School for all")
    submission = make_submission(db, form=form, interval=Interval.MONTH, is_test=True)
    gift = make_online_gift(db, submission, is_test=True)
    refund_gift(db, gift, 1000)
    dispute_gift(db, gift)
    db.commit()

    (row,) = rows_of(sign_in(*CLERK))

    assert (row["Giving form"], row["Reference"]) == ("School for all", gift.payments[0].payment.reference)
    assert (row["Recurring gift"], row["Test"], row["Disputed"]) == (str(gift.recurring_gift_id), "Yes", "Yes")
    assert (row["Amount"], row["Kept"], row[VALUE]) == ("50.00", "40.00", "40.00")
    assert row["Fund"] == form.funds[0].fund.name


def test_each_value_is_what_the_rates_of_its_day_make_of_it(db, sign_in):
    units = {"USD": "1.0921", "JPY": "161.32", "KWD": "0.3312"}
    for currency, each in units.items():
        rate(db, each, currency)
    amounts = [Money(5000, "USD"), Money(3333, "JPY"), Money(10_505, "KWD"), Money(1, "JPY"), Money(777, "EUR")]
    for amount in amounts:
        make_offline_gift(db, amount=amount, received_on=SUNDAY)
    db.commit()

    rows = rows_of(sign_in(*CLERK))

    assert [row["Amount"] for row in rows] == ["50.00", "3333", "10.505", "1", "7.77"]
    for row, amount in zip(rows, amounts, strict=True):
        used = units.get(amount.currency, "1")
        value = convert(amount, "EUR", from_rate=Decimal(used), to_rate=Decimal(1))
        assert Decimal(row[VALUE]) == value.to_decimal()
        assert (row[RATE], row[RATE_DAY]) == (("", "") if amount.currency == "EUR" else (used, "2026-03-06"))


def test_what_has_no_rate_has_no_value_until_there_is_one_and_a_corrected_one_counts(database, db, sign_in):
    make_offline_gift(db, amount=Money(5000, "USD"), received_on=SUNDAY)
    db.commit()
    client, seen = sign_in(*CLERK), []

    def look():
        (row,) = rows_of(client)
        seen.append((row["Kept"], row[VALUE], row[RATE]))

    look()
    with database.writing() as writing:
        act_as(writing, SYSTEM)
        wrong = rate(writing, "1.1")
    look()
    with database.writing() as writing:
        act_as(writing, SYSTEM)
        correct_rate(writing, writing.merge(wrong), "1.25", "Misread", actor=SYSTEM)
    look()

    assert seen == [("50.00", "", ""), ("50.00", "45.45", "1.1"), ("50.00", "40.00", "1.25")]


def test_an_organisation_that_counts_in_rupees_sees_both_rates(db, sign_in):
    the_organisation(db).currency = "NPR"
    rate(db, "1.0921")
    rate(db, "145.9", "NPR", SUNDAY)
    for currency in ("USD", "EUR", "NPR"):
        make_offline_gift(db, amount=Money(5000, currency), received_on=SUNDAY)
    db.commit()

    rows = rows_of(sign_in(*CLERK))

    names = (RATE, RATE_DAY, "NPR for one euro", "Day of the rate of NPR")
    assert [[row[name] for name in names] for row in rows] == [
        ["1.0921", "2026-03-06", "145.9", "2026-03-08"], ["", "", "145.9", "2026-03-08"], ["", "", "", ""],
    ]  # fmt: skip
    assert [row["Value of what was kept (NPR)"] for row in rows] == ["6679.79", "7295.00", "50.00"]


def test_for_excel_figures_are_figures_and_days_are_days(db, sign_in):
    rate(db, "1.0921")
    make_offline_gift(db, amount=Money(5000, "USD"), received_on=SUNDAY)
    make_offline_gift(db, amount=Money(3000, "JPY"), received_on=SUNDAY)
    db.commit()

    answer = answered(sign_in(*CLERK), kind="xlsx")

    assert answer.headers["Content-Disposition"] == "attachment; filename=gifts.xlsx"
    assert answer.headers["Cache-Control"] == "no-store"
    heads, *rows = load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True)
    dollars, yen = (dict(zip(heads, row, strict=True)) for row in rows)
    assert (dollars["Amount"], dollars[VALUE], dollars[RATE]) == (50, 45.78, 1.0921)
    assert (dollars["Date"].date(), dollars[RATE_DAY].date()) == (SUNDAY, FRIDAY)
    assert (yen["Amount"], yen[VALUE], yen["Currency"]) == (3000, None, "JPY")


def test_french_accountants_get_commas_and_nobody_a_formula(db, sign_in):
    rate(db, "1.0921")
    fund, other = make_fund(db, name="=cmd|' /C calc'!A1"), make_fund(db, name="Eau")
    donor = make_contact(db, given_name="", family_name="@SUM(A1)")
    shares = [(fund.id, Money(2000, "USD")), (other.id, Money(50, "USD"))]
    make_offline_gift(db, donor, amount=Money(2050, "USD"), shares=shares, received_on=SUNDAY, bank_reference="+1")
    db.commit()

    text = answered(sign_in(*CLERK, language="fr")).get_data(as_text=True)

    heads, row = csv.reader(io.StringIO(text[1:]), delimiter=";")
    assert len(heads) == len(row)
    assert {"20,50", "18,77", "1,0921", "'@SUM(A1)", "'+1", "'=cmd|' /C calc'!A1 20,00; Eau 0,50"} <= set(row)


@pytest.mark.parametrize("query", ["state=pending", "method=card", "origin=online", "q=jeanne", "since=2026-01-01"])
def test_the_filter_of_the_list_is_kept(db, sign_in, query):
    make_offline_gift(db, received_on=date(2025, 1, 1))
    make_online_gift(db)
    db.commit()
    client = sign_in(*CLERK)

    page = client.get(f"/gifts?{query}").text
    listed = page.count('class="row-link"')

    rows = rows_of(client, f"/gifts/export?{query}")
    assert len(rows) == listed
    assert {row["Donor"] for row in rows} <= {"Jeanne Moreau"}
    if listed:
        assert f'action="/gifts/export?{query}"' in page


@pytest.mark.parametrize(
    "query", ["since=never", "fund=999", "state=lost", "at_least=much", "method=%00", "campaign=x"]
)
def test_a_filter_that_makes_no_sense_gives_no_file(db, sign_in, query):
    make_offline_gift(db)
    db.commit()
    client = sign_in(*CLERK)

    answer = client.post(f"/gifts/export?{query}", data={"file": "csv"})

    assert (answer.status_code, answer.mimetype) == (422, "text/html")
    page = client.get(f"/gifts?{query}")
    assert page.status_code == 422
    assert page.text.count('disabled="disabled"') == 2
    assert not db.scalars(select(AuditEntry).where(AuditEntry.action == "gifts.exported")).all()


def test_the_file_takes_both_the_right_to_read_gifts_and_to_take_donors_out(db, sign_in):
    make_offline_gift(db)
    db.commit()

    for capabilities in (["gifts.read"], ["gifts.export"], ["contacts.export", "gifts.read"], ["contacts.read"]):
        assert sign_in(*capabilities).post("/gifts/export", data={"file": "csv"}).status_code == 403
    assert "/gifts/export" not in sign_in("gifts.read").get("/gifts").text
    assert "/gifts/export" in sign_in(*CLERK).get("/gifts").text


def test_who_took_out_how_many_is_written_down_without_names(db, sign_in):
    make_offline_gift(db, make_contact(db, family_name="Thapa"))
    db.commit()

    rows_of(sign_in(*CLERK), "/gifts/export?q=thapa&since=2026-01-01")

    entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "gifts.exported")).one()
    assert (entry.actor_name, entry.record_type) == ("Asha Gurung", "organisation")
    assert entry.changes == {"gifts": 1, "narrowed_by": ["q", "since"], "file_kind": "csv"}


def test_each_gift_stands_there_once_whatever_comes_or_moves_meanwhile(database, db, monkeypatch, upset_books):
    monkeypatch.setattr(gift_lines, "KEYS_AT_ONCE", 2)
    gifts = [make_offline_gift(db, received_on=date(2026, 5, day)).id for day in (4, 3, 2, 1, 5)]
    db.commit()
    wanted = wanted_for_file(db, GiftFilter())
    db.commit()

    lots = gift_lines.lots(database, wanted, "EUR")
    seen = [line.row.id for line in next(lots)[0]]
    with database.writing() as writing:
        act_as(writing, SYSTEM)
        make_offline_gift(writing, received_on=date(2026, 5, 3))
        moved = Gift.__table__.update().where(Gift.id.in_([gifts[0], gifts[4]]))
        writing.connection().execute(moved.values(received_on=date(2026, 5, 2)))
    seen += [line.row.id for lines, _rates in lots for line in lines]

    assert seen == sorted(gifts)


def test_a_lot_is_read_by_as_many_questions_however_many_gifts_there_are(app, database, db):
    rate(db, "1.0921")

    def ask(currency):
        make_offline_gift(db, amount=Money(5000, currency), received_on=SUNDAY)
        db.commit()
        wanted = wanted_for_file(db, GiftFilter())
        file, asked = GiftFile(wanted, "EUR", "", [""] * 20, WORDS, "Yes", "en"), []
        db.commit()

        def note(_connection, _cursor, statement, *_rest):
            if statement.startswith("SELECT"):
                asked.append(statement)

        event.listen(app.database.engine, "before_cursor_execute", note)
        "".join(file.lines(database))
        event.remove(app.database.engine, "before_cursor_execute", note)
        return asked

    euros = ask("EUR")
    assert (len(euros), any("exchange_rate" in each for each in euros)) == (5, False)
    assert len(ask("EUR")) == 5
    assert len(ask("USD")) == 6

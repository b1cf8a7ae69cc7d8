"""The table of rates: added, corrected, looked up, taken in from files; nothing is ever overwritten."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.currencies import importing
from app.currencies.ecb_files import Line, RateFile
from app.currencies.models import ExchangeRate, RateImport
from app.currencies.queries import converted, quote_on
from app.currencies.services import RateDetails, add_rate, correct_rate
from app.kernel.actors import SYSTEM
from app.kernel.audit import AuditEntry, act_as
from app.kernel.db import Database
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.kernel.text import make_token
from app.web.application import Application
from tests.conftest import SignIn

pytestmark = pytest.mark.db
FRIDAY, SUNDAY, MONDAY = date(2026, 3, 6), date(2026, 3, 8), date(2026, 3, 9)
FILE = b"Date,USD,JPY,BGN,\n2026-03-09,1.0921,157.50,1.9558,\n2026-03-06,1.0900,N/A,1.9558,\n"


def add(db: Session, units: str = "1.09", *, currency: str = "USD", day: date = FRIDAY) -> ExchangeRate:
    return add_rate(db, RateDetails(currency=currency, day=day, units=units, origin="A bank"), actor=SYSTEM)


def how_many(app: Application) -> int:
    with app.database.reading() as db:
        return db.scalar(select(func.count(ExchangeRate.id))) or 0


def test_a_day_takes_the_last_rate_before_it(db: Session) -> None:
    add(db, "1.09")
    add(db, "1.10", day=MONDAY)
    assert [quote_on(db, "USD", day) and str(quote_on(db, "USD", day).units_per_euro)  # type: ignore[union-attr]
            for day in (FRIDAY, SUNDAY, MONDAY)] == ["1.09", "1.09", "1.10"]  # fmt: skip


def test_there_is_none_before_the_first_nor_long_after_the_last(db: Session) -> None:
    add(db)
    assert quote_on(db, "USD", FRIDAY - timedelta(days=1)) is None
    assert quote_on(db, "USD", FRIDAY + timedelta(days=10)) is not None
    assert quote_on(db, "USD", FRIDAY + timedelta(days=11)) is None
    assert quote_on(db, "JPY", FRIDAY) is None
    assert converted(db, Money(100, "JPY"), "EUR", FRIDAY) is None


def test_two_others_meet_through_the_euro(db: Session) -> None:
    add(db, "1.0921")
    add(db, "145.9", currency="NPR")
    found = converted(db, Money(5000, "USD"), "NPR", SUNDAY)
    assert found is not None
    assert found.value == Money(667_979, "NPR")
    assert found.from_quote.day == FRIDAY
    assert found.from_quote.source == "hand"


def test_a_correction_is_a_further_row_with_a_reason(db: Session) -> None:
    wrong = add(db, "10.9")
    right = correct_rate(db, wrong, "1.09", "The point was in the wrong place", actor=SYSTEM)
    assert (right.version, wrong.units_per_euro) == (2, "10.9")
    assert quote_on(db, "USD", FRIDAY).units_per_euro == Decimal("1.09")  # type: ignore[union-attr]
    with pytest.raises(Refused, match="meanwhile"):
        correct_rate(db, wrong, "1.08", "Once more", actor=SYSTEM)
    db.commit()
    deeds = db.scalars(select(AuditEntry.action).where(AuditEntry.record_type == "exchange_rate")).all()
    assert {"exchange_rate.added", "exchange_rate.corrected"} <= set(deeds)


@pytest.mark.parametrize(
    ("details", "field"),
    [
        (("EUR", FRIDAY, "1"), "currency"), (("XXX", FRIDAY, "1"), "currency"), (("JPY", date(1990, 1, 1), "1"), "day"),
        (("JPY", date(2200, 1, 1), "1"), "day"), (("JPY", FRIDAY, "0"), "units"), (("JPY", FRIDAY, "-1"), "units"),
        (("JPY", FRIDAY, "1e9"), "units"), (("USD", FRIDAY, "1.2"), "day"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_rate_is_refused(db: Session, details: tuple[str, date, str], field: str) -> None:
    add(db)
    with pytest.raises(Refused) as refusal:
        add(db, details[2], currency=details[0], day=details[1])
    assert refusal.value.field == field


@pytest.mark.parametrize(("units", "reason", "field"), [("1.1", "", "reason"), ("1.0900", "Why not", "units"),
                                                        ("none", "Why not", "units")])  # fmt: skip
def test_what_is_no_correction_is_refused(db: Session, units: str, reason: str, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        correct_rate(db, add(db), units, reason, actor=SYSTEM)
    assert refusal.value.field == field


def bring(client: FlaskClient, content: bytes, name: str = "eurofxref-hist.csv") -> int:
    answer = client.post("/settings/currencies/import", data={"file": (BytesIO(content), name)})
    return answer.status_code


def test_a_file_with_a_name_that_no_database_holds_is_taken_in_all_the_same(app: Application, sign_in: SignIn) -> None:
    assert bring(sign_in(), FILE, "ra\0tes\u202e.csv") == 303
    with app.database.reading() as db:
        assert db.scalars(select(RateImport.file_name)).one() == "rates.csv"


def test_a_file_twice_changes_nothing(app: Application, sign_in: SignIn) -> None:
    client = sign_in()
    assert bring(client, FILE) == 303
    assert how_many(app) == 3
    assert bring(client, FILE) == 303
    assert how_many(app) == 3
    page = client.get("/settings/currencies/imports/2").get_data(as_text=True)
    assert "BGN" in page
    assert "1.0921" in client.get("/settings/currencies/").get_data(as_text=True)
    assert "European Central Bank" in client.get("/settings/currencies/USD").get_data(as_text=True)


def test_a_file_sent_twice_from_one_page_is_listed_once(app: Application, sign_in: SignIn) -> None:
    client = sign_in()
    (key,) = re.findall(r'name="key"[^>]* value="([^"]+)"', client.get("/settings/currencies/import").text)
    for _click in range(2):
        sent = {"key": key, "file": (BytesIO(FILE), "eurofxref-hist.csv")}
        answer = client.post("/settings/currencies/import", data=sent)
        assert answer.headers["Location"] == "/settings/currencies/imports/1"
    with app.database.reading() as db:
        assert db.scalar(select(func.count(RateImport.id))) == 1


def test_another_file_chosen_on_the_same_page_is_taken_in_too(app: Application) -> None:
    key = make_token()
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        files = [RateFile([Line("USD", day, "1.09")], []) for day in (FRIDAY, FRIDAY - timedelta(days=1))]
        made = [importing.begin_import(db, each, "day.csv", actor=SYSTEM, token=key) for each in [*files, *files]]
        assert made[0] is made[2] is not made[1] is made[3]
    assert how_many(app) == 2


def test_two_clicks_at_the_same_moment_take_a_file_in_once(app: Application) -> None:
    barrier, key = threading.Barrier(2), make_token()

    def click(_number: int) -> int:
        barrier.wait()
        with app.database.writing() as db:
            act_as(db, SYSTEM)
            lines = [Line("USD", FRIDAY, "1.09")]
            return importing.begin_import(db, RateFile(lines, []), "day.csv", actor=SYSTEM, token=key).id

    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(click, range(2)))) == 1


def test_what_differs_is_named_and_left(app: Application, sign_in: SignIn) -> None:
    with app.database.writing() as db:
        act_as(db, SYSTEM)
        add(db, "1.23")
    client = sign_in()
    assert bring(client, FILE) == 303
    page = client.get("/settings/currencies/imports/1").get_data(as_text=True)
    assert "1.23" in page
    assert "1.0900" in page
    with app.database.reading() as db:
        assert quote_on(db, "USD", FRIDAY).units_per_euro == Decimal("1.23")  # type: ignore[union-attr]


def test_junk_changes_nothing(app: Application, sign_in: SignIn) -> None:
    client = sign_in()
    for junk in (b"", b"Date,USD\n2026-03-09,1.1\n2026-03-06,junk\n", b"<a><b></a>", b"PK\x03\x04"):
        assert bring(client, junk) == 422
    assert client.post("/settings/currencies/import", data={}).status_code == 422
    assert how_many(app) == 0
    with app.database.reading() as db:
        assert db.scalar(select(func.count(RateImport.id))) == 0


def test_a_long_file_is_a_job_that_goes_on_where_it_was_left(
    app: Application, database: Database, run_jobs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 7)
    lines = [Line("USD", date(2025, 1, 1) + timedelta(days=day), f"1.{day + 1:04}") for day in range(30)]
    with database.writing() as db:
        act_as(db, SYSTEM)
        key = importing.begin_import(db, RateFile(lines, []), "long.csv", actor=SYSTEM).id
    assert how_many(app) == 0
    assert importing._next_part(app.work, key, lines)
    assert how_many(app) == 7
    run_jobs()
    importing.go_on(app.work, import_id=key)
    with database.reading() as db:
        made = db.get_one(RateImport, key)
        assert (made.done, made.added, made.differing, made.content) == (30, 30, 0, None)
        assert made.ended_at is not None
    assert how_many(app) == 30


def test_by_hand_on_the_pages(app: Application, sign_in: SignIn) -> None:
    client = sign_in()
    sent = {"currency": "KWD", "day": "2026-03-06", "units": "0,3362", "origin": "A bank"}
    assert client.post("/settings/currencies/new", data=sent).status_code == 303
    again = client.post("/settings/currencies/new", data=sent)
    assert again.status_code == 422
    assert "correct that one" in again.get_data(as_text=True)
    with app.database.reading() as db:
        key = db.scalars(select(ExchangeRate.id)).one()
    assert client.post(f"/settings/currencies/rates/{key}/correct", data={"units": "0.34"}).status_code == 422
    right = {"units": "0.3363", "reason": "A slip"}
    assert client.post(f"/settings/currencies/rates/{key}/correct", data=right).status_code == 303
    page = client.get("/settings/currencies/KWD").get_data(as_text=True)
    assert "0.3362" in page
    assert "0.3363" in page
    assert "A slip" in page
    assert client.get("/settings/currencies/EUR").status_code == 404
    assert client.get("/settings/currencies/XXX").status_code == 404


def test_rates_are_written_as_the_readers_language_does_with_every_digit(db: Session, sign_in: SignIn) -> None:
    rate = add(db, "17250.10", currency="NPR")
    db.commit()
    client = sign_in(language="fr")

    for address in ("/", "/NPR", f"/rates/{rate.id}/correct"):
        assert "17\u202f250,10" in client.get(f"/settings/currencies{address}").text


def test_only_who_keeps_the_rates_sees_them(sign_in: SignIn) -> None:
    client = sign_in("gifts.read")
    assert client.get("/settings/currencies/").status_code == 403


def test_on_the_command_line(app: Application, tmp_path: Path) -> None:
    file = tmp_path / "hist.csv"
    file.write_bytes(FILE)
    run = app.test_cli_runner().invoke
    assert "3 are new" in run(args=["rates", "import", str(file)]).output
    assert "0 are new" in run(args=["rates", "import", str(file)]).output
    assert "1.0900 (2026-03-06, ecb)" in run(args=["rates", "of", "usd", "2026-03-08"]).output
    assert run(args=["rates", "of", "USD", "2020-03-08"]).exit_code == 1
    file.write_bytes(b"junk")
    refused = run(args=["rates", "import", str(file)])
    assert refused.exit_code == 1
    assert "Traceback" not in refused.output

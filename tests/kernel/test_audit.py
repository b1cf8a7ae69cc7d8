"""Every change leaves an entry: who, what, before and after."""

import pytest
from sqlalchemy import select

from app.funds.models import Fund
from app.kernel.audit import AuditEntry

pytestmark = pytest.mark.db


def test_a_change_is_written_down_with_before_and_after(db):
    fund = Fund(code="EDU", name="Education")
    db.add(fund)
    db.flush()
    fund.name = "Schools"
    db.commit()

    entries = db.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()

    assert [(entry.action, entry.actor_name) for entry in entries] == [("created", "Sahayog"), ("changed", "Sahayog")]
    assert entries[1].changes == {"name": ["Education", "Schools"]}


def test_nobody_changes_anything_namelessly(database):
    with database.session(writes=True) as db:
        db.add(Fund(code="EDU", name="Education"))
        with pytest.raises(TypeError, match="act_as"):
            db.commit()


def test_the_reader_who_does_not_sign_in_is_told_the_product_lives(client):
    assert client.get("/healthz").json == {"status": "ok"}


def test_a_signed_in_client_is_known(sign_in):
    assert sign_in("gifts.read").get("/healthz").status_code == 200

"""The rows every installation begins with: its organisation, the usual roles, the law's rates, consent wordings.

Revision ID: 0002
Revises: 0001
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NOW = datetime(2026, 1, 1, tzinfo=UTC)
READ = ["contacts.read", "funds.read", "gifts.read", "receipts.read", "payments.read", "forms.read", "reports.read"]
ROLES = {
    "Fundraiser": [*READ, "contacts.edit", "gifts.record", "receipts.issue", "forms.edit"],
    "Finance": [*READ, "gifts.record", "gifts.reverse", "gifts.refund", "receipts.issue", "receipts.void",
                "payments.replay", "funds.edit"],
    "Reader": READ,
    "Administrator": [*READ, "contacts.edit", "gifts.record", "gifts.reverse", "gifts.refund", "receipts.issue",
                      "receipts.void", "payments.replay", "funds.edit", "forms.edit", "forms.publish",
                      "accounts.manage", "accounts.audit", "organisation.edit", "jobs.retry"],
}  # fmt: skip


def upgrade() -> None:
    bind = op.get_bind()
    meta = sa.MetaData()
    meta.reflect(bind, only=["organisation", "role", "statutory_rate", "consent_wording"])
    table = meta.tables["organisation"]
    bind.execute(
        table.insert(),
        {
            "id": 1, "created_at": NOW, "name": "Our organisation", "legal_name": "", "legal_form": "", "siren": "",
            "rna": "", "street": "", "postcode": "", "city": "", "country": "FR", "purpose": "",
            "receipt_category": "", "recognised_on": "", "tax_regime": "none", "signatory_name": "",
            "signatory_role": "", "fiscal_year_start_month": 1, "currency": "EUR", "language": "en",
            "time_zone": "Europe/Paris", "colour": "#0d5c54", "tagline": {}, "website": "", "email": "",
            "phone": "", "sender_address": "",
        },
    )  # fmt: skip
    for name, capabilities in ROLES.items():
        bind.execute(
            meta.tables["role"].insert(),
            {"created_at": NOW, "name": name, "capabilities": capabilities},
        )


def downgrade() -> None:
    bind = op.get_bind()
    for table in ("role", "organisation"):
        bind.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608 - our own names

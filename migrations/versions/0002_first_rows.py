"""The rows every installation begins with: its organisation, the usual roles, the law's rates, consent wordings.

Revision ID: 0002
Revises: 0001
"""

from datetime import UTC, date, datetime

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

GENERAL, ASSISTANCE = "fr_general_interest", "fr_assistance"
COMPANY = [[200_000_000, 60], [None, 40]]
RATES = [
    (GENERAL, "person", date(2020, 1, 1), None, [[None, 66]], 20, "200 CGI", "CGI art. 200, 1"),
    (ASSISTANCE, "person", date(2020, 1, 1), date(2025, 2, 14), [[100_000, 75], [None, 66]], 20, "200, 1 ter CGI",
     "CGI art. 200, 1 ter; ceiling of EUR 1,000 on gifts of 2020 and prolonged each time"),
    (ASSISTANCE, "person", date(2025, 2, 15), date(2025, 10, 13), [[100_000, 75], [None, 66]], 20, "200, 1 ter CGI",
     "Law 2025-127 of 14 February 2025, art. 5 and 6"),
    (ASSISTANCE, "person", date(2025, 10, 14), None, [[200_000, 75], [None, 66]], 20, "200, 1 ter CGI",
     "Finance law for 2026: EUR 2,000 for gifts made from 14 October 2025"),
    (GENERAL, "company", date(2020, 1, 1), None, COMPANY, None, "238 bis CGI", "CGI art. 238 bis"),
    (ASSISTANCE, "company", date(2020, 1, 1), None, COMPANY, None, "238 bis CGI", "CGI art. 238 bis"),
]  # fmt: skip
WORDINGS = [
    ("news", "email", {
        "fr": "J’accepte de recevoir par e-mail des nouvelles des projets (quatre fois par an environ). "
              "Je peux me désinscrire à tout moment.",
        "en": "I agree to receive news of the projects by e-mail (about four times a year). I can unsubscribe at any time.",
        "ne": "म इमेलमार्फत परियोजनाका समाचार (वर्षमा करिब चार पटक) प्राप्त गर्न सहमत छु। म जुनसुकै बेला सदस्यता रद्द गर्न सक्छु।",
    }),
    ("appeals", "post", {
        "fr": "J’accepte de recevoir par courrier les appels aux dons.",
        "en": "I agree to receive appeals for gifts by post.",
        "ne": "म हुलाकमार्फत सहयोगको अनुरोध प्राप्त गर्न सहमत छु।",
    }),
]  # fmt: skip


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
    for regime, kind, start, end, tiers, share, article, source in RATES:
        bind.execute(
            meta.tables["statutory_rate"].insert(),
            {
                "created_at": NOW, "regime": regime, "donor_kind": kind, "valid_from": start, "valid_to": end,
                "tiers": tiers, "income_share_percent": share, "article": article, "source": source, "note": "",
            },
        )  # fmt: skip
    for purpose, channel, texts in WORDINGS:
        bind.execute(
            meta.tables["consent_wording"].insert(),
            {
                "created_at": NOW, "purpose": purpose, "channel": channel, "version": 1, "texts": texts,
                "is_current": True,
            },
        )  # fmt: skip


def downgrade() -> None:
    bind = op.get_bind()
    for table in ("consent_wording", "statutory_rate", "role", "organisation"):
        bind.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608 - our own names

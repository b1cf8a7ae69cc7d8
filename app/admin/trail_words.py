"""What the audit trail calls the things of this feature."""

from app.admin.forms import REGIMES
from app.kernel.i18n import lazy_gettext as _l
from app.kernel.organisation import TaxRegime
from app.web.trail_words import RecordWords, TrailWords

WORDS = TrailWords(
    records=(
        RecordWords("organisation", _l("Organisation"), {
            "creditor_identifier": _l("SEPA creditor identifier"),
            "debit_notice_days": _l("Tell donors before each direct debit"),
            "legal_name": _l("Legal name"), "legal_form": _l("Legal form"), "siren": _l("SIREN number"),
            "rna": _l("RNA number"), "street": _l("Street"), "postcode": _l("Postcode"), "city": _l("City"),
            "purpose": _l("Purpose"), "receipt_category": _l("Category on receipts"),
            "recognised_on": _l("Recognised on"), "tax_regime": _l("Tax rules"),
            "signatory_name": _l("Who signs"), "signatory_role": _l("In which role"),
            "fiscal_year_start_month": _l("First month of the fiscal year"), "time_zone": _l("Time zone"),
            "colour": _l("Colour"), "tagline": _l("Tagline"), "website": _l("Website"), "phone": _l("Phone"),
            "sender_address": _l("Sender of mails"),
            "lapse_days": _l("Days until a lapsed recurring gift is closed"),
            "charge_tries": _l("Tries of a charge"), "logo_png": _l("Logo"), "signature_png": _l("Signature"),
        }),
        RecordWords("round_run", _l("Regular duty")),
    ),
    states={TaxRegime: {TaxRegime(code): words for code, words in REGIMES.items()}},
    deeds={
        "organisation.edited": _l("Organisation edited"), "keys.rotated": _l("Keys changed"),
        "database.seeded": _l("Invented people and gifts made"),
        "round.asked": _l("Regular duty asked for"), "audit.exported": _l("Audit trail exported"),
    },
    facts={
        "rows": _l("Rows"), "key": _l("Key"), "entries": _l("Entries"), "kind": _l("Kind"),
        "contacts": _l("Contacts"), "gifts": _l("Gifts"),
    },
)  # fmt: skip

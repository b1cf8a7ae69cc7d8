"""What the audit trail calls the things of this feature."""

from app.currencies.models import RateSource
from app.kernel.i18n import lazy_gettext as _l
from app.web.trail_words import RecordWords, TrailWords

WORDS = TrailWords(
    records=(
        RecordWords("exchange_rate", _l("Exchange rate"), {
            "day": _l("Day"), "units_per_euro": _l("Rate"), "origin": _l("Where it is from"),
            "import_id": _l("File"),
        }),
        RecordWords("rate_import", _l("File of exchange rates"), {}, ("currencies.imported", "import_id")),
    ),
    states={RateSource: {RateSource.ECB: _l("European Central Bank"), RateSource.HAND: _l("By hand")}},
    deeds={
        "exchange_rate.added": _l("Exchange rate added"), "exchange_rate.corrected": _l("Exchange rate corrected"),
        "exchange_rate.imported": _l("File of exchange rates taken in"),
    },
    facts={"before": _l("Before"), "total": _l("In all")},
)  # fmt: skip

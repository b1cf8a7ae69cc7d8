"""What exchange rates plug into the rest."""

from app.currencies import views
from app.currencies.access import CAPABILITIES, KEEP_EXCHANGE_RATES
from app.currencies.cli import rates
from app.currencies.trail_words import WORDS as TRAIL_WORDS
from app.kernel.i18n import lazy_gettext as _l
from app.web.feature import Feature, JobWords, NavEntry

FEATURE = Feature(
    name="currencies",
    trail=TRAIL_WORDS,
    blueprints=(views.bp,),
    capabilities=CAPABILITIES,
    navigation=(
        NavEntry("settings", _l("Exchange rates"), "currencies.index", "arrows-exchange", KEEP_EXCHANGE_RATES,
                 order=76),
    ),
    commands=(rates,),
    jobs=(JobWords("currencies.import", _l("Take in a file of exchange rates")),),
)  # fmt: skip

"""What funds plug into the rest."""

from app.funds.access import CAPABILITIES, READ_FUNDS
from app.funds.trail_words import WORDS as TRAIL_WORDS
from app.funds.views import campaigns, funds
from app.kernel.i18n import lazy_gettext as _l
from app.web.feature import Feature, NavEntry

FEATURE = Feature(
    name="funds",
    trail=TRAIL_WORDS,
    blueprints=(funds.bp, campaigns.bp),
    capabilities=CAPABILITIES,
    navigation=(
        NavEntry("money", _l("Funds"), "funds.index", "coins", READ_FUNDS, order=60),
        NavEntry("money", _l("Campaigns"), "campaigns.index", "speakerphone", READ_FUNDS, order=65),
    ),
)

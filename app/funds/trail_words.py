"""What the audit trail calls the things of this feature."""

from app.funds.models import Campaign, Fund, Restriction
from app.kernel.i18n import lazy_gettext as _l
from app.web.trail_words import RecordWords, TrailWords, names_in

WORDS = TrailWords(
    records=(
        RecordWords("fund", _l("Fund"), {
            "public_names": _l("Public names"), "restriction": _l("Restriction"), "is_open": _l("Open"),
        }, ("funds.edit", "fund_id"), names_in(Fund.id, Fund.name)),
        RecordWords("campaign", _l("Campaign"), {
            "starts_on": _l("Begins on"), "ends_on": _l("Ends on"), "goal_minor": _l("Goal"),
            "parent_id": _l("Part of"), "is_open": _l("Open"),
        }, ("campaigns.edit", "campaign_id"), names_in(Campaign.id, Campaign.name)),
        RecordWords("appeal", _l("Appeal"), {"campaign_id": _l("Campaign")}),
    ),
    states={
        Restriction: {
            Restriction.UNRESTRICTED: _l("Unrestricted"), Restriction.TEMPORARY: _l("Temporarily restricted"),
            Restriction.RESTRICTED: _l("Restricted"),
        },
    },
    deeds={
        "fund.recorded": _l("Fund recorded"), "fund.edited": _l("Fund edited"), "fund.closed": _l("Fund closed"),
        "fund.reopened": _l("Fund reopened"), "campaign.recorded": _l("Campaign recorded"),
        "campaign.edited": _l("Campaign edited"), "campaign.closed": _l("Campaign closed"),
        "campaign.reopened": _l("Campaign reopened"),
    },
)  # fmt: skip

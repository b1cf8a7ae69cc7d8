"""What the audit trail calls the things of the donor's own page."""

from app.kernel.i18n import lazy_gettext as _l
from app.web.trail_words import RecordWords, TrailWords

WORDS = TrailWords(
    records=(RecordWords("donor_link", _l("Link to the donor’s own page")),),
    deeds={
        "donor.link_sent": _l("Link to their own page sent"),
        "donor.link_unknown": _l("A link to a donor’s page that was never sent was tried"),
        "donor.link_refused": _l("A link to a donor’s page was refused"),
        "donor.signed_in": _l("Opened their own page"),
        "donor.chose_language": _l("Chose a language on their own page"),
        "donor.said_details": _l("Said name or address on their own page"),
    },
    facts={"verdict": _l("Why")},
)

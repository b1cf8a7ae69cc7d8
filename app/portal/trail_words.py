"""What the audit trail calls the things of the donor's own page."""

from app.kernel.i18n import lazy_gettext as _l
from app.web.trail_words import RecordWords, TrailWords

WORDS = TrailWords(
    records=(
        RecordWords("donor_link", _l("Link to the donor’s own page")),
        RecordWords("donor_new_email", _l("New e-mail address of a donor")),
    ),
    deeds={
        "donor.link_sent": _l("Link to their own page sent"),
        "donor.link_unknown": _l("A link to a donor’s page that was never sent was tried"),
        "donor.link_refused": _l("A link to a donor’s page was refused"),
        "donor.signed_in": _l("Opened their own page"),
        "donor.chose_language": _l("Chose a language on their own page"),
        "donor.sign_ins_ended": _l("Sign-ins to their own page ended"),
        "donor.said_details": _l("Said name or address on their own page"),
        "donor.email_asked": _l("Gave a new e-mail address on their own page, to be confirmed"),
        "donor.email_left": _l("Did without the new e-mail address"),
        "donor.email_confirmed": _l("Confirmed a new e-mail address by its link"),
        "donor.email_link_unknown": _l("A link to confirm an address that was never sent was tried"),
        "donor.email_link_refused": _l("A link to confirm an address was refused"),
    },
    facts={"waits": _l("Waits for review"), "verdict": _l("Why"), "sign_ins": _l("Sign-ins"), "links": _l("Links")},
)

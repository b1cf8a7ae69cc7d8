"""What purposes rest on, how people stand and how an answer came, in words."""

from app.contacts.models import Channel
from app.contacts.rules.consents import Answer, Hindrance, LawfulBasis
from app.kernel.i18n import lazy_gettext as _l

BASES = {
    LawfulBasis.CONSENT: _l("Consent"), LawfulBasis.LEGITIMATE_INTEREST: _l("Legitimate interest"),
    LawfulBasis.CONTRACT: _l("Contract"), LawfulBasis.LEGAL_OBLIGATION: _l("Legal obligation"),
}  # fmt: skip
ANSWERS = {
    Answer.GIVEN: _l("agreed"), Answer.REFUSED: _l("refused"), Answer.EXPIRED: _l("agreed too long ago"),
    Answer.NEVER: _l("was never asked"),
}  # fmt: skip
"""Said of somebody."""
STANDINGS = {
    Answer.GIVEN: _l("Agreed"), Answer.REFUSED: _l("Refused"), Answer.EXPIRED: _l("Out of date"),
    Answer.NEVER: _l("Never asked"),
}  # fmt: skip
"""Said in short."""
CHANNELS = {Channel.EMAIL: _l("E-mail"), Channel.PHONE: _l("Phone"), Channel.POST: _l("Post")}
HOW = {
    "phone": _l("By phone"), "paper": _l("On paper"), "in_person": _l("In person"), "mail": _l("By mail or e-mail"),
    "page": _l("On their page here"),
}  # fmt: skip
"""How an answer reached us; kept as "staff:phone"."""
STAFF = "staff"
BASES_AT_LENGTH = {
    LawfulBasis.CONSENT: _l("Consent: only whoever agreed is written to"),
    LawfulBasis.LEGITIMATE_INTEREST: _l("Legitimate interest: whoever has not refused may be written to"),
    LawfulBasis.CONTRACT: _l("Contract: what was agreed on with them needs it"),
    LawfulBasis.LEGAL_OBLIGATION: _l("Legal obligation: the law wants it, such as a receipt"),
}
HINDRANCES = {
    Hindrance.DECEASED: _l("No: they have died."),
    Hindrance.NO_CONTACT: _l("No: they want no contact."),
    Hindrance.CHANNEL_REFUSED: _l("No: they want nothing at all this way."),
    Hindrance.NO_WAY: _l("No: we have no address or number for it that holds today."),
}
UNANSWERED = {
    Answer.REFUSED: _l("No: they refused."), Answer.EXPIRED: _l("No: their agreement is out of date."),
    Answer.NEVER: _l("No: they have not agreed."),
}  # fmt: skip
REACHED = {Channel.EMAIL: _l("By e-mail"), Channel.PHONE: _l("By phone"), Channel.POST: _l("By post")}
LETS_US = {
    LawfulBasis.CONSENT: _l("agreed"), LawfulBasis.LEGITIMATE_INTEREST: _l("has not refused"),
    LawfulBasis.CONTRACT: _l("by contract"), LawfulBasis.LEGAL_OBLIGATION: _l("by law"),
}  # fmt: skip
"""Why those who are left may be written to for a purpose."""

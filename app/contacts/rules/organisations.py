"""Whether two names are one organisation's, and whether a company number can be one."""

from stdnum.exceptions import ValidationError
from stdnum.fr import siren as siren_rules

from app.contacts.rules.names import Likeness, words_of

LEGAL_FORMS = frozenset({
    "sa", "sas", "sasu", "sarl", "eurl", "sci", "scop", "snc", "ltd", "limited", "plc", "llc", "inc", "gmbh", "pvt",
})  # fmt: skip


def compare_organisations(one: str, other: str) -> Likeness:
    """Whether two names are one organisation's; the legal form behind a name does not count."""
    keys = ["".join(word for word in words_of(name) if word not in LEGAL_FORMS) for name in (one, other)]
    return Likeness.SAME if keys[0] == keys[1] != "" else Likeness.DIFFERENT


def read_siren(typed: str) -> str:
    """The nine digits of a French company number, or "" if its check digit (Luhn) is wrong."""
    try:
        return str(siren_rules.validate(typed))
    except ValidationError:
        return ""

"""What staff type about the purposes for which people are written to."""

from typing import Self

from wtforms import HiddenField, IntegerField, RadioField
from wtforms.validators import InputRequired, NumberRange, Optional, Regexp

from app.contacts.models import ConsentPurpose
from app.contacts.models.purpose import LONGEST_KEPT
from app.contacts.rules.consents import LawfulBasis
from app.contacts.services.purposes import PurposeDetails
from app.contacts.wording.consents import BASES_AT_LENGTH
from app.kernel.i18n import LANGUAGES
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import LongTextField, TextField, offered
from app.web.forms import Form


class PurposeForm(Form):
    """A purpose as it is: its names and what it rests on. What it covers may stay empty."""

    name_fr = TextField(_l("In French"), longest=80)
    name_en = TextField(_l("In English"), longest=80)
    name_ne = TextField(_l("In Nepali"), longest=80)
    explanation_fr = LongTextField(_l("In French"), longest=500, render_kw={"rows": 2})
    explanation_en = LongTextField(_l("In English"), longest=500, render_kw={"rows": 2})
    explanation_ne = LongTextField(_l("In Nepali"), longest=500, render_kw={"rows": 2})
    lawful_basis = RadioField(_l("Why the law lets us"), [InputRequired()], default=LawfulBasis.CONSENT.value)
    keeps_months = IntegerField(
        _l("An agreement counts for so many months"),
        [Optional(), NumberRange(1, LONGEST_KEPT, message=_l("From 1 to 600 months, or nothing."))],
        description=_l(
            "Counted from the last time they were heard of: an answer, a gift, a call, letter or e-mail to you. Empty: "
            "until they take it back. After that they are asked anew; a refusal never ends."
        ),
    )
    version = HiddenField()

    @classmethod
    def of(cls, purpose: ConsentPurpose | None) -> Self:
        """Begin with a purpose as it is, or with a blank one."""
        form = cls(data=_shown(purpose) if purpose is not None else {})
        form.lawful_basis.choices = offered((basis.value, words) for basis, words in BASES_AT_LENGTH.items())
        return form

    def details(self) -> PurposeDetails:
        """The typed values, in the shape the service takes."""
        return PurposeDetails(
            names={code: self[f"name_{code}"].data or "" for code in LANGUAGES},
            explanations={code: self[f"explanation_{code}"].data or "" for code in LANGUAGES},
            lawful_basis=LawfulBasis(self.lawful_basis.data), keeps_months=self.keeps_months.data,
        )  # fmt: skip

    @property
    def seen_version(self) -> int:
        """The version that was shown; 0 if what came back is no number."""
        typed = str(self.version.data or "")
        return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0


class NewPurposeForm(PurposeForm):
    """A new purpose, with the code that it keeps for ever."""

    code = TextField(
        _l("Code"),
        [InputRequired(), Regexp(r"^[a-z][a-z0-9_]*$", message=_l("One word in small letters, such as news."))],
        longest=40,
        description=_l("One word in small letters, such as news. It stays as it is."),
    )


def _shown(purpose: ConsentPurpose) -> dict[str, object]:
    names = {f"name_{code}": purpose.names.get(code, "") for code in LANGUAGES}
    told = {f"explanation_{code}": purpose.explanations.get(code, "") for code in LANGUAGES}
    rest = {"lawful_basis": purpose.lawful_basis.value, "keeps_months": purpose.keeps_months}
    return {**names, **told, **rest, "version": str(purpose.version)}

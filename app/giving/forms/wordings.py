"""What staff type to put new words of a consent into force."""

from collections.abc import Sequence

from wtforms import SelectField
from wtforms.validators import InputRequired

from app.contacts.models import Channel, ConsentPurpose, ConsentWording
from app.contacts.services import WordingDetails
from app.kernel.i18n import LANGUAGES, gettext, language
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import LongTextField, offered
from app.web.forms import Form

CHANNELS = {Channel.EMAIL: _l("By e-mail"), Channel.PHONE: _l("By phone"), Channel.POST: _l("By post")}


class WordingForm(Form):
    """New words for one purpose and channel, in each language."""

    purpose = SelectField(
        _l("Purpose"), [InputRequired()],
        description=_l("The same purpose and way make a new version. The list of purposes is under settings."),
    )  # fmt: skip
    channel = SelectField(_l("By which way"))
    text_fr = LongTextField(_l("In French"), longest=600)
    text_en = LongTextField(_l("In English"), longest=600)
    text_ne = LongTextField(_l("In Nepali"), longest=600)

    @classmethod
    def like(cls, wording: ConsentWording | None, purposes: Sequence[ConsentPurpose]) -> "WordingForm":
        """Begin with the words of an earlier version, if there is one; with the purposes to choose from."""
        words = {} if wording is None else {f"text_{code}": wording.texts.get(code, "") for code in LANGUAGES}
        first = {} if wording is None else {"purpose": wording.purpose, "channel": wording.channel.value}
        form = cls(data={**first, **words})
        named = [(each.code, each.name(language())) for each in purposes]
        form.purpose.choices = offered([("", gettext("Choose…")), *named])
        form.channel.choices = offered((key.value, label) for key, label in CHANNELS.items())
        return form

    def details(self) -> WordingDetails:
        """The typed values, in the shape the service takes."""
        texts = {code: self[f"text_{code}"].data or "" for code in LANGUAGES}
        return WordingDetails(purpose=self.purpose.data or "", channel=Channel(self.channel.data), texts=texts)

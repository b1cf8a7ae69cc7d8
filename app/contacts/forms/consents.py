"""What staff type to write down what somebody agreed to or refused."""

from collections.abc import Sequence
from datetime import date

from wtforms import RadioField, SelectField
from wtforms.validators import InputRequired

from app.contacts.queries.consents import Asked
from app.contacts.services.consents import LONGEST_NOTE, SpokenAnswer
from app.contacts.wording.consents import CHANNELS, HOW, STAFF
from app.kernel.i18n import gettext, language
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import DayField, TextField, offered
from app.web.forms import Form

AGREED, REFUSED = "agreed", "refused"


class AnswerForm(Form):
    """An answer that one of us heard or read."""

    wording = SelectField(_l("What about"), [InputRequired()])
    said = RadioField(
        _l("What they said"), [InputRequired()],
        choices=offered([(AGREED, _l("They agreed")), (REFUSED, _l("They refused"))]),
    )  # fmt: skip
    answered_on = DayField(_l("On which day"), [InputRequired()])
    how = SelectField(_l("How"), choices=offered((key, words) for key, words in HOW.items() if key != "page"))
    note = TextField(
        _l("Note"), longest=LONGEST_NOTE, description=_l("Such as: on the paper form of the spring dinner.")
    )

    @classmethod
    def about(cls, asked: Sequence[Asked], day: date) -> "AnswerForm":
        """With what people are asked about today."""
        form = cls(data={"answered_on": day})
        named = [
            (str(each.newest.id), f"{each.newest.purpose_name(language())} · {CHANNELS[each.channel]}")
            for each in asked
            if each.is_asked
        ]
        form.wording.choices = offered([("", gettext("Choose…")), *named])
        return form

    def details(self) -> SpokenAnswer:
        """The typed values, in the shape the service takes."""
        return SpokenAnswer(
            wording_id=int(self.wording.data), is_given=self.said.data == AGREED, source=f"{STAFF}:{self.how.data}",
            answered_on=self.answered_on.data, note=self.note.data or "",
        )  # fmt: skip

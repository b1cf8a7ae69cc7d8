"""What staff may choose of a file of contacts: its columns, and whom it leaves out."""

from collections.abc import Iterable, Sequence

from wtforms import SelectField
from wtforms.validators import InputRequired, Optional

from app.contacts.models import Channel
from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import CheckboxesField, offered
from app.web.forms import Form

REACHED: dict[Channel, str] = {
    Channel.EMAIL: _l("Only who may be written to by e-mail"), Channel.PHONE: _l("Only who may be called"),
    Channel.POST: _l("Only who may be written to by post"),
}  # fmt: skip


class ExportForm(Form):
    """Columns by key, a channel, and a consent by the key of its criterion."""

    columns = CheckboxesField(_l("Columns"), [InputRequired(_l("Choose at least one column."))])
    reached = SelectField(_l("Whom"), [Optional()])
    consent = SelectField(_l("Who agreed to"), [Optional()])

    def __init__(
        self, columns: Iterable[tuple[str, str]], chosen: Sequence[str], consents: Sequence[tuple[str, str]]
    ) -> None:
        super().__init__(data={"columns": list(chosen)})
        self.columns.choices = offered(columns)
        self.reached.choices = offered([("", _l("Everybody")), *((each.value, text) for each, text in REACHED.items())])
        self.consent.choices = offered([("", _l("Does not matter")), *consents])
        if not consents:
            del self.consent

    @property
    def channel(self) -> Channel | None:
        """The channel by which they must be reachable, if any."""
        return Channel(self.reached.data) if self.reached.data else None

    @property
    def agreed_to(self) -> str:
        """The key of the consent that they must have given; "" for none."""
        return str(self.consent.data or "") if "consent" in self else ""

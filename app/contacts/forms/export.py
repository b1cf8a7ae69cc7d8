"""What staff may choose of a file of contacts: for which program it is, its columns, and whom it leaves out."""

from collections.abc import Iterable, Sequence

from wtforms import RadioField, SelectField
from wtforms.validators import InputRequired, Optional

from app.kernel.i18n import lazy_gettext as _l
from app.web.fields import CheckboxesField, offered
from app.web.forms import Form

EXCEL, CSV = "xlsx", "csv"


class ExportForm(Form):
    """Columns by key, and who may be contacted, as lists are narrowed (`queries.narrowing`)."""

    file = RadioField(
        _l("Kind of file"), [InputRequired(_l("Choose a kind of file."))],
        choices=offered([(EXCEL, _l("Excel: also for LibreOffice and other spreadsheets")),
                         (CSV, _l("CSV: plain text, for other programs"))]),
    )  # fmt: skip
    columns = CheckboxesField(_l("Columns"), [InputRequired(_l("Choose at least one column."))])
    who = SelectField(_l("Who may be contacted"), [Optional()])

    def __init__(
        self, columns: Iterable[tuple[str, str]], chosen: Sequence[str], who: Iterable[tuple[str, str]], wish: str
    ) -> None:
        super().__init__(data={"columns": list(chosen), "who": wish, "file": EXCEL})
        self.columns.choices = offered(columns)
        self.who.choices = offered([("", _l("Everybody")), *who])
